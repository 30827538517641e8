"""The table of layers: counts add up and values are plain."""

from __future__ import annotations

import json

from neurosyn_plugins.topologies.eedn import EednOneChip, EednTiny

from neurosyn.network.layer import MapShape
from neurosyn.network.layer_table import network_table, summarise_network
from tests.networks import bind_topology


def test_summary_adds_up():
    rows = summarise_network(bind_topology(EednOneChip(), MapShape(32, 32, 3), 10))
    second = rows[1]
    assert (second.sites, second.neurons) == (512, 16 * 16 * 252)
    assert (second.weights, second.multiplications) == (2 * 96 * 126, 512 * 96 * 126)
    assert sum(row.multiplications for row in rows) == 38_764_544


def test_table_is_plain_values():
    network = bind_topology(EednTiny(), MapShape(16, 16, 1), 10)
    table = network_table(network)
    assert json.loads(json.dumps(table)) == table
    assert table[0]["output"] == "8×8×8"
    assert [row["name"] for row in table] == [layer.name for layer in network.layers]
