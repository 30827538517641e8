"""Bits of axons in 64-bit words, and counts of active synapses.

Axon a is bit a mod 64 of word a div 64, in spikes (`active`, one row of words for each core) as in crossbars (one
column of words for each neuron). So a synaptic event is a bit of ``crossbar & active``, and counting is a popcount.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.shipped import TRUENORTH

__all__ = ["AXON_TYPES", "count_synapses", "pack_bits", "type_masks", "unpack_bits", "words_for"]

AXON_TYPES = TRUENORTH.limits.axon_types
"""Kinds of axon on TrueNorth, G = 0 … 3, each with a weight of its own in every neuron. [P] Cassidy et al. 2013."""


def words_for(bits: int) -> int:
    """Return the number of 64-bit words that hold a number of bits."""
    return -(-bits // 64)


def pack_bits(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack booleans (…, n) into words (…, ⌈n/64⌉); unused bits are 0."""
    size = bits.shape[-1]
    packed = np.zeros((*bits.shape[:-1], 8 * words_for(size)), np.uint8)
    packed[..., : -(-size // 8)] = np.packbits(bits, axis=-1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack_bits(words: NDArray[np.uint64], size: int) -> NDArray[np.bool_]:
    """Unpack words (…, ⌈size/64⌉) into booleans (…, size)."""
    octets = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=size, bitorder="little").view(np.bool_)


def type_masks(axon_types: NDArray[np.uint8], kinds: int = AXON_TYPES) -> NDArray[np.uint64]:
    """Return, for axon types (C, A) of so many kinds G, the words (C, G, W) that have the bits of each type's axons."""
    return pack_bits(axon_types[:, None, :] == np.arange(kinds, dtype=np.uint8)[:, None])


def count_synapses(crossbars: NDArray[np.uint64], active: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Count the synapses that are on and whose axon is active.

    Parameters
    ----------
    crossbars : uint64 array (…, W, N)
    active : uint64 array (…, W)

    Returns
    -------
    int32 array (…, N)
    """
    counts: NDArray[Any] = np.bitwise_count(crossbars & active[..., None]).sum(axis=-2, dtype=np.int32)
    return counts
