"""Commands under trial: each works in a folder of its own, and what it leaves has checksums."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "CHECKPOINT",
    "EVERY_S",
    "Command",
    "commands",
    "digests",
    "leftovers",
    "measure",
    "repeat",
    "require_specimens",
    "start",
]

_ROOT = Path(__file__).parents[1]
_DATA = _ROOT / "tests" / "formats" / "data"
CHECKPOINT = ".checkpoint"
"""End of the names of folders with the state of an unfinished simulation."""
EVERY_S = 0.2
"""Interval of these checkpoints in the commands."""
_TIMES = "timings.json"
"""Wall-clock times: the one result in which equal runs differ."""


@dataclass
class Command:
    """A command under trial.

    Attributes
    ----------
    arguments
        Its arguments; it works in its current folder.
    seconds
        Wall-clock time that it takes undisturbed; measured.
    expected
        Checksums of what it leaves undisturbed; measured.
    left_out
        Beginnings of the names of files that may be elsewhere after a disturbance.
    """

    arguments: list[str]
    seconds: float = 0.0
    expected: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def require_specimens(folder: Path) -> Path:
    """Make the specimens in a folder, in a process of their own, unless they are there; return the folder."""
    if not (folder / "pictures").exists():
        # This process stays small: processes that it starts would count its memory as theirs.
        script = "import sys; from pathlib import Path; from campaigns.fuzz.specimens import make_specimens as make;"
        subprocess.run([sys.executable, "-c", f"{script} make(Path(sys.argv[1]))", str(folder)], cwd=_ROOT, check=True)
    return folder


def commands(specimens: Path) -> dict[str, Command]:
    """Return the commands that write, by name."""
    scenario = str(specimens / "fuzz.toml")
    program, spikes = str(_DATA / "two_cores.json"), str(_DATA / "two_cores.sfti")
    often = ["--checkpoint-every", str(EVERY_S)]
    run = ["run", program, "--spikes", spikes, "--ticks", "3000", "--out", "out.csv", "--trace", "trace", *often]
    return {
        "simulate": Command(["simulate", scenario, "--out", "run", "--set", "trace.level=packet", *often]),
        "train": Command(["train", scenario, "--out", "run", "--set", "train.epochs=6"]),
        "run": Command(run),
        "sweep": Command(["sweep", scenario, "--over", "chip.voltage=0.8,1.0", "--out", "sweep", *often]),
    }


def digests(folder: Path) -> dict[str, str]:
    """Return the checksum of each result below a folder; job files and logs are none."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _TIMES and not {"checkpoints", "jobs"} & set(path.parts)
    }


def leftovers(folder: Path) -> list[str]:
    """Return the files below a folder that were left half-written, and checkpoints."""
    names = (".partial", CHECKPOINT)
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if any(name in path.name for name in names)
    )


def start(
    arguments: list[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    quiet: bool = True,
) -> subprocess.Popen[str]:
    """Start a neurosyn command in a folder.

    Parameters
    ----------
    arguments
    folder
    env
        Changes to the environment.
    before
        Called in the new process before the command, to set limits.
    quiet
        Whether it shows no progress.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "neurosyn", *arguments, *(["--quiet"] if quiet else [])],
        cwd=folder,
        env=os.environ | (env or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def _finish(arguments: list[str], folder: Path) -> str:
    """Run a command to its end; return what is wrong, or ""."""
    process = start(arguments, folder)
    _, error = process.communicate(timeout=600)
    return f"exit {process.returncode}: {error[-300:]}" if process.returncode else ""


def repeat(command: Command, folder: Path) -> str:
    """Repeat a disturbed command to its end; return what is wrong with what it leaves, or ""."""
    if problem := _finish(command.arguments, folder):
        return problem
    if left := leftovers(folder):
        return f"left over: {', '.join(left)}"
    measured = digests(folder)
    keys = measured.keys() | command.expected.keys()
    differing = sorted(
        key
        for key in keys
        if measured.get(key) != command.expected.get(key) and not Path(key).name.startswith(command.left_out)
    )
    return f"differing: {', '.join(differing)}" if differing else ""


def measure(name: str, command: Command, folder: Path) -> None:
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
        if problem := _finish(command.arguments, reference):
            sys.exit(f"{name}: {problem}")
        command.seconds = time.monotonic() - begun
        if number and digests(reference) != command.expected:
            sys.exit(f"{name}: two undisturbed runs differ")
        command.expected = digests(reference)
