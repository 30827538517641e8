"""Runs and sweeps by several processes, killed and repeated: the bytes of those of one process."""

import contextlib
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from neurosyn.errors import DataError
from neurosyn.parallel.frames import part_runner
from neurosyn.parallel.points import point_runner
from neurosyn.parallel.running import Workers
from neurosyn.run.shard import Shard
from neurosyn.run.stages import Stages
from neurosyn.run.sweep import Sweep
from neurosyn.run.sweep_shards import merge_sweep
from neurosyn.scenario.changes import parse_assignments
from neurosyn.support.progress import StageProgress

TIMED = ("simulate.timing=compiled", "simulate.timed_frames=all", "trace.max_rows=20000")
SETS = [word for change in TIMED for word in ("--set", change)]
BY_HAND = {"timings.json", "report.html", "stages.json"}
"""Files with times of the clock, or digests of them."""


def results(folder):
    """Return the bytes of a run folder's or a sweep's files, but for those with times of the clock and of jobs."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in BY_HAND
        and "jobs" not in path.parts
        # A training leaves these where it was.
        and "checkpoints" not in path.parts
        and not path.name.startswith("learning_curve")
    }


def simulate(scenario, out, runner=None, *, part_frames=3, overrides=TIMED):
    stages = Stages.open("simulate", scenario, changes=parse_assignments(overrides), out=out)
    with stages.progress(quiet=True) as progress:
        return stages.simulate(progress, None, runner, part_frames=part_frames)


def sweep(scenario, out, runner=None, shard=None, **ranges):
    swept = Sweep(scenario, {key.replace("__", "."): values for key, values in ranges.items()}, out=out)
    with StageProgress(Stages.STAGES, quiet=True) as progress:
        swept.simulate(progress, shard=shard, run_points=runner)
    return swept


@pytest.fixture
def here(tiny, tmp_path, monkeypatch):
    """The scenario in the working folder, so that paths in summaries are the same wherever it is."""

    def change_to(name):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        return folder / "run"

    return change_to


def test_processes_give_the_run_of_one(tiny, here):
    one = here("one")
    simulate(tiny, Path("run"))
    two = here("two")
    simulate(tiny, Path("run"), part_runner(Workers(2)))
    assert results(two) == results(one)
    assert not (two / "parts").exists()
    again = simulate(tiny, Path("run"), part_runner(Workers(2)))
    assert again == simulate(tiny, Path("run"))


def test_probes_that_observe_ticks_keep_the_run_in_one_process(tiny, tmp_path, capsys):
    scenario = tmp_path / "probed.toml"
    scenario.write_text(f'extends = "{tiny}"\n[[probes]]\nkind = "counter"\n', encoding="utf-8")
    stages = Stages.open("simulate", scenario, out=tmp_path / "run")
    with stages.progress() as progress:
        stages.simulate(progress, None, part_runner(Workers(2)))
    assert "in this process, since probe 'counter' observes every tick in order" in capsys.readouterr().err
    assert not (tmp_path / "run" / "jobs").exists()


@pytest.mark.slow
def test_a_sweep_by_processes_is_that_of_one_and_failures_are_collected(tiny, here, tmp_path):
    values = {"chip__voltage": ["0.8", "1.0"], "simulate__frames": ["5", "7"]}
    one = here("one")
    sweep(tiny, Path("run"), **values)
    two = here("two")
    # A file in the way of one run: it fails, the others do not.
    blocked = two / "chip.voltage=1.0,simulate.frames=5"
    two.mkdir()
    blocked.write_text("")
    swept = sweep(tiny, Path("run"), point_runner(Workers(2)), **values)
    failed = [point for point in swept.points if point.error is not None]
    assert [point.run.name for point in failed] == [blocked.name]
    assert "a file is in its way" in str(failed[0].error)
    assert sum(point.finished for point in swept.points) == 3
    (job,) = (two / "jobs").glob("*.json")
    assert json.loads(job.read_text())["changes"] == {"chip.voltage": 1.0, "simulate.frames": 5}
    times = {path: path.stat().st_mtime_ns for path in two.rglob("summary.json")}
    blocked.unlink()
    sweep(tiny, Path("run"), point_runner(Workers(2)), **values)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert results(two) == results(one)


@pytest.mark.slow
def test_shards_of_a_sweep_are_merged_to_it(tiny, here, tmp_path):
    values = {"chip__voltage": ["0.8", "0.9", "1.0"]}
    one = here("one")
    sweep(tiny, Path("run"), **values)
    two = here("two")
    sweep(tiny, Path("a"), shard=Shard(2, 2), **values)
    with pytest.raises(DataError, match="runs 1 of 3 are missing"):
        merge_sweep([Path("a")], Path("run"))
    sweep(tiny, Path("b"), shard=Shard(1, 2), **values)
    merge_sweep([Path("a"), Path("b")], Path("run"))
    merged, whole = results(two), results(one)
    assert sorted(merged) == sorted(whole)
    # Where it was simulated stands in a summary.
    different = [name for name in whole if merged[name] != whole[name]]
    assert {name.rpartition("/")[2] for name in different} <= {"summary.json"}
    assert {"sweep.json", "sweep.csv", "sweep.parquet"} <= whole.keys()


@pytest.mark.slow
def test_two_sweeps_in_one_folder_share_the_work(start, tmp_path):
    command = ("sweep", "tiny.toml", "--over", "chip.voltage=0.8,0.9,1.0", "--out", "swept", "--json")
    both = [start(*command), start(*command)]
    reports = []
    for process in both:
        output, _ = process.communicate(timeout=280)
        assert process.returncode == 0, output
        reports.append(output)
    listed = json.loads((tmp_path / "here" / "swept" / "sweep.json").read_text())
    assert [point["finished"] for point in listed["points"]] == [True] * 3
    simulated = sum(report.count("] simulate  40 frames") for report in reports)
    simulated += sum(report.count("] simulate  20 frames") for report in reports)
    assert simulated == 3


@pytest.mark.slow
def test_kills_of_workers_and_commands_change_nothing(tiny, call, start, tmp_path):
    call("simulate", "tiny.toml", *SETS, "--out", "run", at="whole")
    rng, killed = random.Random(5), 0
    command = ("simulate", "tiny.toml", *SETS, "--out", "run", "--workers", 2, "--shard-frames", 1)
    for attempt in range(20):
        process = start(*command, at="killed")
        while await_progress(process, tmp_path / "killed" / "run"):
            time.sleep(rng.uniform(0, 0.5))
            if attempt % 2:
                process.kill()
                killed += 1
                break
            for child in _children(process.pid)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                    killed += 1
        process.communicate(timeout=280)
        if process.returncode == 0:
            break
    assert process.returncode == 0
    assert killed >= 3
    assert results(tmp_path / "killed" / "run") == results(tmp_path / "whole" / "run")


def await_progress(process, run):
    """Wait until there are more parts than now, and return True; False if the command ends before."""
    before = len(list(run.glob("parts/*/part.json")))
    while process.poll() is None:
        if len(list(run.glob("parts/*/part.json"))) > before:
            return True
        time.sleep(0.02)
    return False


def _children(pid):
    """Return the numbers of a process's children."""
    numbers = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            numbers += [int(word) for word in listed.read_text().split()]
    return numbers


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_and_the_command_goes_on(call, start, tmp_path):
    call("simulate", "tiny.toml", *SETS, "--out", "run", at="whole")
    command = ("simulate", "tiny.toml", *SETS, "--out", "run", "--workers", 2, "--shard-frames", 1)
    process = start(*command, at="stopped")
    parts = tmp_path / "stopped" / "run" / "parts"
    while not list(parts.glob("*/part.json")) and process.poll() is None:
        time.sleep(0.05)
    workers = _children(process.pid)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert workers
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    done = len(list(parts.glob("*/part.json")))
    assert 0 < done < 20
    assert f"{20 - done} of 20 parts by 2 processes" in call(*command, at="stopped")
    assert results(tmp_path / "stopped" / "run") == results(tmp_path / "whole" / "run")
