"""Executor: runs job files on processes, of this machine or of others."""

from __future__ import annotations

import concurrent.futures as futures
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from neurosyn.parallel.job import Outcome

__all__ = ["Executor", "LostWorkerError"]

_LOG = logging.getLogger("neurosyn.parallel.executor")
_TRIES = 4
"""Workers that a job may lose before it counts as failed: its cause is then likely the job itself."""


class LostWorkerError(Exception):
    """A worker ended in the middle of a job: killed, out of memory, its machine gone."""


class Executor(ABC):
    """Runs jobs, each by a path to its file, and yields their outcomes as they come.

    A job whose worker is lost is run again by another one. That is harmless: results are files that are written whole,
    and are the same whichever worker wrote them, once or twice.

    Use it as a context manager; jobs that have not ended when the block is left are cancelled.

    Attributes
    ----------
    name : str
        What it runs on, for the user.
    """

    name = ""

    def __init__(self) -> None:
        self._running: dict[futures.Future[Any], Path] = {}
        self._tries: dict[Path, int] = {}

    @property
    @abstractmethod
    def workers(self) -> int:
        """Number of processes that run jobs at the same time."""

    @property
    def memory(self) -> int | None:
        """Bytes that each worker may take; None if unknown."""
        return None

    @abstractmethod
    def _start(self, job: Path) -> futures.Future[Any]:
        """Begin a job; the future's result is that of `neurosyn.parallel.worker.run_job`."""

    @abstractmethod
    def close(self) -> None:
        """End the processes that this executor has started, also those in the middle of a job."""

    def submit(self, job: Path) -> None:
        """Run a job as soon as a worker is free."""
        self._running[self._start(job)] = job

    @property
    def pending(self) -> int:
        """Number of jobs that have not ended."""
        return len(self._running)

    def as_completed(self) -> Iterator[tuple[Path, Outcome]]:
        """Yield the jobs and their outcomes in the order in which they end; further ones may be submitted meanwhile.

        Raises
        ------
        DataError
            If the connection to the workers is lost.
        """
        while self._running:
            ended, _ = futures.wait(self._running, timeout=1.0, return_when=futures.FIRST_COMPLETED)
            self._check()
            for future in ended:
                job = self._running.pop(future)
                outcome = self._outcome(future, job)
                if outcome is not None:
                    self._tries.pop(job, None)
                    yield job, outcome

    def _outcome(self, future: futures.Future[Any], job: Path) -> Outcome | None:
        """Return the outcome of a job that has ended; None if it was submitted again."""
        try:
            return Outcome.model_validate(future.result())
        except (Exception, futures.CancelledError) as error:
            self._check()
            self._tries[job] = self._tries.get(job, 0) + 1
            _LOG.warning("%s: worker lost (%s: %s)", job, type(error).__name__, error)
            if self._tries[job] < _TRIES:
                self.submit(job)
                return None
            reason = f"{_TRIES} workers ended in the middle of it, the last: {error or type(error).__name__}"
            return Outcome(job=str(job), error=reason, exit_code=1)

    def _check(self) -> None:  # noqa: B027  (optional)
        """Raise `DataError` if no job can end any more."""

    def cancel(self) -> None:
        """Cancel all jobs: those that have not begun never do, the others stop as soon as they notice."""
        for future, job in self._running.items():
            # A job in progress looks for its file from time to time.
            with contextlib.suppress(OSError):
                job.unlink(missing_ok=True)
            future.cancel()
        self._running = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.cancel()
        finally:
            self.close()
