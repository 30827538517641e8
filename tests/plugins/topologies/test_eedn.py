"""Topologies ``eedn_*`` against the published table, and their parameters."""

from __future__ import annotations

import pytest
from neurosyn_plugins.topologies.dense import Dense
from neurosyn_plugins.topologies.eedn import ONE_CHIP, EednChips, EednOneChip, EednTiny
from neurosyn_plugins.topologies.layers import WrittenLayers

from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape
from neurosyn.network.layer_table import summarise_network
from neurosyn.registry import registry
from tests.networks import bind_topology

# Esser et al. 2016, the one-chip network: features, output side, groups, inputs and features of a core.
TABLE = [
    (12, 32, 1, 27, 12),
    (252, 16, 2, 96, 126),
    (256, 16, 2, 126, 128),
    (256, 8, 8, 128, 32),
    (512, 8, 32, 72, 16),
    (512, 8, 4, 128, 128),
    (512, 8, 4, 128, 128),
    (512, 8, 4, 128, 128),
    (512, 4, 16, 128, 32),
    (1024, 4, 64, 72, 16),
    (1024, 4, 8, 128, 128),
    (1024, 2, 32, 128, 32),
    (1024, 2, 8, 128, 128),
    (1024, 2, 8, 128, 128),
    (2040, 2, 8, 128, 255),
]


@pytest.mark.parametrize("n_classes", [10, 43, 100])
def test_one_chip_network_is_the_papers_table(n_classes):
    rows = summarise_network(bind_topology(EednOneChip(), MapShape(32, 32, 3), n_classes))
    assert [(r.output[2], r.output[0], r.banks, r.fan_in, r.features) for r in rows] == TABLE
    assert [r.kind for r in rows] == ["transduction"] + ["conv2d"] * 14
    assert rows[0].axons == 0
    assert all(r.axons <= 256 and r.features <= 256 for r in rows[1:])


def test_one_chip_network_on_30_pixels_pools_with_floors():
    rows = summarise_network(bind_topology(EednOneChip(), MapShape(30, 30, 3), 32))
    assert [row.output[0] for row in rows] == [30, 15, 15, 7, 7, 7, 7, 7, 3, 3, 3, 1, 1, 1, 1]


def test_one_chip_network_refuses_small_images():
    with pytest.raises(ScenarioError, match="at least 16×16"):
        EednOneChip().layers(MapShape(15, 32, 3), 10)


def test_width_multiplies_features_and_leaves_the_inputs_of_a_core_alone():
    once = summarise_network(bind_topology(EednOneChip(), MapShape(32, 32, 3), 10))
    for width in (2, 3):
        rows = summarise_network(bind_topology(EednOneChip(width=width), MapShape(32, 32, 3), 10))
        assert [row.fan_in for row in rows] == [row.fan_in for row in once]
        assert [row.output.channels for row in rows] == [width * row.output.channels for row in once]
        assert [row.banks for row in rows[1:]] == [width * row.banks for row in once[1:]]
    assert EednChips(chips=2).layers(MapShape(32, 32, 3), 10) == EednOneChip(width=2).layers(MapShape(32, 32, 3), 10)


@pytest.mark.parametrize("width", [0.5, 0.25, 0.125])
def test_parts_of_the_network_fit_cores_and_have_no_half_groups(width):
    rows = summarise_network(bind_topology(EednOneChip(width=width), MapShape(32, 32, 3), 10))
    assert [row.output.channels for row in rows] == [int(width * features) for features, *_ in TABLE]
    assert [row.banks for row in rows[1:]] == [max(1, int(width * banks)) for _, _, banks, *_ in TABLE[1:]]
    assert all(row.axons <= 256 and row.features <= 256 for row in rows[1:])


def test_depth_repeats_the_layers_of_one_position():
    layers = EednOneChip(depth=(2, 0, 1, 4)).layers(MapShape(32, 32, 3), 10)
    kernels = [(layer["kernel"], layer["features"]) for layer in layers[1:-1]]
    assert kernels == [
        *((4, 252), (1, 256), (1, 256)),
        *((2, 256), (3, 512)),
        *((2, 512), (3, 1024), (1, 1024)),
        *((2, 1024), (1, 1024), (1, 1024), (1, 1024), (1, 1024), (1, 2040)),
    ]
    assert len(bind_topology(EednOneChip(depth=(2, 0, 1, 4)), MapShape(32, 32, 3), 10).layers) == 15


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (3, 1), (12, 2), (16, 2), (24, 3)])
def test_an_encoder_may_give_the_spikes(channels, groups):
    network = bind_topology(EednOneChip(transduction=0), MapShape(32, 32, channels), 10)
    assert not network.off_chip
    assert network.layers[0].connectivity.n_banks == groups
    assert len(network.layers) == len(ONE_CHIP)


def test_channels_that_fit_no_groups_are_refused():
    with pytest.raises(ScenarioError, match="11 input channels cannot be divided into groups of at most 8"):
        EednOneChip(transduction=0).layers(MapShape(32, 32, 11), 10)


@pytest.mark.parametrize("side", [8, 16, 30, 32, 64])
def test_tiny_network_stays_tiny_whatever_the_image(side):
    rows = summarise_network(bind_topology(EednTiny(), MapShape(side, side, 3), 10))
    on_chip = rows[1:]
    assert all(row.axons <= 256 and row.features <= 256 for row in on_chip)
    assert 10 <= sum(row.sites for row in on_chip) <= 50


def test_tiny_network_refuses_smaller_images():
    with pytest.raises(ScenarioError, match="at least 8×8"):
        EednTiny().layers(MapShape(7, 7, 1), 2)


def test_topologies_and_layers_come_through_the_registry():
    assert registry.get("topologies", "eedn_one_chip") is EednOneChip
    assert registry.get("topologies", "eedn_tiny") is EednTiny
    assert registry.get("topologies", "layers") is WrittenLayers
    assert registry.get("topologies", "eedn_chips") is EednChips
    assert registry.get("topologies", "dense") is Dense
    assert {"conv2d", "dense", "transduction", "readout"} <= set(registry.names("layers"))
