"""Counter of the spikes of each neuron."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpikeCounter"]

_TICKS_TOGETHER = 64
"""In fewer than 256 ticks no neuron spikes more often than a byte counts."""


class SpikeCounter:
    """Counter of the spikes of neurons (C, N).

    Ticks are counted together: their counts fit bytes, and bytes the cache, which sums for all neurons do not.
    """

    def __init__(self, cores: int, neurons: int) -> None:
        self._sums = np.zeros((cores, neurons), np.int64)
        self._few = np.zeros(cores * neurons, np.uint8)
        self._ticks = 0

    def add(self, spikes: NDArray[np.integer]) -> None:
        """Count a tick.

        Parameters
        ----------
        spikes : int array (spikes,)
            Neurons that fired, by the number core × N + neuron; no two alike.
        """
        np.add.at(self._few, spikes, np.uint8(1))
        self._ticks += 1
        if self._ticks == _TICKS_TOGETHER:
            self._sum_up()

    def _sum_up(self) -> None:
        if self._ticks:
            self._sums += self._few.reshape(self._sums.shape)
            self._few[:] = 0
            self._ticks = 0

    @property
    def counts(self) -> NDArray[np.int64]:
        """Spikes of each neuron, int64 (C, N)."""
        self._sum_up()
        return self._sums
