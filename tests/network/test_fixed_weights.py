"""Layers with fixed weights: the contract, copies, and a network with nothing to train."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.trainers.readout import Ridge

from neurosyn.errors import PluginError, ScenarioError
from neurosyn.model.inference import infer
from neurosyn.network.layer import FixedWeights, Layer, MapShape
from neurosyn.network.network import build_network
from neurosyn.registry import registry
from neurosyn.testing import ConformanceError, check_layer
from neurosyn.testing.models import random_model
from neurosyn.training.trainer import require_trainable


class Given(Layer):
    """Sees all and passes the first two on."""

    weight: int = 1
    dtype: str = "int8"
    threshold: int = 1

    def connect(self, inputs):
        return registry.get("layers", "dense")(features=2).connect(inputs)

    def fixed_weights(self, inputs):
        weights = np.zeros((1, inputs.size, 2), self.dtype)
        weights[0, :2] = self.weight * np.eye(2, dtype=self.dtype)
        return FixedWeights(weights, np.full((1, 2), self.threshold, np.int32))


def given_network(*after, copies=1, **options):
    with registry.lend("layers", "given", Given):
        specs = [{"kind": "given", **options}, *after, {"kind": "readout"}]
        return build_network(specs, MapShape(1, 1, 6), 2, 1, copies)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight": 2}, "weights are not all −1, 0 or 1"),
        ({"dtype": "float32"}, r"weights are float32 \(1, 6, 2\), not int8.*"),
        ({"threshold": 257}, "thresholds reach from 257 to 257, the chip has −254…256"),
    ],
)
def test_weights_that_no_chip_has_are_the_plugins_fault(options, said):
    with pytest.raises(PluginError, match=rf"layer 1 \(given\): .*{said}; correct its fixed_weights"):
        given_network(**options)


def test_fixed_weights_are_repeated_in_every_copy():
    network = given_network(copies=3)
    assert network.layers[0].fixed.weights.shape == (3, 6, 2)
    bits = np.random.default_rng(0).integers(0, 2, (9, 6), dtype=np.uint8)
    np.testing.assert_array_equal(infer(random_model(network), bits), np.tile(bits[:, :2], 3))


def test_a_network_that_leaves_nothing_to_train_is_refused():
    with pytest.raises(ScenarioError, match="nothing is left to train"):
        require_trainable(Ridge(), given_network())


def test_the_check_of_layers_looks_at_fixed_weights():
    class Moody(Given):
        """Other weights each time."""

        def fixed_weights(self, inputs):
            fixed = super().fixed_weights(inputs)
            fixed.weights[...] = np.random.default_rng().integers(-1, 2, fixed.weights.shape)
            return fixed

    with pytest.raises(ConformanceError, match="gives other weights in a second call"):
        check_layer(Moody)
