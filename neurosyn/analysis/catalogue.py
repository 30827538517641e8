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
    "activity": "How busy the neurons are: firing rates by layer, core and tick.",
    "traffic": "What the links carry: loads, and the queues at their merges.",
    "latency": "How long packets take, and of what: core, queue, hops, edge.",
    "power": "Where the energy goes: by layer, part, core, link, tick and frame.",
    "hotspots": "Where a few cores or links do most of the work.",
    "critical-path": "What a tick waits for, the slack of everything else, and what would help.",
    "accuracy": "Confusion matrix, accuracy by class, the margin of each frame.",
    "faults": "Late packets, collisions, overruns, and what was broken on purpose.",
}
"""Names of the analyses, with what each tells. ``critical-path`` is the module ``critical_path``."""

_SIZES = {"hotspots": (15.0, 5.2), "critical-path": (14.0, 8.0), "accuracy": (11.0, 5.4)}


def analyse_run(name: str, run: Path | FinishedRun, **options: Any) -> Analysis:
    """Make one of `ANALYSES` of a run, or of the run in a folder.

    Raises
    ------
    DataError
        If there is no such analysis, or the run does not have what it needs.
    """
    from neurosyn.analysis.finished_run import FinishedRun

    if name not in ANALYSES:
        there_are = ", ".join(ANALYSES)
        raise DataError(f"analyse: there is no '{name}'{did_you_mean(name, ANALYSES)} (there are: {there_are})")
    recorded = run if isinstance(run, FinishedRun) else FinishedRun(run)
    found: Analysis = _module(name).analyse(recorded, **options)
    said = "\n".join(found.notes)
    changed = [sentence for sentence in recorded.summary.get("deviations") or [] if sentence not in said]
    return replace(found, notes=(*found.notes, *(f"Changed on purpose: {sentence}." for sentence in changed)))


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
    """Return who draws an analysis, what stands above it, and how large it becomes."""
    draw = _module("comparison" if analysis.name == "compare" else analysis.name).draw
    size = _SIZES.get(analysis.name, (12.0, 5.0))
    return partial(draw, analysis), f"{analysis.name}: {analysis.title}", size


def _module(name: str) -> Any:
    return importlib.import_module(f"neurosyn.analysis.{name.replace('-', '_')}")
