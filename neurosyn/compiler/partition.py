"""Partition of a population into cores: neurons with common inputs together, as far as axons and neurons go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.populations import ChipPopulation
from neurosyn.errors import ChipLimitError

__all__ = ["CorePart", "partition"]

_WINDOW = 512
"""Sites that are compared when one is added to a core."""


@dataclass(frozen=True, eq=False)
class CorePart:
    """Neurons of a population in one core, and the axons that they need.

    Attributes
    ----------
    rows : int64 array (n,)
        Neurons of the population, ascending.
    keys : int64 array (axons,)
        Column of each axon: an element of the sources, in the order of the groups of synapses; after these, constants.
    kinds : uint8 array (axons,)
        Type of each axon.
    """

    rows: NDArray[np.int64]
    keys: NDArray[np.int64]
    kinds: NDArray[np.uint8]


def partition(population: ChipPopulation, copies: NDArray[np.int64], options: CompileOptions) -> list[CorePart]:
    """Cut a population into cores.

    Neurons with the same inputs form a site. A core begins with the first site that is left, and takes on those that
    add the fewest axons.

    Parameters
    ----------
    population
    copies : int64 array (size,)
        Neurons that compute each neuron.
    options
        Size of a core.

    Raises
    ------
    ChipLimitError
        If a neuron needs more axons or copies than a core has.
    """
    matrix = sparse.hstack([*(s.types for s in population.synapses), population.constants], format="csr")
    own = matrix.shape[1] - population.constants.shape[1]
    sites = _Sites.of(population, matrix, copies, own, options)
    left = list(range(len(sites.rows)))
    parts = []
    while left:
        used = np.zeros(matrix.shape[1] + 1, np.uint8)
        neurons, members = 0, []
        candidate: int | None = left[0]
        while candidate is not None:
            members.append(candidate)
            left.remove(candidate)
            used[sites.keys[candidate]] |= sites.masks[candidate]
            used[-1] = 0
            neurons += int(sites.copies[candidate])
            candidate = sites.best(left[:_WINDOW], used, neurons, own, options)
        rows = np.sort(np.concatenate([sites.rows[site] for site in members]))
        kinds = (used[:-1, None] >> np.arange(4)) & 1
        keys, types = np.nonzero(kinds)
        parts.append(CorePart(rows, keys, types.astype(np.uint8)))
    return parts


@dataclass(frozen=True, eq=False)
class _Sites:
    """Groups of neurons with the same inputs; keys and masks are padded with the key after the last and mask 0."""

    rows: list[NDArray[np.int64]]
    copies: NDArray[np.int64]
    keys: NDArray[np.int64]
    masks: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        population: ChipPopulation,
        matrix: sparse.csr_array,
        copies: NDArray[np.int64],
        own: int,
        options: CompileOptions,
    ) -> _Sites:
        members: dict[bytes, list[int]] = {}
        for row in range(matrix.shape[0]):
            indices = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            members.setdefault(indices.tobytes(), []).append(row)
        rows: list[NDArray[np.int64]] = []
        keys, masks = [], []
        for group in members.values():
            first, last = matrix.indptr[group[0]], matrix.indptr[group[0] + 1]
            columns = matrix.indices[first:last].astype(np.int64)
            starts = matrix.indptr[group]
            of_group = matrix.data[starts[:, None] + np.arange(last - first)]
            mask = np.bitwise_or.reduce(of_group, axis=0) if last > first else np.zeros(0, np.uint8)
            axons = int(np.bitwise_count(mask).sum())
            if axons > options.axons:
                raise ChipLimitError(
                    f"layer '{population.name}': a neuron needs {axons} axons, a core has {options.axons}; use fewer "
                    "inputs or fewer axons an input"
                )
            reserved = int(np.bitwise_count(mask[columns >= own]).sum())
            for chunk in _chunks(np.array(group), copies, options.neurons - reserved, population.name):
                rows.append(chunk)
                keys.append(columns)
                masks.append(mask)
        most = max((len(columns) for columns in keys), default=0)
        padded = np.full((len(keys), most), matrix.shape[1])
        padded_masks = np.zeros((len(keys), most), np.uint8)
        for site, (columns, mask) in enumerate(zip(keys, masks, strict=True)):
            padded[site, : len(columns)], padded_masks[site, : len(columns)] = columns, mask
        return cls(rows, np.array([copies[chunk].sum() for chunk in rows]), padded, padded_masks)

    def best(
        self, left: list[int], used: NDArray[np.uint8], neurons: int, own: int, options: CompileOptions
    ) -> int | None:
        """Return the site that adds the fewest axons to a core, None if none fits."""
        if not left:
            return None
        sites = np.array(left)
        keys = self.keys[sites]
        new = np.bitwise_count(self.masks[sites] & ~used[keys])
        added = new.sum(axis=1, dtype=np.int64)
        constants = np.bitwise_count(used[own:-1]).sum(dtype=np.int64) + (new * (keys >= own)).sum(
            axis=1, dtype=np.int64
        )
        fits = (np.bitwise_count(used).sum(dtype=np.int64) + added <= options.axons) & (
            neurons + self.copies[sites] + constants <= options.neurons
        )
        if not fits.any():
            return None
        return int(sites[np.where(fits, added, np.iinfo(np.int64).max).argmin()])


def _chunks(rows: NDArray[np.int64], copies: NDArray[np.int64], room: int, name: str) -> list[NDArray[np.int64]]:
    """Return the neurons of a site in portions that fit a core."""
    chunks, first, total = [], 0, 0
    for index, row in enumerate(rows):
        need = int(copies[row])
        if need > room:
            raise ChipLimitError(
                f"layer '{name}': a neuron needs {need} copies, one for each axon that it reaches; a core has "
                f"{room} neurons; use fewer axons an input (--bits), or smaller layers after it"
            )
        if total + need > room:
            chunks.append(rows[first:index])
            first, total = index, 0
        total += need
    return [*chunks, rows[first:]]
