"""Contracts of topologies."""

from __future__ import annotations

from neurosyn.formats.nir.reader import NirGraph, read_nir
from neurosyn.importing.topology import SpikingTopology, network_file
from neurosyn.network.topology import LayerSpec, Topology

__all__ = ["LayerSpec", "NirGraph", "SpikingTopology", "Topology", "network_file", "read_nir"]
