"""Simulation of a run's frames by jobs, one for each part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from neurosyn.parallel.job import Job, Outcome
from neurosyn.parallel.running import Workers, raise_failures, run_jobs
from neurosyn.run.memory import require_memory
from neurosyn.run.parts import PartedRun
from neurosyn.run.stages import PartRunner
from neurosyn.support.progress import StageProgress

__all__ = ["part_runner"]


def part_runner(workers: Workers) -> PartRunner:
    """Return what simulates the missing parts of a run on workers, for `Stages.simulate`."""

    def run_parts(run: PartedRun, progress: StageProgress) -> str:
        missing, folder = run.missing(), Path(run.folder.jobs)
        if not missing:
            return f"all {run.count} parts are there"
        failures: list[Outcome] = []
        done, peak = run.count - len(missing), 0

        def ended(job: Path, outcome: Outcome) -> tuple[()]:
            nonlocal done, peak
            peak = max(peak, outcome.peak_bytes)
            number = int(job.stem.rpartition("-")[2])
            if outcome.error is None and not run.is_done(number):
                outcome.error = (
                    f"{run.part_folder(number)}: the worker reports success, but the part is not here; give workers "
                    "and command the same folder"
                )
                outcome.exit_code = 5
            if outcome.error is None:
                done += 1
                job.unlink(missing_ok=True)
                progress.update(done, run.count, "parts")
            else:
                failures.append(outcome)
            return ()

        with workers.open(folder, progress.line) as executor:
            require_memory(run.cores, executor.memory, f"each of {executor.name}")
            progress.update(done, run.count, "parts")
            run_jobs(executor, _jobs(run, missing, folder), ended)
        raise_failures(failures, run.count, "parts", folder)
        at_most = f", each with {peak / 1e9:.2g} GB at most" if peak else ""
        return f"{len(missing)} of {run.count} parts by {executor.name}{at_most}"

    return run_parts


def _jobs(run: PartedRun, numbers: list[int], folder: Path) -> Iterator[Path]:
    """Yield the jobs of parts, each written when it is asked for."""
    for number in numbers:
        job = Job.of("part", Path(run.folder.path), number=number, frames=run.frames, key=run.key)
        yield job.write(folder / f"part-{number:06}.json")
