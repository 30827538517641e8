"""The campaign of bombs: the cost of a bomb is measured, and too much of it is a finding."""

import pytest

from campaigns.bombs.__main__ import problem, read_bombs
from campaigns.bombs.makers import bombs_for
from campaigns.fuzz.readers import READERS

OUTCOME = {"reader": "cpe", "kind": "pipe", "outcome": "refused", "message": "", "mb": 3, "s": 0.1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ""),
        ({"mb": 300}, "300 MB, 0.1 s"),
        ({"s": 7.5}, "3 MB, 7.5 s"),
        ({"outcome": "foreign", "message": "KeyError: 1"}, "foreign: KeyError: 1"),
    ],
)
def test_too_much_memory_or_time_is_a_finding(change, expected):
    assert problem(OUTCOME | change) == expected


def test_every_reader_has_bombs_and_formats_have_their_own():
    kinds = {name: bombs_for(reader.file, text=reader.text).keys() for name, reader in READERS.items()}
    values = {"values of --set", "values of --over"}
    assert all({"pipe", "sparse file, 8 GiB"} <= bombs for name, bombs in kinds.items() if name not in values)
    assert kinds["values of --set"] == {"nested a million times", "ten million digits"}
    assert "array of a GiB in a MiB" in kinds["program"]
    assert "nested a million times" in kinds["cpe"]
    assert "label 2³¹ − 1" in kinds["image archive"]


def test_bombs_are_refused_at_little_cost_and_what_kills_the_process_is_named(specimens):
    outcomes = read_bombs(specimens, "cpe", ["sparse file, 8 GiB", "pipe", "no such kind"])
    assert [outcome["outcome"] for outcome in outcomes] == ["refused", "refused", "died"]
    assert [problem(outcome) for outcome in outcomes[:2]] == ["", ""]
    assert "KeyError" in outcomes[2]["message"]
