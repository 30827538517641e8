"""Running of jobs: a choice of executor, jobs handed out as workers become free, failures collected."""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neurosyn.errors import BackendError, ChipLimitError, DataError, NeurosynError, PluginError, ScenarioError
from neurosyn.parallel.executor import Executor
from neurosyn.parallel.job import Outcome
from neurosyn.support.files import write_json

__all__ = ["Workers", "error_of", "raise_failures", "run_jobs"]

_AHEAD = 2
"""Jobs handed out for each worker: the next one is there when it has finished one."""
_EXTRA = "pip install 'neurosyn[cluster]'"


@dataclass(frozen=True)
class Workers:
    """Processes that a command uses.

    Attributes
    ----------
    processes
        Number of processes of this machine; None: as `cluster` says.
    cluster
        A Dask cluster: ``local:N``, the address of a scheduler or the path of its file; None: no cluster.
    dashboard
        Serve Dask's pages on this machine.
    """

    processes: int | None = None
    cluster: str | None = None
    dashboard: bool = False

    @classmethod
    def of(cls, processes: int | None, cluster: str | None, *, dashboard: bool = False) -> Workers | None:
        """Return the workers of a command; None if it is to do everything itself.

        Raises
        ------
        ScenarioError
            If both are given.
        """
        if processes is not None and cluster is not None:
            raise ScenarioError("--workers and --cluster: give one of them; --cluster local:N is N processes, too")
        if dashboard and cluster is None:
            raise ScenarioError("--dashboard: belongs to --cluster")
        return None if processes is None and cluster is None else cls(processes, cluster, dashboard)

    def open(self, folder: Path, say: Callable[[str], None]) -> Executor:
        """Start or find the workers.

        Parameters
        ----------
        folder
            Folder of the jobs and of the workers' logs.
        say
            Shows a line to the user.

        Raises
        ------
        ScenarioError
            If what `cluster` needs is not installed, or it is no cluster.
        DataError
            If the cluster cannot do the jobs, with the reasons.
        """
        from neurosyn.parallel.local import LocalExecutor

        processes = self.processes
        if self.cluster is not None:
            from neurosyn.parallel import dask

            if dask.is_installed():
                executor = dask.DaskExecutor(self.cluster, folder, dashboard=self.dashboard)
                if executor.dashboard:
                    say(f"      dashboard: {executor.dashboard}")
                return executor
            local = re.fullmatch(r"local:(\d{1,4})", self.cluster)
            if local is None:
                raise ScenarioError(
                    f"--cluster {self.cluster}: needs Dask distributed, which is not installed; {_EXTRA}, or use "
                    "--workers N for processes of this machine"
                )
            processes = max(int(local[1]), 1)
            say(
                f"--cluster {self.cluster}: Dask distributed is not installed ({_EXTRA}); {processes} processes of "
                "this machine are used without it, with the same results"
            )
        assert processes is not None
        return LocalExecutor(processes, folder)


def run_jobs(
    executor: Executor, jobs: Iterable[Path], ended: Callable[[Path, Outcome], Iterable[Path]] = lambda *_: ()
) -> None:
    """Run jobs, handed out as workers become free.

    Parameters
    ----------
    executor
    jobs
        Files of the jobs; an iterator may write each file when it is asked for.
    ended
        Called with each job and its outcome, in the order in which they end; returns the jobs that can follow now.
    """
    coming, added = iter(jobs), deque[Path]()

    def hand_out() -> None:
        while executor.pending < _AHEAD * executor.workers:
            job = added.popleft() if added else next(coming, None)
            if job is None:
                return
            executor.submit(job)

    hand_out()
    for job, outcome in executor.as_completed():
        added.extend(ended(job, outcome))
        hand_out()


def raise_failures(failures: Sequence[Outcome], total: int, unit: str, folder: Path) -> None:
    """Raise an error that names every job that failed, with host, reason and the command that repeats it alone.

    Parameters
    ----------
    failures
        Outcomes of jobs that failed.
    total, unit
        Number of all jobs, and the name of one.
    folder
        Folder of the jobs; ``failures.json`` there lists all.
    """
    if not failures:
        (folder / "failures.json").unlink(missing_ok=True)
        return
    write_json(folder / "failures.json", [outcome.model_dump(mode="json") for outcome in failures])
    first = failures[0]
    lines = [f"{len(failures)} of {total} {unit} failed; all are listed in {folder / 'failures.json'}"]
    for outcome in failures[:_MOST]:
        lines.append(f"{outcome.error} (on {outcome.host}, process {outcome.process})")
        lines.append(f"    to repeat it alone: neurosyn runs job {shlex.quote(outcome.job)}")
    raise error_of(first, "\n".join(lines))


def error_of(outcome: Outcome, text: str | None = None) -> NeurosynError:
    """Return the error of a job that failed, of the class that has its exit code."""
    return _ERRORS.get(outcome.exit_code, NeurosynError)(text or outcome.error)


_MOST = 5
"""Failures that a message lists."""
_ERRORS = {cls.exit_code: cls for cls in (ScenarioError, PluginError, ChipLimitError, DataError, BackendError)}
