"""Worker: runs job files, each to an outcome; the process of the local backend reads their paths from its input."""

from __future__ import annotations

import logging
import os
import platform
import queue
import sys
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from neurosyn.errors import DataError, FolderInUseError, NeurosynError
from neurosyn.parallel.job import Job, Outcome, read_job
from neurosyn.run.parts import PartedRun
from neurosyn.run.sharded_stages import ShardedStages
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.memory import peak_memory
from neurosyn.support.progress import StageProgress

__all__ = ["run_job"]

_LOG = logging.getLogger("neurosyn.parallel.worker")
_CHECK_S = 1.0
"""Interval at which a job looks for its file, in seconds: a job whose file is gone was cancelled."""


def run_job(path: str) -> dict[str, Any]:
    """Run the job in a file and return its `Outcome` as plain values; it never raises."""
    began = time.monotonic()
    outcome = Outcome(job=path, host=platform.node(), process=os.getpid())
    try:
        job = read_job(Path(path))
        sys.argv = job.argv
        _LOG.info("%s begins", path)
        _RUN[job.kind](job, Path(path))
    except NeurosynError as error:
        outcome.error, outcome.exit_code = str(error), error.exit_code
        outcome.in_use = isinstance(error, FolderInUseError)
    except OSError as error:
        outcome.error, outcome.exit_code = f"{error.filename or path}: {error.strerror or error}", DataError.exit_code
    except MemoryError:
        outcome.error, outcome.exit_code = "out of memory; give each worker more, or use fewer workers", 1
    except Exception as error:
        _LOG.exception("%s", path)
        outcome.error, outcome.exit_code = f"internal error: {type(error).__name__}: {error}", 1
    outcome.seconds, outcome.peak_bytes = time.monotonic() - began, peak_memory()
    peak = f"at most {outcome.peak_bytes / 1e9:.2f} GB"
    _LOG.info("%s ends after %.1f s, %s: %s", path, outcome.seconds, peak, outcome.error or "done")
    return outcome.model_dump(mode="json")


def _simulate_part(job: Job, path: Path) -> None:
    run = _parted_run(str(Path(job.folder).resolve()), job.key, job.frames)
    if not run.is_done(job.number):
        run.simulate(job.number, _cancellation(path))


@lru_cache(maxsize=1)
def _parted_run(folder: str, key: str, frames: int) -> PartedRun:
    """Return a run that this process works on; the jobs of a run come one after the other."""
    out = Path(folder)
    stages = ShardedStages(load_scenario(out / "scenario.toml"), out)
    with stages.progress(quiet=True) as progress:
        return stages.parts(progress, key, frames, jobs=1)


def _simulate_point(job: Job, path: Path) -> None:
    scenario = load_scenario(Path(job.scenario), profile=job.profile, changes=job.changes)
    stages = ShardedStages(scenario, Path(job.folder), force=job.force)
    with _Silent(ShardedStages.STAGES, _cancellation(path)) as progress:
        stages.simulate(progress, 1, adopt=None if job.adopt is None else Path(job.adopt), wait=job.wait)


class _Silent(StageProgress):
    """Display of nothing, which ends a job that was cancelled."""

    def __init__(self, stages: int, check: Callable[[], None]) -> None:
        super().__init__(stages, quiet=True)
        self._check = check

    def update(self, done: int, total: int, note: str = "", seconds_left: float | None = None) -> None:
        """Raise `DataError` if the job was cancelled."""
        self._check()
        super().update(done, total, note, seconds_left)


def _cancellation(path: Path) -> Callable[..., None]:
    """Return a function that ends a job when its file is gone; it looks from time to time."""
    last = time.monotonic()

    def check(*_: Any) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _CHECK_S:
            return
        last = now
        if not path.exists():
            raise DataError(f"{path}: the job was cancelled; the same command goes on")

    return check


def _shake_hands(job: Job, _: Path) -> None:
    from neurosyn.selftest.simulations import run_self_tests

    file = Path(job.folder) / "token"
    if not file.is_file() or file.read_text(encoding="utf-8") != job.token:
        raise DataError(
            f"{job.folder}: is another folder here than where the command runs; workers and the command need a folder "
            "that all share, under the same path"
        )
    problems = [test.problem for test in run_self_tests(["numba"], ["none"]) if test.problem]
    if problems:
        raise DataError(f"the self-test of backend numba failed: {problems[0]}")


_RUN = {"part": _simulate_part, "point": _simulate_point, "handshake": _shake_hands}


def main() -> None:
    """Run the jobs whose paths come line by line from the input, and print an outcome for each."""
    # What else is printed, by a plugin for example, goes to the log and not among the outcomes.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            jobs.put(line.rstrip("\n"))
        # The command is gone: nobody wants the result of the job in progress.
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        path = jobs.get()
        answers.write(Outcome.model_validate(run_job(path)).model_dump_json() + "\n")


if __name__ == "__main__":
    main()
