"""Damaged copies of the files that loaders read."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import strategies as st

from neurosyn.errors import DataError


def read_damaged(data, path, make, load, classes, *, longest_cut=1.0, near=(slice(None),)):
    """Cut a file or garble a few of its bytes, and read it: a cut one is refused, a garbled one refused or read.

    Parameters
    ----------
    data
        Hypothesis' drawing of this example.
    path, make
        The file; writes it whole.
    load, classes
        Reads the split that is in it; how many classes its labels may have.
    longest_cut
        Largest share of the file that a cut one keeps.
    near
        Slices of the file that are garbled as often as each other.
    """
    original = path.with_suffix(".whole")
    if not original.exists():
        make()
        original.write_bytes(path.read_bytes())
    content = bytearray(original.read_bytes())
    if data.draw(st.booleans(), "cut"):
        path.write_bytes(content[: data.draw(st.integers(0, int(longest_cut * len(content)) - 1))])
        with pytest.raises(DataError):
            load()
        return
    for _ in range(data.draw(st.integers(1, 4))):
        start, stop, _ = data.draw(st.sampled_from(near)).indices(len(content))
        content[data.draw(st.integers(start, stop - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert load().labels.max() < classes
