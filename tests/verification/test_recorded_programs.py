"""Recorded programs: differences in spikes are noticed, missing recordings skip."""

import numpy as np
import pytest

from tests.formats.vectors import vectors_folder
from verification import recorded_programs as recorded
from verification.recorded_programs import Comparison, compare_arrays, compare_ibm


def spikes(*rows):
    return np.array(rows, np.int64).reshape(-1, 2)


def test_missing_and_extra_spikes():
    one = Comparison("one", spikes((1, 2), (3, 4)), spikes((1, 2), (3, 5), (6, 0)))
    assert (one.missing, one.extra, one.is_equal) == (1, 2, False)


def test_a_spike_too_often_is_a_difference():
    assert not Comparison("one", spikes((1, 2)), spikes((1, 2), (1, 2))).is_equal


def test_without_recordings_the_check_is_skipped_and_says_why(monkeypatch, tmp_path):
    for named in ("", str(tmp_path / "missing")):
        monkeypatch.setenv("NEUROSYN_VECTORS", named)
        (row,) = recorded.verify().rows
        assert row.passed is None
        assert "NEUROSYN_VECTORS" in row.measured


def test_programs_are_taken_from_the_folder_and_differences_are_noticed(monkeypatch, tmp_path):
    for name in ("compass/a.npz", "compass/b.npz", "ranc/c.npz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setenv("NEUROSYN_VECTORS", str(tmp_path))
    played = {"a": spikes((1, 2)), "b": spikes((1, 2), (5, 0)), "c": spikes((1, 1))}
    monkeypatch.setattr(
        recorded, "compare_arrays", lambda path, shift: Comparison(path.stem, spikes((shift, 2)), played[path.stem])
    )
    compass, ranc = recorded.verify().rows
    assert (compass.measured, compass.passed) == ("3, 0 missing, 1 not recorded", False)
    assert (ranc.measured, ranc.passed) == ("1, 1 missing, 1 not recorded", False)
    assert "recorded" in recorded.verify().figures


@pytest.mark.data
def test_recordings_are_reproduced():
    folder = vectors_folder()
    assert compare_ibm(folder / "patternMatch").is_equal
    digits = compare_arrays(folder / "ranc" / "tea_256.npz", -1)
    assert digits.is_equal
    assert len(digits.recorded) > 500
