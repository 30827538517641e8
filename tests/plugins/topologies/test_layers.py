"""Topology ``layers``: the layers that a scenario writes out."""

from __future__ import annotations

from neurosyn_plugins.topologies.layers import WrittenLayers

from neurosyn.network.layer import MapShape
from tests.networks import bind_topology


def test_written_layers_are_taken_from_the_scenario():
    tables = [{"kind": "conv2d", "features": 4, "name": "only"}, {"kind": "readout"}]
    topology = WrittenLayers.from_table({"layers": tables})
    assert topology.layers(MapShape(8, 8, 1), 2) == tables
    assert [layer.name for layer in bind_topology(topology, MapShape(8, 8, 1), 2).layers] == ["only"]
