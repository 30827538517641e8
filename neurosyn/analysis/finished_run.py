"""Finished run: its summary, its trace and its answers, read from the run folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from neurosyn.analysis.evaluation import Evaluation
from neurosyn.analysis.run_summary import read_summary
from neurosyn.chip.options import NOMINAL_TICK_PS
from neurosyn.errors import DataError
from neurosyn.support.untrusted import read_npz
from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import MANIFEST

__all__ = ["FinishedRun"]


class FinishedRun:
    """A folder of ``neurosyn simulate``, of ``neurosyn run --trace``, or of a recorder.

    The summary is read at once; the trace and the answers are read when they are first used.

    Parameters
    ----------
    path
        The run folder, or a folder with a trace.

    Attributes
    ----------
    path : Path
    summary : dict
        The document of ``neurosyn simulate --json`` (`neurosyn.analysis.run_summary`); empty if there is none.

    Raises
    ------
    DataError
        If there is neither a summary nor a trace, or the summary is damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if self.path.name == "trace" and (self.path.parent / "summary.json").is_file():
            self.path = self.path.parent
        self.summary: dict[str, Any] = read_summary(self.path / "summary.json")
        if not self.summary and not self.has_trace:
            raise DataError(
                f"{self.path}: holds no finished run (no summary.json, no trace); run `neurosyn simulate` first"
            )

    @property
    def name(self) -> str:
        """Name of the folder, which differs where scenarios do not."""
        return self.path.resolve().name

    @property
    def title(self) -> str:
        """Title of the scenario or program; the folder's name without one."""
        return str(self.summary.get("title") or self.summary.get("scenario") or self.name)

    @property
    def has_trace(self) -> bool:
        """Whether a trace was recorded."""
        return any((folder / MANIFEST).is_file() for folder in (self.path, self.path / "trace"))

    @property
    def has_answers(self) -> bool:
        """Whether there are answers to frames; raw programs have none."""
        return "dataset" in self.summary and (self.path / "outputs.npz").is_file()

    @cached_property
    def trace(self) -> Trace:
        """The trace.

        Raises
        ------
        DataError
            If there is none, or it is damaged.
        """
        return Trace(self.path)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The answers to the frames.

        Raises
        ------
        DataError
            If there are none (`has_answers`), or their file is damaged.
        """
        if not self.has_answers:
            raise DataError(f"{self.path}: has no answers to frames; analyse a run of `neurosyn simulate`")
        path = self.path / "outputs.npz"
        outputs = read_npz(path, names=("labels", "predictions", "scores", "images"))
        try:
            return Evaluation(
                outputs["labels"],
                outputs["predictions"],
                tuple(self.summary["dataset"]["classes"]),
                outputs.get("scores"),
                outputs.get("images"),
            )
        except KeyError as error:
            raise DataError(f"{path}: {error.args[0]}: is missing; simulate again") from error

    @property
    def tick_ps(self) -> int:
        """The tick period in ps: that of the summary, else the longest timed tick, else the nominal one."""
        period = self.summary.get("tick_period_us")
        if period:
            return round(float(period) * 1e6)
        return (self.trace.longest_ps if self.has_trace else None) or NOMINAL_TICK_PS

    def __repr__(self) -> str:
        return f"FinishedRun('{self.path}'): {self.title}"
