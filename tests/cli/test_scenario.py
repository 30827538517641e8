"""Commands ``neurosyn scenario``."""

import json
import tomllib
from pathlib import Path

import pytest

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_and_all_their_profiles_are_valid(neurosyn, path):
    profiles = tomllib.loads(path.read_text(encoding="utf-8")).get("profiles", {})
    for profile in [None, *profiles]:
        outcome = neurosyn("scenario", "check", path, *([] if profile is None else ["--profile", profile]))
        assert outcome.code == 0, outcome.err


def test_every_mistake_at_once_with_file_line_and_hint(neurosyn, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(
        'nmae = "x"\n'
        "seed = -1\n"
        "[data]\n"
        'kind = "svnh"\n'
        "[network]\n"
        'kind = "layers"\n'
        "[[network.layers]]\n"
        'kind = "conv2d"\n'
        "feature = 3\n"
        "[chip]\n"
        'voltage = "high"\n'
        "fifo_dept = 3\n"
        "[simulate]\n"
        'timing = "exact"\n',
        encoding="utf-8",
    )
    outcome = neurosyn("scenario", "check", path)
    assert outcome.code == 2
    assert outcome.out == ""
    for line, fragment in [
        (1, "nmae: unknown key; did you mean 'name'?"),
        (2, "seed: -1 is not an integer from 0"),
        (4, "data.kind: datasets: there is no plugin named 'svnh'; did you mean 'svhn'?"),
        (9, "network.layers[0].feature: unknown key; did you mean 'features'?"),
        (11, "chip.voltage: should be a valid number, not 'high'"),
        (12, "chip.fifo_dept: unknown key; did you mean 'fifo_depth'?"),
        (14, "simulate.timing: "),
    ]:
        assert f"{path}:{line}: {fragment}" in outcome.err


def test_show_prints_defaults_and_is_a_scenario_itself(neurosyn, tmp_path):
    outcome = neurosyn("scenario", "show", SCENARIOS[-1], "--set", "chip.voltage=0.8")
    assert outcome.code == 0
    shown = tomllib.loads(outcome.out)
    assert shown["chip"]["voltage"] == 0.8
    assert shown["chip"]["fifo_depth"] == 4
    again = tmp_path / "again.toml"
    again.write_text(outcome.out, encoding="utf-8")
    assert tomllib.loads(neurosyn("scenario", "show", again).out) == shown


def test_schema_lists_every_table_and_plugin(neurosyn):
    schema = json.loads(neurosyn("scenario", "schema").out)
    assert {"data", "network", "train", "chip", "simulate"} <= set(schema["properties"])
    kinds = [choice["properties"]["kind"]["const"] for choice in schema["properties"]["data"]["anyOf"]]
    assert {"svhn", "synth_digits", "archive"} <= set(kinds)


def test_missing_scenario_and_unknown_command_and_option(neurosyn, tmp_path):
    outcome = neurosyn("simulate", tmp_path / "none.toml")
    assert (outcome.code, outcome.out) == (2, "")
    assert "cannot be read" in outcome.err
    assert "Traceback" not in outcome.err
    assert neurosyn("simulat").code == 2
    assert neurosyn("simulate", "--no-such-option").code == 2
