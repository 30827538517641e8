"""Contract of topologies."""

from __future__ import annotations

from neurosyn.network.topology import LayerSpec, Topology

__all__ = ["LayerSpec", "Topology"]
