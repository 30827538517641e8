"""Changes to a scenario: values from Python, assignments and ranges from the command line."""

from pathlib import Path

import numpy as np
import pytest

from neurosyn.errors import ScenarioError
from neurosyn.scenario.changes import changes_by_key, parse_assignments, parse_ranges, parse_value, plain_value
from neurosyn.scenario.document import read_document


@pytest.mark.parametrize(
    "value", [0.8, 3, True, "a b", 'quote " and \\', "1", [1, 2], ["x", "y"], (2, 2), np.int64(7), np.array([1.5, 2])]
)
def test_values_come_through_as_they_are(value):
    found = read_document({}, changes={"chip.x": value}).values["chip"]["x"]
    expected = value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, tuple) else value
    assert found == expected
    assert type(found) is type(expected)


def test_tables_and_paths():
    layers = [{"kind": "conv2d", "features": np.int64(4)}, {"kind": "readout"}]
    changes = {"chip": {"voltage": 0.8, "fifo_depth": 2}, "network": {"layers": layers, "kind": "layers"}, "seed": 4}
    assert read_document({}, changes=changes).values == changes
    assert read_document({}, changes={"train.model": Path("a/b")}).values == {"train": {"model": "a/b"}}


def test_a_change_stands_where_the_command_line_would_write_it():
    document = read_document({}, changes={"chip.chips": (2, 2), "probes": [{"kind": "raster"}]})
    assert document.place(("chip", "chips")) == "--set chip.chips"
    assert document.place(("probes", 0, "kind")) == "--set probes"


@pytest.mark.parametrize("changes", [{"seed": None}, {"seed": object()}, {"chip": {"x": [None]}}, "seed=3"])
def test_what_no_scenario_can_hold_is_refused(changes):
    with pytest.raises(ScenarioError, match="set: "):
        read_document({}, changes=changes_by_key(changes))


def test_assignments_are_parsed_as_toml_or_else_as_text():
    texts = ["chip.voltage=0.8", "kind=x y", "sizes = [1, 2]", 'name="a"', "chip.voltage= 1.0"]
    values = parse_assignments(texts)
    assert values == {"kind": "x y", "sizes": [1, 2], "name": "a", "chip.voltage": 1.0}
    assert list(values)[-1] == "chip.voltage", "the last change is applied last"
    assert changes_by_key(texts) == values


@pytest.mark.parametrize("text", ["chip.voltage", "=1", "chip..voltage=1", ".=1"])
def test_malformed_assignments_are_refused(text):
    with pytest.raises(ScenarioError, match=r"is not of the form key\.path=value; write e\.g\. "):
        parse_assignments([text])


def test_ranges_are_parted_at_commas_outside_brackets_and_quotes():
    assert parse_ranges(["chip.chips=[1,1],[2,1]", 'name="a,b",c', "chip.voltage= 0.8 , 1.0"]) == {
        "chip.chips": ["[1,1]", "[2,1]"],
        "name": ['"a,b"', "c"],
        "chip.voltage": ["0.8", "1.0"],
    }


@pytest.mark.parametrize("text", ["chip.voltage", "=1", "chip.voltage=", "chip.voltage=1,,2", "chip.voltage=1,1"])
def test_malformed_ranges_are_refused(text):
    with pytest.raises(ScenarioError, match=r"--over .*; "):
        parse_ranges([text])


def test_a_key_twice_is_refused():
    with pytest.raises(ScenarioError, match="given twice"):
        parse_ranges(["chip.voltage=1", "chip.voltage=2"])


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, "9" * 5000])
def test_values_nested_too_deeply_or_too_long_are_refused(text):
    with pytest.raises(ScenarioError, match="shorten it"):
        parse_value(text)


@pytest.mark.parametrize("parse", [parse_assignments, parse_ranges])
@pytest.mark.parametrize("text", ["title=a\udcff", "ti\udc80tle=a", 'title=["\ud800"]'])
def test_bytes_that_are_no_text_are_refused(parse, text):
    with pytest.raises(ScenarioError, match="is not UTF-8 text"):
        parse([text])


def test_values_from_python_that_are_no_text_are_refused():
    for value in ("a\udcff", Path("a\udcff"), {"title": "a\udcff"}):
        with pytest.raises(ScenarioError, match=r"^title.*is not UTF-8 text"):
            plain_value("title", value)


def test_text_of_several_lines_stands_for_itself():
    assert parse_value("1\nb = 2") == "1\nb = 2"
