"""What a placement costs: how far packets travel and how much each link carries, by the activity that training saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program

__all__ = ["LinkLoads", "Traffic", "link_loads", "mean_hops", "measure_traffic"]


@dataclass(frozen=True, eq=False)
class Traffic:
    """Packets to expect in a tick, by core.

    Attributes
    ----------
    source, target : int32 arrays (pairs,)
        Pairs of different cores of which the first sends to the second, each once, ordered.
    packets : float64 array (pairs,)
        From source to target.
    inputs, outputs : float64 arrays (cores,)
        From the host to each core, and from each core to the host.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    packets: NDArray[np.float64]
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]


def measure_traffic(program: Program) -> Traffic:
    """Sum the expected spikes of a program's neurons by pairs of cores.

    An input line is taken to be as active as the neurons that listen to it are on average.
    """
    core, neuron = np.nonzero(program.dest_core >= 0)
    target = program.dest_core[core, neuron]
    away = core != target
    keys, group = np.unique(core[away] * program.cores + target[away], return_inverse=True)
    packets = _sum_by(group, program.activity[core[away], neuron[away]], len(keys))
    source, target = np.divmod(keys, program.cores)
    leaving = np.where(program.dest_core == OUTPUT, program.activity, 0)
    return Traffic(
        source=source.astype(np.int32),
        target=target.astype(np.int32),
        packets=packets,
        inputs=_sum_by(program.input_core, _line_activity(program), program.cores),
        outputs=leaving.sum(axis=1, dtype=np.float64),
    )


def mean_hops(program: Program, placement: Placement) -> float:
    """Return the mean route of a packet from core to core, in links between routers.

    Each neuron counts with its expected activity; packets within a core count with 0 hops, those from and to the host
    do not count. 0 if no core sends anything.
    """
    core, neuron = np.nonzero(program.dest_core >= 0)
    packets = program.activity[core, neuron].astype(np.float64)
    if not packets.sum():
        return 0.0
    hops = placement.mesh.hops(placement.xy[core], placement.xy[program.dest_core[core, neuron]])
    return float(np.average(hops, weights=packets))


@dataclass(frozen=True, eq=False)
class LinkLoads:
    """Packets to expect in a tick on the links between routers.

    Attributes
    ----------
    east, west, north, south : float64 arrays (height, width)
        Element (y, x) is the link that leaves router (x, y) in that direction.
    """

    east: NDArray[np.float64]
    west: NDArray[np.float64]
    north: NDArray[np.float64]
    south: NDArray[np.float64]

    @property
    def highest(self) -> float:
        """Load of the busiest link."""
        return float(max(loads.max() for loads in (self.east, self.west, self.north, self.south)))


def link_loads(program: Program, placement: Placement) -> LinkLoads:
    """Return the expected load of each link: packets between cores, first along x, then along y."""
    traffic, xy = measure_traffic(program), placement.xy
    loads = placement.mesh.link_loads(xy[traffic.source], xy[traffic.target], traffic.packets)
    # Sums of floats that cancel leave rounding errors: no link carries less than nothing.
    return LinkLoads(**{direction: np.maximum(load, 0) for direction, load in loads})


def _line_activity(program: Program) -> NDArray[np.float64]:
    crossbar = program.crossbar[program.input_core]
    word, bit = program.input_axon // 64, (program.input_axon % 64).astype(np.uint64)
    listens = (program.crossbars[crossbar, word] >> bit[:, None]) & np.uint64(1) == 1
    spikes = np.where(listens, program.activity[program.input_core], 0).sum(axis=1, dtype=np.float64)
    activity: NDArray[np.float64] = spikes / np.maximum(listens.sum(axis=1), 1)
    return activity


def _sum_by(group: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], groups: int) -> NDArray[np.float64]:
    """Return the sum of the values of each group."""
    sums = np.zeros(groups)
    np.add.at(sums, group, values)
    return sums
