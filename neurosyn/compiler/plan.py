"""How each layer is cut into cores: tiles of sites, parts of their features, copies of each neuron.

A neuron drives one axon and a trinary input takes two, so a feature is computed by two neuron copies for each core that
it reaches. How many that are follows from how the layer after is cut: layers are planned from the last to the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import ChipLimitError
from neurosyn.network.layer import Connectivity
from neurosyn.network.network import BoundLayer, Network

__all__ = ["AXONS_PER_INPUT", "LayerPlan", "cut_tiles", "plan_layers", "union_inputs"]

AXONS_PER_INPUT = 2
"""An input's axons: one of weight −1 and one of weight +1. [IBM]"""


@dataclass(frozen=True)
class LayerPlan:
    """How a layer is cut into cores.

    Attributes
    ----------
    layer : BoundLayer
    tile : (rows, columns)
        Neighbouring sites of one group that share a core.
    parts : int
        Cores among which the features of a site are divided; 1 unless a site's neurons exceed a core.
    copies : int
        Neurons that compute one feature.
    bound : tuple of "axons", "neurons"
        What keeps a core from doing more; empty if only the layer's own size does.
    """

    layer: BoundLayer
    tile: tuple[int, int]
    parts: int
    copies: int
    bound: tuple[str, ...]

    @property
    def part_features(self) -> int:
        """Features of a site that one core computes (the last part may have fewer)."""
        return -(-self.layer.connectivity.features // self.parts)


def plan_layers(network: Network, options: CompileOptions) -> tuple[LayerPlan, ...]:
    """Plan the on-chip layers of a network.

    Raises
    ------
    ChipLimitError
        If a site has more inputs than a core has axon pairs, or an output has to reach more cores than a core has
        neurons to feed.
    """
    plans: list[LayerPlan] = []
    copies = 1
    for number in range(len(network.on_chip) - 1, -1, -1):
        layer = network.on_chip[number]
        plan = _plan_layer(layer, copies, options)
        plans.append(plan)
        reached = _cores_reached(plan)
        copies = AXONS_PER_INPUT * reached
        if copies > options.neurons:
            before = network.on_chip[number - 1].name if number else "the chip's input"
            raise ChipLimitError(
                f"layer {layer.name}: an output of {before} is needed by {reached} of its cores and takes {copies} "
                f"neurons, two for each; a core has {options.neurons}; use a smaller kernel, a larger stride, fewer "
                "features, or fewer groups that see the same input"
            )
    return tuple(reversed(plans))


def cut_tiles(grid: tuple[int, int, int], tile: tuple[int, int]) -> NDArray[np.int32]:
    """Return the sites of each tile, int32 (tiles, rows·columns of a tile), −1 where a tile hangs over the grid.

    Tiles are ordered by group, row and column.
    """
    groups, rows, columns = grid
    height, width = tile
    sites = np.full((groups, -(-rows // height) * height, -(-columns // width) * width), -1, np.int32)
    sites[:, :rows, :columns] = np.arange(groups * rows * columns, dtype=np.int32).reshape(grid)
    cut = sites.reshape(groups, -1, height, sites.shape[2] // width, width).swapaxes(2, 3)
    return cut.reshape(-1, height * width)


def union_inputs(wiring: Connectivity, tiles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the inputs that each tile's sites see, ascending, each once.

    Returns
    -------
    int32 array (tiles, most inputs of a tile)
        −1 after a tile's last input.
    """
    seen = np.where(tiles[:, :, None] >= 0, wiring.inputs[tiles], -1).reshape(len(tiles), -1)
    seen.sort(axis=1)
    new = seen >= 0
    new[:, 1:] &= seen[:, 1:] != seen[:, :-1]
    counts = new.sum(axis=1)
    union = np.full((len(tiles), counts.max(initial=0)), -1, np.int32)
    union[np.arange(union.shape[1]) < counts[:, None]] = seen[new]
    return union


def _plan_layer(layer: BoundLayer, copies: int, options: CompileOptions) -> LayerPlan:
    wiring = layer.connectivity
    _, rows, columns = wiring.grid
    pairs = options.axons // AXONS_PER_INPUT
    inputs = _most_inputs(wiring, (1, 1))
    if inputs > pairs:
        raise ChipLimitError(
            f"layer {layer.name}: a neuron sees {inputs} inputs, a core takes {pairs} ({AXONS_PER_INPUT} of its "
            f"{options.axons} axons for each); use more groups, a smaller kernel or fewer features in the layer before"
        )
    most_sites = options.neurons // (wiring.features * copies)
    if most_sites == 0:
        # plan_layers has checked that the copies of one feature fit.
        parts = -(-wiring.features // (options.neurons // copies))
        return LayerPlan(layer, (1, 1), parts, copies, ("neurons",))

    def reasons(tile: tuple[int, int]) -> tuple[str, ...]:
        """Return what a core has too little of for a tile."""
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
            # A larger tile that saved no core would only load the cores less evenly.
            best, bound = tile, ()
        if tile[0] * tile[1] > most_sites:
            break
    return LayerPlan(layer, best, 1, copies, bound)


def _tiles(wiring: Connectivity, tile: tuple[int, int]) -> int:
    groups, rows, columns = wiring.grid
    return groups * -(-rows // tile[0]) * -(-columns // tile[1])


def _most_inputs(wiring: Connectivity, tile: tuple[int, int]) -> int:
    return int(union_inputs(wiring, cut_tiles(wiring.grid, tile)).shape[1])


def _cores_reached(plan: LayerPlan) -> int:
    """Return how many cores the most wanted input of a layer has to reach; 1 even if none is wanted."""
    wiring = plan.layer.connectivity
    union = union_inputs(wiring, cut_tiles(wiring.grid, plan.tile))
    return int(np.bincount(union[union >= 0]).max(initial=1)) * plan.parts
