"""Topology ``layers``: the layers that a scenario writes out."""

from __future__ import annotations

import pytest
from neurosyn_plugins.topologies.layers import WrittenLayers
from pydantic import ValidationError

from neurosyn.network.layer import MapShape
from tests.networks import bind_topology


def test_written_layers_are_taken_from_the_scenario():
    tables = [{"kind": "conv2d", "features": 4, "name": "only"}, {"kind": "readout"}]
    topology = WrittenLayers.from_table({"layers": tables})
    assert topology.layers(MapShape(8, 8, 1), 2) == tables
    assert [layer.name for layer in bind_topology(topology, MapShape(8, 8, 1), 2).layers] == ["only"]


@pytest.mark.parametrize(
    "table", [{}, {"layers": []}, {"layers": [{"kind": "readout"}]}, {"layers": 3}, {"written": []}]
)
def test_written_layers_need_a_list_of_tables(table):
    with pytest.raises(ValidationError):
        WrittenLayers.from_table(table)
