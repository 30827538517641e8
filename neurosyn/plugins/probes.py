"""Contract of probes."""

from __future__ import annotations

from neurosyn.chip.defects import with_faulty_neurons
from neurosyn.engine.probes.plugin import Columns, Disturbance, ProbePlugin
from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns

__all__ = ["Columns", "Disturbance", "PacketColumns", "ProbePlugin", "RunInfo", "TickColumns", "with_faulty_neurons"]
