"""Choice of the cores whose spikes and packets a trace keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.engine.probes.probe import PacketColumns
from neurosyn.errors import ScenarioError, did_you_mean
from neurosyn.trace.options import TraceOptions

__all__ = ["chosen_cores", "chosen_packets"]


def chosen_cores(options: TraceOptions, program: Program) -> NDArray[np.bool_] | None:
    """Return whether each core's spikes and packets are kept, bool (C,); None for all of them.

    Raises
    ------
    ScenarioError
        If the program has no such core or layer.
    """
    if options.cores is None and options.layers is None:
        return None
    chosen = np.zeros(program.cores, np.bool_)
    for core in options.cores or ():
        if core >= program.cores:
            raise ScenarioError(f"trace.cores: there is no core {core}; the program has {program.cores:,}, from 0 on")
        chosen[core] = True
    for name in options.layers or ():
        if name not in program.layer_names:
            raise ScenarioError(
                f"trace.layers: there is no layer '{name}'{did_you_mean(name, program.layer_names)} "
                f"(there are: {', '.join(program.layer_names)})"
            )
        chosen |= program.core_layer == program.layer_names.index(name)
    return chosen


def chosen_packets(packets: PacketColumns, cores: NDArray[np.bool_]) -> PacketColumns:
    """Return the packets that leave or reach one of the chosen cores."""
    kept = np.zeros(len(packets.hops), np.bool_)
    for end in (packets.source_core, packets.dest_core):
        # Negative numbers stand for the host.
        kept |= (end >= 0) & cores[np.maximum(end, 0)]
    return PacketColumns(**{name: array[kept] for name, array in vars(packets).items()})
