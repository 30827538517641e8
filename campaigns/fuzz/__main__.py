"""Run the campaign: ``python -m campaigns.fuzz --minutes 10``."""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from campaigns.fuzz.readers import READERS
from campaigns.fuzz.specimens import make_specimens
from campaigns.results import Results

_PATIENCE_S = 120.0
"""Seconds until a case that does not end is given up; on a busy machine far more than it takes."""
_MEMORY_MIB = 1024
BAD = ("foreign", "signal", "hang", "memory")


class Worker:
    """A process that tries cases, replaced when it dies."""

    def __init__(self, specimens: Path) -> None:
        self._specimens = specimens
        self._start()

    def _start(self) -> None:
        def limit() -> None:
            # A backstop; the peak of the memory in use is what counts.
            resource.setrlimit(resource.RLIMIT_DATA, (6 << 30, 6 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        self._process = subprocess.Popen(
            [sys.executable, "-m", "campaigns.fuzz.worker", str(self._specimens), str(_MEMORY_MIB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=limit,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, args=(self._process, self._lines), daemon=True)
        self._listener.start()

    @staticmethod
    def _listen(process: Any, lines: queue.Queue[str]) -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def attempt(self, name: str, seed: int, number: int) -> dict[str, Any]:
        """Try a case; a process that dies or hangs is replaced."""
        case = {"reader": name, "seed": seed, "number": number}
        try:
            self._process.stdin.write(json.dumps([name, seed, number]) + "\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except BrokenPipeError:
            self.close()
            self._start()
            return self.attempt(name, seed, number)
        while True:
            try:
                line = self._lines.get(timeout=_PATIENCE_S)
            except queue.Empty:
                self.close()
                self._start()
                return case | {"outcome": "hang", "error": f"more than {_PATIENCE_S:.0f} s"}
            if not line:
                code = self._process.wait()
                self.close()
                self._start()
                return case | {"outcome": "signal", "error": f"exit code {code}"}
            outcome: dict[str, Any] = json.loads(line)
            if "begin" not in outcome:
                if outcome["outcome"] == "memory":
                    self.close()
                    self._start()
                return outcome

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]


def main() -> int:
    """Try cases until the time or their number is over; return 1 if one of them found something."""
    parser = argparse.ArgumentParser("python -m campaigns.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on (default: 10)")
    parser.add_argument("--cases", type=int, help="how many cases of the seed in all, in place of a time")
    parser.add_argument("--seed", type=int, help="decides the mutations (default: the last one's, else the time)")
    parser.add_argument("--reader", action="append", choices=list(READERS), help="only these readers")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/fuzz"), help="specimens and results (default: runs/fuzz)"
    )
    parser.add_argument(
        "--case", nargs=3, metavar=("READER", "SEED", "NUMBER"), help="try one case here, to see it fail"
    )
    given = parser.parse_args()
    specimens = given.out.resolve() / "specimens"
    if not (specimens / "pictures").exists():
        make_specimens(specimens)
    if given.case:
        return _show(specimens, given.case[0], int(given.case[1]), int(given.case[2]))
    names = given.reader or list(READERS)
    _require_sound(specimens, names)
    results = Results(given.out / "results.jsonl")
    seeds = [record["seed"] for record in results.records]
    seed: int = given.seed if given.seed is not None else seeds[-1] if seeds else int(time.time())
    state = _State(results, seed, names)
    end = time.monotonic() + 60 * given.minutes
    worker = Worker(specimens)
    try:
        while (state.number < given.cases) if given.cases else (time.monotonic() < end):
            state.add(worker.attempt(state.next_reader(), seed, state.number))
    finally:
        worker.close()
        state.keep()
    state.print()
    return 1 if state.bad else 0


class _State:
    """Progress of a seed: how many cases were tried, and how they ended; cases of earlier runs count."""

    def __init__(self, results: Results, seed: int, names: list[str]) -> None:
        self._results, self._seed, self._names = results, seed, names
        # Slow readers have one turn in eight.
        self._turns = [name for turn in range(8) for name in names if not turn or not READERS[name].slow]
        self.number, self.counts = 0, Counter[str]()
        for record in results.of(seed=seed, readers=names):
            self.number, self.counts = record["cases"], Counter(record["counts"])

    def next_reader(self) -> str:
        return self._turns[self.number % len(self._turns)]

    def add(self, outcome: dict[str, Any]) -> None:
        self.counts[f"{outcome['reader']}: {outcome['outcome']}"] += 1
        self.number += 1
        if outcome["outcome"] in BAD:
            self._results.add(**outcome)
            print(f"{outcome['outcome']}: {outcome['error']}")
            print(f"    --case '{outcome['reader']}' {self._seed} {outcome['number']}", flush=True)
        if outcome["outcome"] in BAD or self.number % 1000 == 0:
            self.keep()

    def keep(self) -> None:
        self._results.add(seed=self._seed, readers=self._names, cases=self.number, counts=self.counts)

    @property
    def bad(self) -> int:
        return sum(count for key, count in self.counts.items() if key.rpartition(": ")[2] in BAD)

    def print(self) -> None:
        columns = ("read", "refused", *BAD)
        print(f"{self.number:,} cases, seed {self._seed}")
        print(f"{'reader':<20}" + "".join(f"{column:>9}" for column in columns))
        for name in self._names:
            print(f"{name:<20}" + "".join(f"{self.counts[f'{name}: {column}']:>9,}" for column in columns))


def _require_sound(specimens: Path, names: list[str]) -> None:
    """Read every specimen as it is: a campaign over files that are refused anyway would prove nothing."""
    import tempfile

    from campaigns.fuzz.readers import case_folder

    for name in names:
        content = (specimens / READERS[name].file).read_bytes()
        with (
            tempfile.TemporaryDirectory() as scratch,
            case_folder(specimens, Path(scratch) / "c", READERS[name], content) as folder,
        ):
            READERS[name].read(folder)


def _show(specimens: Path, name: str, seed: int, number: int) -> int:
    import tempfile

    from campaigns.fuzz.readers import case_folder
    from campaigns.fuzz.worker import case_bytes

    content = case_bytes(specimens, name, seed, number)
    with (
        tempfile.TemporaryDirectory() as scratch,
        case_folder(specimens, Path(scratch) / "c", READERS[name], content) as folder,
    ):
        print(READERS[name].read(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
