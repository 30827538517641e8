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
from pathlib import Path

from campaigns.fuzz.specimens import make_specimens
from campaigns.kills import Kind, kinds, measure, repeat

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


def try_point(kind: Kind, folder: Path, number: int) -> str | None:
    """End a command at one point and repeat it; return what is wrong, "" if nothing is, None beyond the last point."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", _SCRIPT, str(number), str(folder), *kind.arguments, "--quiet"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        return None
    if ended.returncode != _CODE:
        return f"exit {ended.returncode}: {ended.stderr[-300:]}"
    return repeat(kind, folder)


def main() -> int:
    """Try all points; return 1 if one went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.crash_points", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try one point in so many (default: each)")
    parser.add_argument("--kind", action="append", help="only these commands: simulate, train, run, sweep")
    parser.add_argument("--out", type=Path, default=Path("runs/crash_points"), help="where to work")
    given = parser.parse_args()
    folder = given.out.resolve()
    specimens = folder / "specimens"
    if not (specimens / "pictures").exists():
        make_specimens(specimens)
    found = 0
    for name, kind in kinds(specimens).items():
        if given.kind and name not in given.kind:
            continue
        measure(name, kind, folder)
        number = tried = wrong = 0
        while True:
            number += given.every
            problem = try_point(kind, folder / f"{name}-point", number)
            if problem is None:
                break
            tried += 1
            if problem:
                wrong += 1
                print(f"{name}, operation {number}: {problem}", flush=True)
        found += wrong
        print(f"{name:<10}{tried:>6} points{wrong:>6} wrong", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
