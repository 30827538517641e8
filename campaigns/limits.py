"""Commands on a machine that lacks something: ``python -m campaigns.limits``.

Every command that writes is run with a full disk, files that may not grow, few open files, little memory, a read-only
folder, and closed or full standard streams. It must end by itself, with results that are whole or with an exit code and
a line that names the cause; nothing half-written may remain, and the same command must end well once the machine has
what it lacked. A full disk and a read-only folder are small file systems in memory (tmpfs), which only root may mount;
for others the folder is made read-only by its permissions, and the full disk is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from campaigns.commands import Command, commands, digests, leftovers, measure, repeat, require_specimens, start
from campaigns.results import Results

_PATIENCE_S = 600.0


@dataclass(frozen=True)
class Limit:
    """Something that a machine lacks.

    Attributes
    ----------
    before
        Called in the new process before the command; None if there is nothing to call.
    disk
        Size of the file system that the command works in, in the form of mount; "" for the ordinary one.
    read_only
        Whether the folder cannot be written.
    silent
        Whether the command cannot say anything: its standard error is closed.
    """

    before: Callable[[], None] | None = None
    disk: str = ""
    read_only: bool = False
    silent: bool = False


def _limited(kind: int, value: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (value, value))


def _closed(*streams: int) -> Callable[[], None]:
    def close() -> None:
        for stream in streams:
            os.close(stream)

    return close


def _full_stdout() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


LIMITS = {
    "full disk, 16 KiB": Limit(disk="16k"),
    "full disk, 128 KiB": Limit(disk="128k"),
    "files of 2 KiB": Limit(_limited(resource.RLIMIT_FSIZE, 2048)),
    "files of 64 KiB": Limit(_limited(resource.RLIMIT_FSIZE, 65_536)),
    "12 open files": Limit(_limited(resource.RLIMIT_NOFILE, 12)),
    "24 open files": Limit(_limited(resource.RLIMIT_NOFILE, 24)),
    "memory, 150 MB": Limit(_limited(resource.RLIMIT_DATA, 150 << 20)),
    "memory, 300 MB": Limit(_limited(resource.RLIMIT_DATA, 300 << 20)),
    "addresses, 1 GB": Limit(_limited(resource.RLIMIT_AS, 1 << 30)),
    "read-only folder": Limit(read_only=True),
    "closed stdout": Limit(_closed(1)),
    "closed stderr": Limit(_closed(2), silent=True),
    "all streams closed": Limit(_closed(0, 1, 2), silent=True),
    "full stdout": Limit(_full_stdout),
}


def writers(specimens: Path) -> dict[str, Command]:
    """Return every command that writes files, by name."""
    scenario, run = str(specimens / "fuzz.toml"), str(specimens / "undisturbed")
    return commands(specimens) | {
        "compile": Command(["compile", scenario, "--out", "run"]),
        "place": Command(["place", scenario, "--out", "run"]),
        "report": Command(["report", run, "--out", "page.html"]),
        "analyse": Command(["analyse", "power", run, "--plot", "power.png"]),
        "trace export": Command(["trace", "export", run, "ticks", "ticks.csv"]),
        "scenario new": Command(["scenario", "new", "mine.toml"]),
        "plugins new": Command(["plugins", "new", "layer", "mine", "--out", "package"]),
    }


@contextlib.contextmanager
def _work_folder(path: Path, limit: Limit) -> Iterator[Callable[[], None]]:
    """Make the folder that a command works in; yield what gives it room, or lets it be written."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    if os.geteuid() == 0 and (limit.disk or limit.read_only):
        options = f"size={limit.disk}" if limit.disk else "ro"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], check=True)
        try:
            yield lambda: subprocess.run(["mount", "-o", "remount,rw,size=256m", str(path)], check=True) and None
        finally:
            subprocess.run(["umount", str(path)], check=True)
        return
    path.chmod(0o555 if limit.read_only else 0o755)
    try:
        yield lambda: path.chmod(0o755)
    finally:
        path.chmod(0o755)


def cell(command: Command, limit: Limit, folder: Path) -> dict[str, object]:
    """Run a command under a limit, then once more without it; return exit code, message and what is wrong, or ""."""
    with _work_folder(folder, limit) as lift:
        process = start(command.arguments, folder, before=limit.before)
        try:
            _, error = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return {"code": None, "message": "", "problem": f"no end after {_PATIENCE_S:.0f} s"}
        lines = [line for line in error.splitlines() if line.strip()]
        message = lines[-1] if lines else ""
        problem = judge(process.returncode, error, message, limit)
        if not problem and (left := leftovers(folder)):
            problem = f"left over: {', '.join(left)}"
        if not problem and process.returncode == 0 and digests(folder) != command.expected:
            problem = "exit code 0 without the results"
        lift()
        # A command may fail after its work, when it cannot print; some do not replace a file that is there.
        unfinished = process.returncode and digests(folder) != command.expected
        if not problem and unfinished and (problem := repeat(command, folder)):
            problem = f"repeated: {problem}"
    return {"code": process.returncode, "message": message.replace(str(folder), "."), "problem": problem}


def judge(code: int, error: str, message: str, limit: Limit) -> str:
    """Return what is wrong with the end of a command, or ""."""
    if code < 0:
        return f"signal {-code}"
    for sign in ("Traceback", "internal error"):
        if sign in error:
            return error[-300:]
    if code and not limit.silent and not message.startswith("neurosyn: "):
        return f"exit code {code} without a message: {error[-200:]}"
    return ""


def main() -> int:
    """Try every command under every limit; return 1 if something is wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.limits", description=__doc__)
    parser.add_argument("--kind", action="append", help="only these commands")
    parser.add_argument("--limit", action="append", choices=list(LIMITS), help="only these limits")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--out", type=Path, default=Path("runs/limits"), help="where to work (default: runs/limits)")
    given = parser.parse_args()
    folder, end = given.out.resolve(), time.monotonic() + 60 * given.minutes
    results = Results(folder / "results.jsonl")
    for name, command in writers(require_specimens(folder / "specimens")).items():
        wanted = [limit for limit in given.limit or LIMITS if not results.of(kind=name, limit=limit)]
        if (given.kind and name not in given.kind) or not wanted or time.monotonic() > end:
            continue
        measure(name, command, folder)
        for limit in wanted:
            if time.monotonic() > end or (LIMITS[limit].disk and os.geteuid()):
                continue
            outcome = cell(command, LIMITS[limit], folder / "work")
            results.add(kind=name, limit=limit, **outcome)
            if outcome["problem"]:
                print(f"{name}, {limit}: {outcome['problem']}", flush=True)
    return 1 if _print(results) else 0


def _print(results: Results) -> int:
    """Print the table; return the number of cells that went wrong."""
    last = {(record["kind"], record["limit"]): record for record in results.records}
    for (kind, limit), record in last.items():
        print(f"{kind:<14}{limit:<20}{record['code']!s:>5}  {record['problem'] or record['message']}"[:140])
    wrong = sum(bool(record["problem"]) for record in last.values())
    print(f"{len(last)} cells, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
