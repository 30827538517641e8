"""A finished run in Python: its numbers, trace, analyses and pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.api.plots import Plots
from neurosyn.errors import DataError

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis
    from neurosyn.chip.placement import Placement
    from neurosyn.chip.program import Program

__all__ = ["Run", "compare", "open_run"]

_CARDS = {
    "frames_per_second": ("frames/s", "{:,.1f}"),
    "latency_us": ("latency", "{:,.0f} µs"),
    "energy_per_frame_uj": ("energy per frame", "{:,.1f} µJ"),
    "tick_period_us": ("tick", "{:,.2f} µs"),
    "cores": ("cores", "{:,}"),
}


class Run(FinishedRun):
    """A finished run: a folder of `simulate`, ``neurosyn simulate`` or ``neurosyn run --trace``.

    Opening one reads its summary; everything else is read on first use.

    Parameters
    ----------
    path
        The run folder, or a folder with a trace.

    Attributes
    ----------
    path : Path
    summary : dict
        The document of ``neurosyn simulate --json``.

    Raises
    ------
    DataError
        If there is no finished run in the folder, or its summary is damaged.

    Examples
    --------
    >>> run = ns.open_run("runs/svhn")  # doctest: +SKIP
    >>> run.accuracy  # doctest: +SKIP
    >>> run.trace.packets(ticks=(14, 15))  # doctest: +SKIP
    >>> run.analyse("critical-path").headline  # doctest: +SKIP
    """

    @property
    def accuracy(self) -> float:
        """Share of the frames that the chip classified correctly.

        Raises
        ------
        DataError
            If the run had no frames, as raw programs have none.
        """
        accuracy = self.summary.get("accuracy")
        if accuracy is None:
            raise DataError(f"{self.path}: has no answers to frames; use a run of `neurosyn simulate`")
        return float(accuracy)

    @property
    def plot(self) -> Plots:
        """The pictures of the run."""
        return Plots(self)

    def analyse(self, name: str, **options: Any) -> Analysis:
        """Analyse the run.

        Parameters
        ----------
        name
            ``activity``, ``traffic``, ``latency``, ``power``, ``hotspots``, ``critical-path``, ``sensitivity``,
            ``accuracy`` or ``faults``.
        **options
            Of the analysis; ``critical-path`` takes a ``tick``.

        Raises
        ------
        DataError
            If there is no such analysis, or the run does not have what it needs.
        """
        from neurosyn.analysis.catalogue import analyse_run

        return analyse_run(name, self, **options)

    @cached_property
    def program(self) -> Program:
        """The program that was loaded onto the cores.

        Raises
        ------
        DataError
            If the run has no program of its own, or it is damaged.
        """
        from neurosyn.formats.program_file import load_program

        return load_program(self._own("program.npz"))

    @cached_property
    def placement(self) -> Placement:
        """The position of each core.

        Raises
        ------
        DataError
            If the run has no placement of its own, or it is damaged.
        """
        from neurosyn.formats.placement_file import load_placement

        return load_placement(self._own("placement.npz"))

    @property
    def report(self) -> Path:
        """The report page.

        Raises
        ------
        DataError
            If the run has none.
        """
        return self._own("report.html")

    def _own(self, name: str) -> Path:
        path = self.path / name
        if not path.is_file():
            raise DataError(f"{self.path}: has no {name}; use a run of `neurosyn simulate`")
        return path

    def __repr__(self) -> str:
        return f"Run('{self.path}'): {self.title}"

    def _repr_html_(self) -> str:
        """Show the run's numbers in a notebook."""
        dataset = self.summary.get("dataset") or {}
        rows = []
        if self.summary.get("accuracy") is not None:
            rows.append(("accuracy", f"{self.accuracy:.1%} of {dataset['frames']:,} frames of {dataset['name']}"))
        for key, (name, form) in _CARDS.items():
            if self.summary.get(key) is not None:
                rows.append((name, form.format(self.summary[key])))
        if power := self.summary.get("power_mw"):
            rows.append(("power", f"{power['total']:,.1f} mW"))
        if limit := self.summary.get("tick_limited_by"):
            rows.append(("the tick waits for", limit["text"]))
        rows += [("changed on purpose", sentence) for sentence in self.summary.get("deviations") or []]
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<h4>{html.escape(self.title)}</h4><table>{cells}</table><p>{html.escape(str(self.path))}</p>"


def open_run(path: Path | str) -> Run:
    """Open a finished run.

    Parameters
    ----------
    path
        Its folder.

    Raises
    ------
    DataError
        If there is no finished run in the folder, or its summary is damaged.
    """
    return Run(path)


def compare(runs: Sequence[FinishedRun | Path | str]) -> Analysis:
    """Compare runs: accuracy, speed, power, and energy against delay.

    Parameters
    ----------
    runs
        Runs, or their folders.

    Returns
    -------
    Analysis
        ``.table()`` has a row for each run, ``.plot()`` draws energy against delay.

    Raises
    ------
    DataError
        If one of them is no finished run.
    """
    from neurosyn.analysis.comparison import compare as compare_runs

    return compare_runs([run if isinstance(run, FinishedRun) else FinishedRun(run) for run in runs])
