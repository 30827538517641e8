"""Every backward pass against finite differences of the smoothed layer.

The neuron's step is replaced by a smooth curve whose derivative is the triangle max(0, 1 − |r|): what the trainer
computes is exactly the gradient of that smooth network at the trainer's point.
"""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.layers.conv2d import Conv2d
from neurosyn_plugins.layers.transduction import Transduction
from neurosyn_plugins.trainers.compute.arrays import HostArrays
from neurosyn_plugins.trainers.compute.bfloat16 import as_float
from neurosyn_plugins.trainers.compute.kernels import numba_kernels, numpy_kernels
from neurosyn_plugins.trainers.compute.loss import softmax_loss, spread_gradient
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork
from neurosyn_plugins.trainers.eedn.layer import Scratch, TrainedLayer
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector
from neurosyn_plugins.trainers.eedn.products import BFloat16Products, Float32Products

from neurosyn.model.class_means import class_means
from neurosyn.model.model import NORMALISATION_EPSILON
from neurosyn.model.wiring import flat_rows, wire
from neurosyn.network.layer import Connectivity, MapShape
from neurosyn.network.network import build_network

IMAGES = 5
STEP = 1e-4


def smooth_spike(r):
    """Integral of the triangle."""
    r = np.clip(r, -1, 1)
    return np.where(r < 0, (1 + r) ** 2 / 2, 1 - (1 - r) ** 2 / 2)


def smooth_layer(connectivity: Connectivity, inputs, weights, bias, width=1.0):
    """The layer by its definition, element by element in float64: inputs (n, inputs) to (n, outputs)."""
    padded = np.concatenate([inputs, np.zeros((len(inputs), 1))], axis=1)
    out = np.zeros((len(inputs), connectivity.output.size))
    for bank in range(connectivity.n_banks):
        sites = np.flatnonzero(connectivity.banks == bank)
        sums = np.einsum("nsk,kf->nsf", padded[:, connectivity.inputs[sites]], weights[bank])
        mean = sums.mean(axis=(0, 1))
        std = np.sqrt(((sums - mean) ** 2).mean(axis=(0, 1)))
        r = (sums - mean) / (std + NORMALISATION_EPSILON) + bias[bank]
        out[:, connectivity.outputs[sites]] = smooth_spike(r / width)
    return out


def scattered(rng) -> Connectivity:
    """No convolution: banks of different size, shuffled sites and outputs, padding, inputs shared within a bank."""
    sites, fan_in, features, inputs = 6, 7, 4, 20
    index = np.stack([rng.permutation(inputs)[:fan_in] for _ in range(sites)]).astype(np.int32)
    index[0, 2] = index[3, 0] = -1
    return Connectivity(
        MapShape(1, 3, 8),
        index,
        rng.permutation(24).reshape(sites, features).astype(np.int32),
        np.array([1, 0, 1, 1, 2, 0], np.int32),
        (1, 1, sites),
    )


CASES = {
    "S with groups": lambda _rng: (Conv2d(features=6, kernel=3, padding=1, groups=2).connect(MapShape(4, 3, 4)), 48),
    "P4": lambda _rng: (Conv2d(features=4, kernel=4, stride=2, padding=1).connect(MapShape(4, 4, 3)), 48),
    "scattered": lambda rng: (scattered(rng), 20),
    "transduction": lambda _rng: (Transduction(features=3).connect(MapShape(3, 4, 2)), 24),
}


def numeric(function, array):
    """Central differences of a scalar function."""
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + STEP
        above = function()
        array[place] = kept - STEP
        below = function()
        array[place] = kept
        gradient[place] = (above - below) / (2 * STEP)
    return gradient


def test_gradients_of_a_soft_network_match_finite_differences_through_all_layers():
    network = tiny_network()
    rng = np.random.default_rng(0)
    encoded = rng.standard_normal((IMAGES, 6, 6, 1)).astype(np.float32)
    labels = rng.integers(0, 2, IMAGES).astype(np.int32)
    parameters = ParameterVector(network)
    parameters.initialise(np.random.default_rng(2))
    batch = BatchNetwork(network, parameters, IMAGES, numpy_kernels(), logit_scale=5.0)
    batch.learn(encoded, labels, softness=2.0)
    found = [parameters.view(batch.gradient, number, "weights").astype(np.float64) for number in (0, 1)]
    weights, bias = (
        [parameters.view(parameters.effective, number, part).astype(np.float64) for number in (0, 1)]
        for part in ("weights", "bias")
    )

    def loss():
        activity = encoded.reshape(IMAGES, -1).astype(np.float64)
        for number, layer in enumerate(network.layers):
            activity = smooth_layer(layer.connectivity, activity, weights[number], bias[number], 2.0)
        scores = np.stack([activity[:, network.readout == label].mean(axis=1) for label in (0, 1)])
        return softmax_loss(scores, labels, 5.0)[0]

    # The triangle is twice the derivative of a neuron of half width 2, once for every layer above.
    for layers_from_the_top, number in ((1, 1), (2, 0)):
        expected = numeric(loss, weights[number]) * 2.0**layers_from_the_top
        np.testing.assert_allclose(found[number], expected, atol=2e-4, rtol=2e-3)


@pytest.mark.parametrize("kernels", [numpy_kernels, numba_kernels], ids=["numpy", "numba"])
@pytest.mark.parametrize("case", CASES)
def test_layer_gradients_match_finite_differences(case, kernels):
    rng = np.random.default_rng(7)
    connectivity, size = CASES[case](rng)
    real = case == "transduction"
    shape = (connectivity.n_banks, connectivity.fan_in, connectivity.features)
    weights = rng.standard_normal(shape) if real else rng.integers(-1, 2, shape).astype(np.float64)
    bias = rng.normal(0, 0.3, (shape[0], shape[2]))
    inputs = rng.standard_normal((IMAGES, size)) if real else rng.integers(0, 2, (IMAGES, size)).astype(np.float64)
    upstream = rng.standard_normal((IMAGES, connectivity.output.size))

    # The rows of the layer before are shuffled: nothing may rely on their natural order.
    rows = rng.permutation(flat_rows(size))
    source = np.zeros((size + 1, IMAGES), np.float32 if real else np.uint8)
    source[rows] = inputs.T
    wiring = wire(connectivity, rows)
    layer = TrainedLayer(
        wiring, IMAGES, weights.astype(np.float32), bias.astype(np.float32), kernels(), Scratch(Float32Products())
    )
    layer.forward(source)
    layer.gradient[wiring.rows] = upstream.T
    source_gradient = np.full((size + 1, IMAGES), 9, np.float32)
    weight_gradient, bias_gradient = np.full(shape, 9, np.float32), np.full(bias.shape, 9, np.float32)
    layer.backward(source, source_gradient, weight_gradient, bias_gradient)

    def loss():
        return float((smooth_layer(connectivity, inputs, weights, bias) * upstream).sum())

    np.testing.assert_allclose(weight_gradient, numeric(loss, weights), atol=2e-3, rtol=2e-3)
    np.testing.assert_allclose(bias_gradient, numeric(loss, bias), atol=2e-3, rtol=2e-3)
    np.testing.assert_allclose(source_gradient[rows].T, numeric(loss, inputs), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("softness", [0.0, 1.5])
@pytest.mark.parametrize("case", [case for case in CASES if case != "transduction"])
def test_bfloat16_has_the_same_spikes_and_nearly_the_same_gradients(case, softness):
    pytest.importorskip("torch", reason="PyTorch is not installed (pip install 'neurosyn[bfloat16]')")
    rng = np.random.default_rng(11)
    connectivity, size = CASES[case](rng)
    shape = (connectivity.n_banks, connectivity.fan_in, connectivity.features)
    weights = rng.integers(-1, 2, shape).astype(np.float32)
    bias = rng.normal(0, 0.3, (shape[0], shape[2])).astype(np.float32)
    wiring = wire(connectivity, flat_rows(size))
    source = np.zeros((size + 1, IMAGES), np.uint8)
    source[:-1] = rng.integers(0, 2, (size, IMAGES))
    upstream = rng.standard_normal((wiring.size + 1, IMAGES)).astype(np.float32)
    found = []
    for products in (Float32Products(), BFloat16Products()):
        layer = TrainedLayer(wiring, IMAGES, weights, bias, numba_kernels(), Scratch(products))
        layer.forward(source, softness)
        layer.gradient[:] = upstream
        gradients = np.full((size + 1, IMAGES), 9, np.float32), np.full(shape, 9, np.float32), np.full_like(bias, 9)
        layer.backward(source, *gradients)
        found.append([layer.spikes, as_float(layer.activity), gradients[0][:-1], *gradients[1:]])
    np.testing.assert_array_equal(found[0][0], found[1][0])
    for one, other in zip(found[0][1:], found[1][1:], strict=True):
        np.testing.assert_allclose(one, other, atol=0.01 * np.abs(one).max() + 1e-6)


def test_large_banks_are_cut_into_chunks_with_the_same_gradients(monkeypatch):
    rng = np.random.default_rng(3)
    connectivity, size = CASES["S with groups"](rng)
    wiring = wire(connectivity, flat_rows(size))
    weights = rng.integers(-1, 2, (2, connectivity.fan_in, 3)).astype(np.float32)
    source = np.zeros((size + 1, IMAGES), np.uint8)
    source[:-1] = rng.integers(0, 2, (size, IMAGES))
    upstream = rng.standard_normal((wiring.size + 1, IMAGES)).astype(np.float32)

    def gradients():
        layer = TrainedLayer(
            wiring, IMAGES, weights, np.zeros((2, 3), np.float32), numpy_kernels(), Scratch(Float32Products())
        )
        layer.forward(source)
        layer.gradient[:] = upstream
        out = np.zeros((size + 1, IMAGES), np.float32), np.zeros_like(weights), np.zeros((2, 3), np.float32)
        layer.backward(source, *out)
        return out

    whole = gradients()
    monkeypatch.setattr(HostArrays, "column_bytes", 1)
    assert len(list(wiring.banks[0].chunks(IMAGES, size=1))) == wiring.banks[0].sites
    for one, other in zip(whole, gradients(), strict=True):
        np.testing.assert_allclose(one[:-1], other[:-1], atol=1e-5)


def test_softmax_loss_gradient_matches_finite_differences():
    rng = np.random.default_rng(1)
    scores, labels = rng.random((4, 6)), rng.integers(0, 4, 6).astype(np.int32)
    _, gradient = softmax_loss(scores, labels, 20.0)
    np.testing.assert_allclose(gradient, numeric(lambda: softmax_loss(scores, labels, 20.0)[0], scores), atol=1e-5)


def test_weighted_loss_is_that_of_repeated_images():
    rng = np.random.default_rng(4)
    scores, labels = rng.random((5, 3)), np.array([0, 4, 2], np.int32)
    times = np.array([1, 3, 2])
    loss, gradient = softmax_loss(scores, labels, 20.0, times / times.mean())
    repeated, apart = softmax_loss(np.repeat(scores, times, axis=1), np.repeat(labels, times), 20.0)
    assert loss == pytest.approx(repeated)
    summed = np.add.reduceat(apart, np.cumsum(times) - times, axis=1)
    np.testing.assert_allclose(gradient, summed, rtol=1e-12)


def test_softmax_loss_of_equal_scores_is_the_logarithm_of_the_number_of_classes():
    loss, _ = softmax_loss(np.full((10, 3), 0.5), np.array([0, 4, 9], np.int32), 20.0)
    assert loss == pytest.approx(np.log(10))


def test_class_means_ignore_outputs_without_a_class_and_spread_back_evenly():
    classes = np.array([0, 1, 0, -1, 1, 1], np.int32)
    spikes = np.array([[1], [0], [0], [1], [1], [1]], np.uint8)
    np.testing.assert_allclose(class_means(spikes, classes, 2), [[1 / 2], [2 / 3]])
    np.testing.assert_allclose(
        spread_gradient(np.array([[6.0], [9.0]]), classes), [[3], [3], [3], [0], [3], [3]], atol=1e-6
    )


def tiny_network():
    specs = [
        {"kind": "transduction", "features": 3, "kernel": 2, "stride": 2, "padding": 0},
        {"kind": "conv2d", "features": 8, "kernel": 2, "groups": 1},
        {"kind": "readout"},
    ]
    return build_network(specs, MapShape(6, 6, 1), 2, 5)


def test_sparsity_pressure_adds_its_derivative_to_the_gradient_of_the_spikes():
    network = tiny_network()
    rng = np.random.default_rng(0)
    encoded = rng.standard_normal((IMAGES, 6, 6, 1)).astype(np.float32)
    labels = rng.integers(0, 2, IMAGES).astype(np.int32)
    gradients = {}
    for sparsity in (0.0, 0.5):
        parameters = ParameterVector(network)
        parameters.initialise(np.random.default_rng(2))
        batch = BatchNetwork(network, parameters, IMAGES, numpy_kernels(), logit_scale=5.0, sparsity=sparsity)
        batch.learn(encoded, labels)
        gradients[sparsity] = parameters.view(batch.gradient, 1, "bias").copy()
    last = batch.layers[1]
    # Last layer: ∂/∂b of γ/2·Σȳ² is γ·ȳ·⟨triangle⟩ for each filter.
    bank = last.wiring.banks[0]
    sums = last.sums[bank.rows].reshape(8, -1)
    r = (sums - last.mean[0][:, None]) / (last.std[0][:, None] + NORMALISATION_EPSILON) + last.bias[0][:, None]
    expected = 0.5 * (r >= 0).mean(axis=1) * np.maximum(0, 1 - np.abs(r)).mean(axis=1)
    np.testing.assert_allclose(gradients[0.5][0] - gradients[0.0][0], expected, atol=1e-5)


def test_dropped_spikes_pass_no_gradient():
    network = tiny_network()
    rng = np.random.default_rng(0)
    encoded = rng.standard_normal((IMAGES, 6, 6, 1)).astype(np.float32)
    parameters = ParameterVector(network)
    parameters.initialise(rng)
    batch = BatchNetwork(
        network, parameters, IMAGES, numpy_kernels(), logit_scale=5.0, dropout={network.layers[0].name: 0.999999}
    )
    batch.learn(encoded, np.zeros(IMAGES, np.int32), np.random.default_rng(1))
    assert not batch.layers[0].spikes.any()
    assert not parameters.view(batch.gradient, 0, "weights").any()


def test_a_frame_shown_twice_gives_what_it_gives_once(small_network):
    """Two equal ticks change no mean over batch and positions, so loss and gradients are those of one tick."""
    network = small_network()
    rng = np.random.default_rng(4)
    labels = rng.integers(0, network.n_classes, 8).astype(np.int32)
    encoded = rng.normal(size=(8, *network.inputs)).astype(np.float32)
    found = []
    for ticks in (1, 2):
        parameters = ParameterVector(network)
        parameters.initialise(np.random.default_rng(1))
        batch = BatchNetwork(network, parameters, 8 * ticks, numpy_kernels(), logit_scale=20.0)
        found.append((batch.learn(np.repeat(encoded, ticks, axis=0), labels), batch.gradient))
    (once, gradient_once), (twice, gradient_twice) = found
    assert twice.loss == pytest.approx(once.loss, rel=1e-6)
    assert twice.accuracy == once.accuracy
    np.testing.assert_allclose(gradient_twice, gradient_once, rtol=1e-4, atol=1e-6)
