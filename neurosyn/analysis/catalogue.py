"""Catalogue of the analyses: run one by name, and draw it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosyn.analysis.finished_run import FinishedRun
    from neurosyn.analysis.result import Analysis

__all__ = ["ANALYSES", "analyse_run", "draw_analysis", "plot_analysis"]

ANALYSES = {
    "activity": "Activity of the neurons: firing rates by layer, core and tick.",
    "traffic": "Traffic of the links: loads, and the queues at their merges.",
    "latency": "Latency of the packets and its parts: core, queue, hops, edge.",
    "power": "Energy by layer, part, core, link, tick and frame.",
    "hotspots": "Cores and links that do most of the work.",
    "critical-path": "Chain of causes that ends a tick, the slack of all else, and changes that would shorten it.",
    "accuracy": "Confusion matrix, accuracy by class, the margin of each frame.",
    "faults": "Late packets, collisions, overruns, and faults injected on purpose.",
}
"""Description of each analysis by its name; ``critical-path`` is the module ``critical_path``."""

_SIZES = {"hotspots": (15.0, 5.2), "critical-path": (14.0, 8.0), "accuracy": (11.0, 5.4)}


def analyse_run(name: str, run: Path | FinishedRun, **options: Any) -> Analysis:
    """Run one of `ANALYSES` on a finished run, or on the run in a folder.

    Raises
    ------
    DataError
        If there is no such analysis, or the run lacks the data that it needs.
    """
    from neurosyn.analysis.finished_run import FinishedRun

    if name not in ANALYSES:
        there_are = ", ".join(ANALYSES)
        raise DataError(f"analyse: there is no '{name}'{did_you_mean(name, ANALYSES)} (there are: {there_are})")
    finished = run if isinstance(run, FinishedRun) else FinishedRun(run)
    analysis: Analysis = _module(name).analyse(finished, **options)
    notes = "\n".join(analysis.notes)
    changed = [sentence for sentence in finished.summary.get("deviations") or [] if sentence not in notes]
    return replace(analysis, notes=(*analysis.notes, *(f"Changed on purpose: {sentence}." for sentence in changed)))


def plot_analysis(analysis: Analysis, path: Path) -> None:
    """Draw an analysis to a .png, .svg or .pdf file."""
    from neurosyn.analysis.plotting import save_figure

    draw, title, size = _plan(analysis)
    save_figure(path, draw, title=title, size=size)


def draw_analysis(analysis: Analysis) -> Figure:
    """Draw an analysis."""
    from neurosyn.analysis.plotting import new_figure

    draw, title, size = _plan(analysis)
    return new_figure(draw, title=title, size=size)


def _plan(analysis: Analysis) -> tuple[Callable[[Figure], None], str, tuple[float, float]]:
    """Return the draw function, title and figure size of an analysis."""
    draw = _module("comparison" if analysis.name == "compare" else analysis.name).draw
    size = _SIZES.get(analysis.name, (12.0, 5.0))
    return partial(draw, analysis), f"{analysis.name}: {analysis.title}", size


def _module(name: str) -> Any:
    return importlib.import_module(f"neurosyn.analysis.{name.replace('-', '_')}")
