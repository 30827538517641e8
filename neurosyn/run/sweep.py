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
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import InterruptedRunError, NeurosynError, ScenarioError
from neurosyn.run.check import check_scenario
from neurosyn.run.folder import read_record
from neurosyn.run.stages import Stages
from neurosyn.scenario.changes import parse_value
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.files import atomic_path, make_folder, write_json
from neurosyn.support.progress import StageProgress

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["Point", "Sweep"]

_LOG = logging.getLogger("neurosyn.run.sweep")
_MOST = 1_000
"""Largest number of runs of a sweep."""
_LONGEST_NAME = 120
_SHARED = ("model.safetensors", "program.npz", "placement.npz")


@dataclass
class Point:
    """One combination of values.

    Attributes
    ----------
    values
        The value of each key, as it was written.
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
    scenario: Scenario
    run: Path
    error: NeurosynError | None = None
    finished: bool = False


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
    ) -> None:
        if not ranges:
            raise ScenarioError("sweep: there is nothing to vary; give --over KEY=VALUE,VALUE,…")
        combinations = [dict(zip(ranges, values, strict=True)) for values in itertools.product(*ranges.values())]
        if len(combinations) > _MOST:
            raise ScenarioError(f"sweep: {len(combinations):,} runs, at most {_MOST:,}; vary fewer keys or values")
        base = load_scenario(scenario, profile=profile, changes=changes)
        digest = hashlib.sha256(json.dumps([base.digest(), dict(ranges)], default=list).encode()).hexdigest()[:8]
        self.folder = out or Path("sweeps") / f"{base.name}-{digest}"
        self.ranges = {key: list(values) for key, values in ranges.items()}
        self.points = []
        for values in combinations:
            varied = {key: parse_value(text) for key, text in values.items()}
            loaded = load_scenario(scenario, profile=profile, changes={**(changes or {}), **varied})
            self.points.append(Point(values, loaded, self.folder / _folder_name(values)))

    def simulate(self, progress: StageProgress, jobs: int | None = None, *, force: bool = False) -> None:
        """Simulate every run that is not up to date; after one that fails the others still follow.

        Raises
        ------
        InterruptedRunError
            If it was interrupted; finished runs stay.
        ScenarioError, ChipLimitError, PluginError
            Before the first run, if the network of a point cannot be built, trained or placed.
        """
        self._require_outcomes()
        make_folder(self.folder)
        for number, point in enumerate(self.points, 1):
            values = ", ".join(f"{key}={value}" for key, value in point.values.items())
            progress.line(f"run {number} of {len(self.points)}: {values}")
            self._begin(point)
            try:
                Stages(point.scenario, point.run, force=force).simulate(progress.again(Stages.STAGES), jobs)
            except InterruptedRunError:
                raise
            except NeurosynError as error:
                _LOG.debug("%s failed", point.run, exc_info=error)
                point.error = error
                progress.line(f"      {error}")
            else:
                point.finished = True
            write_json(self.folder / "sweep.json", self.to_dict())

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
            except NeurosynError as error:
                values = ", ".join(f"{key}={value}" for key, value in point.values.items())
                raise type(error)(f"sweep: {values}: {error}") from error

    def compare(self) -> Analysis | None:
        """Return the comparison of the finished runs; None without any."""
        from neurosyn.analysis.comparison import compare
        from neurosyn.analysis.finished_run import FinishedRun

        runs = [FinishedRun(point.run) for point in self.points if point.finished]
        return compare(runs) if runs else None

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

    def _begin(self, point: Point) -> None:
        """Copy the first stages' files of the finished run with most equal values into a new run."""
        finished = [other for other in self.points if other.finished]
        if not finished or (point.run / "stages.json").exists():
            return
        nearest = max(finished, key=lambda other: len(point.values.items() & other.values.items()))
        record = read_record(nearest.run / "stages.json")
        shared = {stage: entry for stage, entry in record.items() if {*entry["outputs"]} <= {*_SHARED}}
        for name in (name for entry in shared.values() for name in entry["outputs"]):
            with atomic_path(point.run / name) as partial:
                shutil.copyfile(nearest.run / name, partial)
        write_json(point.run / "stages.json", shared)


def _folder_name(values: Mapping[str, str]) -> str:
    """Return a folder name made of the values, with a digest where they do not fit into a name."""
    text = ",".join(f"{key}={value}" for key, value in values.items())
    name = re.sub(r"[^\w.,=+-]+", "_", text, flags=re.ASCII).strip("_")
    if name == text and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
