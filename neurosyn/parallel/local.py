"""Executor ``local``: processes of this machine."""

from __future__ import annotations

import concurrent.futures as futures
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from neurosyn.parallel.executor import Executor, LostWorkerError
from neurosyn.support.memory import free_memory

__all__ = ["ONE_THREAD", "LocalExecutor"]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""Environment of workers: a process each for as many processors, so more threads would only wait for each other."""


class LocalExecutor(Executor):
    """Processes of this machine; one that ends in the middle of a job is replaced.

    A worker is told its jobs over a pipe, so nothing listens on the network. It ends with the command, however that
    ends.

    Parameters
    ----------
    workers
        Number of processes.
    logs
        Folder of their logs.
    """

    def __init__(self, workers: int, logs: Path) -> None:
        super().__init__()
        self.name = f"{workers} process{'es' if workers > 1 else ''} of this machine"
        self._workers = workers
        self._logs = logs
        self._threads = futures.ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._of_thread = threading.local()
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def workers(self) -> int:
        """Number of processes."""
        return self._workers

    @property
    def memory(self) -> int | None:
        """An equal share of what is free on this machine."""
        free = free_memory()
        return None if free is None else free // self._workers

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes that are running."""
        with self._lock:
            return [process.pid for process in self._processes if process.poll() is None]

    def _start(self, job: Path) -> futures.Future[Any]:
        return self._threads.submit(self._run, job)

    def _run(self, job: Path) -> Any:
        process = self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{job}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (OSError, ValueError):
            answer = ""
        if not answer.endswith("\n"):
            self._end(process)
            raise LostWorkerError(f"process {process.pid} ended with {process.returncode}, see {self._logs}")
        return json.loads(answer)

    def _process(self) -> subprocess.Popen[str]:
        """Return this thread's process; a new one if it has none or that has ended."""
        known: subprocess.Popen[str] | None = getattr(self._of_thread, "process", None)
        if known is not None and known.poll() is None:
            return known
        if known is not None:
            self._end(known)
        self._logs.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self._closed:
                raise LostWorkerError("the command is ending")
            with (self._logs / f"{threading.current_thread().name}.log").open("a", encoding="utf-8") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "neurosyn.parallel.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                    env=os.environ | ONE_THREAD,
                    # Ctrl-C is for the command, which ends its workers itself.
                    start_new_session=True,
                )
            self._processes.add(process)
        self._of_thread.process = process
        return process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()
        with self._lock:
            self._processes.discard(process)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._closed = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in processes:
            self._end(process)
