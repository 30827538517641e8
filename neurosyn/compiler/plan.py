"""Cutting of a layer into cores: tiles of sites, parts of their features, copies of each neuron.

A neuron drives one axon and a trinary input takes two, so a feature needs two neuron copies for each core that it
reaches. The number of these cores follows from the plan of the next layer: layers are planned from the last to the
first.

This module gives all cores of a layer the same shape; `neurosyn.compiler.pack` varies the shape to save cores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import ChipLimitError
from neurosyn.network.layer import AXONS_PER_INPUT, Connectivity
from neurosyn.network.network import BoundLayer

__all__ = ["LayerPlan", "check_copies", "check_inputs", "cut_tiles", "plan_layer", "union_inputs"]


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """Division of a layer into cores.

    Attributes
    ----------
    layer : BoundLayer
    sites : int32 array (cores, sites of a core)
        Sites that share a core, −1 where a core has fewer; each row stands for `parts` cores.
    tile : (rows, columns) or None
        Size of the rectangle of sites that share a core; None if cores differ.
    parts : int
        Number of cores that share the features of a site; 1 unless a site has more neurons than a core.
    copies : int
        Number of neurons that compute one feature.
    bound : tuple of "axons", "neurons"
        Resources that limit the tile; empty if the size of the layer does.
    """

    layer: BoundLayer
    sites: NDArray[np.int32]
    tile: tuple[int, int] | None
    parts: int
    copies: int
    bound: tuple[str, ...]

    @property
    def part_features(self) -> int:
        """Number of features of a site in one core; the last part may have fewer."""
        return -(-self.layer.connectivity.features // self.parts)


def check_copies(plan: LayerPlan, before: str, options: CompileOptions) -> None:
    """Raise `ChipLimitError` if an output of the layer `before` needs more neuron copies than a core has neurons."""
    layer, union = plan.layer, union_inputs(plan.layer.connectivity, plan.sites)
    reached = int(np.bincount(union[union >= 0]).max(initial=0)) * plan.parts
    copies = AXONS_PER_INPUT * reached
    if copies > options.neurons:
        raise ChipLimitError(
            f"layer {layer.name}: an output of {before} is needed by {reached} of its cores and "
            f"takes {copies} neurons, two for each; a core has {options.neurons}; use a smaller kernel, a larger "
            "stride, fewer features, or fewer groups that see the same input"
        )


def check_inputs(layer: BoundLayer, options: CompileOptions) -> None:
    """Raise `ChipLimitError` if a site of the layer has more inputs than a core has axon pairs."""
    pairs = options.axons // AXONS_PER_INPUT
    inputs = int((layer.connectivity.inputs >= 0).sum(axis=1).max())
    if inputs > pairs:
        raise ChipLimitError(
            f"layer {layer.name}: a neuron sees {inputs} inputs, a core takes {pairs} ({AXONS_PER_INPUT} of its "
            f"{options.axons} axons for each); use more groups, a smaller kernel or fewer features in the layer before"
        )


def cut_tiles(grid: tuple[int, int, int], tile: tuple[int, int]) -> NDArray[np.int32]:
    """Return the sites of each tile, int32 (tiles, rows·columns of a tile), −1 where a tile extends beyond the grid.

    Tiles are ordered by group, row and column.
    """
    groups, rows, columns = grid
    height, width = tile
    sites = np.full((groups, -(-rows // height) * height, -(-columns // width) * width), -1, np.int32)
    sites[:, :rows, :columns] = np.arange(groups * rows * columns, dtype=np.int32).reshape(grid)
    cut = sites.reshape(groups, -1, height, sites.shape[2] // width, width).swapaxes(2, 3)
    return cut.reshape(-1, height * width)


def union_inputs(wiring: Connectivity, tiles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the distinct inputs of each tile, ascending.

    Returns
    -------
    int32 array (tiles, most inputs of a tile)
        Padded with −1.
    """
    seen = np.where(tiles[:, :, None] >= 0, wiring.inputs[tiles], -1).reshape(len(tiles), -1)
    seen.sort(axis=1)
    new = seen >= 0
    new[:, 1:] &= seen[:, 1:] != seen[:, :-1]
    counts = new.sum(axis=1)
    union = np.full((len(tiles), counts.max(initial=0)), -1, np.int32)
    union[np.arange(union.shape[1]) < counts[:, None]] = seen[new]
    return union


def plan_layer(layer: BoundLayer, copies: int, options: CompileOptions) -> LayerPlan:
    """Cut a layer into equal tiles, the largest that fit a core.

    Parameters
    ----------
    layer
    copies
        Number of neurons that compute one feature, at most the neurons of a core.
    options

    Raises
    ------
    ChipLimitError
        If a site has more inputs than a core has axon pairs.
    """
    wiring = layer.connectivity
    _, rows, columns = wiring.grid
    check_inputs(layer, options)
    pairs = options.axons // AXONS_PER_INPUT
    most_sites = options.neurons // (wiring.features * copies)
    if most_sites == 0:
        parts = -(-wiring.features // (options.neurons // copies))
        return LayerPlan(layer, cut_tiles(wiring.grid, (1, 1)), (1, 1), parts, copies, ("neurons",))

    def reasons(tile: tuple[int, int]) -> tuple[str, ...]:
        """Return the resources that a tile exceeds."""
        axons = ("axons",) if _most_inputs(wiring, tile) > pairs else ()
        return axons + (("neurons",) if tile[0] * tile[1] > most_sites else ())

    best: tuple[int, int] = (1, 1)
    bound: tuple[str, ...] = ()
    for side in range(2, max(rows, columns) + 1):
        tile = (min(side, rows), min(side, columns))
        refused = reasons(tile)
        if refused:
            bound = bound or refused
        elif _tiles(wiring, tile) < _tiles(wiring, best):
            # A larger tile that saves no core would only load the cores less evenly.
            best, bound = tile, ()
        if tile[0] * tile[1] > most_sites:
            break
    return LayerPlan(layer, cut_tiles(wiring.grid, best), best, 1, copies, bound)


def _tiles(wiring: Connectivity, tile: tuple[int, int]) -> int:
    groups, rows, columns = wiring.grid
    return groups * -(-rows // tile[0]) * -(-columns // tile[1])


def _most_inputs(wiring: Connectivity, tile: tuple[int, int]) -> int:
    return int(union_inputs(wiring, cut_tiles(wiring.grid, tile)).shape[1])
