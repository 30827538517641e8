"""The scheduler of a core: a ring of 16 rows, one bit for each axon.

A spike that is to be integrated in tick t sets its axon's bit in row t mod 16 [P: four bits of delivery tick]. When a
tick begins its row is read and cleared. Spikes that find their bit already set merge with it [V]. A spike that arrives
after its tick has begun stays in the ring until the row's turn comes again, 16 ticks later [A].

Rings of all cores are one array (16, C, W) of words as in `neurosyn.chip.crossbar`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.program import Program

__all__ = ["SLOTS", "deliver", "new_ring", "pop_row"]

SLOTS = 16
"""Rows of the ring. [P] Merolla et al. 2014; delays go from 1 to 15."""


def new_ring(program: Program) -> NDArray[np.uint64]:
    """Return the empty schedulers (16, C, W) of a program's cores."""
    return np.zeros((SLOTS, program.cores, program.words), np.uint64)


def pop_row(ring: NDArray[np.uint64], tick: int) -> NDArray[np.uint64]:
    """Take the row of a tick out of the ring.

    Parameters
    ----------
    ring : uint64 array (16, C, W)
        The row is cleared in place.
    tick : int

    Returns
    -------
    uint64 array (C, W)
        The axons to integrate in this tick.
    """
    row: NDArray[np.uint64] = ring[tick % SLOTS].copy()
    ring[tick % SLOTS] = 0
    return row


def deliver(
    ring: NDArray[np.uint64],
    ticks: NDArray[Any] | int,
    cores: NDArray[np.int32],
    axons: NDArray[np.int32],
    axons_per_core: int,
) -> int:
    """Put spikes into the schedulers and return how many of them merged with another.

    Parameters
    ----------
    ring : uint64 array (16, C, W)
        Updated in place.
    ticks : int array (n,) or int
        When the spikes are to be integrated.
    cores, axons : int32 arrays (n,)
        Where; axons below `axons_per_core`.
    axons_per_core : int
        A.
    """
    slots = np.broadcast_to(np.asarray(ticks) % SLOTS, cores.shape)
    collisions = 0
    for slot in np.flatnonzero(np.bincount(slots, minlength=SLOTS)):
        here = slots == slot
        spikes = np.zeros((ring.shape[1], axons_per_core), np.bool_)
        spikes[cores[here], axons[here]] = True
        row = ring[slot]
        before = int(np.bitwise_count(row).sum(dtype=np.int64))
        row |= pack_bits(spikes)
        collisions += int(here.sum()) - (int(np.bitwise_count(row).sum(dtype=np.int64)) - before)
    return collisions
