"""The same command in many ways, on a busy machine: ``python -m campaigns.equality --rounds 10``.

A round draws a scenario or spikes, and runs it once with one job, NumPy, the reference timing and hash seed 0.
Then it is run with jobs, backend, timing, threads and hash seed drawn at random, while another process keeps the
processors busy. All files must be equal, byte for byte; the names of backend and timing, which summary and report
print, are replaced first, and files that depend on them through checksums (``stages.json``) are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from campaigns.commands import commands, require_specimens, start
from campaigns.results import Results

_BUSY = "while True: sum(range(10**6))"
_PLAIN = {"jobs": 1, "backend": "numpy", "timing": "simpy", "threads": 1, "hash": "0"}
_LEFT_OUT = {"timings.json", "stages.json", "report.html", "scenario.toml", "provenance.json"}
"""Files that name the backend or the timing, or have times or checksums of such files."""


def draw_command(draw: random.Random, specimens: Path) -> list[str]:
    """Return a command whose results may not depend on how it is run."""
    if draw.random() < 0.5:
        program = commands(specimens)["run"].arguments[1:4]
        return ["run", *program, "--ticks", str(draw.randint(1, 400)), "--out", "out.csv", "--trace", "run"]
    changes = {
        "seed": draw.randrange(1000),
        "train.epochs": draw.choice((1, 2)),
        "simulate.frames": draw.choice((1, 3, 6)),
        "simulate.timed_frames": draw.choice((1, 2)),
        "simulate.tick": draw.choice(("auto", 20.0, 60.0)),
        "chip.fifo_depth": draw.choice((1, 4)),
        "trace.level": draw.choice(("core", "packet")),
    }
    return [
        "simulate",
        str(specimens / "fuzz.toml"),
        "--out",
        "run",
        *(text for key, value in changes.items() for text in ("--set", f"{key}={value}")),
    ]


def draw_way(draw: random.Random) -> dict[str, Any]:
    """Return a way to run a command."""
    return {
        "jobs": draw.choice((1, 2, 3, 7)),
        "backend": draw.choice(("numpy", "numba")),
        "timing": draw.choice(("compiled", "compiled", "simpy")),
        "threads": draw.choice((1, 2, 4)),
        "hash": str(draw.randrange(2**32)),
    }


def run(command: list[str], way: dict[str, Any], folder: Path) -> dict[str, str]:
    """Run a command in one way; return the checksum of each file that it leaves, and its exit code and message."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if command[0] == "run":
        how = ["--backend", way["backend"], "--timing", way["timing"]]
    else:
        how = ["--set", f"simulate.backend={way['backend']}", "--set", f"simulate.timing={way['timing']}"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), str(way["threads"]))
    env = threads | {"PYTHONHASHSEED": way["hash"]}
    process = start([*command, *how, "--jobs", str(way["jobs"])], folder, env=env)
    _, error = process.communicate()
    digests = {
        str(path.relative_to(folder)): hashlib.sha256(_comparable(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _LEFT_OUT and "checkpoints" not in path.parts
    }
    return digests | {"exit code": f"{process.returncode} {error[-300:]}"}


def _comparable(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name == "summary.json":
        document = json.loads(content)
        for key in ("timing", "backend"):
            document["engine"].pop(key)
        return json.dumps({key: value for key, value in document.items() if key not in ("run", "provenance")}).encode()
    if path.name == "trace.json":
        document = json.loads(content)
        document.pop("timing")
        return json.dumps(document).encode()
    return content


def main() -> int:
    """Compare until the number of rounds is reached; return 1 if two ways differed."""
    parser = argparse.ArgumentParser("python -m campaigns.equality", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="in all, earlier runs included (default: 10)")
    parser.add_argument("--ways", type=int, default=4, help="ways of a round beside the plain one (default: 4)")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--seed", type=int, default=1, help="decides commands and ways (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("runs/equality"), help="where to work")
    given = parser.parse_args()
    folder, end = given.out.resolve(), time.monotonic() + 60 * given.minutes
    specimens, results = require_specimens(folder / "specimens"), Results(folder / "results.jsonl")
    busy = subprocess.Popen([sys.executable, "-c", _BUSY])
    try:
        while len(results.of(seed=given.seed)) < given.rounds and time.monotonic() < end:
            number = len(results.of(seed=given.seed))
            draw = random.Random(f"{given.seed}/{number}")
            command = draw_command(draw, specimens)
            expected = run(command, _PLAIN, folder / "plain")
            problems = []
            for way in (draw_way(draw) for _ in range(given.ways)):
                measured = run(command, way, folder / "way")
                keys = expected.keys() | measured.keys()
                if differing := sorted(key for key in keys if expected.get(key) != measured.get(key)):
                    problems.append(f"{way}: {', '.join(differing)}: {measured['exit code']}")
            if not expected["exit code"].startswith("0 "):
                problems.append(expected["exit code"])
            results.add(
                seed=given.seed,
                round=number,
                command=command[0],
                ways=given.ways,
                files=len(expected) - 1,
                problem="; ".join(problems),
            )
            if problems:
                print(f"--seed {given.seed}, round {number}: {'; '.join(problems)}\n    {command}", flush=True)
    finally:
        busy.kill()
        busy.wait()
    wrong = sum(bool(record["problem"]) for record in results.records)
    ways = sum(record["ways"] for record in results.records)
    print(f"{len(results.records)} rounds, {ways} ways beside the plain ones, {wrong} rounds wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
