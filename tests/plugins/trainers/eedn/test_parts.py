"""Schedule, augmentation and optimisers of the eedn trainer by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neurosyn_plugins.trainers.eedn.augmentation import augment
from neurosyn_plugins.trainers.eedn.optimiser import Adam, Momentum
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector
from neurosyn_plugins.trainers.eedn.schedule import make_schedule

RATES = {"trinary": 1.0, "real": 0.5, "bias": 0.1}


def test_steps_divide_the_rate():
    factor = make_schedule("steps", [0.5, 0.75], 10.0)
    assert [factor(x) for x in (0.0, 0.49, 0.5, 0.74, 0.75, 1.0)] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


@given(st.sampled_from(["cosine", "log"]), st.floats(0, 0.9), st.floats(1, 100))
def test_smooth_schedules_fall_to_the_same_end(kind, start, decay):
    factor = make_schedule(kind, [start], decay)
    values = [factor(x) for x in np.linspace(0, 1, 30)]
    assert values[0] == factor(start) == 1
    assert all(a >= b for a, b in itertools.pairwise(values))
    assert values[-1] == pytest.approx(decay**-2)
    assert factor((1 + start) / 2) == pytest.approx(1 / decay)


def test_shifted_images_repeat_their_edge():
    image = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
    padded = np.pad(image[0, :, :, 0], 1, mode="edge")
    possible = {padded[y : y + 3, x : x + 3].tobytes() for y in range(3) for x in range(3)}
    shifted = augment(np.repeat(image, 200, axis=0), np.random.default_rng(0), shift=1)
    assert {one[:, :, 0].tobytes() for one in shifted} == possible


def test_flip_mirrors_about_half_of_the_images():
    image = np.array([[[[1], [2], [3]]]], np.uint8)
    flipped = augment(np.repeat(image, 400, axis=0), np.random.default_rng(0), flip=True)
    kinds, counts = np.unique(flipped[:, 0, :, 0], axis=0, return_counts=True)
    assert kinds.tolist() == [[1, 2, 3], [3, 2, 1]]
    assert counts.min() > 150


def disc(radius, y=0.0, x=0.0, side=33):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return (255 * (np.hypot(rows - y, columns - x) < radius)).astype(np.uint8)[None, :, :, None]


def test_zoom_changes_the_size_of_things_both_ways():
    zoomed = augment(np.repeat(disc(8), 300, axis=0), np.random.default_rng(0), zoom=0.25)
    radii = np.sqrt(zoomed.astype(float).sum(axis=(1, 2, 3)) / 255 / np.pi)
    assert radii.min() == pytest.approx(6, abs=0.4)
    assert radii.max() == pytest.approx(10, abs=0.4)


def test_turns_keep_distances_and_stay_within_their_limit():
    turned = augment(np.repeat(disc(3, x=10), 300, axis=0), np.random.default_rng(0), turn=30).astype(float)
    rows, columns = np.mgrid[:33, :33] - 16
    mass = turned[..., 0].sum(axis=(1, 2))
    y, x = ((turned[..., 0] * at).sum(axis=(1, 2)) / mass for at in (rows, columns))
    np.testing.assert_allclose(np.hypot(y, x), 10, atol=0.1)
    degrees = np.degrees(np.arctan2(y, x))
    assert degrees.min() == pytest.approx(-30, abs=1)
    assert degrees.max() == pytest.approx(30, abs=1)


@pytest.mark.parametrize("shape", [(2, 5, 7, 1), (3, 4, 4, 5)])
def test_turns_of_any_shape_stay_within_the_image(shape):
    images = np.full(shape, 77, np.uint8)
    np.testing.assert_array_equal(augment(images, np.random.default_rng(1), turn=180, zoom=0.9), images)


@pytest.mark.parametrize("shape", [(5, 32, 32, 3), (2, 1, 7, 1)])
def test_compiled_turns_make_the_same_images(shape):
    images = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    plain, compiled = (
        augment(images, np.random.default_rng(4), turn=30, zoom=0.3, compiled=compiled) for compiled in (False, True)
    )
    np.testing.assert_array_equal(plain, compiled)


def test_without_options_images_stay_as_they_are():
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 2), dtype=np.uint8)
    np.testing.assert_array_equal(augment(images, np.random.default_rng(1)), images)


def parameters_of(network):
    parameters = ParameterVector(network)
    parameters.initialise(np.random.default_rng(0))
    return parameters


def test_parameters_start_as_the_paper_says(small_network):
    network = small_network()
    parameters = parameters_of(network)
    for number, layer in enumerate(network.layers):
        hidden = parameters.view(parameters.hidden, number, "weights")
        effective = parameters.view(parameters.effective, number, "weights")
        assert np.abs(hidden).max() <= 1
        assert hidden.std() > 0.4
        np.testing.assert_array_equal(effective, hidden if layer.off_chip else np.rint(hidden))
        assert not parameters.view(parameters.effective, number, "bias").any()


def test_momentum_by_hand(small_network):
    parameters = parameters_of(small_network())
    optimiser = Momentum(parameters, RATES, 0.1, 0.9)
    start = parameters.hidden.copy()
    parameters.gradient[:] = 0.01
    optimiser.step(0, 1.0)
    optimiser.step(1, 1.0)
    for segment in parameters.segments:
        # Velocities 0.01 and 0.019.
        expected = start[segment.where] - 0.029 * RATES[segment.part]
        if segment.part == "trinary":
            expected = np.clip(np.clip(start[segment.where] - 0.01, -1, 1) - 0.019, -1, 1)
        np.testing.assert_allclose(parameters.hidden[segment.where], expected, atol=1e-6)


def test_adam_moves_by_its_rate_along_a_steady_gradient(small_network):
    parameters = parameters_of(small_network())
    optimiser = Adam(parameters, RATES, 0.1)
    start = parameters.hidden.copy()
    parameters.gradient[:] = np.random.default_rng(1).choice([-3e-3, 2e-3], parameters.gradient.size)
    for number in range(3):
        optimiser.step(number, 0.01)
    for segment in parameters.segments:
        expected = start[segment.where] - 0.03 * RATES[segment.part] * np.sign(parameters.gradient[segment.where])
        if segment.part == "trinary":
            expected = np.clip(expected, -1, 1)
        np.testing.assert_allclose(parameters.hidden[segment.where], expected, atol=1e-5)


def test_compiled_adam_is_the_plain_one_to_the_bit(small_network):
    plain, compiled = (parameters_of(small_network()) for _ in range(2))
    optimisers = [Adam(plain, RATES, 0.1), Adam(compiled, RATES, 0.1, compiled=True)]
    rng = np.random.default_rng(2)
    for number in range(20):
        gradient = rng.standard_normal(plain.gradient.size).astype(np.float32) * rng.choice([1e-6, 1e-2])
        for parameters, optimiser in zip((plain, compiled), optimisers, strict=True):
            parameters.gradient[:] = gradient
            optimiser.step(number, 0.1)
    for one, other in ((plain.hidden, compiled.hidden), (plain.effective, compiled.effective)):
        np.testing.assert_array_equal(one, other)
    for name, one in optimisers[0].state.items():
        np.testing.assert_array_equal(one, optimisers[1].state[name])


def test_filters_start_with_the_activity_asked_for(small_network):
    parameters = ParameterVector(small_network())
    parameters.initialise(np.random.default_rng(0), 0.2)
    biases = [parameters.hidden[segment.where] for segment in parameters.segments if segment.part == "bias"]
    np.testing.assert_allclose(np.concatenate(biases), -0.8416, atol=1e-4)


def test_only_on_chip_weights_are_clipped_and_trinary(small_network):
    parameters = parameters_of(small_network())
    optimiser = Momentum(parameters, RATES, 0.1, 0.0)
    parameters.gradient[:] = -5
    optimiser.step(0, 1.0)
    for segment in parameters.segments:
        hidden, effective = parameters.hidden[segment.where], parameters.effective[segment.where]
        if segment.part == "trinary":
            assert (hidden == 1).all()
            assert (effective == 1).all()
        else:
            assert hidden.max() > 0.4
            np.testing.assert_array_equal(effective, hidden)
