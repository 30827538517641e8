"""Kill commands at random moments and repeat them: ``python -m campaigns.kills --kills 100``.

A chain is one command in a fresh folder, killed (SIGKILL) a few times at random moments and then repeated until it
ends. What it leaves must equal what the command leaves undisturbed, byte for byte, and nothing half-written may remain.
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

from campaigns.fuzz.specimens import make_specimens

DATA = Path(__file__).parents[1] / "tests" / "formats" / "data"
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

    run = ["run", program, "--spikes", spikes, "--ticks", "3000", "--out", "out.csv", "--trace", "trace"]
    return {
        "simulate": Kind(["simulate", scenario, "--out", "run", "--set", "trace.level=packet"]),
        "train": Kind(["train", scenario, "--out", "run", "--set", "train.epochs=6"]),
        "run": Kind(run),
        "sweep": Kind(["sweep", scenario, "--over", "chip.voltage=0.8,1.0", "--out", "sweep"]),
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
    left = [str(path.relative_to(folder)) for path in folder.rglob("*") if ".partial" in path.name]
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


def chain(kind: Kind, folder: Path, draw: random.Random) -> tuple[int, str]:
    """Kill and repeat one command; return the number of kills and what is wrong with the result, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kills = 0
    for _ in range(draw.randint(1, 4)):
        process = _start(kind.arguments, folder)
        time.sleep(draw.uniform(0, 1.05 * kind.seconds))
        if process.poll() is None:
            kills += 1
        process.kill()
        process.communicate()
    return kills, repeat(kind, folder)


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
    names = list(chosen)
    while kills.total() < given.kills:
        name = names[chains.total() % len(names)]
        count, problem = chain(chosen[name], folder / f"chain-{chains.total()}", draw)
        kills[name] += count
        chains[name] += 1
        if problem:
            wrong[name] += 1
            print(f"{name}, chain {chains.total() - 1}: {problem}")
        else:
            shutil.rmtree(folder / f"chain-{chains.total() - 1}")
    print(f"seed {given.seed}")
    for name in names:
        print(f"{name:<10}{kills[name]:>6} kills{chains[name]:>6} chains{wrong[name]:>6} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
