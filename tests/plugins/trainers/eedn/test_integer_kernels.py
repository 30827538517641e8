"""Training in 8-bit integers: compiled kernels against their plain twins, and the layer against that in float32."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.layers.conv2d import Conv2d
from neurosyn_plugins.trainers.compute.constants import BLOCK, SOFT_ONE
from neurosyn_plugins.trainers.compute.kernels import numba_kernels
from neurosyn_plugins.trainers.compute.sparsity import excess_activity
from neurosyn_plugins.trainers.eedn.integer_kernels import (
    LARGEST,
    make_dither,
    numba_integer_kernels,
    numpy_integer_kernels,
)
from neurosyn_plugins.trainers.eedn.integer_layer import IntegerLayer
from neurosyn_plugins.trainers.eedn.layer import Scratch, TrainedLayer
from neurosyn_plugins.trainers.eedn.products import Float32Products

from neurosyn.errors import ScenarioError
from neurosyn.model.wiring import flat_rows, wire
from neurosyn.network.layer import MapShape

KERNELS = {"numpy": numpy_integer_kernels(), "numba": numba_integer_kernels()}
SIZES = st.tuples(
    st.integers(1, 3), st.integers(1, 12), st.integers(1, 11), st.integers(1, 5), st.sampled_from([1, 7, 32, 40, 64])
)


def rounded_up(size):
    return -(-size // 8) * 8


class Case:
    """Random arguments for one layer."""

    def __init__(self, sizes, seed, one=SOFT_ONE, gradient_type=np.int16):
        banks, fan_in, features, sites, images = sizes
        rng = np.random.default_rng(seed)
        rows = banks * fan_in * sites
        self.one, self.images, self.rows = one, images, rows
        self.source = rng.integers(0, one + 1, (rows + 1, images)).astype(np.uint8)
        self.source[-1] = 0
        self.index = np.full((banks, sites, rounded_up(fan_in)), rows, np.int32)
        self.index[:, :, :fan_in] = rng.permutation(rows).reshape(banks, sites, fan_in)
        self.weights = rng.integers(-1, 2, (banks, fan_in, features)).astype(np.float32)
        self.held = np.zeros((banks, rounded_up(fan_in), rounded_up(features)), np.int8)
        self.turned = np.zeros((banks, rounded_up(features), rounded_up(fan_in)), np.int8)
        self.start = np.zeros((banks, rounded_up(fan_in)), np.int32)
        self.sums = np.zeros((banks, features, sites * images), np.int16)
        self.bias = rng.normal(0, 1, (banks, features)).astype(np.float32)
        self.mean, self.std = np.zeros_like(self.bias), np.zeros_like(self.bias)
        self.gradient = rng.integers(-99, 100, self.sums.shape).astype(gradient_type)
        self.pressure = rng.normal(0, 0.01, self.bias.shape).astype(np.float32)

    def forward(self, kernels, width=1.0):
        kernels.hold(self.weights, self.held, self.turned, self.start)
        spikes, soft = (np.zeros(self.sums.shape, np.uint8) for _ in range(2))
        for own_width, activity in ((0.0, spikes), (width, soft)):
            neurons = (self.sums, self.one, self.bias, self.mean, self.std)
            kernels.forward(self.source, self.index, self.turned, *neurons, own_width, activity)
        activity = np.zeros_like(self.bias)
        kernels.mean_activity(soft, SOFT_ONE, activity)
        return {name: getattr(self, name).copy() for name in ("held", "turned", "start", "sums", "mean", "std")} | {
            "spikes": spikes,
            "soft": soft,
            "activity": activity,
        }

    def given(self, width=1.5):
        return (self.sums, self.one, self.bias, self.mean, self.std, width, self.gradient, 0.01, self.pressure)

    def backward(self, kernels, terms, scale, add, width=1.5):
        weight_gradient = np.ones_like(self.weights)
        target = np.ones((self.rows + 1, self.images), np.int32 if add else np.int16)
        stretch = 4000
        kernels.backward(
            *self.given(width), terms, scale, make_dither(), stretch, self.source, self.index, self.held, self.start,
            weight_gradient, target, add,
        )  # fmt: skip
        return weight_gradient, target[:-1]


@settings(max_examples=40, deadline=None)
@given(SIZES, st.sampled_from([1, SOFT_ONE]), st.integers(0, 2**32 - 1))
def test_forward_agrees_to_the_bit(sizes, one, seed):
    results = [Case(sizes, seed, one).forward(kernels) for kernels in KERNELS.values()]
    for name in results[0]:
        if name == "soft":
            # A step apart at most, where the last bit of float32 decides.
            assert np.abs(results[0][name].astype(int) - results[1][name]).max() <= 1
        elif name == "activity":
            np.testing.assert_allclose(results[0][name], results[1][name], atol=1 / SOFT_ONE)
        else:
            np.testing.assert_array_equal(results[0][name], results[1][name], err_msg=name)


@pytest.mark.parametrize("one", [1, SOFT_ONE])
def test_sums_mean_and_deviation_are_exact(one):
    case = Case((2, 9, 5, 3, 40), 0, one)
    case.forward(KERNELS["numba"])
    inputs = case.source[case.index.swapaxes(1, 2)].astype(int).reshape(2, 16, -1)[:, :9]
    sums = np.einsum("bkf,bkn->bfn", case.weights.astype(int), inputs)
    np.testing.assert_array_equal(case.sums, sums)
    np.testing.assert_allclose(case.mean, sums.mean(axis=2), rtol=1e-6)
    np.testing.assert_allclose(case.std, sums.std(axis=2), rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(SIZES, st.booleans(), st.sampled_from([np.float32, np.int16, np.int32]), st.integers(0, 2**32 - 1))
def test_backward_agrees(sizes, add, kind, seed):
    case = Case(sizes, seed, gradient_type=kind)
    case.forward(KERNELS["numba"])
    found = []
    for kernels in KERNELS.values():
        bias_gradient, terms = np.zeros_like(case.bias), np.zeros((*case.bias.shape, 2), np.float32)
        bound = kernels.measure_gradient(*case.given(), bias_gradient, terms)
        found.append((np.float32(bound), bias_gradient, terms))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    bound, _, terms = found[0]
    scale = LARGEST / max(float(bound), 1e-6)
    (weights, target), (others, other_target) = (
        case.backward(kernels, terms, scale, add) for kernels in KERNELS.values()
    )
    # Where the last bit of float32 decides, a gradient is rounded the other way: a step that the input weighs at most.
    np.testing.assert_allclose(weights, others, rtol=0, atol=3.01 / scale)
    assert (np.abs(target.astype(int) - other_target) <= 3).all()


def test_rounded_gradients_are_right_on_average():
    case = Case((1, 8, 8, 64, 64), 3, one=1)
    case.forward(KERNELS["numba"])
    terms, bias_gradient = np.zeros((1, 8, 2), np.float32), np.zeros((1, 8), np.float32)
    kernels = KERNELS["numba"]
    bound = kernels.measure_gradient(*case.given(), bias_gradient, terms)
    coarse = [case.backward(kernels, terms, scale / bound, add=False)[0] for scale in (1.0, LARGEST)]
    # Steps as large as the largest gradient: right to what chance leaves of 4096 roundings.
    assert np.abs(coarse[0] - coarse[1]).max() < 5 * bound * np.sqrt(64 * 64) / 2
    assert np.abs(coarse[0] - coarse[1]).mean() > 0


def layers(soft, features=12, images=32):
    connectivity = Conv2d(features=features, kernel=3, padding=1, groups=2).connect(MapShape(4, 4, 8))
    rng = np.random.default_rng(5)
    wiring = wire(connectivity, flat_rows(connectivity.inputs.max() + 1))
    shape = (connectivity.n_banks, connectivity.fan_in, connectivity.features)
    weights = rng.integers(-1, 2, shape).astype(np.float32)
    bias = rng.normal(0, 0.5, (shape[0], shape[2])).astype(np.float32)
    integer = IntegerLayer(wiring, images, weights, bias, KERNELS["numba"])
    plain = TrainedLayer(wiring, images, weights, bias, numba_kernels(), Scratch(Float32Products()))
    one = SOFT_ONE if soft else 1
    source = rng.integers(0, one + 1, (wiring.inputs + 1, images)).astype(np.uint8)
    source[-1] = 0
    gradient = (rng.standard_normal((wiring.size + 1, images)) * 0.01).astype(np.float32)
    return integer, plain, source, one, gradient


@pytest.mark.parametrize("softness", [0.0, 1.5])
def test_layer_is_that_of_float32_but_for_the_rounding(softness):
    integer, plain, source, one, gradient = layers(softness > 0)
    exact = source.astype(np.float32) / np.float32(one)
    assert integer.forward(source, one, softness) == one
    plain.forward(exact, softness)
    np.testing.assert_allclose(integer.mean / one, plain.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(integer.std / one, plain.std, rtol=1e-4)
    if softness:
        assert np.abs(integer.activity / SOFT_ONE - plain.activity).max() <= 0.51 / SOFT_ONE
    else:
        assert (integer.activity == plain.activity).mean() > 0.999
    integer.gradient = gradient.copy()
    plain.gradient = gradient.copy()
    results = []
    for layer, inputs in ((integer, source), (plain, exact)):
        down = np.zeros((layer.wiring.inputs + 1, layer.images), layer.passes)
        weights, bias = np.zeros_like(layer.weights), np.zeros_like(layer.bias)
        unit = layer.backward(inputs, down, weights, bias) or 1.0
        results.append((down[:-1] * unit, weights, bias))
    for found, expected in zip(*results, strict=True):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
        np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())


def test_pressure_pushes_every_answer_by_gamma_times_the_mean():
    integer, _, source, one, _ = layers(soft=False)
    integer.forward(source, one)
    integer.press(0.5)
    group = integer._groups[0]
    answers = integer.activity[group.rows].reshape(2, 6, -1)
    mean = answers.mean(axis=2)
    np.testing.assert_allclose(integer._pressure, 0.5 * mean / answers.shape[2], rtol=1e-5)
    spared = np.median(mean)
    integer.press(0.5, spared)
    excess = np.maximum(mean - spared, 0)
    np.testing.assert_allclose(integer._pressure, 0.5 * excess / answers.shape[2], rtol=1e-4, atol=1e-9)
    integer.press(0.5, 0.1, True)
    slope = excess_activity(mean.astype(np.float32), 0.1, True)
    np.testing.assert_allclose(integer._pressure, 0.5 * slope / answers.shape[2], rtol=1e-4, atol=1e-9)


def test_the_slope_of_the_pressure_is_that_of_the_loss():
    """Beside a filter at 70 %, its complement at 30 % counts: 0.3 − 0.2, upwards."""
    activity = np.array([0.1, 0.3, 0.7, 0.95], np.float32)
    np.testing.assert_allclose(excess_activity(activity, 0.2, True), [0, 0.1, -0.1, 0], atol=1e-6)
    np.testing.assert_allclose(excess_activity(activity, 0.2, False), [0, 0.1, 0.5, 0.75], atol=1e-6)


def test_layers_too_wide_for_16_bits_are_refused():
    with pytest.raises(ScenarioError, match=r"int8.*300 features.*float32"):
        layers(soft=False, features=600)


_DIGEST = """
import numpy as np
from tests.plugins.trainers.eedn.test_integer_kernels import Case, KERNELS
from neurosyn_plugins.trainers.eedn.dot_tiles import _Dot
case = Case((2, 30, 17, 3, 40), 1)
case.forward(KERNELS["numba"])
terms = np.full((2, 17, 2), 0.125, np.float32)
weights, target = case.backward(KERNELS["numba"], terms, 8.0, add=True)
sums = case.sums.astype(np.int64)
print(_Dot().kind, sums.sum(), weights.astype(float).sum(), target.sum(), hash(sums.tobytes()), hash(target.tobytes()))
"""


def test_every_kind_of_processor_computes_the_same_integers(tmp_path):
    """As compiled for this processor, for one with AVX2 and for one with neither."""
    found = {}
    for name, features in (("", None), ("haswell", "+avx2,+avx,+fma,+sse4.2"), ("generic", "")):
        environment = {**os.environ, "PYTHONHASHSEED": "0", "NUMBA_CACHE_DIR": str(tmp_path / (name or "here"))}
        if features is not None:
            environment |= {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
        done = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        kind, *rest = done.stdout.split()
        found[kind] = rest
    assert {"avx2", "general"} <= set(found)
    assert len({tuple(rest) for rest in found.values()}) == 1, found
    assert BLOCK % 64 == 0
