"""Catalogue of the analyses: run one by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from neurosyn.analysis.finished_run import FinishedRun
    from neurosyn.analysis.result import Analysis

__all__ = ["ANALYSES", "analyse_run"]

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
"""Names of the analyses, each with its question. ``critical-path`` is the module ``critical_path``."""


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
    analysis = _analysers()[name](recorded, **options)
    notes = "\n".join(analysis.notes)
    changed = [sentence for sentence in recorded.summary.get("deviations") or [] if sentence not in notes]
    return replace(analysis, notes=(*analysis.notes, *(f"Changed on purpose: {sentence}." for sentence in changed)))


def _analysers() -> dict[str, Callable[..., Analysis]]:
    from neurosyn.analysis import accuracy, activity, critical_path, faults, hotspots, latency, power, traffic

    return {
        "activity": activity.analyse,
        "traffic": traffic.analyse,
        "latency": latency.analyse,
        "power": power.analyse,
        "hotspots": hotspots.analyse,
        "critical-path": critical_path.analyse,
        "accuracy": accuracy.analyse,
        "faults": faults.analyse,
    }
