"""Tests of the representation of weights: lattices, and codes fitted by least squares."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.importing.codes import CODES, fit_codes, nearest, subset_sums
from neurosyn.importing.lattices import find_lattice


def represented(lattice) -> np.ndarray:
    sums = subset_sums(lattice.weights.astype(float))
    return np.take_along_axis(sums, lattice.masks.astype(np.intp), axis=1) * lattice.steps[:, None]


@pytest.mark.parametrize(
    ("weights", "width"),
    [
        ([[0.3, -0.3, 0, 0.3]], 2),
        ([[1.5, -0.5, 0, 1.5]], 2),  # one type for each value
        ([[-4, 3, 2, 1, 0]], 3),
        ([[4, -3, -2, 1]], 3),  # the code with the other sign
        ([[-8, 7, 5, 3]], 4),
        ([[0.1, 0.2, -0.7]], 4),
        ([[0.25, 0.25], [-3, 3]], 2),  # each neuron has a step of its own
        ([[0, 0]], 2),
    ],
)
def test_lattices_are_represented_exactly(weights, width) -> None:
    values = np.array(weights, np.float32).astype(float)
    lattice = find_lattice(values, width)
    assert lattice is not None
    assert np.allclose(represented(lattice), values, rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "width"),
    [
        ([[1, 2, 3, 5]], 2),  # more values than two axons make
        ([[1, np.sqrt(2)]], 4),  # no common step
        ([[9, 1, 2, -8, 5]], 4),  # beyond −8 … 7, and too many for a type each
    ],
)
def test_other_weights_are_no_lattice(weights, width) -> None:
    assert find_lattice(np.array(weights, float), width) is None


def test_a_few_random_weights_are_no_lattice() -> None:
    assert find_lattice(np.random.default_rng(0).normal(size=(1, 6)), 4) is None


@given(st.integers(2, 4), st.integers(0, 2**16))
def test_nearest_masks_are_those_of_an_exhaustive_search(width, seed) -> None:
    rng = np.random.default_rng(seed)
    codes, weights = rng.normal(size=(2, width)), rng.normal(size=(2, 5))
    masks = nearest(weights, codes)
    for row, column in itertools.product(range(2), range(5)):
        sums = [sum(codes[row, k] for k in range(width) if mask >> k & 1) for mask in range(1 << width)]
        error = abs(sums[masks[row, column]] - weights[row, column])
        assert error <= min(abs(s - weights[row, column]) for s in sums) + 1e-9


def test_types_that_an_input_lacks_are_not_used() -> None:
    masks = nearest(np.array([[3.0, 3.0]]), np.array([[1.0, 2.0]]), np.array([3, 2], np.uint8))
    assert masks.tolist() == [[3, 2]]


@pytest.mark.parametrize("width", [2, 3, 4])
def test_fit_is_at_least_as_good_as_the_plain_code(width) -> None:
    weights = np.random.default_rng(1).normal(size=(4, 60))
    fit = fit_codes(weights, width, np.ones_like(weights))
    error = ((np.take_along_axis(subset_sums(fit.codes), fit.masks.astype(np.intp), axis=1) - weights) ** 2).sum(axis=1)
    levels = subset_sums(np.array([CODES[width]], float))[0]
    for scale in (0.6, 0.8, 1.0):
        step = np.abs(weights).max(axis=1, keepdims=True) * scale / np.abs(levels).max()
        plain = np.abs(weights[..., None] - step[..., None] * levels).min(axis=2)
        assert (error <= (plain**2).sum(axis=1) + 1e-9).all()
