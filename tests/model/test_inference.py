"""Inference against its definition, neuron by neuron, and the deployed model."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.data.encoder import Encoder
from neurosyn.errors import DataError, PluginError
from neurosyn.model.inference import class_scores, classify, infer, input_spikes, predict, spike_thresholds, transduce
from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing.models import random_model


def by_definition(layer, parameters, inputs):
    """Spikes (n, outputs) of a layer, site by site in float64."""
    wiring = layer.connectivity
    out = np.zeros((len(inputs), wiring.output.size), np.uint8)
    for site, bank in enumerate(wiring.banks):
        inside = wiring.inputs[site] >= 0
        sums = inputs[:, wiring.inputs[site][inside]].astype(float) @ parameters.weights[bank][inside].astype(float)
        norm = parameters.normalisation
        r = (sums - norm.mean[bank]) / (norm.std[bank] + NORMALISATION_EPSILON) + norm.bias[bank]
        out[:, wiring.outputs[site]] = r >= 0
    return out


@pytest.mark.parametrize("frames", [1, 17, 70])
def test_inference_is_the_definition(small_network, random_model, shape, frames):
    model = random_model(small_network())
    rng = np.random.default_rng(frames)
    encoded = rng.normal(0, 1, (frames, *shape)).astype(np.float32)
    expected = encoded.reshape(frames, -1)
    activities = []
    for layer, parameters in zip(model.network.layers, model.parameters, strict=True):
        expected = by_definition(layer, parameters, expected)
        activities.append(expected)
    bits = transduce(model, encoded)
    assert bits.dtype == np.uint8
    np.testing.assert_array_equal(bits, activities[0])

    seen = [np.zeros_like(spikes) for spikes in activities[1:]]

    def observe(number, where, spikes):
        seen[number][where] = spikes

    outputs = infer(model, bits, observe)
    np.testing.assert_array_equal(outputs, activities[2])
    np.testing.assert_array_equal(seen[0], activities[1])
    np.testing.assert_array_equal(seen[1], activities[2])


def test_bits_of_an_image_do_not_depend_on_its_neighbours(small_network, random_model, shape):
    model = random_model(small_network(), 3)
    rng = np.random.default_rng(0)
    encoded = rng.normal(0, 1, (75, *shape)).astype(np.float32)
    # Thresholds at the very value of one sum: any other order of additions would show.
    edge = model.parameters[0].normalisation
    layer = model.network.layers[0].connectivity
    window = np.append(encoded[40].ravel(), 0)[layer.inputs[20]].astype(np.float64)
    exact = np.zeros(layer.features)
    for value, weights in zip(window, model.parameters[0].weights[0].astype(np.float64), strict=True):
        exact += value * weights
    model = replace(
        model,
        parameters=(
            replace(model.parameters[0], normalisation=Normalisation(exact[None], edge.std, np.zeros_like(edge.bias))),
            *model.parameters[1:],
        ),
    )
    together = transduce(model, encoded)
    assert together[40, layer.outputs[20]].all()
    for start, stop in ((0, 1), (40, 41), (33, 70), (40, 75)):
        np.testing.assert_array_equal(transduce(model, encoded[start:stop]), together[start:stop])
    np.testing.assert_array_equal(transduce(model, encoded[::-1])[::-1], together)


@settings(max_examples=200, deadline=None)
@given(
    mean=st.floats(-200, 200) | st.integers(-8, 8).map(float),
    std=st.floats(0, 50),
    bias=st.floats(-5, 5) | st.just(0.0),
)
def test_threshold_decides_every_sum_as_the_normalisation_does(mean, std, bias):
    fan_in = 12
    one = np.ones((1, 1))
    parameters = LayerParameters(np.zeros((1, fan_in, 1), np.int8), Normalisation(mean * one, std * one, bias * one))
    threshold = spike_thresholds(parameters, fan_in)[0, 0]
    sums = np.arange(-fan_in, fan_in + 1)
    r = (sums - mean) / (std + NORMALISATION_EPSILON) + bias
    np.testing.assert_array_equal(sums >= threshold, r >= 0)


def test_leaks_fire_from_one_on():
    parameters = LayerParameters(np.zeros((1, 3, 2), np.int8), leak=np.array([[0, -4]], np.int32))
    assert spike_thresholds(parameters, 3).tolist() == [[1, 5]]


def test_deployed_model_spikes_like_the_trained_one(small_network, random_model):
    model = random_model(small_network(), 1)
    bits = np.random.default_rng(5).integers(0, 2, (40, model.network.chip_inputs.size)).astype(np.uint8)
    deployed = Model(
        model.network,
        (
            model.parameters[0],
            *(
                LayerParameters(
                    own.weights, leak=(1 - spike_thresholds(own, layer.connectivity.fan_in)).astype(np.int32)
                )
                for layer, own in zip(model.network.on_chip, model.parameters[1:], strict=True)
            ),
        ),
        {},
    )
    np.testing.assert_array_equal(infer(deployed, bits), infer(model, bits))


def test_scores_are_class_means_and_ties_go_to_the_lower_class(small_network):
    network = small_network()
    outputs = np.zeros((3, len(network.readout)), np.uint8)
    outputs[1, network.readout == 2] = 1
    outputs[2, np.flatnonzero(network.readout == 1)[:3]] = 1
    scores = class_scores(network, outputs)
    count = np.count_nonzero(network.readout == 1)
    np.testing.assert_allclose(scores, [[0, 0, 0], [0, 0, 1], [0, 3 / count, 0]])
    assert predict(network, outputs).tolist() == [0, 2, 1]


def test_network_without_transduction_takes_binary_images(random_model):
    specs = [{"kind": "conv2d", "features": 4, "kernel": 2}, {"kind": "readout"}]
    model = random_model(build_network(specs, MapShape(3, 3, 1), 2, 0))
    images = np.random.default_rng(0).integers(0, 2, (5, 3, 3, 1)).astype(np.float32)
    np.testing.assert_array_equal(transduce(model, images), images.reshape(5, 9))
    with pytest.raises(DataError, match="not 0 and 1"):
        transduce(model, images / 2)


def test_wrong_inputs_are_refused(small_network, random_model, shape):
    model = random_model(small_network())
    with pytest.raises(DataError, match=r"have shape \(5, 6, 2\), the network takes \(6, 6, 2\)"):
        transduce(model, np.zeros((1, 5, 6, 2), np.float32))
    with pytest.raises(DataError, match="NaN"):
        transduce(model, np.full((1, *shape), np.nan, np.float32))
    with pytest.raises(DataError, match="takes 144 a frame"):
        infer(model, np.zeros((2, 7), np.uint8))
    with pytest.raises(DataError, match="contain 2"):
        infer(model, np.full((2, 144), 2, np.uint8))


def test_no_frames_give_no_spikes(small_network, random_model, shape):
    model = random_model(small_network())
    assert infer(model, transduce(model, np.zeros((0, *shape), np.float32))).shape == (0, 162)


class Doubled(Encoder):
    """Two ticks of 0 and 1 an image."""

    binary: ClassVar[bool] = True
    dtype: str = "float32"

    @property
    def ticks_per_frame(self):
        return 2

    def encode(self, images):
        return np.repeat(images % 2, 2, axis=0).astype(self.dtype)


@pytest.fixture
def doubled_model():
    specs = [{"kind": "conv2d", "features": 4}, {"kind": "readout"}]
    network = build_network(specs, MapShape(4, 4, 1), 2, seed=3, ticks_per_frame=2)
    return replace(random_model(network), encoder={"kind": "doubled"})


def test_input_spikes_of_many_images_are_those_of_each(doubled_model):
    images = np.random.default_rng(0).integers(0, 9, (1030, 4, 4, 1), np.uint8)
    spikes = input_spikes(doubled_model, Doubled(), images)
    np.testing.assert_array_equal(spikes, transduce(doubled_model, Doubled().encode(images)))
    classes = classify(doubled_model, Doubled(), images)
    np.testing.assert_array_equal(classes, predict(doubled_model.network, infer(doubled_model, spikes)))
    assert input_spikes(doubled_model, Doubled(), images[:0]).shape == (0, 16)


def test_encoder_that_breaks_its_contract_is_named(doubled_model):
    images = np.zeros((3, 4, 4, 1), np.uint8)
    with pytest.raises(PluginError, match=r"encoders/doubled: encode\(\) returned float64 \(6, 4, 4, 1\), not float32"):
        input_spikes(doubled_model, Doubled(dtype="float64"), images)
    with pytest.raises(PluginError, match=r"encoders/doubled: TypeError in encode\(\)"):
        input_spikes(doubled_model, Doubled(dtype="nonsense"), images)
