"""A scenario over many values: each combination is a run in a folder of its own.

What decides nothing for a stage is shared: a new run begins with the model, program and placement of the finished run
that has most values in common, and does anew only what its own values change. A sweep that was ended goes on.
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
from neurosyn.run.stages import Stages
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.files import atomic_path, make_folder, write_json
from neurosyn.support.progress import StageProgress

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["Point", "Sweep", "read_ranges"]

_LOG = logging.getLogger("neurosyn.run.sweep")
_MOST = 1_000
"""Runs of a sweep."""
_LONGEST_NAME = 120
_SHARED = ("model.safetensors", "program.npz", "placement.npz")


@dataclass
class Point:
    """One combination of values.

    Attributes
    ----------
    values
        The value of each key, as written.
    scenario
        The scenario with these values.
    run
        Its run folder.
    error
        Why it has no result; None while it has not been tried, or if it is finished.
    finished
        Whether it has a result.
    """

    values: dict[str, str]
    scenario: Scenario
    run: Path
    error: NeurosynError | None = None
    finished: bool = False


class Sweep:
    """The runs of a scenario over the values of some keys.

    Every combination is checked before the first is begun.

    Parameters
    ----------
    scenario
        The scenario file.
    ranges
        The values of each key; see `read_ranges`.
    profile, overrides
        As for one run.
    out
        The folder of the runs; by default ``sweeps/NAME-HASH``.

    Raises
    ------
    ScenarioError
        If there are no values or too many, or a combination is no valid scenario.
    """

    def __init__(
        self,
        scenario: Path,
        ranges: Mapping[str, Sequence[str]],
        *,
        profile: str | None = None,
        overrides: Sequence[str] = (),
        out: Path | None = None,
    ) -> None:
        if not ranges:
            raise ScenarioError("sweep: there is nothing to vary; give --over KEY=VALUE,VALUE,…")
        combinations = [dict(zip(ranges, values, strict=True)) for values in itertools.product(*ranges.values())]
        if len(combinations) > _MOST:
            raise ScenarioError(f"sweep: {len(combinations):,} runs, at most {_MOST:,}; vary fewer keys or values")
        base = load_scenario(scenario, profile=profile, overrides=list(overrides))
        digest = hashlib.sha256(json.dumps([base.digest(), dict(ranges)], default=list).encode()).hexdigest()[:8]
        self.folder = out or Path("sweeps") / f"{base.name}-{digest}"
        self.ranges = {key: list(values) for key, values in ranges.items()}
        self.points = []
        for values in combinations:
            changes = [*overrides, *(f"{key}={value}" for key, value in values.items())]
            loaded = load_scenario(scenario, profile=profile, overrides=changes)
            self.points.append(Point(values, loaded, self.folder / _folder_name(values)))

    def simulate(self, progress: StageProgress, jobs: int | None = None, *, force: bool = False) -> None:
        """Do every run that is not up to date; one that fails does not keep the others from being done.

        Raises
        ------
        InterruptedRunError
            If it was interrupted; what is finished stays.
        """
        make_folder(self.folder)
        for number, point in enumerate(self.points, 1):
            said = ", ".join(f"{key}={value}" for key, value in point.values.items())
            progress.line(f"run {number} of {len(self.points)}: {said}")
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

    def compare(self) -> Analysis | None:
        """Return the finished runs beside each other, or None if there are none."""
        from neurosyn.analysis.comparison import compare
        from neurosyn.analysis.finished_run import FinishedRun

        runs = [FinishedRun(point.run) for point in self.points if point.finished]
        return compare(runs) if runs else None

    def to_dict(self) -> dict[str, Any]:
        """Return what was varied, where each run is, and what went wrong, as plain values."""
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
        """Give a new run what the finished run nearest to it has of the first stages."""
        finished = [other for other in self.points if other.finished]
        if not finished or (point.run / "stages.json").exists():
            return
        nearest = max(finished, key=lambda other: len(point.values.items() & other.values.items()))
        record = json.loads((nearest.run / "stages.json").read_text(encoding="utf-8"))
        shared = {stage: entry for stage, entry in record.items() if {*entry["outputs"]} <= {*_SHARED}}
        for name in (name for entry in shared.values() for name in entry["outputs"]):
            with atomic_path(point.run / name) as partial:
                shutil.copyfile(nearest.run / name, partial)
        write_json(point.run / "stages.json", shared)


def read_ranges(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each key of ``KEY=VALUE,VALUE,…`` texts; commas in brackets and quotes part nothing.

    Raises
    ------
    ScenarioError
        If a text is of another form, a value is there twice, or a key.
    """
    ranges: dict[str, list[str]] = {}
    for text in texts:
        key, equals, rest = text.partition("=")
        key, values = key.strip(), _split(rest)
        if not equals or not key or not all(values):
            raise ScenarioError(f"--over {text}: is not of the form key.path=value,value; e.g. chip.voltage=0.8,1.0")
        if key in ranges:
            raise ScenarioError(f"--over {text}: {key} is given twice; write all its values into one")
        if len(set(values)) < len(values):
            raise ScenarioError(f"--over {text}: has a value twice; leave one out")
        ranges[key] = values
    return ranges


def _split(text: str) -> list[str]:
    values, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            depth += (character in "[{") - (character in "]}")
        if character == "," and not depth and not quote:
            values.append("")
        else:
            values[-1] += character
    return [value.strip() for value in values]


def _folder_name(values: Mapping[str, str]) -> str:
    """Return a name that says the values; where they do not fit into one, their digest tells them apart."""
    text = ",".join(f"{key}={value}" for key, value in values.items())
    name = re.sub(r"[^\w.,=+-]+", "_", text, flags=re.ASCII).strip("_")
    if name == text and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
