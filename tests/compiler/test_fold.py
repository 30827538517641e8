"""Normalisation folded into leaks: by hand, and against the normalisation for every sum."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from neurosyn.compiler.fold import fold
from neurosyn.errors import ChipLimitError, DataError
from neurosyn.model.inference import spike_thresholds
from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing.models import random_model


def one_filter(mean, std, bias):
    return Normalisation(*(np.array([[value]], np.float64) for value in (mean, std, bias)))


def find_leaks(normalisation, fan_in):
    weights = np.zeros((1, fan_in, 1), np.int8)
    return 1 - spike_thresholds(LayerParameters(weights, normalisation), fan_in)


def count_leaks(normalisation, fan_in):
    """Leaks by another way than the inference's, which *mismatched frames* compares the chip with: sum after sum."""
    silent_sums = np.zeros(normalisation.mean.shape, np.int32)
    for total in range(-fan_in, fan_in + 1):
        r = (total - normalisation.mean) / (normalisation.std + NORMALISATION_EPSILON) + normalisation.bias
        silent_sums += r < 0
    return 1 - (silent_sums - fan_in)


def tiny_model():
    specs = [
        {"kind": "transduction", "features": 2},
        {"kind": "conv2d", "features": 4},
        {"kind": "conv2d", "features": 4, "kernel": 1},
        {"kind": "readout"},
    ]
    return random_model(build_network(specs, MapShape(4, 4, 1), 2, seed=3))


@pytest.mark.parametrize(
    ("mean", "std", "bias", "leak"),
    [
        (2.5, 1.0, 0.0, -2),  # fires from a sum of 3
        (2.0, 1.0, 0.0, -1),  # from 2 itself, where r = 0
        (-0.5, 1.0, 0.0, 1),  # from 0
        (0.0, 1.9999, 1.0, 3),  # θ = −2
        (100.0, 1.0, 0.0, -9),  # never: even the sum 9 gives 0
        (-100.0, 1.0, 0.0, 10),  # always: even the sum −9 gives 1
        (0.0, 0.0, 0.0, 1),  # a filter without variance
    ],
)
def test_leaks_by_hand(mean, std, bias, leak):
    assert find_leaks(one_filter(mean, std, bias), fan_in=9) == [[leak]]


numbers = st.floats(-12, 12).map(lambda x: round(x, 2)) | st.floats(-12, 12)


@given(mean=numbers, std=numbers.map(abs), bias=numbers, on_the_edge=st.none() | st.integers(-9, 9))
@example(mean=10.571887, std=1.91, bias=1.87, on_the_edge=None)  # 1 − ⌈θ⌉ would be −6, r(7) is negative
def test_leak_decides_every_sum_as_the_normalisation_does(mean, std, bias, on_the_edge):
    if on_the_edge is not None:
        mean = on_the_edge + bias * (std + NORMALISATION_EPSILON)
    leak = find_leaks(one_filter(mean, std, bias), fan_in=9)
    sums = np.arange(-9, 10)
    r = (sums - mean) / (std + NORMALISATION_EPSILON) + bias
    assert np.array_equal(sums + leak[0, 0] >= 1, r >= 0)
    assert leak == count_leaks(one_filter(mean, std, bias), fan_in=9)


def test_rounding_beats_the_formula_in_the_example():
    # If this fails, the example above no longer tests what it should.
    theta = 10.571887 - 1.87 * (1.91 + NORMALISATION_EPSILON)
    assert 1 - np.ceil(theta) == -6
    assert find_leaks(one_filter(10.571887, 1.91, 1.87), fan_in=9) == -7


def test_fold_keeps_what_the_chip_needs():
    model = tiny_model()
    deployed = fold(model)
    for layer, before, after in zip(model.network.layers, model.parameters, deployed.parameters, strict=True):
        assert after.hidden is None
        assert np.array_equal(after.weights, before.weights)
        assert np.array_equal(after.activity, before.activity)
        assert (after.normalisation is None) != layer.off_chip
        assert (after.leak is None) == layer.off_chip
    again = fold(deployed)
    for first, second in zip(deployed.parameters[1:], again.parameters[1:], strict=True):
        assert np.array_equal(first.leak, second.leak)


@pytest.mark.parametrize("leak", [256, -300])
def test_leak_beyond_the_field_is_refused(leak):
    model = fold(tiny_model())
    leaks = model.parameters[2].leak.copy()
    leaks[0, 1] = leak
    parameters = (*model.parameters[:2], LayerParameters(model.parameters[2].weights, leak=leaks))
    with pytest.raises(ChipLimitError, match=rf"layer 3 conv2d-4: filter 1 of bank 0 needs a leak of {leak}.*−255…255"):
        fold(Model(model.network, parameters, {}))


def test_leaks_of_whole_layers_by_counting():
    rng = np.random.default_rng(8)
    normalisation = Normalisation(rng.normal(0, 20, (3, 50)), rng.uniform(0, 9, (3, 50)), rng.normal(0, 2, (3, 50)))
    parameters = LayerParameters(np.zeros((3, 128, 50), np.int8), normalisation)
    assert np.array_equal(1 - spike_thresholds(parameters, 128), count_leaks(normalisation, 128))


def test_damaged_normalisation_is_refused():
    model = tiny_model()
    model.parameters[1].normalisation.mean[0, 0] = np.nan
    with pytest.raises(DataError, match="layer 2 conv2d-4: normalisation has values that are not finite"):
        fold(model)
