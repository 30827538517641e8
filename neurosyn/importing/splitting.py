"""Splitting of neurons whose fan-in exceeds a core: relays sum parts of the inputs and pass on rounded sums.

Each part of at most 64 inputs of a neuron has a pair of relays with a quantum Q = θ/2. Both hold the same potential
with opposite signs. One fires whenever the sum of its part has risen by Q, the other whenever it has fallen by Q, and
either spike takes Q off both. The neuron adds Q for the first and subtracts Q for the second. What stays in the relays
is at most Q for each part; a part that changes by more than Q in a step takes further ticks.

Integrators (I, LI) at the end have no spikes of their own: relays alone stand for them, and the difference of the two
counts, times Q, is the sum of their inputs.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.importing.network import INTEGRATORS, Population, SpikingNetwork, Synapses

__all__ = ["split_network"]

_QUANTA = 2
"""Quanta in a threshold."""
_READ_SHARE = 0.25
"""Quantum of an integrator that is read, as a share of the mean sum of its weights' sizes."""


def split_network(network: SpikingNetwork, parts: dict[int, int]) -> SpikingNetwork:
    """Return a network in which some populations get their inputs through a population of relays before them.

    Parameters
    ----------
    network
    parts
        For populations to split, the number of inputs of a part.
    """
    if not parts:
        return network
    # Numbers first: feedback comes from populations that follow.
    number, place = {}, 0
    for old, population in enumerate(network.populations):
        place += old in parts and population.kind not in INTEGRATORS
        number[old] = place
        place += 1
    populations: list[Population] = []
    for old, population in enumerate(network.populations):
        synapses = tuple(dataclasses.replace(s, source=number.get(s.source, s.source)) for s in population.synapses)
        renumbered = dataclasses.replace(population, synapses=synapses)
        populations += [renumbered] if old not in parts else _split(renumbered, parts[old], len(populations))
    members = {node: number[index] for node, index in network.members.items()}
    return dataclasses.replace(network, populations=tuple(populations), output=number[network.output], members=members)


def _split(population: Population, size: int, relay: int) -> list[Population]:
    """Return the relays of a population, which get the number `relay`, and the population that they drive.

    Feedback has no time for a relay, and is left as it is.
    """
    direct = [s for s in population.synapses if s.delay == 0]
    groups = _parts([s.weights for s in direct], size)
    relays = population.size * 2 * len(groups[0])
    is_read = population.kind in INTEGRATORS
    quantum = population.threshold / _QUANTA
    if is_read:
        sizes = sum(np.abs(s.weights).sum(axis=1) for s in direct) + np.abs(population.bias)
        quantum = np.full(population.size, max(_READ_SHARE * float(np.mean(sizes)), 1e-9))
    synapses = tuple(
        Synapses(s.source, 0, sparse.vstack([sign * part for part in parts for sign in (1.0, -1.0)], format="csr"))
        for s, parts in zip(direct, groups, strict=True)
    )
    pairs = [sparse.diags_array(sign * quantum) for _ in groups[0] for sign in (1.0, -1.0)]
    zeros = np.zeros(relays)
    bias = zeros
    if is_read:
        bias = np.concatenate([population.bias, -population.bias, np.zeros(relays - 2 * population.size)])
    relaying = Population(
        population.name if is_read else f"{population.name} parts", "partial", (relays,), synapses, bias, zeros,
        np.tile(quantum, relays // population.size), zeros, linear_reset=True, fires_at=True,
        sign=1 - 2 * (np.arange(relays) // population.size % 2),
    )  # fmt: skip
    if is_read:
        return [relaying]
    return [
        relaying,
        dataclasses.replace(
            population,
            synapses=(
                Synapses(relay, 0, sparse.hstack(pairs, format="csr")),
                *(s for s in population.synapses if s.delay > 0),
            ),
        ),
    ]


def _parts(matrices: list[sparse.csr_array], size: int) -> list[list[sparse.csr_array]]:
    """Return, for each matrix, its shares of the parts: part k has the k-th `size` inputs of every neuron."""
    counts = np.stack([np.diff(matrix.indptr) for matrix in matrices])
    before = np.cumsum(counts, axis=0) - counts
    most = int(counts.sum(axis=0).max())
    return [
        [_within(matrix, offset, start, start + size) for start in range(0, most, size)]
        for matrix, offset in zip(matrices, before, strict=True)
    ]


def _within(matrix: sparse.csr_array, offset: NDArray[np.intp], start: int, end: int) -> sparse.csr_array:
    """Return the weights whose rank among a neuron's inputs, from `offset` on, is `start` … `end` − 1."""
    rank = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1] - offset, np.diff(matrix.indptr))
    data = np.where((rank >= start) & (rank < end), matrix.data, 0.0)
    part = sparse.csr_array((data, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    part.eliminate_zeros()
    return part
