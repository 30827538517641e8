"""The scheduler of a core: a ring of 16 rows, one bit for each axon.

A spike that is to be integrated in tick t sets its axon's bit in row t mod 16 [P: four bits of delivery tick]. When a
tick begins its row is read and cleared. Spikes that find their bit already set merge with it [V]. A spike that arrives
after its tick has begun stays in the ring until the row's turn comes again, 16 ticks later [A].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import words_for

__all__ = ["SLOTS", "Schedulers"]

SLOTS = 16
"""Rows of the ring. [P] Merolla et al. 2014; delays go from 1 to 15."""


class Schedulers:
    """The schedulers of so many cores, of so many axons each.

    Attributes
    ----------
    ring : uint64 array (16, C, W)
        Words as in `neurosyn.chip.crossbar`.
    received : int64 array (16, C)
        Spikes that each core was given for each row, to see how many merged.
    """

    def __init__(self, cores: int, axons: int) -> None:
        self.ring = np.zeros((SLOTS, cores, words_for(axons)), np.uint64)
        self.received = np.zeros((SLOTS, cores), np.int64)

    def pop(self, tick: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Take the row of a tick out of the ring.

        Returns
        -------
        active : uint64 array (C, W)
            The axons to integrate in this tick.
        merged : int64 array (C,)
            Spikes that found their bit set.
        """
        slot = tick % SLOTS
        active = self.ring[slot].copy()
        merged = self.received[slot] - np.bitwise_count(active).sum(axis=1, dtype=np.int64)
        self.ring[slot] = 0
        self.received[slot] = 0
        return active, merged

    def deliver(self, ticks: NDArray[Any] | int, cores: NDArray[np.int32], axons: NDArray[np.int32]) -> None:
        """Put in spikes.

        Parameters
        ----------
        ticks : int array (n,) or int
            When they are to be integrated.
        cores, axons : int32 arrays (n,)
            Where.
        """
        _, size, words = self.ring.shape
        # Flat indices: with one for each dimension, NumPy takes several times longer.
        row = np.asarray(ticks, np.int64) % SLOTS * size + cores
        np.add.at(self.received.reshape(-1), row, 1)
        bit = np.uint64(1) << (axons & 63).astype(np.uint64)
        np.bitwise_or.at(self.ring.reshape(-1), row * words + (axons >> 6), bit)
