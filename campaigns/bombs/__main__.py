"""Run the campaign: ``python -m campaigns.bombs``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from campaigns.bombs.makers import bombs_for
from campaigns.commands import require_specimens
from campaigns.fuzz.readers import READERS
from campaigns.results import Results

MOST_MB, MOST_S = 256, 5.0
_PATIENCE_S = 300.0


def read_bombs(specimens: Path, name: str, kinds: list[str]) -> list[dict[str, Any]]:
    """Let a process read the bombs of a reader; the one at which it dies or hangs is the last outcome."""
    command = [sys.executable, "-m", "campaigns.bombs.worker", str(specimens), name, *kinds]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S * len(kinds))
        output, end = ended.stdout, f"exit code {ended.returncode}: {ended.stderr[-200:]}"
    except subprocess.TimeoutExpired as error:
        output, end = (error.stdout or b"").decode(), f"no end after {error.timeout:.0f} s"
    lines = [json.loads(line) for line in output.splitlines()]
    outcomes = [line for line in lines if "begin" not in line]
    if len(outcomes) < len(kinds):
        outcomes.append({"reader": name, "kind": kinds[len(outcomes)], "outcome": "died", "message": end})
    return outcomes


def problem(outcome: dict[str, Any]) -> str:
    """Return what is wrong with an outcome, or ""."""
    if outcome["outcome"] not in ("read", "refused"):
        return f"{outcome['outcome']}: {outcome['message']}"
    if outcome["mb"] > MOST_MB or outcome["s"] > MOST_S:
        return f"{outcome['mb']} MB, {outcome['s']} s"
    return ""


def main() -> int:
    """Read all bombs; return 1 if one went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.bombs", description=__doc__)
    parser.add_argument("--reader", action="append", choices=list(READERS), help="only these readers")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--out", type=Path, default=Path("runs/bombs"), help="where to work (default: runs/bombs)")
    given = parser.parse_args()
    folder, end = given.out.resolve(), time.monotonic() + 60 * given.minutes
    specimens, results = require_specimens(folder / "specimens"), Results(folder / "results.jsonl")
    for name in given.reader or READERS:
        kinds = [kind for kind in _kinds(name) if not results.of(reader=name, kind=kind)]
        while kinds and time.monotonic() < end:
            for outcome in read_bombs(specimens, name, kinds):
                kinds.remove(outcome["kind"])
                results.add(**outcome, problem=problem(outcome))
                if problem(outcome):
                    print(f"{name}, {outcome['kind']}: {problem(outcome)}", flush=True)
    return 1 if _print(results) else 0


def _kinds(name: str) -> list[str]:
    return list(bombs_for(READERS[name].file, text=READERS[name].text))


def _print(results: Results) -> int:
    """Print the most that each kind took; return the number of bombs that went wrong."""
    records = results.records
    print(f"{'bomb':<42}{'readers':>8}{'read':>6}{'refused':>9}{'MB':>6}{'s':>7}{'wrong':>7}")
    for kind in dict.fromkeys(record["kind"] for record in records):
        those = results.of(kind=kind)
        ends = [record["outcome"] for record in those]
        most = max(record.get("mb", 0) for record in those), max(record.get("s", 0) for record in those)
        wrong = sum(bool(record["problem"]) for record in those)
        print(
            f"{kind:<42}{len(those):>8}{ends.count('read'):>6}{ends.count('refused'):>9}{most[0]:>6}{most[1]:>7}{wrong:>7}"
        )
    baselines = [record["baseline_mb"] for record in records if "baseline_mb" in record]
    print(f"{len(records)} bombs; before one, a process has up to {max(baselines, default=0)} MB")
    return sum(bool(record["problem"]) for record in records)


if __name__ == "__main__":
    sys.exit(main())
