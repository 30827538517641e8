"""Tight packing: tiles of different shapes, several of which may share a core.

A tile is a rectangle of sites of one group that fits a core. Windows at the edge of a map have fewer inputs, so larger
tiles fit there. Each group's grid is cut recursively into rectangles by cuts from edge to edge (guillotine cuts). Of
all such partitions the one with the fewest tiles is taken, and among equals the one with the smallest sum of inputs,
because every input of a tile costs two neurons in the layer before. Tiles that leave axons and neurons free are then
packed into shared cores by first-fit decreasing.

The program computes the same spikes as the plain one: a site's neurons have the same weights and leaks in any core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.plan import LayerPlan, check_inputs, plan_layer
from neurosyn.network.layer import AXONS_PER_INPUT, Connectivity
from neurosyn.network.network import BoundLayer

__all__ = ["pack_layer"]

_BLOCK = 8
"""Side of the blocks that are partitioned at once, in sites; the number of rectangles grows with its fourth power."""


class _SiteRectangle(NamedTuple):
    """Rows `top` … `bottom` − 1 and columns `left` … `right` − 1 of a block."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def sites(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def cuts(self) -> list[tuple[_SiteRectangle, _SiteRectangle]]:
        """Return all pairs of rectangles that one cut gives."""
        top, bottom, left, right = self
        across = [
            (_SiteRectangle(top, y, left, right), _SiteRectangle(y, bottom, left, right))
            for y in range(top + 1, bottom)
        ]
        along = [
            (_SiteRectangle(top, bottom, left, x), _SiteRectangle(top, bottom, x, right))
            for x in range(left + 1, right)
        ]
        return across + along


@dataclass(frozen=True)
class _Capacity:
    """Capacity of a core: axon pairs and neurons."""

    pairs: int
    neurons: int


class _SiteBlock:
    """A block of sites of one group, to be partitioned into tiles.

    Parameters
    ----------
    inputs : int array (rows, columns, fan_in)
        −1 where the window lies outside the map, and at sites without listeners.
    neurons : int array (rows, columns)
        Number of neurons of each site.
    capacity
        Capacity of a core.
    """

    def __init__(self, inputs: NDArray[np.int32], neurons: NDArray[np.int64], capacity: _Capacity) -> None:
        self._inputs = inputs
        self._sums = np.pad(neurons.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        self._capacity = capacity
        self._pairs: dict[_SiteRectangle, int | None] = {}
        self._best: dict[_SiteRectangle, tuple[int, int, tuple[_SiteRectangle, _SiteRectangle] | None]] = {}

    def neurons(self, tile: _SiteRectangle) -> int:
        """Return the number of neurons of a tile."""
        top, bottom, left, right = tile
        sums = self._sums
        return int(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])

    def pairs(self, tile: _SiteRectangle) -> int | None:
        """Return the number of distinct inputs of a tile, or None if it does not fit a core."""
        if tile not in self._pairs:
            self._pairs[tile] = self._count(tile)
        return self._pairs[tile]

    def _count(self, tile: _SiteRectangle) -> int | None:
        if self.neurons(tile) > self._capacity.neurons:
            return None
        # A tile that does not fit without its last row or column does not fit with it.
        if tile.bottom - tile.top > 1 and self.pairs(tile._replace(bottom=tile.bottom - 1)) is None:
            return None
        if tile.right - tile.left > 1 and self.pairs(tile._replace(right=tile.right - 1)) is None:
            return None
        seen = np.unique(self._inputs[tile.top : tile.bottom, tile.left : tile.right])
        count = len(seen) - int(seen[0] < 0)
        return count if count <= self._capacity.pairs else None

    def partition(self) -> list[_SiteRectangle]:
        """Return the tiles of the best partition."""
        rows, columns = self._inputs.shape[:2]
        tiles, pending = [], [_SiteRectangle(0, rows, 0, columns)]
        while pending:
            rectangle = pending.pop()
            cut = self._best_partition(rectangle)[2]
            if cut is None:
                tiles.append(rectangle)
            else:
                pending.extend(reversed(cut))
        return tiles

    @cached_property
    def _any_pair_fits(self) -> bool:
        rows, columns = self._inputs.shape[:2]
        return any(
            self.pairs(_SiteRectangle(y, y + height, x, x + width)) is not None
            for height, width in ((1, 2), (2, 1))
            for y in range(rows - height + 1)
            for x in range(columns - width + 1)
        )

    def _best_partition(
        self, rectangle: _SiteRectangle
    ) -> tuple[int, int, tuple[_SiteRectangle, _SiteRectangle] | None]:
        """Return number of tiles, sum of inputs and first cut of the best partition of a rectangle."""
        if rectangle not in self._best:
            pairs = self.pairs(rectangle)
            if pairs is not None:
                self._best[rectangle] = (1, pairs, None)
            elif not self._any_pair_fits:
                self._best[rectangle] = (rectangle.sites, 0, rectangle.cuts()[0])
            else:
                halves = [(self._best_partition(a), self._best_partition(b), (a, b)) for a, b in rectangle.cuts()]
                self._best[rectangle] = min(
                    ((a[0] + b[0], a[1] + b[1], cut) for a, b, cut in halves),
                    key=lambda partition: partition[:2],
                )
        return self._best[rectangle]


def pack_layer(layer: BoundLayer, copies: NDArray[np.int64], options: CompileOptions) -> LayerPlan:
    """Pack the sites of a layer into few cores; sites without listeners are dropped.

    Parameters
    ----------
    layer
    copies : int64 array (outputs,)
        Number of neuron copies that each element of the output map needs.
    options

    Returns
    -------
    LayerPlan
        Equal to that of `plan_layer` if a site exceeds a core.

    Raises
    ------
    ChipLimitError
        If a site has more inputs than a core has axon pairs.
    """
    check_inputs(layer, options)
    wiring, most = layer.connectivity, max(int(copies.max()), 1)
    neurons = copies[wiring.outputs].sum(axis=1)
    if neurons.max() > options.neurons or not neurons.any():
        return plan_layer(layer, most, options)
    capacity = _Capacity(options.axons // AXONS_PER_INPUT, options.neurons)
    tiles = _cut_groups(wiring, neurons, capacity)
    inputs = np.array([len(_inputs_of(wiring, tile)) for tile in tiles])
    core = _first_fit(inputs, np.array([neurons[tile].sum() for tile in tiles]), capacity)
    return LayerPlan(layer, _sites_of_cores(tiles, core), None, 1, most, ())


def _cut_groups(wiring: Connectivity, neurons: NDArray[np.int64], capacity: _Capacity) -> list[NDArray[np.int32]]:
    """Return the sites of each tile. Blocks that differ only in the numbers of their inputs are partitioned once."""
    groups, rows, columns = wiring.grid
    sites = np.arange(groups * rows * columns, dtype=np.int32).reshape(wiring.grid)
    known: dict[bytes, list[_SiteRectangle]] = {}
    tiles = []
    for group in sites:
        for top in range(0, rows, _BLOCK):
            for left in range(0, columns, _BLOCK):
                block = group[top : top + _BLOCK, left : left + _BLOCK]
                of_site = neurons[block]
                local_inputs = _renumbered(np.where(of_site[..., None] > 0, wiring.inputs[block], -1))
                key = b"".join([repr(block.shape).encode(), local_inputs.tobytes(), of_site.tobytes()])
                if key not in known:
                    known[key] = _SiteBlock(local_inputs, of_site, capacity).partition()
                tiles += [block[t.top : t.bottom, t.left : t.right].ravel() for t in known[key]]
    used = [tile[neurons[tile] > 0] for tile in tiles]
    return [tile for tile in used if len(tile)]


def _renumbered(inputs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number inputs by their first appearance; −1 stays."""
    values, first, inverse = np.unique(inputs, return_index=True, return_inverse=True)
    rank = np.empty(len(values), np.int32)
    rank[np.argsort(first)] = np.arange(len(values), dtype=np.int32)
    return np.where(inputs < 0, -1, rank[inverse.reshape(inputs.shape)]).astype(np.int32)


def _inputs_of(wiring: Connectivity, tile: NDArray[np.int32]) -> NDArray[np.int32]:
    seen = np.unique(wiring.inputs[tile])
    return seen[seen >= 0]


def _first_fit(pairs: NDArray[np.int64], neurons: NDArray[np.int64], capacity: _Capacity) -> NDArray[np.int64]:
    """Return the core of each tile, by first fit in the order of decreasing share of a core."""
    if len(pairs) < 2 or 2 * pairs.min() > capacity.pairs or 2 * neurons.min() > capacity.neurons:
        return np.arange(len(pairs))
    core = np.empty(len(pairs), np.int64)
    # Free capacity of each core; there are never more cores than tiles.
    free_pairs, free_neurons = np.full(len(pairs), capacity.pairs), np.full(len(pairs), capacity.neurons)
    share = np.maximum(pairs / capacity.pairs, neurons / capacity.neurons)
    for tile in np.argsort(-share, kind="stable"):
        chosen = int(np.argmax((free_pairs >= pairs[tile]) & (free_neurons >= neurons[tile])))
        core[tile] = chosen
        free_pairs[chosen] -= pairs[tile]
        free_neurons[chosen] -= neurons[tile]
    return core


def _sites_of_cores(tiles: list[NDArray[np.int32]], core: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the sites of each core, the cores in order of their first sites."""
    members: dict[int, list[int]] = {}
    for tile, number in zip(tiles, core.tolist(), strict=True):
        members.setdefault(number, []).extend(tile.tolist())
    ordered = sorted(sorted(sites) for sites in members.values())
    result = np.full((len(ordered), max(map(len, ordered))), -1, np.int32)
    for row, sites in zip(result, ordered, strict=True):
        row[: len(sites)] = sites
    return result
