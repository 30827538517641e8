"""Tests of linear nodes as matrices, against loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.errors import DataError
from neurosyn.importing.linear_nodes import NodeParameters, conv, pool


def slow_conv(x, weight, stride, before, after, dilation, groups):
    x = np.pad(x, ((0, 0), *zip(before, after, strict=True)))
    out, per_group, *kernel = weight.shape
    size = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[1:], kernel, stride, dilation, strict=True)]
    result = np.zeros((out, *size))
    for feature, *place in itertools.product(range(out), *map(range, size)):
        first = feature // (out // groups) * per_group
        for channel, *tap in itertools.product(range(per_group), *map(range, kernel)):
            at = [p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True)]
            result[(feature, *place)] += weight[(feature, channel, *tap)] * x[(first + channel, *at)]
    return result


@given(
    st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), st.lists(st.integers(1, 3), min_size=2, max_size=2),
    st.lists(st.integers(1, 2), min_size=2, max_size=2), st.lists(st.integers(0, 2), min_size=2, max_size=2),
    st.lists(st.integers(1, 2), min_size=2, max_size=2), st.integers(0, 2**16),
)  # fmt: skip
def test_convolutions_equal_loops(groups, inputs, features, kernel, stride, padding, dilation, seed) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(features * groups, inputs, *kernel)).round(2)
    x = rng.integers(0, 2, (inputs * groups, 6, 5))
    parameters = NodeParameters("x", {
        "weight": weight, "stride": np.array(stride), "padding": np.array(padding), "dilation": np.array(dilation),
        "groups": np.array(groups), "bias": np.arange(len(weight)),
    })  # fmt: skip
    matrix, bias, shape = conv(parameters, x.shape, 2)
    expected = slow_conv(x, weight, stride, padding, padding, dilation, groups)
    assert shape == expected.shape
    assert np.allclose((matrix @ x.ravel()).reshape(shape), expected)
    assert np.array_equal(bias.reshape(shape)[:, 0, 0], np.arange(len(weight)))


def test_same_padding_of_an_even_kernel_has_the_odd_zero_after() -> None:
    parameters = NodeParameters("x", {"weight": np.array([[[1.0, 10.0]]]), "padding": "same"})
    matrix, _, shape = conv(parameters, (1, 3), 1)
    assert shape == (1, 3)
    assert (matrix @ [1, 2, 3]).tolist() == [21, 32, 3]


@pytest.mark.filterwarnings("ignore:Using padding:UserWarning")
def test_same_padding_equals_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    weight, x = rng.normal(size=(2, 3, 3, 4)), rng.normal(size=(3, 5, 6))
    parameters = NodeParameters("x", {"weight": weight, "padding": "same", "dilation": np.array([2, 1])})
    matrix, _, shape = conv(parameters, x.shape, 2)
    expected = torch.nn.functional.conv2d(torch.tensor(x)[None], torch.tensor(weight), padding="same", dilation=(2, 1))[
        0
    ]
    assert np.allclose((matrix @ x.ravel()).reshape(shape), expected.numpy())


def test_pools() -> None:
    x = np.arange(16.0).reshape(1, 4, 4)
    parameters = NodeParameters("x", {"kernel_size": np.array(2), "stride": np.array(2), "padding": np.array(0)})
    total, shape, area = pool(parameters, x.shape, mean=False)
    assert (shape, area) == ((1, 2, 2), 4)
    assert (total @ x.ravel()).tolist() == [10, 18, 42, 50]
    mean, _, _ = pool(parameters, x.shape, mean=True)
    assert (mean @ x.ravel()).tolist() == [2.5, 4.5, 10.5, 12.5]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weight": np.zeros((2, 3, 3, 3))}, "3 channels in and 2 channels out, but its input has 1 channels"),
        ({"weight": np.zeros((1, 1, 9, 9))}, "kernel \\(9, 9\\) is larger than its input"),
        ({"weight": np.full((1, 1, 3, 3), np.nan)}, "no numbers"),
        ({"weight": np.full((1, 1, 3, 3), np.inf)}, "infinite"),
        ({"weight": np.zeros((1, 1, 3))}, "not 4 axes"),
        ({"weight": np.ones((1, 1, 3, 3)), "stride": np.array(0)}, "must be at least 1"),
        ({"weight": np.ones((1, 1, 3, 3)), "stride": np.array([1, 2, 3])}, "not 2 whole numbers"),
        ({"weight": np.ones((1, 1, 3, 3)), "padding": "sam"}, "neither 'same' nor 'valid'"),
        ({"weight": np.ones((1, 1, 3, 3)), "padding": np.array(-1)}, "negative"),
        ({"weight": np.ones((1, 1, 3, 3)), "padding": "same", "stride": np.array(2)}, "is not defined"),
        ({}, "no parameter 'weight'"),
        ({"weight": "text"}, "no array of numbers"),
    ],
)
def test_wrong_convolutions(values, message) -> None:
    with pytest.raises(DataError, match=message):
        conv(NodeParameters("file: node 'x'", values), (1, 5, 5), 2)
