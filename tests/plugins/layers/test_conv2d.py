"""Layer ``conv2d`` by hand and against the definition of a convolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.layers.conv2d import Conv2d

from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape


def test_pooling_windows_by_hand():
    # A 3×4 map of 4 channels: 2×2 windows at stride 2 leave the last row out.
    wiring = Conv2d(features=6, kernel=2, stride=2, groups=2).connect(MapShape(3, 4, 4))
    assert wiring.output == MapShape(1, 2, 6)
    assert wiring.grid == (2, 1, 2)
    assert wiring.banks.tolist() == [0, 0, 1, 1]
    # Group 0 sees channels 0 and 1; element (y, x, c) is (4y + x)·4 + c.
    assert wiring.inputs[0].tolist() == [0, 1, 4, 5, 16, 17, 20, 21]
    assert wiring.inputs[1].tolist() == [8, 9, 12, 13, 24, 25, 28, 29]
    assert wiring.inputs[2].tolist() == [2, 3, 6, 7, 18, 19, 22, 23]
    assert wiring.outputs.tolist() == [[0, 1, 2], [6, 7, 8], [3, 4, 5], [9, 10, 11]]


def test_padding_is_minus_one():
    wiring = Conv2d(features=1, kernel=3, padding=1).connect(MapShape(2, 2, 1))
    assert wiring.output == MapShape(2, 2, 1)
    assert wiring.inputs[0].tolist() == [-1, -1, -1, -1, 0, 1, -1, 2, 3]
    assert wiring.inputs[3].tolist() == [0, 1, -1, 2, 3, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"), [(3, 1, 1, 32), (1, 1, 0, 32), (2, 2, 0, 16), (4, 2, 1, 16)]
)
def test_the_papers_layer_types(kernel, stride, padding, size):
    layer = Conv2d(features=8, kernel=kernel, stride=stride, padding=padding, groups=2)
    wiring = layer.connect(MapShape(32, 32, 4))
    assert wiring.output == MapShape(size, size, 8)
    assert wiring.fan_in == kernel * kernel * 2


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    depth=st.integers(1, 3),
    groups=st.integers(1, 3),
    per_group=st.integers(1, 3),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
)
def test_any_convolution_keeps_the_contract_and_the_definition(
    height, width, depth, groups, per_group, kernel, stride, padding
):
    shape = MapShape(height, width, depth * groups)
    layer = Conv2d(features=per_group * groups, kernel=kernel, stride=stride, padding=padding, groups=groups)
    if min(height, width) + 2 * padding < kernel:
        with pytest.raises(ScenarioError, match="kernel"):
            layer.connect(shape)
        return
    wiring = layer.connect(shape)
    wiring.check(shape, "test")
    # Convolve by the definition and compare with what the index lists say.
    rng = np.random.default_rng(0)
    image = rng.integers(1, 100, shape)
    weights = rng.integers(-1, 2, (groups, kernel, kernel, depth, per_group))
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    expected = np.zeros(wiring.output, int)
    for y, x, g in np.ndindex(wiring.output.height, wiring.output.width, groups):
        window = padded[y * stride : y * stride + kernel, x * stride : x * stride + kernel, g * depth : (g + 1) * depth]
        expected[y, x, g * per_group : (g + 1) * per_group] = np.einsum("yxc,yxcf->f", window, weights[g])
    seen = np.append(image.ravel(), 0)[wiring.inputs]
    sums = np.einsum("sk,skf->sf", seen, weights.reshape(groups, -1, per_group)[wiring.banks])
    result = np.zeros(wiring.output.size, int)
    result[wiring.outputs] = sums
    np.testing.assert_array_equal(result.reshape(wiring.output), expected)


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({"features": 4, "groups": 3}, MapShape(8, 8, 6), "groups = 3: does not divide features = 4"),
        ({"features": 6, "groups": 3}, MapShape(8, 8, 4), "does not divide the 4 channels"),
        ({"features": 6, "kernel": 9}, MapShape(8, 8, 4), "kernel = 9: is larger than the input map 8×8×4"),
        ({"features": 1 << 20}, MapShape(64, 64, 4), "more than 67,108,864 neurons"),
    ],
)
def test_what_does_not_suit_the_map_is_refused(options, shape, message):
    with pytest.raises(ScenarioError, match=message):
        Conv2d(**options).connect(shape)
