"""Images held out of training: shares, groups and classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.data.dataset import Split
from neurosyn.errors import ScenarioError
from neurosyn.training.hold_out import hold_out


def make(count: int, groups: np.ndarray | None = None) -> Split:
    images = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return Split(images, np.zeros(count, dtype=np.int32), groups)


def test_share_of_single_images():
    train, validation = hold_out(make(100), 0.2, None, np.random.default_rng(0))
    assert validation is not None
    assert (len(train), len(validation)) == (80, 20)
    assert sorted([*train.images.flat, *validation.images.flat]) == list(range(100))


def test_nothing_held_out_and_limited_number():
    train, validation = hold_out(make(100), 0.0, 30, np.random.default_rng(0))
    assert validation is None
    assert len(train) == 30
    assert len(np.unique(train.images)) == 30


@given(st.lists(st.integers(1, 9), min_size=2, max_size=20), st.floats(0.05, 0.8), st.integers(0, 99))
def test_groups_are_never_divided_and_something_is_left_to_learn_from(sizes, share, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    train, validation = hold_out(make(len(groups), groups), share, None, np.random.default_rng(seed))
    assert len(train) > 0
    if validation is not None:
        assert train.groups is not None
        assert validation.groups is not None
        assert not set(train.groups) & set(validation.groups)
        assert len(train) + len(validation) == len(groups)


def labelled(sizes, groups=None):
    labels = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    images = np.zeros((len(labels), 1, 1, 1), np.uint8)
    return Split(images, labels, groups)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.floats(0, 0.99),
    st.integers(1, 100),
    st.integers(0, 99),
)
def test_no_class_is_lost(sizes, share, images, seed):
    split = labelled(sizes)
    train, validation = hold_out(split, share, images, np.random.default_rng(seed))
    total = len(train) + (0 if validation is None else len(validation))
    assert total == min(images, len(split))
    if images >= len(sizes):
        assert set(train.labels) == set(range(len(sizes)))


def test_each_class_gives_its_share():
    train, validation = hold_out(labelled([60, 60, 4]), 0.25, None, np.random.default_rng(3))
    assert np.bincount(validation.labels).tolist() == [15, 15, 1]
    assert np.bincount(train.labels).tolist() == [45, 45, 3]
    few, _ = hold_out(labelled([60, 60, 4]), 0.0, 31, np.random.default_rng(3))
    assert np.bincount(few.labels).tolist() == [15, 15, 1]


def test_a_class_of_one_image_is_learnt():
    for seed in range(20):
        train, _ = hold_out(labelled([39, 1]), 0.5, None, np.random.default_rng(seed))
        assert 1 in train.labels


def test_groups_of_several_classes_leave_every_class_something():
    # Voices 0 … 3 speak both classes; voice 4 alone has the third.
    labels = np.array([0, 1] * 4 + [2], np.int32)
    split = Split(np.zeros((9, 1, 1, 1), np.uint8), labels, np.array([0, 0, 1, 1, 2, 2, 3, 3, 4], np.int32))
    for seed in range(20):
        train, validation = hold_out(split, 0.5, None, np.random.default_rng(seed))
        assert set(train.labels) == {0, 1, 2}
        assert not set(train.groups) & set(validation.groups)


@pytest.mark.parametrize("share", [-0.3, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ScenarioError, match="the share to hold out is"):
        hold_out(labelled([5, 5]), share, None, np.random.default_rng(0))
