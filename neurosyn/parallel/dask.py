"""Executor ``dask``: workers of a Dask cluster, on this machine or on others."""

from __future__ import annotations

import concurrent.futures as futures
import contextlib
import logging
import re
import secrets
from pathlib import Path
from typing import Any

from neurosyn.errors import DataError, ScenarioError
from neurosyn.parallel.executor import Executor
from neurosyn.parallel.job import Job
from neurosyn.parallel.local import ONE_THREAD
from neurosyn.parallel.worker import run_job
from neurosyn.support.files import write_text

__all__ = ["DaskExecutor", "is_installed"]

_CONNECT_S = 30
"""Seconds to find the scheduler and the first worker."""
_CLOSE_S = 10
"""Seconds to leave the scheduler, and to end the workers of this machine."""

SETTINGS: dict[str, Any] = {
    # Compiled code may keep Python's lock for longer than a worker may be silent (distributed issue 6324): a first
    # compilation takes a minute.
    "distributed.scheduler.worker-ttl": "1 hour",
    "distributed.comm.timeouts.tcp": "5 minutes",
    # Jobs are as long as each other and wait at the scheduler, not at workers, so there is nothing to take from
    # another worker (distributed issue 7523).
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-saturation": 1.0,
    # A worker keeps no results that could be written to disk. It would pause at 80 % of its memory and never go on,
    # since Python and NumPy give memory back late (distributed issue 6110); it ends at 95 %, and the job is repeated.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    # A job that has lost its worker is repeated by the executor, which counts.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,
}
"""Settings of a cluster that is started here; the guide lists those that others need."""

NO_PAGES: dict[str, Any] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
"""Settings of one without pages."""


def is_installed() -> bool:
    """Whether Dask distributed can be imported."""
    from importlib.util import find_spec

    return find_spec("distributed") is not None


class DaskExecutor(Executor):
    """Workers of a Dask cluster.

    All workers are checked before the first job: that they have the run's folder, the same code, and a backend that
    works. Workers that join later refuse jobs for the same reasons, one by one.

    Parameters
    ----------
    cluster
        ``local:N`` for N processes of this machine; the address of a scheduler, ``tcp://…`` or ``tls://…``; or the path
        of a scheduler file.
    folder
        Folder of the jobs, which the workers share.
    dashboard
        Serve Dask's pages on this machine; only for ``local:N``, other clusters have their own.

    Raises
    ------
    ScenarioError
        If `cluster` is none of these.
    DataError
        If the scheduler is not there, or a worker cannot do the jobs; with every reason.
    """

    def __init__(self, cluster: str, folder: Path, *, dashboard: bool = False) -> None:
        super().__init__()
        import dask
        import distributed

        local = re.fullmatch(r"local:(\d{1,4})", cluster)
        if not local and not re.match(r"(tcp|tls)://", cluster) and not Path(cluster).is_file():
            raise ScenarioError(
                f"--cluster: {cluster!r} is no cluster; give local:N, the address of a scheduler (tcp://HOST:PORT), or "
                "the path of a scheduler file"
            )
        self._cluster: Any = None
        self._settings = dask.config.set(SETTINGS if dashboard else SETTINGS | NO_PAGES)
        try:
            if local:
                self._cluster = distributed.LocalCluster(
                    n_workers=max(int(local[1]), 1),
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    scheduler_kwargs={"dashboard": dashboard, "dashboard_address": "127.0.0.1:0"},
                    local_directory=str(folder / "dask"),
                    preload=["neurosyn.parallel.dask_worker"],
                    silence_logs=logging.CRITICAL,
                )
                self._client = distributed.Client(self._cluster)
            elif Path(cluster).is_file():
                self._client = distributed.Client(scheduler_file=cluster, timeout=_CONNECT_S)
            else:
                self._client = distributed.Client(cluster, timeout=_CONNECT_S)
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
            self._refuse_unfit(folder)
        except (OSError, TimeoutError) as error:
            self.close()
            raise DataError(
                f"--cluster {cluster}: no scheduler with workers answers ({error}); start it and its workers, or use "
                "--workers N for processes of this machine"
            ) from error
        except BaseException:
            self.close()
            raise
        address = self._client.dashboard_link if dashboard else ""
        self.name = f"Dask cluster {self._client.scheduler.address} of {self.workers} workers"
        self.dashboard = address
        self._pool = self._client.get_executor(pure=False, retries=0)

    @property
    def workers(self) -> int:
        """Number of workers at the moment."""
        self._check()
        # A client that has just lost its scheduler has no information left.
        return max(len(self._client.scheduler_info(n_workers=-1).get("workers", ())), 1)

    @property
    def memory(self) -> int | None:
        """The least of the workers' limits (``--memory-limit``)."""
        workers = self._client.scheduler_info(n_workers=-1).get("workers", {}).values()
        # A worker without a limit has 0.
        return min((worker["memory_limit"] for worker in workers if worker["memory_limit"]), default=None)

    def _start(self, job: Path) -> futures.Future[Any]:
        future: futures.Future[Any] = self._pool.submit(run_job, str(job))
        return future

    def _refuse_unfit(self, folder: Path) -> None:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        problems = [
            f"{address}: has {worker['nthreads']} threads, and a job needs a process; start workers with --nthreads 1"
            for address, worker in workers.items()
            if worker["nthreads"] != 1
        ]
        token = secrets.token_hex(16)
        write_text(folder / "token", token)
        job = Job.of("handshake", folder, token=token).write(folder / "handshake.json")
        answers = self._client.run(run_job, str(job), on_error="return")
        for address, answer in answers.items():
            if isinstance(answer, BaseException):
                reason = f"{type(answer).__name__}: {answer}"
                problems.append(f"{address}: cannot run neurosyn ({reason}); install the same version there")
            elif answer["error"] is not None:
                problems.append(f"{address} ({answer['host']}): {answer['error']}")
        if problems:
            raise DataError("workers that cannot do the jobs:\n" + "\n".join(sorted(problems)))

    def _check(self) -> None:
        if self._client.status not in ("running", "newly-created"):
            raise DataError(
                "the scheduler of the Dask cluster is gone; start it again, and the same command goes on with what is "
                "missing"
            )

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        for part in (getattr(self, "_client", None), self._cluster):
            if part is not None:
                # Processes that do not answer in time end with this one.
                with contextlib.suppress(TimeoutError):
                    part.close(timeout=_CLOSE_S)
        self._settings.__exit__(None, None, None)
