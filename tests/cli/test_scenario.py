"""Commands ``neurosyn scenario``."""

import importlib
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
    assert shown["chip"]["description"] == "truenorth"
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


@pytest.mark.parametrize(
    ("change", "absent", "code", "fragment"),
    [
        ("train.products=bfloat16", "torch", 3, "eedn with products = bfloat16 needs PyTorch; install it with: pip"),
        ("train.kernels=cupy", "cupy", 3, "eedn with kernels = cupy needs CuPy; install it with: pip"),
        ("simulate.backend=cupy", "cupy", 6, "simulate.backend: cupy needs CuPy; install it with: pip"),
        ("train.patience=3", "", 2, "patience has nothing to go by"),
        ("train.dropout.foo=0.3", "", 2, "there is no layer 'foo'"),
        ("train.class_weight.foo=2.0", "", 2, "'foo' is no class"),
        ("probes.0.draw=1", "", 2, "there is no probes; write [[probes]] with a kind"),
    ],
)
def test_check_finds_what_the_training_would_refuse(change, absent, code, fragment, neurosyn, tiny, monkeypatch):
    for module in ("neurosyn.run.check", "neurosyn_plugins.trainers.eedn"):
        known = importlib.import_module(module)
        monkeypatch.setattr(known, "find_spec", lambda name: None if name == absent else object())
    outcome = neurosyn("scenario", "check", tiny, "--set", change)
    assert outcome.code == code
    assert fragment in outcome.err


def written(tiny, tmp_path, layers):
    """Write the tiny scenario with other layers, one a line, and return it with the line of the first."""
    text = tiny.read_text(encoding="utf-8")
    before, rest = text.split("layers = [\n")
    path = tmp_path / "other.toml"
    path.write_text(before + "layers = [\n" + ",\n".join(layers) + "\n]\n" + rest.split("]\n", 1)[1], encoding="utf-8")
    return path, before.count("\n") + 2


@pytest.mark.parametrize(
    ("layers", "line", "code", "fragment"),
    [
        (['{ kind = "conv2d", features = 20, kernel = 3, groups = 3 }', '{ kind = "readout" }'], 1, 2, "groups = 3"),
        (['{ kind = "conv2d", features = 20, kernel = 30 }', '{ kind = "readout" }'], 1, 2, "kernel"),
        (['{ kind = "conv2d", features = 20, kernel = 7, name = "w" }', '{ kind = "readout" }'], 1, 4, "a core takes"),
        (['{ kind = "conv2d", features = 20, kernel = 3 }'], 1, 2, 'must be a read-out; add { kind = "readout" }'),
    ],
)  # fmt: skip
def test_network_that_cannot_be_built_is_found_with_its_line(neurosyn, tiny, tmp_path, layers, line, code, fragment):
    path, first = written(tiny, tmp_path, ['{ kind = "transduction", features = 4 }', *layers])
    outcome = neurosyn("scenario", "check", path)
    assert (outcome.code, outcome.out) == (code, "")
    assert f"{path}:{first + line}: " in outcome.err
    assert fragment in outcome.err
    swept = neurosyn("sweep", path, "--over", "chip.voltage=0.8,1.0", "--out", tmp_path / "s")
    assert (swept.code, swept.out) == (code, "")
    assert f"{path}:{first + line}: " in swept.err
    assert not list((tmp_path / "s").rglob("stages.json"))


def test_check_counts_cores_and_the_board_is_too_small(neurosyn, tiny):
    outcome = neurosyn("scenario", "check", tiny)
    assert outcome.code == 0
    assert "cores: 16" in outcome.out
    document = json.loads(neurosyn("scenario", "check", tiny, "--json").out)
    assert (document["cores"], document["notes"]) == (16, [])


def test_check_without_data_says_what_it_could_not_look_at(neurosyn, tiny, tmp_path):
    outcome = neurosyn("scenario", "check", tiny, "--set", f"data.file={tmp_path / 'none.npz'}")
    assert outcome.code == 0
    assert "cores" not in outcome.out
    assert "note: the network was not checked, its data are not here: bars: there is no" in " ".join(
        outcome.out.split()
    )


def test_check_names_absent_packages(neurosyn, tiny, monkeypatch):
    monkeypatch.setattr("neurosyn_plugins.placers.metis.find_spec", lambda name: None)
    outcome = neurosyn("scenario", "check", tiny, "--set", "place.kind=metis")
    assert outcome.code != 0
    assert "place.kind: metis needs pymetis; install it with: pip install 'neurosyn[metis]'" in outcome.err


def test_cores_without_a_training(neurosyn, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = neurosyn("compile", tiny, "--untrained", "--json")
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    assert (document["program"], document["utilisation"]["total"]["cores"]) == (None, 16)
    assert list(tmp_path.iterdir()) == []
    refused = neurosyn("compile", tiny, "--untrained", "--to", "cpe")
    assert refused.code == 2
    assert "--untrained and --what-if: write no program" in refused.err
