"""Kill commands at random moments and repeat them: ``python -m campaigns.kills --kills 100``.

A chain is one command in a fresh folder, killed (SIGKILL) a few times at random moments and then repeated until it
ends. What it leaves must equal what the command leaves undisturbed, byte for byte, and nothing half-written may remain.
When a simulation is killed, its last checkpoint may not be much older than the interval that it was given.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from pathlib import Path

from campaigns.commands import (
    CHECKPOINT,
    EVERY_S,
    Command,
    commands,
    measure,
    repeat,
    require_specimens,
    start,
)
from campaigns.results import Results

_LATEST_S = 2.0
"""Longest time beyond the interval: a tick, the writing of the checkpoint, and other processes on the machine."""


def lost_s(folder: Path) -> float:
    """Return the age of the last checkpoint below a folder, in seconds; 0 if there is none."""
    states = [path.stat().st_mtime for path in folder.rglob(f"*{CHECKPOINT}/state.npz")]
    return time.time() - max(states) if states else 0.0


def chain(command: Command, folder: Path, draw: random.Random) -> tuple[int, float, str]:
    """Kill and repeat one command; return the kills, the most seconds lost, and what is wrong at the end, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kills, lost = 0, 0.0
    for _ in range(draw.randint(1, 4)):
        started = time.time()
        process = start(command.arguments, folder)
        time.sleep(draw.uniform(0, 1.05 * command.seconds))
        if process.poll() is None:
            kills += 1
            # A checkpoint from before this process began is an earlier one's, which it may not have read yet.
            age = lost_s(folder)
            lost = max(lost, age if age < time.time() - started else 0.0)
        process.kill()
        process.communicate()
    late = f"the last checkpoint was {lost:.1f} s old" if lost > EVERY_S + _LATEST_S else ""
    return kills, lost, repeat(command, folder) or late


def main() -> int:
    """Kill until the number is reached; return 1 if a chain went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="kills in all, earlier runs included (default: 100)")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments (default: 1)")
    parser.add_argument("--kind", action="append", help="only these commands: simulate, train, run, sweep")
    parser.add_argument("--out", type=Path, default=Path("runs/kills"), help="where to work (default: runs/kills)")
    given = parser.parse_args()
    folder = given.out.resolve()
    every = commands(require_specimens(folder / "specimens"))
    chosen = {name: command for name, command in every.items() if not given.kind or name in given.kind}
    for name, command in chosen.items():
        measure(name, command, folder)
    results, end = Results(folder / "results.jsonl"), time.monotonic() + 60 * given.minutes
    names = list(chosen)
    while sum(record["kills"] for record in results.records) < given.kills and time.monotonic() < end:
        number = len(results.of(seed=given.seed))
        name = names[number % len(names)]
        draw = random.Random(f"{given.seed}/{number}/{name}")
        kills, lost, problem = chain(chosen[name], folder / f"chain-{number}", draw)
        results.add(seed=given.seed, chain=number, kind=name, kills=kills, lost_s=lost, problem=problem)
        if problem:
            print(f"{name}, chain {number}: {problem}", flush=True)
        else:
            shutil.rmtree(folder / f"chain-{number}")
    wrong = _print(results)
    return 1 if wrong else 0


def _print(results: Results) -> int:
    """Print a line for each command; return the number of chains that went wrong."""
    for name in sorted({record["kind"] for record in results.records}):
        chains = results.of(kind=name)
        wrong = sum(bool(record["problem"]) for record in chains)
        counts = f"{sum(r['kills'] for r in chains):>6} kills{len(chains):>6} chains{wrong:>6} wrong"
        lost = max(record.get("lost_s", 0.0) for record in chains)
        print(f"{name:<10}{counts}{lost:>8.1f} s lost at most")
    return sum(bool(record["problem"]) for record in results.records)


if __name__ == "__main__":
    sys.exit(main())
