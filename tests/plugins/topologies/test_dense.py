"""Topology ``dense``: layers fit cores and treat classes alike."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.topologies.dense import Dense

from neurosyn.network.layer import MapShape
from neurosyn.network.layer_table import summarise_network
from tests.networks import bind_topology


@pytest.mark.parametrize(
    ("topology", "shape"),
    [
        (Dense(), MapShape(32, 20, 3)),
        (Dense(), MapShape(1, 1, 7)),
        (Dense(inputs=0, hidden=(300, 130, 7)), MapShape(9, 5, 4)),
        (Dense(inputs=0, hidden=()), MapShape(1, 60, 1)),
    ],
)
def test_dense_networks_fit_cores_and_treat_classes_alike(topology, shape):
    network = bind_topology(topology, shape, 7)
    on_chip = summarise_network(network)[len(network.off_chip) :]
    assert all(row.axons <= 256 for row in on_chip)
    assert len(set(np.bincount(network.readout))) == 1
    assert [row.features * row.banks for row in on_chip[:-1]] == [
        -(-wanted // row.banks) * row.banks for wanted, row in zip(topology.hidden, on_chip, strict=False)
    ]
    if network.off_chip:
        assert network.chip_inputs == (1, 1, topology.inputs)
        seen = network.layers[0].connectivity.inputs
        assert sorted(seen[seen >= 0]) == list(range(shape.size))
