"""Statistics of a model's weights, by hand."""

import numpy as np
import pytest

from neurosyn.model.model import LayerParameters, Model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.report.model_card import layer_weights, weight_statistics


def test_statistics_by_hand():
    # 2×2×64 inputs: a 2×2 window over half of the channels each has 128 inputs, a 1×1 window after it 3.
    specs = [
        {"kind": "conv2d", "features": 6, "groups": 2, "kernel": 2, "stride": 2},
        {"kind": "conv2d", "features": 2, "groups": 2, "kernel": 1},
        {"kind": "readout"},
    ]
    network = build_network(specs, MapShape(2, 2, 64), 2, 0)
    first, second = np.ones((2, 128, 3), np.int8), np.ones((2, 3, 1), np.int8)
    first[0, :64] = 0
    second[:, 0] = 0
    parameters = [LayerParameters(w, leak=np.zeros(w[:, 0].shape, np.int32)) for w in (first, second)]
    model = Model(network, tuple(parameters), {"kind": "threshold"})
    # Of 2·128·3 + 2·3 weights 64·3 + 2 are zero; three neurons have 64 others and three 128.
    assert weight_statistics(model) == {"zero_weights": pytest.approx(194 / 774), "fan_in": pytest.approx(96)}
    assert [row["zero_weights"] for row in layer_weights(model)] == [pytest.approx(0.25), pytest.approx(1 / 3)]
    assert [row["mean_fan_in"] for row in layer_weights(model)] == [pytest.approx(96), pytest.approx(2)]


def test_neurons_count_once_each_however_many_share_their_weights():
    specs = [
        {"kind": "conv2d", "features": 2, "kernel": 1},
        {"kind": "conv2d", "features": 2, "kernel": 3},
        {"kind": "readout"},
    ]
    network = build_network(specs, MapShape(3, 3, 2), 2, 0)
    first, second = np.zeros((1, 2, 2), np.int8), np.ones((1, 18, 2), np.int8)
    parameters = [LayerParameters(w, leak=np.zeros(w[:, 0].shape, np.int32)) for w in (first, second)]
    model = Model(network, tuple(parameters), {"kind": "threshold"})
    # 9 sites of 2·2 zeros, one of 18·2 ones; no neuron has 128 inputs.
    assert weight_statistics(model) == {"zero_weights": pytest.approx(0.5), "fan_in": None}
