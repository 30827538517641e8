"""Sweep of a scenario over values: each combination is a run in its own folder.

A new run begins with the model, program and placement of the finished run that has most values in common with it, and
repeats only the stages that depend on the others. An interrupted sweep can be resumed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.analysis.design_space import GOALS, run_numbers
from neurosyn.errors import ChipLimitError, FolderInUseError, InterruptedRunError, NeurosynError, ScenarioError
from neurosyn.run.check import check_scenario
from neurosyn.run.checkpoint import EVERY_S
from neurosyn.run.sampling import Samples, draw_samples
from neurosyn.run.shard import Shard
from neurosyn.run.stages import Stages
from neurosyn.run.sweep_results import sweep_space, write_sweep_results
from neurosyn.scenario.changes import parse_value
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.files import make_folder, write_json
from neurosyn.support.progress import StageProgress

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["Point", "PointRunner", "Sweep", "compare_runs", "sweep_design_space", "write_table"]

PointRunner = Callable[["Sweep", StageProgress, bool], None]
"""Does the runs `own` of a sweep that are not up to date, or all with True, and calls `Sweep.end` for each."""

_LOG = logging.getLogger("neurosyn.run.sweep")
_MOST = 1_000
"""Largest number of runs of a sweep."""
_LONGEST_NAME = 120


@dataclass
class Point:
    """One combination of values.

    Attributes
    ----------
    values
        The value of each key, as it was written.
    changes
        The same, as plain values.
    scenario
        The scenario with these values.
    run
        Its run folder.
    error
        The cause if the run failed, else None.
    finished
        Whether the run has a result.
    """

    values: dict[str, str]
    changes: dict[str, Any]
    scenario: Scenario
    run: Path
    error: NeurosynError | None = None
    finished: bool = False

    @property
    def state(self) -> str:
        """``finished``, ``failed`` or ``unfinished``."""
        return _state(finished=self.finished, failed=self.error is not None)


class Sweep:
    """The runs of a scenario over the values of some keys.

    Every combination is checked before the first run starts.

    Parameters
    ----------
    scenario
        The scenario file.
    ranges
        The values of each key; as written on the command line.
    profile, changes
        As for one run.
    out
        The folder of the runs; by default ``sweeps/NAME-HASH``.
    samples
        Draw so many points of the design space in place of every combination; an impossible point is then a failed run.
    repeats
        Runs of each combination, with this many seeds from the scenario's on.
    combinations
        The values of each run, with the keys of `ranges`, in place of every combination.

    Raises
    ------
    ScenarioError
        If there are no values or too many, or a combination is not a valid scenario.
    """

    def __init__(
        self,
        scenario: Path,
        ranges: Mapping[str, Sequence[str]],
        *,
        profile: str | None = None,
        changes: Mapping[str, Any] | None = None,
        out: Path | None = None,
        samples: Samples | None = None,
        repeats: int = 1,
        combinations: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        if not ranges:
            raise ScenarioError("sweep: there is nothing to vary; give --over KEY=VALUE,VALUE,…")
        base = load_scenario(scenario, profile=profile, changes=changes)
        self._repeated = [{"seed": str(base.seed + number)} for number in range(repeats)] if repeats > 1 else [{}]
        if repeats > 1 and "seed" in ranges:
            raise ScenarioError("sweep: --over seed and --repeat both give seeds; leave one out")
        self.search = samples if samples is not None and samples.method == "optuna" else None
        if self.search is not None:
            combinations = []
        elif samples is not None:
            combinations = draw_samples(ranges, samples)
        elif combinations is None:
            combinations = [dict(zip(ranges, values, strict=True)) for values in itertools.product(*ranges.values())]
        self.size = (len(combinations) if self.search is None else self.search.size) * repeats
        if self.size > _MOST:
            raise ScenarioError(f"sweep: {self.size:,} runs, at most {_MOST:,}; vary fewer keys or values")
        # A search of more points is the same search, continued.
        drawn = samples if self.search is None else samples[1:]  # type: ignore[index]
        content = [base.digest(), dict(ranges), *([drawn] if samples is not None else []), *self._repeated[1:]]
        digest = hashlib.sha256(json.dumps(content, default=list).encode()).hexdigest()[:8]
        self.folder = out or Path("sweeps") / f"{base.name}-{digest}"
        self.ranges = {key: list(values) for key, values in ranges.items()}
        if repeats > 1:
            self.ranges["seed"] = [values["seed"] for values in self._repeated]
        self.samples = samples
        self.shard: Shard | None = None
        self.points: list[Point] = []
        self.own: list[Point] = []
        self.origin = (scenario, profile, dict(changes or {}))
        for values in combinations:
            self.add(values)

    def add(self, values: Mapping[str, str]) -> list[Point]:
        """Add the runs of a combination, one for each seed, and return them.

        Raises
        ------
        ScenarioError
            If the combination is not a valid scenario.
        """
        scenario, profile, changes = self.origin
        added = []
        for seed in self._repeated:
            named = {**values, **seed}
            varied = {key: parse_value(text) for key, text in named.items()}
            loaded = load_scenario(scenario, profile=profile, changes={**changes, **varied})
            added.append(Point(named, varied, loaded, self.folder / _folder_name(named)))
        self.points += added
        return added

    def simulate(
        self,
        progress: StageProgress,
        jobs: int | None = None,
        *,
        force: bool = False,
        shard: Shard | None = None,
        run_points: PointRunner | None = None,
        checkpoint_every_s: float = EVERY_S,
    ) -> None:
        """Simulate every run that is not up to date; after one that fails the others still follow.

        Several sweeps may work in the same folder: a run that another one is working on comes last, and is then found
        finished.

        Parameters
        ----------
        progress
            Shows the runs and their stages.
        jobs
            Ticks that may be played in time at once.
        force
            Repeat runs that are up to date.
        shard
            Do only this share of the runs; `neurosyn.run.sweep_shards.merge_sweep` joins the shards.
        run_points
            Does the runs, in whatever processes; None: this process does, one after the other.
        checkpoint_every_s
            Least number of seconds between checkpoints of a simulation in this process.

        Raises
        ------
        InterruptedRunError
            If it was interrupted; finished runs stay.
        ScenarioError, ChipLimitError, PluginError
            Before the first run, if the network of a point cannot be built, trained or placed.
        """
        self.shard = shard
        self.own = self.points if shard is None else [self.points[number] for number in shard.of(len(self.points))]
        self._require_outcomes()
        make_folder(self.folder)
        self.save()  # reports of the runs lead to the page of the sweep
        run_points = run_points or self._run_here(jobs, checkpoint_every_s)
        if self.search is None:
            run_points(self, progress, force)
        else:
            self._search(self.search, run_points, progress, force=force)
        self.save()
        if shard is None:
            write_sweep_results(self.to_dict())

    def _search(self, samples: Samples, run_points: PointRunner, progress: StageProgress, *, force: bool) -> None:
        """Simulate one point after the other, each where the search expects most of it."""
        from neurosyn.run.search import Search

        if self.shard is not None:
            raise ScenarioError("sweep: a search needs the results of all points before; leave out --shard")
        search = Search({key: values for key, values in self.ranges.items() if key != "seed"}, samples.seed)
        points: list[Point] = []
        while len(points) < self.size and (values := search.ask()) is not None:
            self.own = self.add(values)
            try:
                for point in self.own:
                    check_scenario(point.scenario)
            except ChipLimitError as error:
                for point in self.own:
                    self.end(point, error)
            else:
                run_points(self, progress, force)
            points += self.own
            rows = [run_numbers(point.run) for point in self.own if point.finished]
            goals = [name for name in GOALS if rows and all(row[name] is not None for row in rows)]
            means = {name: sum(row[name] for row in rows) / len(rows) for name in goals}
            search.tell(means if len(rows) == len(self.own) else None)
        self.own = points

    def _run_here(self, jobs: int | None, checkpoint_every_s: float) -> PointRunner:
        def run_points(sweep: Sweep, progress: StageProgress, force: bool) -> None:
            coming = sweep.own
            for wait in (False, True):
                in_use = []
                for point in coming:
                    progress.line(sweep.line(point))
                    stages = Stages(point.scenario, point.run, force=force)
                    stages.checkpoint_every_s = checkpoint_every_s
                    try:
                        stages.simulate(progress.again(Stages.STAGES), jobs, adopt=sweep.nearest(point), wait=wait)
                    except InterruptedRunError:
                        raise
                    except FolderInUseError:
                        progress.line("      another process is working on it; it comes last")
                        in_use.append(point)
                        continue
                    except NeurosynError as error:
                        sweep.end(point, error)
                        progress.line(f"      {error}")
                    else:
                        sweep.end(point)
                coming = in_use

        return run_points

    def line(self, point: Point) -> str:
        """Return the line that announces a run."""
        number = next(number for number, other in enumerate(self.points, 1) if other is point)
        values = ", ".join(f"{key}={value}" for key, value in point.values.items())
        return f"run {number} of {self.size}: {values}"

    def end(self, point: Point, error: NeurosynError | None = None) -> None:
        """Record that a run has ended, well unless there is an error."""
        if error is not None:
            _LOG.debug("%s failed", point.run, exc_info=error)
        point.error, point.finished = error, error is None
        self.save()

    def save(self) -> None:
        """Write the list of runs: ``sweep.json``, or one for the shard."""
        shard = self.shard
        name = "sweep.json" if shard is None else f"sweep-{shard.number}-of-{shard.total}.json"
        write_json(self.folder / name, self.to_dict())

    def _require_outcomes(self) -> None:
        """Refuse the sweep if a point's network is impossible; points with the same network are checked once."""
        names = ("data", "encoder", "network", "train", "compile", "place", "chip")
        checked = set()
        for point in self.points:
            key = json.dumps([point.scenario.table(name) for name in names], sort_keys=True)
            if key in checked:
                continue
            checked.add(key)
            try:
                check_scenario(point.scenario)
            except ChipLimitError as error:
                if self.samples is None:
                    raise self._at(point, error) from error
            except NeurosynError as error:
                raise self._at(point, error) from error

    def _at(self, point: Point, error: NeurosynError) -> NeurosynError:
        """Return the error with the values of its point."""
        values = ", ".join(f"{key}={value}" for key, value in point.values.items())
        return type(error)(f"sweep: {values}: {error}")

    def compare(self) -> Analysis | None:
        """Return the comparison of the finished runs; None without any."""
        return compare_runs([point.run for point in self.points if point.finished])

    def design_space(self) -> Analysis:
        """Return the table of all runs, the values of keys first, and its plots."""
        return sweep_space(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the varied keys, and folder, state and error of each run, as plain values."""
        points = [
            {
                "values": point.values,
                "run": str(point.run),
                "finished": point.finished,
                "error": None if point.error is None else str(point.error),
            }
            for point in self.points
        ]
        return {"sweep": str(self.folder), "over": self.ranges, "points": points}

    def nearest(self, point: Point) -> Path | None:
        """Return the folder of the finished run with most equal values, for a run that has not begun; None without."""
        finished = [other for other in self.points if other.finished]
        if not finished or (point.run / "stages.json").exists():
            return None
        return max(finished, key=lambda other: len(point.values.items() & other.values.items())).run


def sweep_design_space(document: Mapping[str, Any]) -> Analysis:
    """Return the table of the runs in a list of runs, as `Sweep.to_dict` returns it, and its plots."""
    from neurosyn.analysis.design_space import design_space, run_numbers

    rows = []
    for point in document["points"]:
        values = {key: parse_value(text) for key, text in point["values"].items()}
        numbers = run_numbers(Path(point["run"])) if point["finished"] else {}
        state = _state(finished=point["finished"], failed=point["error"] is not None)
        rows.append({**values, **numbers, "state": state, "reason": point["error"], "run": point["run"]})
    return design_space(rows, list(document["over"]), document["sweep"])


def _state(*, finished: bool, failed: bool) -> str:
    return "finished" if finished else "failed" if failed else "unfinished"


def write_table(folder: Path, document: Mapping[str, Any]) -> None:
    """Write the table of a list of runs as ``sweep.csv`` and ``sweep.parquet``."""
    table = sweep_design_space(document).table("runs")
    table.to_csv(folder / "sweep.csv", index=False)
    plain = {key: table[key].astype(str) for key in document["over"] if table[key].dtype == object}
    table.assign(**plain).to_parquet(folder / "sweep.parquet", index=False)


def compare_runs(folders: Sequence[Path]) -> Analysis | None:
    """Return the comparison of finished runs; None without any."""
    from neurosyn.analysis.comparison import compare
    from neurosyn.analysis.finished_run import FinishedRun

    return compare([FinishedRun(folder) for folder in folders]) if folders else None


def _folder_name(values: Mapping[str, str]) -> str:
    """Return a folder name made of the values, with a digest where they do not fit into a name."""
    text = ",".join(f"{key}={value}" for key, value in values.items())
    name = re.sub(r"[^\w.,=+-]+", "_", text, flags=re.ASCII).strip("_")
    if name == text and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
