"""A finished run as analyses see it: its summary, its trace and its answers, as far as there are any."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from neurosyn.analysis.evaluation import Evaluation
from neurosyn.errors import DataError
from neurosyn.support.untrusted import read_npz
from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import MANIFEST

__all__ = ["NOMINAL_TICK_PS", "FinishedRun"]

NOMINAL_TICK_PS = 1_000_000_000
"""1 ms: the tick that speed and power refer to where nothing was timed. [P] Merolla et al. 2014."""


class FinishedRun:
    """A folder of `neurosyn simulate`, of `neurosyn run --trace`, or of a recorder.

    Parameters
    ----------
    path
        The run folder, or a folder with a trace.

    Attributes
    ----------
    path : Path
    summary : dict
        What `neurosyn simulate --json` prints; empty if there is none.

    Raises
    ------
    DataError
        If there is neither a summary nor a trace, or the summary is damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if self.path.name == "trace" and (self.path.parent / "summary.json").is_file():
            self.path = self.path.parent
        self.summary = _read_summary(self.path / "summary.json")
        if not self.summary and not self.has_trace:
            raise DataError(
                f"{self.path}: holds no finished run (no summary.json, no trace); run `neurosyn simulate` first"
            )

    @property
    def name(self) -> str:
        """What people call it: the folder's name, which differs where scenarios do not."""
        return self.path.resolve().name

    @property
    def title(self) -> str:
        """What was simulated."""
        return str(self.summary.get("title") or self.summary.get("scenario") or self.name)

    @property
    def has_trace(self) -> bool:
        """Whether anything was recorded."""
        return any((folder / MANIFEST).is_file() for folder in (self.path, self.path / "trace"))

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
            If the run had no frames, as raw programs have none, or their file is damaged.
        """
        path = self.path / "outputs.npz"
        classes = (self.summary.get("dataset") or {}).get("classes")
        if not path.is_file() or not classes:
            raise DataError(f"{self.path}: has no answers to frames; analyse a run of `neurosyn simulate`")
        outputs = read_npz(path, names=("labels", "predictions", "scores", "images"))
        try:
            return Evaluation(
                outputs["labels"], outputs["predictions"], tuple(classes), outputs["scores"], outputs.get("images")
            )
        except (KeyError, TypeError) as error:
            raise DataError(f"{path}: is not that of a run ({error!r}); simulate again") from error

    @property
    def tick_ps(self) -> int:
        """The tick period in ps: that of the summary, else the longest timed tick, else the nominal one."""
        period = self.summary.get("tick_period_us")
        if period:
            return round(float(period) * 1e6)
        return (self.trace.longest_ps if self.has_trace else None) or NOMINAL_TICK_PS

    @property
    def period_given(self) -> bool:
        """Whether the period is none that the timed ticks needed."""
        return not self.has_trace or self.tick_ps != self.trace.longest_ps

    def __repr__(self) -> str:
        return f"FinishedRun('{self.path}'): {self.title}"


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: is damaged ({error}); simulate again") from error
    if not isinstance(summary, dict):
        raise DataError(f"{path}: is not the summary of a run; simulate again")
    return summary
