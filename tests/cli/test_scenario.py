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


@pytest.fixture
def with_plugin(tmp_path):
    """A scenario that names, by way of another, a Python file which leaves a trace of having been run."""
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()\n", encoding="utf-8")
    (tmp_path / "base.toml").write_text('plugins = ["evil.py"]\n[data]\nkind = "synth_digits"\n', encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text('extends = "base.toml"\n[network]\nkind = "eedn_tiny"\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [("scenario", "check"), ("scenario", "show"), ("data", "check"), ("simulate",)])
@pytest.mark.parametrize("by", ["flag", "environment"])
def test_plugin_files_of_a_scenario_can_be_refused(command, by, neurosyn, with_plugin, monkeypatch):
    monkeypatch.setenv("NEUROSYN_NO_PLUGINS_FROM_SCENARIO", "1" if by == "environment" else "0")
    flags = ["--no-plugins-from-scenario"] if by == "flag" else []
    outcome = neurosyn(*command, with_plugin, *flags)
    assert outcome.code == 2
    assert "base.toml:1: plugins: would run" in outcome.err
    assert "evil.py" in outcome.err
    assert not (with_plugin.parent / "run").exists()


def test_plugin_files_of_a_scenario_are_run_by_a_check_and_the_help_says_so(neurosyn, with_plugin, monkeypatch):
    monkeypatch.setenv("NEUROSYN_NO_PLUGINS_FROM_SCENARIO", "")
    assert neurosyn("scenario", "check", with_plugin).code == 0
    assert (with_plugin.parent / "run").exists()
    assert "are run by the check" in " ".join(neurosyn("scenario", "check", "--help").out.split())
