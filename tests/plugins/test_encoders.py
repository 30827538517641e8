import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from neurosyn_plugins.encoders.contrast import Contrast
from neurosyn_plugins.encoders.unit import Unit
from pydantic import ValidationError

from neurosyn.registry import registry

IMAGES = arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4)))


def test_encoders_are_registered():
    assert registry.get("encoders", "contrast") is Contrast
    assert registry.get("encoders", "unit") is Unit


def test_contrast_by_hand():
    # Mean 4, deviations -3 -1 1 3, standard deviation sqrt(20 / 4).
    image = np.array([1, 3, 5, 7], np.uint8).reshape(1, 2, 2, 1)
    encoded = Contrast(epsilon=0.5).encode(image)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(
        encoded.ravel(), (np.array([-3.0, -1.0, 1.0, 3.0]) / (np.sqrt(5.0) + 0.5)).astype(np.float32)
    )


@given(IMAGES)
def test_contrast_agrees_with_numpys_mean_and_standard_deviation(images):
    x = images.reshape(len(images), -1).astype(np.float64)
    expected = (x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1.0)
    np.testing.assert_allclose(Contrast().encode(images), expected.reshape(images.shape), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_flat_images_become_zero(level):
    assert not Contrast().encode(np.full((2, 32, 32, 3), level, np.uint8)).any()


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 150), st.sampled_from([Contrast(), Unit()]))
def test_an_images_code_does_not_depend_on_its_batch(seed, n, encoder):
    images = np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
    together = encoder.encode(images)
    alone = np.concatenate([encoder.encode(images[i : i + 1]) for i in range(n)])
    assert together.tobytes() == alone.tobytes()
    shuffled = np.random.default_rng(seed).permutation(n)
    assert encoder.encode(images[shuffled]).tobytes() == together[shuffled].tobytes()


def test_unit_by_hand():
    encoded = Unit().encode(np.array([0, 51, 255], np.uint8).reshape(1, 3, 1, 1))
    np.testing.assert_array_equal(encoded.ravel(), np.array([0, 0.2, 1], np.float32))


def test_encoders_keep_the_shape_and_take_empty_batches():
    for encoder in (Contrast(), Unit()):
        assert encoder.shape((32, 30, 3)) == (32, 30, 3)
        assert encoder.encode(np.empty((0, 4, 4, 3), np.uint8)).shape == (0, 4, 4, 3)


def test_epsilon_must_be_positive():
    with pytest.raises(ValidationError):
        Contrast.from_table({"epsilon": 0.0})
