"""The packet: one word of 32 bits, with all that the routers and the target's scheduler need.

::

    bits 31…23   dx, cores still to go eastwards, signed (9)
    bits 22…14   dy, northwards, signed (9)
    bits 13…10   delivery tick mod 16 (4)
    bits  9…2    axon (8)
    bits  1…0    debug (2)

The fields and their widths are published [P] (Akopyan et al. 2015), their order in the word is not [A]. A way is
relative, so it does not matter where a chip's edge lies: the next chip goes on counting down.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError

__all__ = ["LARGEST_AXON", "REACH", "pack"]

REACH = 255
"""Largest |dx| and |dy|: fields of 9 bits with sign. [P] Akopyan et al. 2015."""
LARGEST_AXON = 255
"""8 bits. [P] Akopyan et al. 2015."""

_WAY_BITS, _TICK_BITS, _AXON_BITS, _DEBUG_BITS = 9, 4, 8, 2


def pack(dx: NDArray[Any], dy: NDArray[Any], delivery_tick: NDArray[Any], axon: NDArray[Any]) -> NDArray[np.uint32]:
    """Return the words (n,) of packets; the debug bits are 0.

    Parameters
    ----------
    dx, dy : int arrays (n,)
    delivery_tick : int array (n,)
        Of any size: the four low bits count.
    axon : int array (n,)

    Raises
    ------
    ChipLimitError
        If a field cannot hold its value.
    """
    for name, steps in (("dx", dx), ("dy", dy)):
        if (np.abs(steps) > REACH).any():
            raise ChipLimitError(f"packet: {name} is {steps[np.abs(steps) > REACH][0]}; the range is -{REACH}…{REACH}")
    if ((axon < 0) | (axon > LARGEST_AXON)).any():
        wrong = axon[(axon < 0) | (axon > LARGEST_AXON)][0]
        raise ChipLimitError(f"packet: axon is {wrong}; the range is 0…{LARGEST_AXON}")
    word = np.zeros(len(dx), np.uint32)
    for value, bits in ((dx, _WAY_BITS), (dy, _WAY_BITS), (delivery_tick, _TICK_BITS), (axon, _AXON_BITS)):
        word = (word << np.uint32(bits)) | (value & (2**bits - 1)).astype(np.uint32)
    return word << np.uint32(_DEBUG_BITS)
