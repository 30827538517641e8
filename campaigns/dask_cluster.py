"""Dask cluster of this machine for trials: its scheduler and workers are processes that can be killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["DaskCluster", "children", "kill"]

_START_S = 60.0
"""Longest time until the scheduler has written its file, in seconds."""


class DaskCluster:
    """A scheduler and two workers of one thread each, started as a user starts them; they listen on 127.0.0.1.

    Each worker has a nanny, which starts another process in its place when it is killed.

    Parameters
    ----------
    folder
        Folder of the scheduler file, the logs and the workers' files.

    Attributes
    ----------
    file : Path
        The scheduler file, for ``--cluster``.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self._folder = folder
        self._nannies: list[subprocess.Popen[bytes]] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._start_all()

    def kill_worker(self, draw: random.Random) -> bool:
        """Kill a worker that is drawn; return False if it is not there at the moment."""
        self.require_workers()
        return kill(children(draw.choice(self._nannies).pid)[-1:])

    def require_workers(self) -> None:
        """Start a worker in place of each whose nanny has ended, as one does whose first process was killed."""
        for number, nanny in enumerate(self._nannies):
            if nanny.poll() is not None:
                self._nannies[number] = self._start_worker()

    def restart(self) -> None:
        """Kill the scheduler and all workers, and start others."""
        self.close()
        self._start_all()

    def close(self) -> None:
        """Kill the scheduler and all workers."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def _start_all(self) -> None:
        self.file.unlink(missing_ok=True)
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        deadline = time.monotonic() + _START_S
        while not self.file.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._folder / 'scheduler.log'}: the scheduler has not started")
            time.sleep(0.05)
        self._nannies = [self._start_worker() for _ in range(2)]

    def _start_worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self._folder))

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--scheduler-file", str(self.file), *words]
        with (self._folder / f"{program}.log").open("a") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._processes.append(process)
        return process


def kill(processes: list[int]) -> bool:
    """Kill processes (SIGKILL); return whether there was one."""
    killed = False
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed = True
    return killed


def children(process: int) -> list[int]:
    """Return the numbers of a process's children."""
    numbers: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            numbers += [int(word) for word in listed.read_text().split()]
    return numbers
