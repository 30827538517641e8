"""Accuracy, classes and margins of a finished run."""

import numpy as np
import pytest

from neurosyn.analysis import accuracy
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError
from neurosyn.support.untrusted import read_npz


def test_of_a_run(finished_run):
    run = FinishedRun(finished_run)
    found = accuracy.analyse(run)
    outputs = read_npz(finished_run / "outputs.npz")
    right = outputs["labels"] == outputs["predictions"]
    assert found.headline["accuracy"] == run.summary["accuracy"] == right.mean()
    classes = found.table()
    assert classes["frames"].tolist() == np.bincount(outputs["labels"], minlength=3).tolist()
    assert classes["correct"].sum() == right.sum()
    confusion = found.table("confusion").iloc[:, 1:].to_numpy()
    assert confusion.sum(axis=0).tolist() == classes["predicted"].tolist()
    frames = found.table("frames")
    assert frames["correct"].tolist() == right.tolist()
    # A tie goes to the first class.
    assert (frames["margin"][~frames["correct"]] <= 0).all()
    assert (frames["margin"][frames["correct"]] >= 0).all()


def test_a_stand_in_is_named(finished_run):
    run = FinishedRun(finished_run)
    run.summary["dataset"] |= {"official": False, "stand_in_because": "no files"}
    assert "stand-in" in accuracy.analyse(run).notes[0]


def test_own_images_are_your_data(finished_run):
    run = FinishedRun(finished_run)
    run.summary["dataset"] |= {"official": False, "stand_in_because": None}
    assert accuracy.analyse(run).notes[0].startswith("The frames are your data:")


def test_raw_programs_have_no_answers(board_run):
    with pytest.raises(DataError, match="no answers to frames"):
        accuracy.analyse(board_run)
