"""The campaign of limits: how the end of a command is judged, and a command without room."""

import os

import pytest

from campaigns.commands import Command, measure
from campaigns.limits import LIMITS, Limit, cell, judge, writers


@pytest.mark.parametrize(
    ("code", "error", "silent", "problem"),
    [
        (0, "", False, ""),
        (5, "neurosyn: out.csv: No space left on device; make room", False, ""),
        (5, "", False, "exit code 5 without a message"),
        (5, "", True, ""),
        (1, "neurosyn: internal error: KeyError: 3", False, "internal error"),
        (1, "Traceback (most recent call last):", False, "Traceback"),
        (-11, "", False, "signal 11"),
    ],
)
def test_ends_of_commands_are_judged(code, error, silent, problem):
    assert problem in judge(code, error, error, Limit(silent=silent))
    assert bool(problem) == bool(judge(code, error, error, Limit(silent=silent)))


def test_every_command_that_writes_is_tried(specimens):
    assert {"simulate", "train", "run", "sweep", "compile", "place", "report", "analyse"} <= writers(specimens).keys()


def test_a_command_whose_files_may_not_grow_ends_with_a_message_and_well_when_repeated(tmp_path):
    command = Command(["scenario", "new", "mine.toml"])
    measure("new", command, tmp_path)
    outcome = cell(command, LIMITS["files of 2 KiB"], tmp_path / "work")
    assert outcome["problem"] == ""
    assert not os.path.ismount(tmp_path / "work")
