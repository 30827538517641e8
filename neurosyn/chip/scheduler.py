"""The scheduler of a core: a ring of rows, 16 on TrueNorth, one bit for each axon.

A spike that is to be integrated in tick t sets its axon's bit in row t mod 16 [P: four bits of delivery tick]. When a
tick begins its row is read and cleared. Spikes that find their bit already set merge with it [V]. A spike that arrives
after its tick has begun stays in the ring until the row's turn comes again, 16 ticks later [A]. Other chips have
another number of rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.shipped import TRUENORTH

__all__ = ["SLOTS", "Schedulers"]

SLOTS = TRUENORTH.limits.delay_slots
"""Rows of the ring of TrueNorth. [P] Merolla et al. 2014; delays go from 1 to 15."""


class Schedulers:
    """The schedulers of a program's cores.

    Attributes
    ----------
    ring : uint64 array (slots, C, W)
        Words as in `neurosyn.chip.crossbar`.
    received : int64 array (slots, C)
        Spikes that each core was given for each row, to see how many merged.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self.slots = program.limits.delay_slots
        self.ring = np.zeros((self.slots, program.cores, program.words), np.uint64)
        self.received = np.zeros((self.slots, program.cores), np.int64)

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Destination of each neuron, int64 (C × N,): core × 2²⁴ + axon × 2⁸ + delay, −1 if not to a core.

        In one word, because few neurons spike in a tick, and what it needs of them should come from memory at once.
        """
        program = self._program
        targets = program.dest_core.astype(np.int64) << 24
        targets |= program.dest_axon.astype(np.int64) << 8
        targets |= program.delay
        targets[program.dest_core < 0] = -1
        return targets.reshape(-1)

    def pop(self, tick: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Take the row of a tick out of the ring.

        Returns
        -------
        active : uint64 array (C, W)
            The axons to integrate in this tick.
        merged : int64 array (C,)
            Spikes that found their bit set.
        """
        slot = tick % self.slots
        active = self.ring[slot].copy()
        merged = self.received[slot] - np.bitwise_count(active).sum(axis=1, dtype=np.int64)
        self.ring[slot] = 0
        self.received[slot] = 0
        return active, merged

    def send(self, tick: int, neurons: NDArray[np.intp]) -> None:
        """Put in the spikes of neurons that fire in a tick, as if their packets took no time.

        Parameters
        ----------
        tick
        neurons : intp array (n,)
            By the number core × N + neuron; no two alike.
        """
        targets = self.targets.take(neurons)
        targets = targets[targets >= 0]
        self.deliver(tick + (targets & 0xFF), targets >> 24, (targets >> 8) & 0xFFFF)

    def deliver(self, ticks: NDArray[Any] | int, cores: NDArray[Any], axons: NDArray[Any]) -> None:
        """Put in spikes.

        Parameters
        ----------
        ticks : int array (n,) or int
            When they are to be integrated.
        cores, axons : int arrays (n,)
            Where.
        """
        _, size, words = self.ring.shape
        # Flat indices: with one for each dimension, NumPy takes several times longer.
        row = np.asarray(ticks, np.int64) % self.slots * size + cores
        np.add.at(self.received.reshape(-1), row, 1)
        bit = np.uint64(1) << (axons & 63).astype(np.uint64)
        np.bitwise_or.at(self.ring.reshape(-1), row * words + (axons >> 6), bit)
