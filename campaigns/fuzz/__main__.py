"""Run the campaign: ``python -m campaigns.fuzz --minutes 10``."""

from __future__ import annotations

import argparse
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

from campaigns.fuzz.readers import READERS, make_specimens

_HANG_S = 20.0
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
        threading.Thread(target=self._listen, args=(self._process, self._lines), daemon=True).start()

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
            self._start()
            return self.attempt(name, seed, number)
        # The first case of a process waits for its imports.
        patience = 4 * _HANG_S
        while True:
            try:
                line = self._lines.get(timeout=patience)
            except queue.Empty:
                self.close()
                self._start()
                return case | {"outcome": "hang", "error": f"more than {patience:.0f} s"}
            if not line:
                code = self._process.wait()
                self._start()
                return case | {"outcome": "signal", "error": f"exit code {code}"}
            outcome: dict[str, Any] = json.loads(line)
            if "begin" not in outcome:
                if outcome["outcome"] == "memory":
                    self.close()
                    self._start()
                return outcome
            patience = _HANG_S

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def main() -> int:
    """Try cases until the time or their number is over; return 1 if one of them found something."""
    parser = argparse.ArgumentParser("python -m campaigns.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on (default: 10)")
    parser.add_argument("--cases", type=int, help="how many cases in all, in place of a time")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="decides the mutations (default: the time)")
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
    _require_sound(specimens, given.reader or list(READERS))
    names, end = given.reader or list(READERS), time.monotonic() + 60 * given.minutes
    counts: Counter[tuple[str, str]] = Counter()
    worker, number, found = Worker(specimens), 0, 0
    with (given.out / "results.jsonl").open("a", encoding="utf-8") as results:
        while (number < given.cases) if given.cases else (time.monotonic() < end):
            outcome = worker.attempt(names[number % len(names)], given.seed, number)
            counts[outcome["reader"], outcome["outcome"]] += 1
            if outcome["outcome"] in BAD:
                found += 1
                results.write(json.dumps(outcome) + "\n")
                results.flush()
                print(f"{outcome['outcome']}: {outcome['error']}")
                print(f"    --case '{outcome['reader']}' {given.seed} {outcome['number']}")
            number += 1
    worker.close()
    _print(names, counts, number, given.seed)
    return 1 if found else 0


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


def _print(names: list[str], counts: Counter[tuple[str, str]], number: int, seed: int) -> None:
    columns = ("read", "refused", *BAD)
    print(f"{number:,} cases, seed {seed}")
    print(f"{'reader':<20}" + "".join(f"{column:>9}" for column in columns))
    for name in names:
        print(f"{name:<20}" + "".join(f"{counts[name, column]:>9,}" for column in columns))


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
