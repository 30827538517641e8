"""The packet: one word with all that the routers and the target's scheduler need, 32 bits on TrueNorth.

::

    bits 31…23   dx, cores still to go eastwards, signed (9)
    bits 22…14   dy, northwards, signed (9)
    bits 13…10   delivery tick mod 16 (4)
    bits  9…2    axon (8)
    bits  1…0    debug (2)

The fields and their widths are published [P] (Akopyan et al. 2015), their order in the word is not [A]. A way is
relative, so it does not matter where a chip's edge lies: the next chip goes on counting down. On another chip the
fields have the bits that its reach, delay slots and axons need, in the same order, and the rest of the packet is debug.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.description import Size
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import ChipLimitError

__all__ = ["WORD_BITS", "pack"]

WORD_BITS = 32
"""Bits of the words of `pack`."""


def pack(
    dx: NDArray[Any],
    dy: NDArray[Any],
    delivery_tick: NDArray[Any],
    axon: NDArray[Any],
    size: Size = TRUENORTH.size,
) -> NDArray[np.uint32]:
    """Return the words (n,) of packets; the debug bits are 0.

    Parameters
    ----------
    dx, dy : int arrays (n,)
    delivery_tick : int array (n,)
        Of any size: it counts modulo the delay slots.
    axon : int array (n,)
    size
        The chip's reach, delay slots, axons and bits of a packet, at most `WORD_BITS`.

    Raises
    ------
    ChipLimitError
        If a field cannot hold its value.
    """
    reach, way_bits, axon_bits, tick_bits = size.reach, size.way_bits, size.axon_bits, size.tick_bits
    for name, steps in (("dx", dx), ("dy", dy)):
        if (np.abs(steps) > reach).any():
            raise ChipLimitError(f"packet: {name} is {steps[np.abs(steps) > reach][0]}; the range is -{reach}…{reach}")
    if ((axon < 0) | (axon >= size.axons)).any():
        wrong = axon[(axon < 0) | (axon >= size.axons)][0]
        raise ChipLimitError(f"packet: axon is {wrong}; the range is 0…{size.axons - 1}")
    tick = delivery_tick % size.delay_slots
    word = np.zeros(len(dx), np.uint32)
    for value, bits in ((dx, way_bits), (dy, way_bits), (tick, tick_bits), (axon, axon_bits)):
        word = (word << np.uint32(bits)) | (value & (2**bits - 1)).astype(np.uint32)
    return word << np.uint32(size.packet_bits - size.least_packet_bits)
