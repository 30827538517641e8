"""Expected traffic of a program and mean route of a placement, from the activity that training recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program

__all__ = ["Traffic", "mean_hops", "measure_traffic"]


@dataclass(frozen=True, eq=False)
class Traffic:
    """Expected packets per tick, by core.

    Attributes
    ----------
    source, target : int32 arrays (pairs,)
        Distinct ordered pairs of different cores of which the first sends to the second.
    packets : float64 array (pairs,)
        Packets from source to target.
    inputs, outputs : float64 arrays (cores,)
        Packets from the host to each core, and from each core to the host.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    packets: NDArray[np.float64]
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]


def measure_traffic(program: Program) -> Traffic:
    """Sum the expected spikes of a program's neurons by pairs of cores.

    The activity of an input line is taken as the mean activity of the neurons that receive its spikes.
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
    """Return the mean number of hops (links between routers) of a packet from core to core.

    Neurons are weighted by their expected activity. Packets within a core count with 0 hops, packets from and to the
    host do not count. The result is 0 if no core sends packets.
    """
    core, neuron = np.nonzero(program.dest_core >= 0)
    packets = program.activity[core, neuron].astype(np.float64)
    if not packets.sum():
        return 0.0
    hops = placement.mesh.hops(placement.xy[core], placement.xy[program.dest_core[core, neuron]])
    return float(np.average(hops, weights=packets))


def _line_activity(program: Program) -> NDArray[np.float64]:
    crossbar = program.crossbar[program.input_core]
    word, bit = program.input_axon // 64, (program.input_axon % 64).astype(np.uint64)
    has_synapse = (program.crossbars[crossbar, word] >> bit[:, None]) & np.uint64(1) == 1
    spikes = np.where(has_synapse, program.activity[program.input_core], 0).sum(axis=1, dtype=np.float64)
    activity: NDArray[np.float64] = spikes / np.maximum(has_synapse.sum(axis=1), 1)
    return activity


def _sum_by(group: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], groups: int) -> NDArray[np.float64]:
    """Return the sum of the values of each group."""
    sums = np.zeros(groups)
    np.add.at(sums, group, values)
    return sums
