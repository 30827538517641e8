import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.data.dataset import Split
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
