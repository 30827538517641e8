"""Findings of `neurosyn doctor` and their wording."""

import json
import sys

import numpy as np
import pytest

from neurosyn.backend import numpy_backend
from neurosyn.backend.base import StepResult
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.formats.program_file import save_program
from neurosyn.registry import Plugin, registry
from neurosyn.testing.programs import random_program


@pytest.fixture
def without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.fixture
def wrong_numpy(monkeypatch):
    """A NumPy backend that loses the spikes of the last neuron."""
    right = numpy_backend._NumpyProgram.step

    def step(self, active, potential, rng):
        result = right(self, active, potential, rng)
        return StepResult(result.fired & (np.arange(result.fired.shape[1]) < 65), result.synaptic_events)

    monkeypatch.setattr(numpy_backend._NumpyProgram, "step", step)


def by_name(document):
    return {row["name"]: row for row in document["backends"]}


def test_a_healthy_machine_without_a_gpu(neurosyn, empty_data, without_cupy):
    outcome = neurosyn("doctor", "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    backends = by_name(document)
    assert list(backends) == ["cupy", "numba", "numpy"]
    assert not backends["cupy"]["available"]
    assert backends["cupy"]["self_test"] is None
    assert "neurosyn[cuda12]" in backends["cupy"]["reason"]
    for name in ("numba", "numpy"):
        assert backends[name]["self_test"] == "passed"
        assert name in backends[name]["about"].lower()
    assert document["auto"] == "numba"
    assert document["packages"]["numpy"] == np.__version__
    assert document["numba_cache"]["path"]
    assert document["plugins"]["found"] > 10
    assert document["plugins"]["broken"] == []
    assert document["folders"]["data"] == {
        "path": str(empty_data),
        "exists": True,
        "files": 0,
        "bytes": 0,
        "writable": True,
    }
    runs = [(row["backend"], row["timing"], row["problem"]) for row in document["runs"]]
    timings = ("none", "compiled", "simpy")
    assert runs == [(name, timing, None) for name in ("numba", "numpy") for timing in timings]
    assert document["folders"]["cache"]["exists"] is False
    assert document["processors"]["usable"] >= 1


def test_people_get_tables(neurosyn, empty_data, without_cupy):
    outcome = neurosyn("doctor")
    assert outcome.code == 0
    assert "auto is numba" in outcome.out
    assert "pip install 'neurosyn[cuda12]'" in outcome.out
    assert "none broken" in outcome.out
    assert str(empty_data) in outcome.out


def test_a_backend_that_computes_wrongly(neurosyn, empty_data, wrong_numpy):
    outcome = neurosyn("doctor", "--json")
    assert outcome.code == 6
    assert "backend numpy: tick 0 of the self-test: spikes differ from the reference at " in outcome.err
    assert by_name(json.loads(outcome.out))["numpy"]["self_test"] == "failed"
    assert "spikes differ" in neurosyn("doctor").out


def test_a_backend_that_breaks(neurosyn, empty_data, monkeypatch):
    def step(*_):
        raise ZeroDivisionError("no threads")

    monkeypatch.setattr(numpy_backend._NumpyProgram, "step", step)
    outcome = neurosyn("doctor")
    assert outcome.code == 6
    assert "backend numpy: ZeroDivisionError in the self-test: no threads" in outcome.err


def test_without_numba(neurosyn, empty_data, without_cupy, monkeypatch):
    monkeypatch.setitem(sys.modules, "neurosyn.backend.numba_backend", None)
    monkeypatch.setitem(sys.modules, "neurosyn.backend.numba_kernels", None)
    outcome = neurosyn("doctor", "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["auto"] == "numpy"
    assert "backend numba: does not work on this machine" in by_name(document)["numba"]["reason"]
    assert document["numba_cache"]["path"] is None


def test_broken_plugins_are_shown_with_their_traceback(neurosyn, empty_data, monkeypatch, tmp_path):
    from importlib.metadata import EntryPoint

    (tmp_path / "crooked_plugin.py").write_text("def f():\n    return 1 / 0\n\n\nf()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    crooked = Plugin("layers", "crooked", "a stranger", EntryPoint("crooked", "crooked_plugin:C", "neurosyn.layers"))
    monkeypatch.setitem(registry._discover()["layers"], "crooked", crooked)
    outcome = neurosyn("doctor", "--json")
    assert outcome.code == 0
    (row,) = json.loads(outcome.out)["plugins"]["broken"]
    assert (row["group"], row["name"], row["from"]) == ("layers", "crooked", "a stranger")
    assert 'crooked_plugin.py", line 2, in f' in row["traceback"]
    assert row["traceback"].endswith("ZeroDivisionError: division by zero\n")
    said = neurosyn("doctor").out
    assert "1 broken" in said
    assert "layers/crooked of a stranger:" in said
    assert "ZeroDivisionError: division by zero" in said


def test_folders_that_cannot_be_written(neurosyn, empty_data, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("NEUROSYN_CACHE", str(tmp_path / "file" / "below"))
    assert json.loads(neurosyn("doctor", "--json").out)["folders"]["cache"]["writable"] is False


def test_a_backend_that_is_not_there_ends_with_6(neurosyn, without_cupy, tmp_path):
    program = tmp_path / "program.npz"
    save_program(random_program(np.random.default_rng(0), np.zeros(1, NEURON_TYPE), cores=1), program)
    outcome = neurosyn("run", program, "--ticks", 2, "--backend", "cupy")
    assert outcome.code == 6
    assert "backend cupy: CuPy cannot be imported" in outcome.err
    assert neurosyn("run", program, "--ticks", 2, "--backend", "auto").code == 0


def test_a_timing_that_differs_is_named(neurosyn, empty_data, without_cupy, monkeypatch):
    from dataclasses import replace

    from neurosyn.engine import simulation
    from neurosyn.selftest import simulations

    def slower(*arguments, **options):
        result = simulation.simulate_ticks(*arguments, **options)
        if result.timing_name != "simpy":
            return result
        return replace(result, timing=replace(result.timing, tick_period_ps=result.timing.tick_period_ps + 1))

    monkeypatch.setattr(simulations, "simulate_ticks", slower)
    outcome = neurosyn("doctor", "--json")
    assert outcome.code == 6
    assert "backend numba, timing simpy: times differ" in outcome.err
    assert [row["timing"] for row in json.loads(outcome.out)["runs"] if row["problem"]] == ["simpy", "simpy"]


def test_the_cache_is_measured(neurosyn, empty_data, tmp_path):
    (tmp_path / "cache" / "below").mkdir(parents=True)
    (tmp_path / "cache" / "below" / "made").write_bytes(bytes(1234))
    cache = json.loads(neurosyn("doctor", "--json").out)["folders"]["cache"]
    assert (cache["files"], cache["bytes"]) == (1, 1234)


def test_extras_are_listed_with_the_command_that_installs_each(neurosyn, empty_data, monkeypatch):
    from neurosyn.cli import doctor

    installed = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda package: None if package == "pymetis" else installed(package))
    extras = {row["name"]: row for row in json.loads(neurosyn("doctor", "--json").out)["extras"]}
    assert {"fonts", "speech", "metis", "perfetto", "bfloat16", "cuda12", "cuda13"} <= set(extras)
    assert extras["metis"]["absent"] == ["pymetis"]
    assert extras["metis"]["command"] == "pip install 'neurosyn[metis]'"
    assert "pip install 'neurosyn[metis]'" in neurosyn("doctor").out


def test_repair_removes_the_compiled_code_of_neurosyn_alone(tmp_path):
    from neurosyn.support.numba_cache import remove_compiled

    own, other = tmp_path / "backend_0123", tmp_path / "elsewhere_0123"
    for folder in (own, other):
        folder.mkdir()
        (folder / "numba_kernels.step_tiles-97.py311.nbi").write_bytes(b"damaged")
    (own / "notes.txt").touch()
    assert remove_compiled(own) == 1
    assert [path.name for path in own.iterdir()] == ["notes.txt"]
    assert len(list(other.iterdir())) == 1
