"""Splitter cores: an input line drives one axon, and relay neurons repeat its spike for every axon that needs it.

A relay has weights +1, threshold 1 and no leak: it repeats a spike one tick later. [IBM]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.corelets import Corelet, Neurons, Targets, number_neurons
from neurosyn.compiler.options import CompileOptions

__all__ = ["Splitters", "pack_splitters"]


@dataclass(frozen=True, eq=False)
class Splitters:
    """Cores between the chip's inputs and its first layer.

    Attributes
    ----------
    cores : int
    line : int32 array (lines,)
        Element of the input map that each line carries, for the elements that the first layer uses; ordered by core
        and axon.
    core, axon : int32 arrays (lines,)
        Axon that each line drives.
    neurons : Neurons
        The relays; ``item`` is the line.
    """

    cores: int
    line: NDArray[np.int32]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    neurons: Neurons


def pack_splitters(first: Corelet, targets: Targets, options: CompileOptions) -> Splitters:
    """Pack the relays of every input into cores by first-fit decreasing.

    Inputs of different groups of the first layer do not share a core, because each group's corelet has its own
    splitters [V]; tight packing lifts this rule. Among inputs with the same number of relays, those with the same
    destination cores are neighbours, which keeps routes short.
    """
    line = np.flatnonzero(targets.copies).astype(np.int32)
    relays = targets.copies[line]
    first_core = targets.core[targets.first[line]]
    last_core = targets.core[targets.first[line + 1] - 1]
    groups = 1 if options.pack == "tight" else first.wiring.grid[0]
    group = first_core // (first.cores // groups)
    order = np.lexsort((line, last_core, first_core, -relays, group))
    core = _first_fit(relays[order], group[order], options)

    by_core = np.argsort(core, kind="stable")
    line, core, relays = line[order][by_core], core[by_core], relays[order][by_core]
    cores = int(core.max(initial=-1)) + 1
    axon = np.arange(len(core)) - np.searchsorted(core, np.arange(cores))[core]
    return Splitters(cores, line, core, axon.astype(np.int32), number_neurons(core, relays, cores))


def _first_fit(relays: NDArray[np.int64], group: NDArray[np.int32], options: CompileOptions) -> NDArray[np.int32]:
    core = np.empty(len(relays), np.int32)
    neurons = np.zeros(len(relays), np.int64)  # free in each core; there are never more cores than lines
    axons = np.zeros(len(relays), np.int64)
    begin = end = 0  # cores of the current group
    for item, need in enumerate(relays):
        if item and group[item] != group[item - 1]:
            begin = end
        fits = np.flatnonzero((neurons[begin:end] >= need) & (axons[begin:end] > 0))
        chosen = begin + int(fits[0]) if len(fits) else end
        if chosen == end:
            neurons[end], axons[end] = options.neurons, options.axons
            end += 1
        neurons[chosen] -= need
        axons[chosen] -= 1
        core[item] = chosen
    return core
