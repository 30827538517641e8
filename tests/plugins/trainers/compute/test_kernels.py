"""The compiled kernels against their plain twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.trainers.compute.bfloat16 import narrow, widen
from neurosyn_plugins.trainers.compute.kernels import numba_kernels, numpy_kernels

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 6), st.integers(1, 5), st.integers(1, 20))


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from([np.uint8, np.float32]), st.integers(0, 2**32 - 1))
def test_gather_and_scatter_agree_to_the_bit(shape, dtype, seed):
    rows, fan_in, sites, images = shape
    rng = np.random.default_rng(seed)
    source = rng.integers(0, 2, (rows, images)).astype(dtype)
    # Rows may repeat, even within one input of several sites.
    index = rng.integers(0, rows, (fan_in, sites)).astype(np.int32)
    columns = {}
    targets = {}
    for name, kernels in (("numpy", numpy_kernels()), ("numba", numba_kernels())):
        columns[name] = np.full((fan_in, sites * images), 7, np.float32)
        kernels.gather(source, index, columns[name])
        targets[name] = np.ones((rows, images), np.float32)
        kernels.scatter_add(columns[name] * np.float32(0.1), index, targets[name])
    np.testing.assert_array_equal(columns["numpy"], columns["numba"])
    np.testing.assert_array_equal(targets["numpy"], targets["numba"])


def test_gather_and_scatter_by_hand():
    index = np.array([[2, 0], [1, 1]], np.int32)
    source = np.array([[1, 0], [0, 1], [1, 1]], np.uint8)
    for kernels in (numpy_kernels(), numba_kernels()):
        columns = np.empty((2, 4), np.float32)
        kernels.gather(source, index, columns)
        assert columns.tolist() == [[1, 1, 1, 0], [0, 1, 0, 1]]
        target = np.zeros((3, 2), np.float32)
        kernels.scatter_add(np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32), index, target)
        assert target.tolist() == [[3, 4], [12, 14], [1, 2]]


@pytest.mark.parametrize("count", [1, 5, 64, 1000])
def test_neurons_agree(count):
    rng = np.random.default_rng(count)
    sums = rng.integers(-20, 20, (6, count)).astype(np.float32)
    sums[2] = 4  # no variance
    bias = rng.normal(0, 1, 6).astype(np.float32)
    upstream = rng.standard_normal((6, count)).astype(np.float32)
    results = []
    for kernels in (numpy_kernels(), numba_kernels()):
        mean, std, bias_gradient = (np.empty(6, np.float32) for _ in range(3))
        spikes = np.empty((6, count), np.uint8)
        kernels.spike_forward(sums, bias, mean, std, spikes)
        gradient = np.empty_like(upstream)
        kernels.spike_backward(sums, bias, mean, std, 1.0, upstream, gradient, bias_gradient)
        activity = np.empty((6, count), np.float32)
        kernels.soften(sums, bias, mean, std, 1.5, activity)
        np.testing.assert_array_equal(activity > 0.5, spikes)
        soft_gradient = np.empty_like(upstream)
        kernels.spike_backward(sums, bias, mean, std, 1.5, upstream, soft_gradient, np.empty(6, np.float32))
        results.append((mean, std, spikes, gradient, bias_gradient, activity, soft_gradient))
    for one, other in zip(*results, strict=True):
        assert np.isfinite(other).all()
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(results[0][2], results[1][2])


def test_neuron_by_hand():
    # μ = 2, σ = 1: x = (−1, 1, −1, 1); with b = −0.5, r = (−1.5, 0.5, …).
    sums = np.array([[1, 3, 1, 3]], np.float32)
    for kernels in (numpy_kernels(), numba_kernels()):
        mean, std = np.empty(1, np.float32), np.empty(1, np.float32)
        spikes = np.empty((1, 4), np.uint8)
        kernels.spike_forward(sums, np.array([-0.5], np.float32), mean, std, spikes)
        assert (mean[0], std[0]) == (2, 1)
        assert spikes.tolist() == [[0, 1, 0, 1]]


def test_soft_neuron_by_hand():
    # r = (−1.5, 0.5): with w = 2, r/w = (−3/4, 1/4), the answers are (1/4)²/2 and 1 − (3/4)²/2.
    sums = np.array([[1, 3, 1, 3]], np.float32)
    bias = np.array([-0.5], np.float32)
    for kernels in (numpy_kernels(), numba_kernels()):
        mean, std = np.empty(1, np.float32), np.empty(1, np.float32)
        kernels.spike_forward(sums, bias, mean, std, np.empty((1, 4), np.uint8))
        activity = np.empty((1, 4), np.float32)
        kernels.soften(sums, bias, mean, std, 2.0, activity)
        np.testing.assert_allclose(activity, [[1 / 32, 23 / 32, 1 / 32, 23 / 32]], atol=1e-4)


def test_a_filter_that_hardly_varies_does_not_blow_the_gradient_up():
    sums = np.full((1, 1000), 4, np.float32)
    sums[0, 0] = 5
    for kernels in (numpy_kernels(), numba_kernels()):
        mean, std = np.empty(1, np.float32), np.empty(1, np.float32)
        kernels.spike_forward(sums, np.zeros(1, np.float32), mean, std, np.empty((1, 1000), np.uint8))
        gradient = np.empty((1, 1000), np.float32)
        ones = np.ones_like(gradient)
        kernels.spike_backward(sums, np.zeros(1, np.float32), mean, std, 1.0, ones, gradient, np.empty(1, np.float32))
        assert std[0] < 0.05
        assert 0 < np.abs(gradient).max() <= 2


def test_bfloat16_rounds_to_the_nearest_and_to_even():
    # 8 bits of precision: between 256 and 512 only even numbers are exact.
    values = np.array([0, 1, -3, 255, 256, 257, 259, -257, 0.1], np.float32)
    assert widen(narrow(values)).tolist()[:8] == [0, 1, -3, 255, 256, 256, 260, -256]
    assert widen(narrow(values))[8] == np.float32(0.10009765625)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from(["spikes", "float32", "bfloat16"]), st.integers(0, 2**32 - 1))
def test_bfloat16_rows_move_like_float32_ones_and_agree_to_the_bit(shape, kind, seed):
    rows, fan_in, sites, images = shape
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((rows, images)).astype(np.float32)
    source = {"spikes": (numbers > 0).astype(np.uint8), "float32": numbers, "bfloat16": narrow(numbers)}[kind]
    index = rng.permutation(max(rows, fan_in * sites))[: fan_in * sites].reshape(fan_in, sites).astype(np.int32)
    columns, once, added = {}, {}, {}
    for name, kernels in (("numpy", numpy_kernels()), ("numba", numba_kernels())):
        columns[name] = np.zeros((fan_in, sites * images), np.uint16)
        kernels.gather(source, index % rows, columns[name])
        once[name] = np.full((index.max() + 1, images), 7, np.float32)
        kernels.scatter(columns[name], index, once[name])
        added[name] = np.ones((rows, images), np.float32)
        kernels.scatter_add(columns[name], index % rows, added[name])
    exact = {"spikes": source, "float32": widen(narrow(numbers)), "bfloat16": widen(narrow(numbers))}[kind]
    np.testing.assert_array_equal(widen(columns["numpy"]), exact[index % rows].reshape(fan_in, -1))
    np.testing.assert_array_equal(once["numpy"][index], exact[index % rows])
    for found in (columns, once, added):
        np.testing.assert_array_equal(found["numpy"], found["numba"])


def test_neurons_on_bfloat16_sums_are_those_on_float32_ones():
    rng = np.random.default_rng(5)
    sums = rng.integers(-128, 129, (6, 300)).astype(np.float32)
    bias, upstream = rng.normal(0, 1, 6).astype(np.float32), rng.standard_normal((6, 300)).astype(np.float32)
    for kernels in (numpy_kernels(), numba_kernels()):
        found = []
        for dtype, given_sums in ((np.float32, sums), (np.uint16, narrow(sums))):
            mean, std, bias_gradient = (np.empty(6, np.float32) for _ in range(3))
            spikes = np.empty(sums.shape, np.uint8)
            kernels.spike_forward(given_sums, bias, mean, std, spikes)
            activity, own = np.empty(sums.shape, dtype), np.empty(sums.shape, dtype)
            kernels.soften(given_sums, bias, mean, std, 1.5, activity)
            kernels.spike_backward(given_sums, bias, mean, std, 1.5, upstream, own, bias_gradient)
            found.append([mean, std, spikes, bias_gradient, activity, own])
        for one, other in zip(found[0][:4], found[1][:4], strict=True):
            np.testing.assert_array_equal(one, other)
        for one, other in zip(found[0][4:], found[1][4:], strict=True):
            np.testing.assert_array_equal(narrow(one), other)
