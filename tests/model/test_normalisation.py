"""Statistics of sums, against the moments of the finished network."""

from __future__ import annotations

import numpy as np

from neurosyn.model.inference import infer, transduce
from neurosyn.model.model import Model
from neurosyn.model.normalisation import measure


def test_statistics_are_those_of_the_network_they_make(small_network, random_model, shape):
    network = small_network()
    drawn = random_model(network, 2)
    rng = np.random.default_rng(1)
    encoded = rng.normal(0, 1, (90, *shape)).astype(np.float32)
    biases = [p.normalisation.bias.astype(np.float32) for p in drawn.parameters]
    parameters = measure(network, [p.weights.astype(np.float32) for p in drawn.parameters], biases, encoded)
    model = Model(network, tuple(parameters), {})

    # The moments of every layer's sums, computed from the finished network.
    activity = encoded.reshape(90, -1)
    spikes = {0: transduce(model, encoded)}
    infer(model, spikes[0], lambda number, where, out: spikes.setdefault(number + 1, []).append(out))
    for number, (layer, own) in enumerate(zip(network.layers, parameters, strict=True)):
        wiring = layer.connectivity
        padded = np.concatenate([activity, np.zeros((90, 1))], axis=1)
        activity = spikes[number] if number == 0 else np.concatenate(spikes[number])
        for bank in range(wiring.n_banks):
            sites = np.flatnonzero(wiring.banks == bank)
            sums = np.einsum("nsk,kf->fns", padded[:, wiring.inputs[sites]], own.weights[bank].astype(np.float64))
            flat = sums.reshape(wiring.features, -1)
            np.testing.assert_allclose(own.normalisation.mean[bank], flat.mean(axis=1), atol=1e-9)
            np.testing.assert_allclose(own.normalisation.std[bank], flat.std(axis=1), atol=1e-7)
            fired = activity[:, wiring.outputs[sites]].mean(axis=(0, 1))
            np.testing.assert_allclose(own.activity[bank], fired, atol=1e-6)
        np.testing.assert_array_equal(own.normalisation.bias, biases[number].astype(np.float64))


def test_on_chip_statistics_do_not_depend_on_the_order_of_images(small_network, random_model, shape):
    network = small_network()
    drawn = random_model(network, 2)
    encoded = np.random.default_rng(1).normal(0, 1, (70, *shape)).astype(np.float32)
    weights = [p.weights.astype(np.float32) for p in drawn.parameters]
    # A first layer that does not care keeps the spikes equal.
    biases = [np.where(np.arange(4) % 2, 9, -9)[None].astype(np.float32)]
    biases += [p.normalisation.bias.astype(np.float32) for p in drawn.parameters[1:]]
    forward = measure(network, weights, biases, encoded)
    backward = measure(network, weights, biases, encoded[::-1].copy())
    for one, other in zip(forward[1:], backward[1:], strict=True):
        np.testing.assert_array_equal(one.normalisation.mean, other.normalisation.mean)
        np.testing.assert_array_equal(one.normalisation.std, other.normalisation.std)
