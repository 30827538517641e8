"""Ctrl-C, SIGTERM and kills in the middle of the real commands, each in a process of its own."""

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork

from neurosyn.run.checkpoint import TickCheckpoint

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
    pytest.mark.usefixtures("default_signals"),
]

RESUMES = "neurosyn: interrupted; the same command continues after the last finished stage or checkpoint\n"
STARTS_OVER = "neurosyn: interrupted; nothing half-written is left, and the same command starts from the beginning\n"
LONG_TRAINING = ("--set", "train.epochs=80")
LONG_SIMULATION = ("--set", "simulate.timed_frames=60")
PATIENCE_S = 120
DATA = Path(__file__).parents[1] / "formats" / "data"
PROGRAM, SPIKES = DATA / "two_cores.json", DATA / "two_cores.sfti"


@contextlib.contextmanager
def started(*arguments):
    """Start a command in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", "from neurosyn.cli import main; main()", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process, folder, pattern):
    """Wait until the process has made a file."""
    deadline = time.monotonic() + PATIENCE_S
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, f"no {pattern} in {PATIENCE_S} s"
        time.sleep(0.005)


def test_only_commands_that_resume_promise_it(neurosyn, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosyn.formats.open_program.open_program", interrupted)
    outcome = neurosyn("run", "program.npz", "--ticks", 3)
    assert outcome.code == 130
    assert outcome.err.endswith("and the same command starts from the beginning\n")


def half_written(folder):
    return [path for path in folder.rglob(".*") if path.is_file()]


def comparable(summary):
    summary["engine"].pop("wall_s", None)
    return {key: value for key, value in summary.items() if key not in ("run", "provenance")}


def test_interrupted_training_goes_on_from_its_checkpoint_to_the_same_model(neurosyn, tiny, tmp_path, monkeypatch):
    def train(name):
        return ("train", tiny, "--out", tmp_path / name, *LONG_TRAINING)

    with started(*train("halves")) as process:
        wait_for(process, tmp_path, "halves/checkpoints/checkpoint-*")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert out == ""
    assert err.endswith(RESUMES)
    assert "Traceback" not in err
    assert not half_written(tmp_path)
    assert not (tmp_path / "halves" / "model.safetensors").exists()

    learn, learnt = BatchNetwork.learn, []

    def counted(self, *args):
        learnt.append(1)
        return learn(self, *args)

    monkeypatch.setattr(BatchNetwork, "learn", counted)
    assert neurosyn(*train("halves")).code == 0
    went_on = len(learnt)
    assert neurosyn(*train("whole")).code == 0
    whole = len(learnt) - went_on
    assert whole == 80 * 15 * 2  # epochs, batches, parts of a batch
    assert 0 < went_on <= whole - 15 * 2, "at least the epoch of the checkpoint is not repeated"
    model = "model.safetensors"
    assert (tmp_path / "halves" / model).read_bytes() == (tmp_path / "whole" / model).read_bytes()


def test_interrupted_simulation_is_finished_by_the_same_command(neurosyn, tiny, tiny_run, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "whole")

    def simulate(folder):
        return ("simulate", tiny, "--out", folder, "--json", *LONG_SIMULATION)

    for number in (signal.SIGINT, signal.SIGTERM):
        with started(*simulate(tiny_run)) as process:
            wait_for(process, tiny_run, "trace/.ticks.parquet.partial")
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        assert out == ""
        assert err.endswith(RESUMES)
        assert "Traceback" not in err
        assert not half_written(tiny_run)
        assert list((tiny_run / "trace").iterdir()) == []
        assert not (tiny_run / "summary.json").exists()

    outcome, whole = neurosyn(*simulate(tiny_run)), neurosyn(*simulate(tmp_path / "whole"))
    assert outcome.code == whole.code == 0
    assert re.findall(r"(\w+) +up to date", outcome.err) == ["train", "compile", "place"]
    assert comparable(json.loads(outcome.out)) == comparable(json.loads(whole.out))
    for path in (tmp_path / "whole" / "trace").iterdir():
        assert (tiny_run / "trace" / path.name).read_bytes() == path.read_bytes()


def test_killed_simulation_is_cleared_away_and_finished_by_the_same_command(neurosyn, tiny, tiny_run, finished_run):
    with started("simulate", tiny, "--out", tiny_run, *LONG_SIMULATION) as process:
        wait_for(process, tiny_run, "trace/.ticks.parquet.partial")
        process.kill()
        process.wait(PATIENCE_S)
    assert half_written(tiny_run)
    assert neurosyn("simulate", tiny, "--out", tiny_run).code == 0
    assert not half_written(tiny_run)
    for path in (finished_run / "trace").iterdir():
        assert (tiny_run / "trace" / path.name).read_bytes() == path.read_bytes()


def test_second_run_in_a_folder_in_use_is_refused(neurosyn, tiny, tiny_run):
    with started("simulate", tiny, "--out", tiny_run, *LONG_SIMULATION) as process:
        wait_for(process, tiny_run, "trace/.ticks.parquet.partial")
        outcome = neurosyn("simulate", tiny, "--out", tiny_run)
    assert outcome.code == 5
    assert (
        outcome.err == f"neurosyn: {tiny_run}: another run is using this folder; wait for it or choose another folder\n"
    )


# In this process.


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_every_command_is_interrupted_with_130(name, neurosyn, tiny, monkeypatch):
    def interrupted(*args, **kwargs):
        signal.raise_signal(getattr(signal, name))
        raise AssertionError("went on")

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    monkeypatch.setattr("neurosyn.scenario.scenario.load_scenario", interrupted)
    outcome = neurosyn("scenario", "check", tiny)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", STARTS_OVER)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_termination_ends_also_what_ignores_ctrl_c_and_nohup_is_left_alone(neurosyn, tiny, monkeypatch):
    def terminated(*args, **kwargs):
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("went on")

    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        monkeypatch.setattr("neurosyn.scenario.scenario.load_scenario", terminated)
        assert neurosyn("scenario", "check", tiny).code == 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_commands_outside_the_main_thread_leave_the_signals_alone(neurosyn, tiny):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(neurosyn("scenario", "check", tiny)))
    thread.start()
    thread.join()
    assert outcomes[0].code == 0


DROPPED = """
import signal, sys, time
from neurosyn import cli

class Finalised:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def work(_arguments):
    Finalised()
    time.sleep(60)

cli._call = work
cli.main()
"""


def test_an_interruption_that_falls_into_a_finaliser_is_not_lost():
    done = subprocess.run([sys.executable, "-P", "-c", DROPPED], capture_output=True, text=True, timeout=50)
    assert done.returncode == 130
    assert done.stderr == STARTS_OVER


# At a tick.


def interrupt_at(monkeypatch, due, further):
    """Have checkpoints be due at the `due`-th opportunity, and a simulation interrupted `further` ones later."""
    opportunities = []

    def is_due(_checkpoint):
        opportunities.append(1)
        if len(opportunities) == due + further:
            raise KeyboardInterrupt
        return len(opportunities) == due

    monkeypatch.setattr(TickCheckpoint, "is_due", is_due)


def results(folder):
    """All files of a run, without times, the run's name and what is made of them."""
    apart = ("timings.json", "stages.json", "report.html", "provenance.json", "summary.json")
    files = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in apart}
    return files, comparable(json.loads((folder / "summary.json").read_text()))


PROBES = """
[[probes]]
kind = "counter"

[[probes]]
kind = "raster"
"""


@pytest.mark.parametrize("timing", ["none", "compiled"])
def test_interrupted_simulation_goes_on_at_its_checkpoint(neurosyn, tiny, finished_run, tmp_path, monkeypatch, timing):
    scenario = tmp_path / "tiny.toml"
    scenario.write_text(tiny.read_text() + PROBES)
    shared = {
        name: finished_run / name for name in ("model.safetensors", "program.npz", "placement.npz", "stages.json")
    }

    def simulate(name):
        (tmp_path / name).mkdir(exist_ok=True)
        for file, path in shared.items():
            if not (tmp_path / name / file).exists():
                shutil.copy(path, tmp_path / name / file)
        changes = ("--set", f"simulate.timing={timing}", "--set", "simulate.timed_frames=8")
        return neurosyn("simulate", scenario, "--out", tmp_path / name, *changes)

    assert simulate("whole").code == 0
    for stop in ((2, 1), (3, 1)):
        with monkeypatch.context() as patched:
            interrupt_at(patched, *stop)
            outcome = simulate("halves")
        assert outcome.code == 130
        assert outcome.err.endswith(RESUMES)
        assert (tmp_path / "halves" / ".checkpoint" / "state.npz").exists()
    outcome = simulate("halves")
    assert outcome.code == 0
    assert "continued at tick" in outcome.err
    assert not (tmp_path / "halves" / ".checkpoint").exists()
    assert results(tmp_path / "halves") == results(tmp_path / "whole")


@pytest.mark.parametrize("timing", ["none", "compiled", "simpy"])
@pytest.mark.parametrize("traced", [False, True])
def test_interrupted_program_goes_on_at_its_checkpoint(neurosyn, tmp_path, monkeypatch, timing, traced):
    def run(name):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        trace = ("--trace", "trace") if traced else ()
        common = ("--spikes", SPIKES, "--ticks", 40, "--timing", timing, "--out", "out.csv", "--json")
        return neurosyn("run", PROGRAM, *common, *trace)

    def document(outcome):
        return comparable(json.loads(outcome.out))

    whole = run("whole")
    for stop in ((5, 3), (9, 1)):
        with monkeypatch.context() as patched:
            interrupt_at(patched, *stop)
            outcome = run("halves")
        assert (outcome.code, outcome.out) == (130, "")
        assert outcome.err.endswith(RESUMES)
        assert not (tmp_path / "halves" / "out.csv").exists()
    outcome = run("halves")
    # The tick after the fifth opportunity, and nine further.
    assert "continued at tick 14" in outcome.err
    assert document(outcome) == document(whole)
    names = {path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*")}
    assert {path.relative_to(tmp_path / "halves") for path in (tmp_path / "halves").rglob("*")} == names
    for name in names:
        if (tmp_path / "whole" / name).is_file() and name.name != "timings.json":
            assert (tmp_path / "halves" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_interrupted_program_without_a_checkpoint_says_that_it_starts_over(neurosyn, tmp_path, monkeypatch):
    for outputs in ((), ("--out", tmp_path / "out.csv")):
        with monkeypatch.context() as patched:
            patched.setattr("neurosyn.engine.chip_function.ChipFunction.step", raise_interrupt)
            outcome = neurosyn("run", PROGRAM, "--ticks", 9, *outputs)
        assert (outcome.code, outcome.err.endswith(STARTS_OVER)) == (130, True)
    assert not list(tmp_path.iterdir())


def raise_interrupt(*_args):
    raise KeyboardInterrupt


@pytest.mark.slow
def test_killed_programs_lose_no_more_than_the_interval(neurosyn, tmp_path):
    def command(name):
        (tmp_path / name).mkdir(exist_ok=True)
        files = ("--trace", tmp_path / name / "trace", "--out", tmp_path / name / "out.csv")
        ticks = ("--spikes", SPIKES, "--ticks", 4000, "--timing", "compiled")
        return ("run", PROGRAM, *ticks, *files, "--checkpoint-every", 0.1)

    assert neurosyn(*command("whole")).code == 0
    for kills in (3, 9):
        with started(*command("halves")) as process:
            wait_for(process, tmp_path, f"halves/trace/.checkpoint/ticks-{kills}.parquet")
            process.kill()
            process.wait(PATIENCE_S)
        assert half_written(tmp_path / "halves")
    outcome = neurosyn(*command("halves"))
    assert outcome.code == 0
    assert "continued at tick" in outcome.err
    assert not half_written(tmp_path / "halves")
    files = {path.name for path in (tmp_path / "whole" / "trace").iterdir()}
    assert {path.name for path in (tmp_path / "halves" / "trace").iterdir()} == files
    for name in files - {"summary.json", "timings.json"}:
        assert (tmp_path / "halves" / "trace" / name).read_bytes() == (tmp_path / "whole" / "trace" / name).read_bytes()
    assert (tmp_path / "halves" / "out.csv").read_bytes() == (tmp_path / "whole" / "out.csv").read_bytes()
