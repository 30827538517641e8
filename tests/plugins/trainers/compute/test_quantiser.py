"""Trinary weights with hysteresis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from neurosyn_plugins.trainers.compute.quantiser import first_trinary, trinarise


@pytest.mark.parametrize("previous", [-1, 0, 1])
@pytest.mark.parametrize(
    ("hidden", "trinary"),
    [
        (-1.0, -1),
        (-0.61, -1),
        (-0.59, None),
        (-0.41, None),
        (-0.39, 0),
        (0.0, 0),
        (0.39, 0),
        (0.41, None),
        (0.59, None),
        (0.61, 1),
        (1.0, 1),
    ],
)
def test_dead_band_keeps_the_previous_value(previous, hidden, trinary):
    new = trinarise(np.array([hidden], np.float32), np.array([previous], np.float32), 0.1)
    assert new[0] == (previous if trinary is None else trinary)


@given(arrays(np.float32, 40, elements=st.floats(-1, 1, width=32)), st.floats(0, 0.49))
def test_trinarising_twice_changes_nothing(hidden, hysteresis):
    once = trinarise(hidden, first_trinary(hidden), hysteresis)
    assert np.isin(once, (-1, 0, 1)).all()
    np.testing.assert_array_equal(trinarise(hidden, once, hysteresis), once)


def test_without_hysteresis_half_is_one():
    hidden, previous = np.array([0.5, -0.5, 0.5], np.float32), np.array([-1, 0, 1], np.float32)
    np.testing.assert_array_equal(trinarise(hidden, previous, 0.0), [1, -1, 1])


def test_first_trinary_is_the_nearest():
    hidden = np.array([-1.4, -0.7, -0.2, 0.0, 0.3, 0.8, 2.0], np.float32)
    np.testing.assert_array_equal(first_trinary(hidden), [-1, -1, 0, 0, 0, 1, 1])
