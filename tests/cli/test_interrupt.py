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

import pytest
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
    pytest.mark.usefixtures("default_signals"),
]

RESUMES = "neurosyn: interrupted; the same command continues after the last finished stage or checkpoint\n"
STARTS_OVER = "neurosyn: interrupted; nothing half-written is left, and the same command starts from the beginning\n"
LONG_TRAINING = ("--set", "train.epochs=80")
LONG_SIMULATION = ("--set", "simulate.timed_frames=60")
PATIENCE_S = 120


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
    summary["engine"].pop("wall_s")
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
