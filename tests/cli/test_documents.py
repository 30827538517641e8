"""The documents of ``--json`` keep the schemas that are published."""

import json

import numpy as np
import pytest
import typer
from pydantic import TypeAdapter

from neurosyn.chip.program import NEURON_TYPE
from neurosyn.cli.app import app
from neurosyn.cli.documents import DOCUMENTS, document_schema
from neurosyn.formats.program_file import save_program
from neurosyn.testing.programs import random_program


def commands(command, path=()):
    below = getattr(command, "commands", None)
    return [" ".join(path)] if below is None else [c for name in below for c in commands(below[name], (*path, name))]


def validated(neurosyn, name, *words):
    outcome = neurosyn(*words, "--json")
    assert outcome.code == 0, outcome.err
    TypeAdapter(DOCUMENTS[name]).validate_json(outcome.out)
    return json.loads(outcome.out)


def test_every_command_has_a_schema():
    names = commands(typer.main.get_command(app))
    assert {name if name in DOCUMENTS else name.split()[0] for name in names} == set(DOCUMENTS)


def test_schema_is_printed_and_an_unknown_command_is_refused(neurosyn):
    schema = json.loads(neurosyn("schema", "data", "info").out)
    assert schema == document_schema("data info")
    assert schema["properties"]["shape"] == {"items": {"type": "integer"}, "title": "Shape", "type": "array"}
    outcome = neurosyn("schema", "simulat")
    assert outcome.code == 2
    assert "did you mean 'simulate'" in outcome.err


@pytest.mark.parametrize("command", ["simulate", "train", "compile", "place"])
def test_stages(command, neurosyn, tiny, tiny_run):
    validated(neurosyn, command, command, tiny, "--out", tiny_run)


def test_untimed(neurosyn, tiny, tiny_run):
    validated(neurosyn, "simulate", "simulate", tiny, "--out", tiny_run, "--set", "simulate.timing=none")


def test_raw_program(neurosyn, tmp_path):
    save_program(random_program(np.random.default_rng(0), np.zeros(1, NEURON_TYPE), cores=2), tmp_path / "p.npz")
    for timing in ("none", "simpy"):
        validated(neurosyn, "run", "run", tmp_path / "p.npz", "--ticks", 3, "--timing", timing)


@pytest.mark.parametrize(
    "analysis", ["activity", "traffic", "latency", "power", "hotspots", "critical-path", "accuracy", "faults"]
)
def test_analyses(analysis, neurosyn, finished_run):
    validated(neurosyn, "analyse", "analyse", analysis, finished_run)


def test_finished_run(neurosyn, finished_run, tmp_path):
    validated(neurosyn, "explain", "explain", finished_run)
    validated(neurosyn, "report", "report", finished_run, "--out", tmp_path / "page.html")
    validated(neurosyn, "compare", "compare", finished_run, finished_run)
    validated(neurosyn, "trace head", "trace", "head", finished_run, "packets")
    validated(neurosyn, "trace stats", "trace", "stats", finished_run)
    validated(neurosyn, "trace stats", "trace", "stats", finished_run, "links")
    validated(neurosyn, "trace diff", "trace", "diff", finished_run, finished_run)
    validated(neurosyn, "trace export", "trace", "export", finished_run, "ticks", tmp_path / "ticks.csv")


def test_data(neurosyn, tiny, bars, empty_data, tmp_path):
    validated(neurosyn, "data list", "data", "list")
    options = ("--set", f"file={bars}", "--set", "name=bars")
    validated(neurosyn, "data info", "data", "info", "archive", *options)
    validated(neurosyn, "data info", "data", "info", "svhn")
    validated(neurosyn, "data check", "data", "check", tiny)
    validated(neurosyn, "data preview", "data", "preview", tiny, "--each", 1, "--out", tmp_path / "sheet.png")


def test_plugins_and_models(neurosyn, tmp_path):
    validated(neurosyn, "plugins list", "plugins", "list")
    validated(neurosyn, "plugins show", "plugins", "show", "layers", "conv2d")
    validated(neurosyn, "plugins check", "plugins", "check", "encoders/threshold")
    validated(neurosyn, "plugins new", "plugins", "new", "layer", "brand_new", "--out", tmp_path / "new")
    validated(neurosyn, "models list", "models", "list")
    validated(neurosyn, "models info", "models", "info", "svhn_synth_digits")


def test_scenario_and_machine(neurosyn, tiny, empty_data, tmp_path):
    validated(neurosyn, "scenario check", "scenario", "check", tiny)
    validated(neurosyn, "scenario show", "scenario", "show", tiny)
    validated(neurosyn, "scenario schema", "scenario", "schema")
    validated(neurosyn, "scenario new", "scenario", "new", tmp_path / "new.toml")
    validated(neurosyn, "doctor", "doctor")
    validated(neurosyn, "bench", "bench", "chip", "--cores", 4, "--ticks", 2, "--repeats", 1)
