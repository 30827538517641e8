"""Use of a board's chips, of the links between them and of its host ports."""

from __future__ import annotations

import numpy as np

from neurosyn.analysis.run_summary import BoardUse, LinkUse
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.engine.fabric.link_loads import server_loads

__all__ = ["summarise_board"]


def summarise_board(
    program: Program, placement: Placement, chip: ChipOptions, counts: EventCounts, tick_ps: int
) -> BoardUse:
    """Return the use of chips, chip edges and host ports over a whole run.

    The busy share of a link is its part of the time if ticks follow each other every `tick_ps`.
    """
    mesh, events = placement.mesh, counts.events()
    fabric = Fabric(mesh, chip)
    loads = server_loads(fabric, program, placement, counts.fired, counts.host_packets)
    column, row = placement.xy.T // mesh.side
    packets = int(counts.packets.sum()) + counts.input_packets
    time_ps = max(counts.ticks * tick_ps, 1)
    edges: list[LinkUse] = []
    ports: list[LinkUse] = []
    for server in (np.flatnonzero(loads[fabric.edges :]) + fabric.edges).tolist():
        sent = int(loads[server])
        busy_ps = sent * fabric.cycle_ps(server)
        entry: LinkUse = {"name": fabric.name(server), "packets": sent, "busy_share": busy_ps / time_ps}
        (edges if fabric.kind(server) is Kind.CHIP_EDGE else ports).append(entry)
    return {
        "chips_used": len(np.unique(row * mesh.columns + column)),
        "crossings": events.crossings,
        "crossings_per_packet": events.crossings / packets if packets else 0.0,
        "chip_edges": edges,
        "host_ports": ports,
    }
