"""Ranges of a sweep: parting at commas, and refusals."""

import pytest

from neurosyn.errors import ScenarioError
from neurosyn.run.sweep import read_ranges


def test_ranges_are_parted_at_commas_outside_brackets_and_quotes():
    assert read_ranges(["chip.chips=[1,1],[2,1]", 'name="a,b",c', "chip.voltage= 0.8 , 1.0"]) == {
        "chip.chips": ["[1,1]", "[2,1]"],
        "name": ['"a,b"', "c"],
        "chip.voltage": ["0.8", "1.0"],
    }


@pytest.mark.parametrize("text", ["chip.voltage", "=1", "chip.voltage=", "chip.voltage=1,,2", "chip.voltage=1,1"])
def test_malformed_ranges_are_refused(text):
    with pytest.raises(ScenarioError, match=r"--over .*; "):
        read_ranges([text])


def test_a_key_twice_is_refused():
    with pytest.raises(ScenarioError, match="given twice"):
        read_ranges(["chip.voltage=1", "chip.voltage=2"])
