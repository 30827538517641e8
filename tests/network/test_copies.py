"""Copies of a network side by side compute the same as one network alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosyn.errors import DataError, ScenarioError
from neurosyn.model.inference import class_scores, infer
from neurosyn.model.model import Model
from neurosyn.model.model_file import load_model, save_model
from neurosyn.network.copies import copy_connectivity
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network, build_network
from neurosyn.testing.models import random_model

LAYERS = [
    {"kind": "transduction", "features": 6},
    {"kind": "conv2d", "features": 12, "kernel": 3, "padding": 1, "groups": 2},
    {"kind": "conv2d", "features": 10, "kernel": 2, "stride": 2, "groups": 2},
    {"kind": "readout"},
]
"""Ten features for three classes: counted on over the copies, the classes would change places."""


@pytest.fixture
def network() -> Network:
    return build_network(LAYERS, MapShape(6, 6, 2), 3, 5)


def with_repeated_parameters(model: Model, copies: int) -> Model:
    """The same parameters in every copy."""
    parameters = []
    for layer, own in zip(model.network.layers, model.parameters, strict=True):
        if layer.off_chip:
            parameters.append(own)
            continue
        norm = own.normalisation
        repeated = {name: np.tile(getattr(norm, name), (copies, 1)) for name in ("mean", "std", "bias")}
        parameters.append(
            replace(
                own,
                weights=np.tile(own.weights, (copies, 1, 1)),
                normalisation=replace(norm, **repeated),
                activity=None,
            )
        )
    return Model(model.network.copied(copies), tuple(parameters), model.encoder, model.provenance)


def test_equal_copies_say_what_one_says(network):
    model = random_model(network, 1)
    three = with_repeated_parameters(model, 3)
    for layer in three.network.layers[1:]:
        layer.connectivity.check(layer.inputs, layer.name)
    bits = np.random.default_rng(0).integers(0, 2, (20, network.chip_inputs.size), dtype=np.uint8)
    alone, together = infer(model, bits), infer(three, bits)
    maps = together.reshape(20, 3, 3, 3, 10)  # frame, row, column, copy, feature
    for copy in range(3):
        np.testing.assert_array_equal(maps[:, :, :, copy].reshape(20, -1), alone)
    np.testing.assert_array_equal(class_scores(three.network, together), class_scores(network, alone))


def test_copies_are_compiled_and_played_like_any_network(network, chip_outputs):
    two = random_model(network.copied(2), 2)
    bits = np.random.default_rng(1).integers(0, 2, (12, network.chip_inputs.size), dtype=np.uint8)
    np.testing.assert_array_equal(chip_outputs(two, bits), infer(two, bits))


def test_the_model_file_remembers_the_copies(network, tmp_path):
    path = tmp_path / "m.safetensors"
    save_model(random_model(network.copied(4)), path)
    found = load_model(path).network
    assert found.copies == 4
    assert found.describe() == network.describe() | {"copies": 4}
    assert "copies" not in network.describe()


@pytest.mark.parametrize("copies", [0, -1, "two", 1 << 40])
def test_a_model_file_with_absurd_copies_is_refused(network, tmp_path, copies):
    path = tmp_path / "m.safetensors"
    bad = replace(random_model(network), network=replace(network, copies=copies))
    save_model(bad, path)
    with pytest.raises(DataError, match="not a usable model file"):
        load_model(path)


def test_too_many_copies_are_refused_before_they_are_made(network):
    wiring = network.layers[1].connectivity
    with pytest.raises(ScenarioError, match="copies = 1000000000: a layer has more than"):
        copy_connectivity(wiring, network.layers[1].inputs, 10**9, shared=False)
