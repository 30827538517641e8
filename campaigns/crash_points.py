"""End commands at each of their file operations and repeat them: ``python -m campaigns.crash_points``.

A point is the n-th operation (a file opened for writing, renamed, removed; a folder made) of a command in its own
folder, at which the process ends without any clean-up. What the repeated command leaves must equal what an undisturbed
one leaves, and nothing half-written may remain.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from campaigns.commands import Command, commands, measure, repeat, require_specimens
from campaigns.results import Results

_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
_CODE = 86
"""Exit code of a process that ended at its point."""
_SCRIPT = """
import sys
from pathlib import Path
from campaigns.crash_points import end_at
end_at(int(sys.argv[1]), Path(sys.argv[2]))
sys.argv[1:] = sys.argv[3:]
from neurosyn.cli import main
main()
"""


def end_at(number: int, folder: Path) -> None:
    """End this process at its `number`-th file operation below a folder, counted from 1."""
    prefix, left = str(folder), number

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event not in _EVENTS or not arguments:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        paths = [os.path.abspath(path) for path in arguments[:2] if isinstance(path, (str, os.PathLike))]  # noqa: PTH100
        if any(path.startswith(prefix) for path in paths):
            left -= 1
            if left == 0:
                os._exit(_CODE)

    sys.addaudithook(watch)


def try_point(command: Command, folder: Path, number: int) -> str | None:
    """End a command at one point and repeat it; return what is wrong, "" if nothing is, None beyond the last point."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    line = [sys.executable, "-c", _SCRIPT, str(number), str(folder), *command.arguments, "--quiet"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        return None
    if ended.returncode != _CODE:
        return f"exit {ended.returncode}: {ended.stderr[-300:]}"
    return repeat(command, folder)


def main() -> int:
    """Try all points; return 1 if one went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.crash_points", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try one point in so many (default: each)")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--kind", action="append", help="only these commands: simulate, train, run, sweep")
    parser.add_argument("--out", type=Path, default=Path("runs/crash_points"), help="where to work")
    given = parser.parse_args()
    folder, end = given.out.resolve(), time.monotonic() + 60 * given.minutes
    every = commands(require_specimens(folder / "specimens"))
    results = Results(folder / "results.jsonl")
    for name, command in every.items():
        if (given.kind and name not in given.kind) or time.monotonic() > end:
            continue
        measure(name, command, folder)
        tried = {record["operation"] for record in results.of(kind=name)}
        number, problem = 0, ""
        while time.monotonic() < end:
            number += given.every
            if number in tried:
                continue
            problem = try_point(command, folder / f"{name}-point", number)
            results.add(kind=name, operation=number, problem=problem)
            if problem is None:
                break
            if problem:
                print(f"{name}, operation {number}: {problem}", flush=True)
    return 1 if _print(results) else 0


def _print(results: Results) -> int:
    """Print a line for each command; return the number of points that went wrong."""
    tried = [record for record in results.records if record["problem"] is not None]
    for name in sorted({record["kind"] for record in tried}):
        points = [record["operation"] for record in tried if record["kind"] == name]
        wrong = sum(bool(record["problem"]) for record in tried if record["kind"] == name)
        print(f"{name:<10}{len(points):>6} points, the last {max(points)}{wrong:>6} wrong")
    return sum(bool(record["problem"]) for record in tried)


if __name__ == "__main__":
    sys.exit(main())
