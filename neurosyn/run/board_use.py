"""How a board's chips, the links between them and its ports are used."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.engine.fabric.link_loads import server_loads

__all__ = ["summarise_board"]


def summarise_board(
    program: Program, placement: Placement, chip: ChipOptions, counts: EventCounts, tick_ps: int
) -> dict[str, Any]:
    """Return the use of chips, chip edges and host ports over a whole run, as plain JSON values.

    A link's share is the part of the time that it is busy if ticks follow each other every `tick_ps`.
    """
    mesh, events = placement.mesh, counts.events()
    fabric = Fabric(mesh, chip)
    loads = server_loads(fabric, program, placement, counts.fired, counts.host_packets)
    column, row = placement.xy.T // mesh.side
    packets = int(counts.packets.sum()) + counts.input_packets
    time_ps = max(counts.ticks * tick_ps, 1)
    edges: list[dict[str, Any]] = []
    ports: list[dict[str, Any]] = []
    for server in (np.flatnonzero(loads[fabric.edges :]) + fabric.edges).tolist():
        sent = int(loads[server])
        busy_ps = sent * fabric.cycle_ps(server)
        entry = {"name": fabric.name(server), "packets": sent, "busy_share": busy_ps / time_ps}
        (edges if fabric.kind(server) is Kind.CHIP_EDGE else ports).append(entry)
    return {
        "chips_used": len(np.unique(row * mesh.columns + column)),
        "crossings": events.crossings,
        "crossings_per_packet": events.crossings / packets if packets else 0.0,
        "chip_edges": edges,
        "host_ports": ports,
    }
