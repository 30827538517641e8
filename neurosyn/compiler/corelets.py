"""Corelets: the cores of one layer with their axon pairs, their neurons and the destinations of their spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.plan import LayerPlan, union_inputs
from neurosyn.network.layer import AXONS_PER_INPUT, Connectivity

__all__ = ["Corelet", "Neurons", "Targets", "make_corelet", "number_neurons"]


@dataclass(frozen=True, eq=False)
class Targets:
    """Destinations of each element of a feature map: the axon pairs of the cores that use it.

    Element i has the targets ``first[i]`` to ``first[i + 1]``, ordered by core.

    Attributes
    ----------
    first : int64 array (elements + 1,)
    core : int32 array (targets,)
        Core, relative to the layer's first.
    pair : int32 array (targets,)
        Its axons are 2·pair (weight −1) and 2·pair + 1 (weight +1).
    """

    first: NDArray[np.int64]
    core: NDArray[np.int32]
    pair: NDArray[np.int32]

    @property
    def copies(self) -> NDArray[np.int64]:
        """Number of neurons that each element needs, one for each axon; int64 array (elements,)."""
        return AXONS_PER_INPUT * np.diff(self.first)

    def find(
        self, element: NDArray[np.int32], copy: NDArray[np.int32]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]]:
        """Return the destinations of copies of elements.

        Parameters
        ----------
        element, copy : int32 arrays (n,)

        Returns
        -------
        has_target : bool array (n,)
            Whether the copy has a destination.
        core, axon : int32 arrays (m,)
            Destinations of the copies that have one.
        """
        target = self.first[element] + copy // AXONS_PER_INPUT
        has_target = target < self.first[element + 1]
        target = target[has_target]
        axon = AXONS_PER_INPUT * self.pair[target] + copy[has_target] % AXONS_PER_INPUT
        return has_target, self.core[target], axon.astype(np.int32)


@dataclass(frozen=True, eq=False)
class Neurons:
    """Neurons in use of a group of cores, ordered by core and neuron.

    Attributes
    ----------
    core, neuron : int32 arrays
        Number of the core and of the neuron in it.
    item, copy : int32 arrays
        Item that the neuron computes, and the number of the copy.
    """

    core: NDArray[np.int32]
    neuron: NDArray[np.int32]
    item: NDArray[np.int32]
    copy: NDArray[np.int32]


def number_neurons(core: NDArray[np.int32], copies: NDArray[np.int64], cores: int) -> Neurons:
    """Assign consecutive neurons of its core to the copies of each item.

    Parameters
    ----------
    core : int32 array (items,)
        Core of each item, ascending.
    copies : int64 array (items,)
        Number of neurons of each item.
    cores : int
        Number of cores.
    """
    item = np.repeat(np.arange(len(core), dtype=np.int32), copies)
    before = np.cumsum(copies) - copies
    copy = np.arange(len(item)) - before[item]
    owner = core[item]
    first = np.searchsorted(owner, np.arange(cores))
    neuron = np.arange(len(item)) - first[owner]
    return Neurons(owner, neuron.astype(np.int32), item, copy.astype(np.int32))


@dataclass(frozen=True, eq=False)
class Corelet:
    """Cores of one layer, before placement and without weights.

    Cores are ordered by their first site (group, row, column) and part.

    Attributes
    ----------
    plan : LayerPlan
    sites : int32 array (cores, sites of a tile)
        Sites of each core, −1 where the tile extends beyond the grid.
    inputs : int32 array (cores, pairs)
        Element of the layer's input map on each axon pair, −1 on unused pairs.
    neurons : Neurons
        ``item`` indexes the three arrays below.
    item_site : int32 array (items,)
        Site of the item, as a column of `sites`.
    item_feature, item_output : int32 arrays (items,)
        Feature of the site, and flat index into the layer's output map.
    """

    plan: LayerPlan
    sites: NDArray[np.int32]
    inputs: NDArray[np.int32]
    neurons: Neurons
    item_site: NDArray[np.int32]
    item_feature: NDArray[np.int32]
    item_output: NDArray[np.int32]

    @property
    def cores(self) -> int:
        """Number of cores."""
        return len(self.sites)

    @property
    def wiring(self) -> Connectivity:
        """The layer's connectivity."""
        return self.plan.layer.connectivity

    def find_pairs(self) -> NDArray[np.int32]:
        """Return the axon pair of each input of each site, int32 (cores, sites of a tile, fan_in), −1 for none."""
        size = self.plan.layer.inputs.size
        seen = np.where(self.sites[:, :, None] >= 0, self.wiring.inputs[self.sites], -1)
        core = np.arange(self.cores, dtype=np.int64)[:, None]
        used = self.inputs >= 0
        # A search in one ascending list of (core, input) keys serves all cores at once.
        keys = (core * size + self.inputs)[used]
        first = np.cumsum(used.sum(axis=1)) - used.sum(axis=1)
        pair = np.searchsorted(keys, core[:, :, None] * size + seen) - first[:, None, None]
        return np.where(seen >= 0, pair, -1).astype(np.int32)

    def targets(self) -> Targets:
        """Return the destinations of each element of the layer's input map."""
        core, pair = np.nonzero(self.inputs >= 0)
        element = self.inputs[core, pair]
        order = np.argsort(element, kind="stable")
        counts = np.bincount(element, minlength=self.plan.layer.inputs.size)
        first = np.concatenate(([0], np.cumsum(counts)))
        return Targets(first, core[order].astype(np.int32), pair[order].astype(np.int32))


def make_corelet(plan: LayerPlan, after: Targets | None, options: CompileOptions) -> Corelet:
    """Cut a layer into its cores.

    Parameters
    ----------
    plan
        The layer's plan.
    after
        Destinations of the layer's outputs; None for the last layer, whose outputs leave the chip.
    options
        Whether copies that reach no core are kept.
    """
    wiring = plan.layer.connectivity
    tiles = np.repeat(plan.sites, plan.parts, axis=0)
    part = np.arange(len(tiles)) % plan.parts
    feature = part[:, None, None] * plan.part_features + np.arange(plan.part_features)
    exists = (tiles[:, :, None] >= 0) & (feature < wiring.features)
    core, site, index = (axis.astype(np.int32) for axis in np.nonzero(exists))
    item_feature = feature[core, 0, index].astype(np.int32)
    item_output = wiring.outputs[tiles[core, site], item_feature]
    if after is not None and (options.copies == "exact" or options.pack == "tight"):
        copies = after.copies[item_output]
    else:
        copies = np.full(len(core), plan.copies, np.int64)
    neurons = number_neurons(core, copies, len(tiles))
    return Corelet(plan, tiles, union_inputs(wiring, tiles), neurons, site, item_feature, item_output)
