"""Topology ``eedn_speech``: numbers of cores, and planes that are too small."""

from __future__ import annotations

import pytest
from neurosyn_plugins.topologies.eedn import EednOneChip
from neurosyn_plugins.topologies.speech import EednSpeech

from neurosyn.compiler.compile import count_cores
from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape
from neurosyn.registry import registry
from tests.networks import bind_topology


def test_full_width_is_the_one_chip_network():
    assert registry.get("topologies", "eedn_speech") is EednSpeech
    plane = MapShape(32, 32, 3)
    assert EednSpeech().layers(plane, 39) == EednOneChip().layers(plane, 39)


@pytest.mark.parametrize(
    ("options", "plane", "n_classes", "cores"),
    [
        ({"width": "half", "mixing": 0}, MapShape(16, 16, 3), 2, 421),
        ({}, MapShape(16, 32, 3), 39, 1952),
        ({}, MapShape(20, 32, 3), 39, 2414),
    ],
    ids=["vad", "timit_class", "timit_frames"],
)
def test_cores(options, plane, n_classes, cores):
    network = bind_topology(EednSpeech(**options), plane, n_classes)
    assert count_cores(network) == cores
    assert all(layer.connectivity.fan_in <= 128 for layer in network.on_chip)


@pytest.mark.parametrize("plane", [MapShape(15, 32, 3), MapShape(32, 15, 3)])
def test_small_planes_are_refused(plane):
    with pytest.raises(ScenarioError, match=f"at least 16×16, it is {plane.height}×{plane.width}"):
        EednSpeech().layers(plane, 39)
