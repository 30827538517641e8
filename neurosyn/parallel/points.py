"""Runs of a sweep by jobs, one for each; runs that begin with the same training wait for the first of them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from neurosyn.parallel.job import Job, Outcome
from neurosyn.parallel.running import Workers, error_of, run_jobs
from neurosyn.run.sweep import Point, PointRunner, Sweep
from neurosyn.support.progress import StageProgress

__all__ = ["point_runner"]

_TRAINING = ("seed", "data", "encoder", "network", "train")
"""Tables that decide a training."""


def point_runner(workers: Workers) -> PointRunner:
    """Return what does the runs of a sweep on workers, for `Sweep.simulate`."""

    def run_points(sweep: Sweep, progress: StageProgress, force: bool) -> None:
        folder = sweep.folder / "jobs"
        points = _PointJobs(sweep, folder, force)
        with progress.again(1).stage("sweep") as notes:
            done = 0

            def ended(job: Path, outcome: Outcome) -> Iterable[Path]:
                nonlocal done
                point = points.of(job)
                if outcome.in_use:
                    progress.line(f"{sweep.line(point)}: another process is working on it; it comes last")
                    return [points.write(point, wait=True)]
                done += 1
                if outcome.error is None:
                    job.unlink(missing_ok=True)
                    sweep.end(point)
                    progress.line(f"{sweep.line(point)}: done on {outcome.host} in {outcome.seconds:.1f} s")
                else:
                    sweep.end(point, error_of(outcome))
                    progress.line(f"{sweep.line(point)}: failed on {outcome.host}: {outcome.error}")
                    progress.line(f"      to repeat it alone: neurosyn runs job {job}")
                progress.update(done, len(sweep.own), "runs")
                return points.released_by(point)

            with workers.open(folder, progress.line) as executor:
                notes.append(f"{len(sweep.own)} runs by {executor.name}")
                run_jobs(executor, points.first(), ended)

    return run_points


class _PointJobs:
    """Jobs of a sweep's runs, in the order in which they can begin."""

    def __init__(self, sweep: Sweep, folder: Path, force: bool) -> None:
        self._sweep, self._folder, self._force = sweep, folder, force
        self._points: dict[Path, Point] = {}
        self._waiting: dict[str, deque[Point]] = {}
        for point in sweep.own:
            self._waiting.setdefault(_training(point), deque()).append(point)

    def of(self, job: Path) -> Point:
        """Return the run of a job."""
        return self._points[job]

    def first(self) -> Iterator[Path]:
        """Yield a job for each training: that of the first run with it."""
        for points in list(self._waiting.values()):
            yield self.write(points.popleft())

    def released_by(self, point: Point) -> Iterable[Path]:
        """Yield the jobs that can begin when the run of a job has ended: all with its training, or one more to try."""
        points = self._waiting[_training(point)]
        while points:
            yield self.write(points.popleft())
            if not point.finished:
                return

    def write(self, point: Point, *, wait: bool = False) -> Path:
        """Write the job of a run."""
        scenario, profile, changes = self._sweep.origin
        nearest = self._sweep.nearest(point)
        job = Job.of(
            "point",
            point.run,
            scenario=str(scenario),
            profile=profile,
            changes={**changes, **point.changes},
            force=self._force,
            wait=wait,
            adopt=None if nearest is None else str(nearest),
        )
        path = job.write(self._folder / f"{point.run.name}.json")
        self._points[path] = point
        return path


def _training(point: Point) -> str:
    return json.dumps([point.scenario.table(name) for name in _TRAINING], sort_keys=True)
