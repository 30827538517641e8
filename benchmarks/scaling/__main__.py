"""Scaling over processes: ``python -m benchmarks.scaling``.

The one-chip network, every packet timed, by one worker on one processor and by two on two, in turns in the same run of
this script, so that a busy machine slows down both. From the costs of a part a small simulation
(`benchmarks.scaling.plan`) tells how long a million frames take on 10, 100 and 1,000 workers, and what limits them.
Results: docs/benchmarks/scaling.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.scaling.overhead import measure_overhead
from benchmarks.scaling.plan import Costs, plan_run
from neurosyn.parallel.job import Job
from neurosyn.parallel.local import LocalExecutor
from neurosyn.parallel.running import run_jobs
from neurosyn.support.files import write_json
from neurosyn.support.processors import usable_processors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "benchmarks"
COMMAND = (sys.executable, "-m", "neurosyn")
PART = 64


def run(folder: Path, *words: object, processors: int | None = None) -> float:
    """Run a command of neurosyn, on so many processors, and return its seconds."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    command = [*COMMAND, *map(str, words)]
    if processors is not None:
        allowed = sorted(os.sched_getaffinity(0))[:processors]
        command = ["taskset", "-c", ",".join(map(str, allowed)), *command]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def measure(frames: int, repeats: int, keep: Path | None) -> dict:
    folder = keep or Path(tempfile.mkdtemp())
    scenario = ROOT / "scenarios" / "svhn.toml"
    base = ("simulate", scenario, "--set", f"simulate.frames={frames}", "--quiet")
    run(folder, "place", scenario, "--set", f"simulate.frames={frames}", "--quiet", "--out", "placed")
    seconds: dict[int, list[float]] = {1: [], 2: []}
    costs: list[dict] = []
    for repeat in range(repeats):
        for workers in (1, 2) if repeat % 2 == 0 else (2, 1):
            out = folder / f"run{workers}"
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(folder / "placed", out)
            # A worker computes the times of one tick beside the function of the next, so it would use two processors.
            whole = run(folder, *base, "--workers", workers, "--out", out, processors=workers)
            jobs = [_job(path) for path in out.glob("jobs/*.log")]
            working = max(ended for _, ended, _ in jobs) - min(began for began, _, _ in jobs)
            seconds[workers].append(working)
            costs.append({"workers": workers, "whole_s": whole, "jobs_s": [s for _, _, each in jobs for s in each]})
    same = all(
        (folder / "run1" / name).read_bytes() == (folder / "run2" / name).read_bytes()
        for name in ("outputs.npz", "trace/ticks.parquet", "trace/cores.parquet", "trace/links.parquet")
    )
    shards = {}
    for some in (PART, frames):
        shard = folder / f"shard{some}"
        shutil.rmtree(shard, ignore_errors=True)
        shutil.copytree(folder / "placed", shard)
        # Like the many parts of a long run, which come when the trace has all the rows that it keeps.
        fewer = ("simulate", scenario, "--set", f"simulate.frames={some}", "--set", "trace.max_rows=0", "--quiet")
        run(folder, *fewer, "--shard", "1/1", "--out", shard.name)
        shards[some] = run(folder, "merge", shard.name, "--quiet", "--out", f"merged{some}"), shard
    few, many = shards[PART], shards[frames]
    parts = sorted((many[1] / "parts").iterdir())
    files = [path for part in parts for path in part.iterdir()]
    written = sum(path.stat().st_size for path in files) / len(parts)
    read = sum(path.stat().st_size for path in (folder / "placed").iterdir() if path.is_file())
    join_s = max(many[0] - few[0], 0.0) / max(len(parts) - len(list((few[1] / "parts").iterdir())), 1)
    dispatch_s = measure_dispatch(many[1], len(parts), folder)
    overhead = measure_overhead(scenario, folder / "overhead", PART, 3)
    if keep is None:
        shutil.rmtree(folder)
    return {
        "frames": frames,
        "seconds": seconds,
        "ratio": statistics.median(a / b for a, b in zip(seconds[1], seconds[2], strict=True)),
        "equal": same,
        "runs": costs,
        "part_bytes": written,
        "part_files": len(files) / len(parts),
        "read_bytes": read,
        "join_s": join_s,
        "dispatch_s": dispatch_s,
        "overhead": overhead,
    }


def measure_dispatch(run_folder: Path, parts: int, folder: Path) -> float:
    """Return the seconds that a job takes beside its work: jobs of parts that are there, to one worker."""
    head = json.loads((run_folder / "parts" / "000000" / "part.json").read_text())
    jobs = [
        Job.of("part", run_folder.resolve(), number=number % parts, frames=head["frames"], key=head["run"]).write(
            folder / "dispatch" / f"part-{number:06}.json"
        )
        for number in range(200)
    ]
    with LocalExecutor(1, folder / "dispatch") as executor:
        executor.submit(jobs[0])
        for _, outcome in executor.as_completed():
            assert outcome.error is None, outcome.error
        began = time.perf_counter()
        run_jobs(executor, jobs[1:])
        return (time.perf_counter() - began) / len(jobs[1:])


def _job(path: Path) -> tuple[float, float, list[float]]:
    """Return from a worker's log when its first job began, when its last ended, and the seconds of each."""
    began, ended, each = [], [], []
    for line in path.read_text().splitlines():
        words = line.split()
        if line.endswith("begins"):
            began.append(_clock(words[0], words[1]))
        elif " ends after " in line:
            ended.append(_clock(words[0], words[1]))
            each.append(float(line.partition(" ends after ")[2].split()[0]))
    return began[0], ended[-1], each


def _clock(day: str, hour: str) -> float:
    return time.mktime(time.strptime(f"{day} {hour.partition(',')[0]}", "%Y-%m-%d %H:%M:%S")) + float(
        f"0.{hour.partition(',')[2]}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--files-per-s", type=float, default=2_000.0, help="of the shared file system; assumed")
    parser.add_argument("--bandwidth", type=float, default=1e9, help="bytes/s of the shared file system; assumed")
    parser.add_argument("--keep", type=Path, help="folder of the runs")
    options = parser.parse_args()
    machine = {"date": time.strftime("%Y-%m-%d"), "processors": usable_processors(), "load_before": os.getloadavg()[0]}
    result = machine | measure(options.frames, options.repeats, options.keep)
    one_worker = [s for run in result["runs"] if run["workers"] == 1 for s in sorted(run["jobs_s"])[:-1]]
    part_s = statistics.median(one_worker)
    costs = Costs(
        compute_s=part_s,
        start_s=max(max(run["jobs_s"]) for run in result["runs"]) - part_s,
        read_bytes=result["read_bytes"],
        write_bytes=result["part_bytes"],
        files=round(result["part_files"]),
        dispatch_s=result["dispatch_s"],
        join_s=result["join_s"],
        files_per_s=options.files_per_s,
        bandwidth=options.bandwidth,
    )
    result["costs"] = vars(costs)
    plans = [plan_run(costs, 1_000_000 // PART, workers) for workers in (1, 10, 100, 1000)]
    result["plan"] = [vars(plan) | {"saturated": plan.saturated} for plan in plans]
    write_json(DOCS / "scaling.json", result)
    print(table(result["plan"]))
    print(json.dumps({key: result[key] for key in ("seconds", "ratio", "equal", "part_bytes", "overhead")}, indent=1))


def table(plans: list[dict]) -> str:
    """Return the plan as a table in Markdown, for docs/guides/cluster.md."""
    rows = [
        f"| {plan['workers']:,} | {plan['seconds'] / 3600:,.1f} h | {plan['worker_busy']:.0%} | "
        f"{plan['scheduler_busy']:.1%} | {plan['storage_busy']:.1%} | {plan['saturated']} |"
        for plan in plans
    ]
    head = (
        "| workers | a million timed frames | workers busy | scheduler busy | file system busy | limited by |",
        "|---|---|---|---|---|---|",
    )
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    main()
