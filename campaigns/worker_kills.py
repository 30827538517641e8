"""Kill the workers and the scheduler of runs and sweeps: ``python -m campaigns.worker_kills --kills 50``.

A chain is one command in a fresh folder, ``simulate`` or ``sweep``, whose work is done by two processes of this machine
(``--workers``) or by a Dask cluster of two workers (``--cluster``). Workers, the scheduler and the command itself are
killed (SIGKILL) at random moments, and the command is repeated until it ends. What it leaves must equal what the same
command leaves undisturbed in one process, byte for byte; logs and job files are not compared.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from campaigns.commands import Command, commands, measure, repeat, require_specimens, start
from campaigns.dask_cluster import DaskCluster, children, kill
from campaigns.results import Results

_MEAN_S = 2.5
"""Mean time between kills, in seconds."""
_LEAST_S, _LONGEST_S = 0.2, 600.0
_MOST = 10
"""Workers of a chain that are killed."""
_REPEATS = 3
"""Repetitions of a command at most: a scheduler that has just been started may not have its workers yet."""
_COMMANDS = 0.3
"""Share of the commands that are killed after their workers."""
_SHARES = {"simulate": ("--shard-frames", "1"), "sweep": ()}


@dataclass
class Kills:
    """Numbers of processes that were killed in a chain."""

    workers: int = 0
    schedulers: int = 0
    commands: int = 0


def shared(command: Command, cluster: DaskCluster | None) -> Command:
    """Return a command whose work is done by two workers; what it has to leave stays the same."""
    workers = ["--workers", "2"] if cluster is None else ["--cluster", str(cluster.file)]
    arguments = [*command.arguments, *workers, *_SHARES[command.arguments[0]]]
    # A training leaves its curve in the folder of the run that trained, and a disturbed sweep may train in another one.
    return Command(arguments, command.seconds, command.expected, ("learning_curve",))


def disturb(
    process: subprocess.Popen[str], cluster: DaskCluster | None, draw: random.Random, most: int, restart: bool
) -> Kills:
    """Kill processes at random moments until the command ends.

    Parameters
    ----------
    process
        The command.
    cluster
        Its cluster; None if its workers are its own.
    draw
        Decides moments and victims.
    most
        Number of workers to kill; the command is then killed, too, or left in peace.
    restart
        Kill the scheduler, and start it again, in place of a worker, once.
    """
    kills = Kills()
    while kills.workers < most:
        try:
            process.communicate(timeout=max(draw.expovariate(1 / _MEAN_S), _LEAST_S))
        except subprocess.TimeoutExpired:
            pass
        else:
            return kills
        if cluster is None:
            workers = children(process.pid)
            kills.workers += bool(workers) and kill([draw.choice(workers)])
        elif restart:
            cluster.restart()
            kills.schedulers, restart = 1, False
        else:
            kills.workers += cluster.kill_worker(draw)
    if draw.random() < _COMMANDS:
        process.kill()
        kills.commands = 1
    process.communicate(timeout=_LONGEST_S)
    return kills


def chain(
    command: Command, folder: Path, draw: random.Random, cluster: DaskCluster | None, *, restart: bool
) -> tuple[Kills, str]:
    """Disturb a command once and repeat it; return the kills and what is wrong at the end, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kills = disturb(start(command.arguments, folder), cluster, draw, draw.randint(1, _MOST), restart)
    problem = "exit 5"
    for _ in range(_REPEATS):
        if not problem.startswith("exit 5"):
            break
        if cluster is not None:
            cluster.require_workers()
        problem = repeat(command, folder)
    return kills, problem


def main() -> int:
    """Kill until the numbers are reached; return 1 if a chain went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.worker_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="of workers, in all, earlier runs included (default: 50)")
    parser.add_argument("--schedulers", type=int, default=5, help="kills of the scheduler in all (default: 5)")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--seed", type=int, default=1, help="decides moments and victims (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("runs/worker_kills"), help="where to work")
    given = parser.parse_args()
    folder = given.out.resolve()
    known = commands(require_specimens(folder / "specimens"))
    chosen = {name: known[name] for name in _SHARES}
    for name, command in chosen.items():
        measure(name, command, folder)
    results, end = Results(folder / "results.jsonl"), time.monotonic() + 60 * given.minutes
    cluster = DaskCluster(folder / "cluster")
    try:
        while _missing(results, given) and time.monotonic() < end:
            number = len(results.of(seed=given.seed))
            name = list(_SHARES)[number % 2]
            used = cluster if number // 2 % 2 else None
            draw = random.Random(f"{given.seed}/{number}/{name}")
            kills, problem = chain(
                shared(chosen[name], used), folder / f"chain-{number}", draw, used, restart=draw.random() < 0.5
            )
            way = "processes" if used is None else "dask"
            results.add(seed=given.seed, chain=number, kind=name, way=way, problem=problem, **asdict(kills))
            if problem:
                print(f"{name} by {way}, chain {number}: {problem}", flush=True)
            else:
                shutil.rmtree(folder / f"chain-{number}")
    finally:
        cluster.close()
    return 1 if _print(results) else 0


def _missing(results: Results, given: argparse.Namespace) -> bool:
    """Whether fewer were killed than asked for."""
    return any(
        sum(record[kind] for record in results.records) < wanted
        for kind, wanted in (("workers", given.kills), ("schedulers", given.schedulers))
    )


def _print(results: Results) -> int:
    """Print a line for each command and way; return the number of chains that went wrong."""
    for name, way in sorted({(record["kind"], record["way"]) for record in results.records}):
        chains = results.of(kind=name, way=way)
        counts = "".join(f"{sum(r[key] for r in chains):>6} {key}" for key in ("workers", "schedulers", "commands"))
        wrong = sum(bool(record["problem"]) for record in chains)
        print(f"{name:<10}{way:<11}{counts} killed{len(chains):>6} chains{wrong:>6} wrong")
    return sum(bool(record["problem"]) for record in results.records)


if __name__ == "__main__":
    sys.exit(main())
