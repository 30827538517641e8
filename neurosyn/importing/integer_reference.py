"""Plain simulation of populations of the chip, by matrices: the reference that the chip must equal spike for spike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.compiler.populations import INPUT, ChipPopulation

__all__ = ["simulate_integers"]


def simulate_integers(
    populations: Sequence[ChipPopulation],
    inputs: NDArray[np.uint8],
    ticks: int,
    given: Mapping[int, NDArray[np.uint8]] | None = None,
) -> list[NDArray[np.uint8]]:
    """Simulate populations tick by tick.

    Parameters
    ----------
    populations
    inputs : uint8 array (T, samples, elements)
        Spikes stamped with ticks 0 … T − 1.
    ticks
        Number of ticks to simulate.
    given : mapping of int to uint8 array (ticks, samples, size)
        Spikes of populations that their targets receive in place of the computed ones.

    Returns
    -------
    list of uint8 array (ticks, samples, size)
        Spikes of each population.
    """
    samples = inputs.shape[1]
    # The splitter cores repeat the input one tick later.
    relayed = np.zeros((ticks, *inputs.shape[1:]), np.uint8)
    steps = min(len(inputs), ticks - 1)
    relayed[1 : steps + 1] = inputs[:steps]
    spikes = [np.zeros((ticks, samples, p.size), np.uint8) for p in populations]
    potential = [np.repeat(p.initial[None].astype(np.int64), samples, axis=0) for p in populations]
    weights = [[(s.source, s.delay, _as_float(p.sums(s.types))) for s in p.synapses] for p in populations]
    sources = [(given or {}).get(number, computed) for number, computed in enumerate(spikes)]
    constant = [np.asarray(p.sums(p.constants).sum(axis=1)).ravel() for p in populations]
    for tick in range(ticks):
        for number, population in enumerate(populations):
            v = potential[number]
            for source, delay, matrix in weights[number]:
                if tick >= delay:
                    sent = (relayed if source == INPUT else sources[source])[tick - delay]
                    v = v + np.asarray((matrix @ sent.T.astype(np.float64)).T).astype(np.int64)
            if tick >= population.start:
                v = v + constant[number]
            fired, potential[number] = _step(population, v)
            spikes[number][tick] = fired
    return spikes


def _as_float(matrix: sparse.csr_array) -> sparse.csr_array:
    return matrix.astype(np.float64)


def _step(p: ChipPopulation, v: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return spikes and potentials after leak, threshold and reset (Cassidy et al. 2013)."""
    leak = p.leak.astype(np.int64)
    moved = v + np.where(p.leak_reversal, np.sign(v) * leak, leak)
    v = np.where(p.leak_reversal & (np.sign(moved) == -np.sign(v)), 0, moved).clip(-(2**19), 2**19 - 1)
    fired = v >= p.threshold
    below = ~fired & (v < -p.negative_threshold)
    after_spike = np.where(p.reset_mode == 0, p.reset, v - p.threshold)
    after_fall = np.where(
        p.negative_saturation, -p.negative_threshold, np.where(p.reset_mode == 0, -p.reset, v + p.negative_threshold)
    )
    return fired, np.where(fired, after_spike, np.where(below, after_fall, v))
