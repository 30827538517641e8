"""Encoders by hand and against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from neurosyn_plugins.encoders.contrast import Contrast
from neurosyn_plugins.encoders.rate import Rate
from neurosyn_plugins.encoders.thermometer import Thermometer
from neurosyn_plugins.encoders.threshold import Threshold
from neurosyn_plugins.encoders.unit import Unit

from neurosyn.registry import registry

ENCODERS = [
    Contrast(),
    Unit(),
    Threshold(),
    Threshold(level=100, inverted=True),
    Thermometer(levels=3),
    Rate(ticks=5),
    Rate(ticks=3, spacing="bernoulli"),
]
IMAGES = arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4)))


def test_encoders_are_registered():
    assert registry.get("encoders", "contrast") is Contrast
    assert registry.get("encoders", "unit") is Unit
    assert registry.get("encoders", "rate") is Rate
    assert registry.get("encoders", "thermometer") is Thermometer
    assert registry.get("encoders", "threshold") is Threshold


def test_contrast_by_hand():
    # Mean 4, deviations -3 -1 1 3, standard deviation sqrt(20 / 4).
    image = np.array([1, 3, 5, 7], np.uint8).reshape(1, 2, 2, 1)
    encoded = Contrast(epsilon=0.5).encode(image)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(
        encoded.ravel(), (np.array([-3.0, -1.0, 1.0, 3.0]) / (np.sqrt(5.0) + 0.5)).astype(np.float32)
    )


@settings(deadline=None)
@given(IMAGES)
def test_contrast_agrees_with_numpys_mean_and_standard_deviation(images):
    x = images.reshape(len(images), -1).astype(np.float64)
    expected = (x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1.0)
    np.testing.assert_allclose(Contrast().encode(images), expected.reshape(images.shape), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_flat_images_become_zero(level):
    assert not Contrast().encode(np.full((2, 32, 32, 3), level, np.uint8)).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.sampled_from(ENCODERS))
def test_an_images_code_does_not_depend_on_its_batch(seed, n, encoder):
    images = np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
    together = encoder.encode(images)
    alone = np.concatenate([encoder.encode(images[i : i + 1]) for i in range(n)])
    assert together.tobytes() == alone.tobytes()
    shuffled = np.random.default_rng(seed).permutation(n)
    by_image = together.reshape(n, encoder.ticks_per_frame, *together.shape[1:])
    assert encoder.encode(images[shuffled]).tobytes() == by_image[shuffled].tobytes()


def test_unit_by_hand():
    encoded = Unit().encode(np.array([0, 51, 255], np.uint8).reshape(1, 3, 1, 1))
    np.testing.assert_array_equal(encoded.ravel(), np.array([0, 0.2, 1], np.float32))


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@settings(max_examples=30, deadline=None)
@given(images=IMAGES)
def test_encoders_give_what_they_promise(encoder, images):
    encoded = encoder.encode(images)
    assert encoded.dtype == np.float32
    assert encoded.shape == (len(images) * encoder.ticks_per_frame, *encoder.shape(images.shape[1:]))
    assert np.isfinite(encoded).all()
    if encoder.binary:
        assert np.isin(encoded, (0, 1)).all()


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_encoders_take_empty_batches(encoder):
    assert encoder.encode(np.empty((0, 4, 5, 3), np.uint8)).shape == (0, *encoder.shape((4, 5, 3)))


def test_threshold_by_hand():
    levels = np.array([[0, 100, 101, 255], [9, 9, 9, 10]], np.uint8).reshape(2, 2, 2, 1)
    encoded = Threshold(level=100).encode(levels).reshape(2, 4)
    assert encoded.tolist() == [[0, 0, 1, 1], [0, 0, 0, 0]]
    # Means 114 and 9.25.
    assert Threshold().encode(levels).reshape(2, 4).tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    assert Threshold(inverted=True).encode(levels).reshape(2, 4).tolist() == [[1, 1, 1, 0], [1, 1, 1, 0]]


def test_thermometer_by_hand():
    """Thresholds 63.75, 127.5 and 191.25; two channels of three spikes each."""
    image = np.array([63, 64, 127, 128, 191, 192, 0, 255], np.uint8).reshape(1, 2, 2, 2)
    expected = [[0, 0, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0], [1, 1, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]]
    assert Thermometer(levels=3).encode(image).reshape(4, 6).tolist() == expected


def test_even_rates_by_hand():
    """8 ticks: the k-th spike comes when t·v/255 passes k − 1/2."""
    image = np.array([0, 15, 16, 128, 255], np.uint8).reshape(1, 1, 5, 1)
    trains = Rate(ticks=8).encode(image).reshape(8, 5).T
    assert trains.astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 1],
        [1, 0, 1, 0, 1, 0, 1, 0],
        [1, 1, 1, 1, 1, 1, 1, 1],
    ]


@settings(max_examples=30, deadline=None)
@given(ticks=st.integers(1, 255))
def test_even_rates_count_what_is_due(ticks):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    sent = Rate(ticks=ticks).encode(levels).sum(axis=0).ravel()
    due = ticks * np.arange(256) / 255
    assert (np.abs(sent - due) <= 0.5).all()


def test_bernoulli_rates_follow_the_levels_and_the_seed():
    levels = np.repeat(np.arange(256, dtype=np.uint8), 64).reshape(1, 128, 128, 1)
    spikes = Rate(ticks=64, spacing="bernoulli").encode(levels)
    shares = spikes.reshape(64, 256, 64).mean(axis=(0, 2))
    assert (shares[0], shares[255]) == (0, 1)
    # Five standard deviations of 4,096 draws.
    assert np.abs(shares - np.arange(256) / 255).max() < 5 * np.sqrt(0.25 / 4096)
    assert np.array_equal(Rate(ticks=64, spacing="bernoulli").encode(levels), spikes)
    assert not np.array_equal(Rate(ticks=64, spacing="bernoulli", seed=1).encode(levels), spikes)
    # Ticks and pixels decide on their own: neighbours agree as often as chance lets them.
    half = spikes[:, 64].reshape(64, -1)
    assert abs(np.corrcoef(half[:-1].ravel(), half[1:].ravel())[0, 1]) < 0.06
