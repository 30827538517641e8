"""Long runs with flat memory: ``python -m campaigns.soak --ticks 10000000`` and ``--packets 100000000``.

The first runs a small program for many ticks, the second records the trace of every packet of a busy one. The memory of
the process is read every few seconds. Each must stay below 400 MB, and may not grow from the middle of the run to its
end by more than a tenth. Results are the readings; an interrupted campaign begins again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from campaigns.results import Results

_ROOT = Path(__file__).parents[1]
_DATA = _ROOT / "tests" / "formats" / "data"
MOST_MB, MOST_GROWTH = 400, 1.1
_PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.formats.program_file import save_program
from neurosyn.testing.programs import random_program
types = np.zeros(1, NEURON_TYPE)
types["weights"], types["leak"], types["threshold"] = (1, -1, 0, 0), 1, 2
types["negative_saturation"] = True
program = random_program(np.random.default_rng(1), types, cores=16, density=0.02)
save_program(program, Path(sys.argv[1]))
"""
"""Writes a program of 16 cores that sends some 2,000 packets a tick and has no output."""


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in text.splitlines() if line.startswith("VmRSS:")), 0.0)


def soak(arguments: list[str], folder: Path, every_s: float) -> dict[str, Any]:
    """Run a command and read its memory; return the readings, the last line of its summary, and what is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    begun = time.monotonic()
    with (folder / "summary.txt").open("w") as output, (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "neurosyn", *arguments, "--json", "--quiet"],
            cwd=folder,
            stdout=output,
            stderr=errors,
        )
        readings = []
        while process.poll() is None:
            readings.append(round(resident_mb(process.pid), 1))
            time.sleep(every_s)
    return {
        "code": process.returncode,
        "seconds": round(time.monotonic() - begun),
        "readings_mb": readings,
        "problem": judge(process.returncode, readings) or (folder / "errors.txt").read_text()[-300:],
    }


def judge(code: int, readings: list[float]) -> str:
    """Return what is wrong with the end of a run or with its memory, or ""."""
    if code:
        return f"exit code {code}"
    if max(readings, default=0) > MOST_MB:
        return f"{max(readings)} MB, at most {MOST_MB}"
    half = len(readings) // 2
    middle, end = readings[half - 2 : half + 1], readings[-3:]
    if half >= 30 and max(end) > MOST_GROWTH * max(middle):
        return f"from {max(middle)} MB in the middle to {max(end)} MB at the end"
    return ""


def main() -> int:
    """Run what is wanted; return 1 if something went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.soak", description=__doc__)
    parser.add_argument("--ticks", type=float, default=0, help="ticks of the small program, without timing or trace")
    parser.add_argument("--packets", type=float, default=0, help="packets to trace, each with its times")
    parser.add_argument("--every", type=float, default=5, help="seconds from reading to reading (default: 5)")
    parser.add_argument("--out", type=Path, default=Path("runs/soak"), help="where to work (default: runs/soak)")
    given = parser.parse_args()
    folder = given.out.resolve()
    results = Results(folder / "results.jsonl")
    if given.ticks:
        run = ["run", str(_DATA / "two_cores.json"), "--spikes", str(_DATA / "two_cores.sfti")]
        outcome = soak([*run, "--ticks", str(int(given.ticks)), "--out", "out.csv"], folder / "ticks", given.every)
        _report(results, "ticks", int(given.ticks), outcome)
    if given.packets:
        program = folder / "busy.npz"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-c", _PROGRAM, str(program)], cwd=_ROOT, check=True)
        ticks = max(2, int(given.packets / 1900))
        trace = ["--timing", "compiled", "--trace", "trace", "--set", "trace.level=packet"]
        outcome = soak(["run", str(program), "--ticks", str(ticks), *trace], folder / "packets", given.every)
        text = (folder / "packets" / "summary.txt").read_text()
        counted = json.loads(text)["events"]["packets"] if text else 0
        _report(results, "packets", counted, outcome)
    return 1 if any(record["problem"] for record in results.records) else 0


def _report(results: Results, kind: str, size: int, outcome: dict[str, Any]) -> None:
    results.add(kind=kind, size=size, **outcome)
    readings = outcome["readings_mb"]
    print(
        f"{size:,} {kind} in {outcome['seconds']:,} s: at most {max(readings, default=0):.0f} MB,"
        f" at the end {readings[-1] if readings else 0:.0f} MB; {outcome['problem'] or 'right'}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
