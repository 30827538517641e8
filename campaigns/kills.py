"""Kill commands at random moments and repeat them: ``python -m campaigns.kills --kills 100``.

A chain is one command in a fresh folder, killed (SIGKILL) a few times at random moments and then repeated until it
ends. What it leaves must equal what the command leaves undisturbed, byte for byte, and nothing half-written may remain.
When a simulation is killed, its last checkpoint may not be much older than the interval that it was given.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.fuzz.readers import make_specimens
from neurosyn.run.checkpoint import FOLDER as CHECKPOINT

DATA = Path(__file__).parents[1] / "tests" / "formats" / "data"
EVERY_S = 0.2
"""Interval of the checkpoints."""
_LATEST_S = 2.0
"""Longest time beyond the interval: a tick, the writing of the checkpoint, and other processes on the machine."""
_TIMES = {"timings.json", "stages.json", "report.html"}
"""Files with times, with digests of these, or made from these."""


@dataclass
class Kind:
    """A command whose chains are tried.

    Attributes
    ----------
    arguments
        Arguments of the command, which works in the folder of its chain.
    seconds
        How long the command takes undisturbed; measured.
    expected
        Digests of what it leaves undisturbed.
    """

    arguments: list[str]
    seconds: float = 0.0
    expected: dict[str, str] = field(default_factory=dict)


def kinds(specimens: Path) -> dict[str, Kind]:
    """Return the commands under trial."""
    scenario = str(specimens / "fuzz.toml")
    program, spikes = str(DATA / "two_cores.json"), str(DATA / "two_cores.sfti")
    often = ["--checkpoint-every", str(EVERY_S)]
    run = ["run", program, "--spikes", spikes, "--ticks", "3000", "--out", "out.csv", "--trace", "trace", *often]
    return {
        "simulate": Kind(["simulate", scenario, "--out", "run", "--set", "trace.level=packet", *often]),
        "train": Kind(["train", scenario, "--out", "run", "--set", "train.epochs=6"]),
        "run": Kind(run),
        "sweep": Kind(["sweep", scenario, "--over", "chip.voltage=0.8,1.0", "--out", "sweep", *often]),
    }


def digests(folder: Path) -> dict[str, str]:
    """Return a checksum for each result below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _TIMES and "checkpoints" not in path.parts:
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _start(arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "neurosyn", *arguments, "--quiet"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(arguments: list[str], folder: Path) -> str:
    """Run a command to its end; return what is wrong, or ""."""
    process = _start(arguments, folder)
    _, error = process.communicate(timeout=600)
    return f"exit {process.returncode}: {error[-300:]}" if process.returncode else ""


def repeat(kind: Kind, folder: Path) -> str:
    """Repeat a disturbed command to its end; return what is wrong with what it leaves, or ""."""
    if problem := _finish(kind.arguments, folder):
        return problem
    names = (".partial", CHECKPOINT)
    left = [str(path.relative_to(folder)) for path in folder.rglob("*") if any(name in path.name for name in names)]
    if left:
        return f"left over: {', '.join(left)}"
    measured = digests(folder)
    keys = measured.keys() | kind.expected.keys()
    differing = sorted(key for key in keys if measured.get(key) != kind.expected.get(key))
    return f"differing: {', '.join(differing)}" if differing else ""


def measure(name: str, kind: Kind, folder: Path) -> None:
    """Run a command undisturbed, twice, and keep how long it takes and what it leaves.

    Raises
    ------
    SystemExit
        If it fails, or the two runs differ.
    """
    reference = folder / f"{name}-undisturbed"
    for number in range(2):
        shutil.rmtree(reference, ignore_errors=True)
        reference.mkdir(parents=True)
        begun = time.monotonic()
        if problem := _finish(kind.arguments, reference):
            sys.exit(f"{name}: {problem}")
        kind.seconds = time.monotonic() - begun
        if number and digests(reference) != kind.expected:
            sys.exit(f"{name}: two undisturbed runs differ")
        kind.expected = digests(reference)


def lost_s(folder: Path) -> float:
    """Return the age of the last checkpoint below a folder; 0 if there is none."""
    states = [path.stat().st_mtime for path in folder.rglob(f"*{CHECKPOINT}/state.npz")]
    return time.time() - max(states) if states else 0.0


def chain(kind: Kind, folder: Path, draw: random.Random) -> tuple[int, float, str]:
    """Kill and repeat one command; return the kills, the most seconds lost, and what is wrong at the end, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kills, lost = 0, 0.0
    for _ in range(draw.randint(1, 4)):
        started = time.time()
        process = _start(kind.arguments, folder)
        time.sleep(draw.uniform(0, 1.05 * kind.seconds))
        if process.poll() is None:
            kills += 1
            # A checkpoint from before this process began is that of an earlier one, which it may not have read yet.
            age = lost_s(folder)
            lost = max(lost, age if age < time.time() - started else 0.0)
        process.kill()
        process.communicate()
    late = f"the last checkpoint was {lost:.1f} s old" if lost > EVERY_S + _LATEST_S else ""
    return kills, lost, repeat(kind, folder) or late


def main() -> int:
    """Kill until the number is reached; return 1 if a chain went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="kills in all (default: 100)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="decides the moments (default: the time)")
    parser.add_argument("--kind", action="append", help="only these commands")
    parser.add_argument("--out", type=Path, default=Path("runs/kills"), help="where to work (default: runs/kills)")
    given = parser.parse_args()
    folder, draw = given.out.resolve(), random.Random(given.seed)
    specimens = folder / "specimens"
    if not (specimens / "pictures").exists():
        make_specimens(specimens)
    chosen = {name: kind for name, kind in kinds(specimens).items() if not given.kind or name in given.kind}
    for name, kind in chosen.items():
        measure(name, kind, folder)
    kills, chains, wrong = Counter[str](), Counter[str](), Counter[str]()
    names, oldest = list(chosen), dict[str, float]()
    while kills.total() < given.kills:
        name = names[chains.total() % len(names)]
        count, lost, problem = chain(chosen[name], folder / f"chain-{chains.total()}", draw)
        kills[name] += count
        oldest[name] = max(oldest.get(name, 0.0), lost)
        chains[name] += 1
        if problem:
            wrong[name] += 1
            print(f"{name}, chain {chains.total() - 1}: {problem}")
        else:
            shutil.rmtree(folder / f"chain-{chains.total() - 1}")
    print(f"seed {given.seed}")
    for name in names:
        counts = f"{kills[name]:>6} kills{chains[name]:>6} chains{wrong[name]:>6} wrong"
        print(f"{name:<10}{counts}{oldest.get(name, 0.0):>8.1f} s lost at most")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
