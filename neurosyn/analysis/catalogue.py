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
    "activity": "Activity of the neurons: firing rates by layer, core and tick.",
    "traffic": "Traffic of the links: loads, and the queues at their merges.",
    "latency": "Latency of the packets and its parts: core, queue, hops, edge.",
    "power": "Energy by layer, part, core, link, tick and frame.",
    "hotspots": "Cores and links that do most of the work.",
    "critical-path": "Chain of causes that ends a tick, the slack of all else, and changes that would shorten it.",
    "sensitivity": "Rate and power with each assumed time halved and doubled.",
    "accuracy": "Confusion matrix, accuracy by class, the margin of each frame.",
    "faults": "Late packets, collisions, overruns, and faults injected on purpose.",
}
"""Description of each analysis by its name; ``critical-path`` is the module ``critical_path``."""


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
    analysis = _analysers()[name](finished, **options)
    notes = "\n".join(analysis.notes)
    changed = [sentence for sentence in finished.summary.get("deviations") or [] if sentence not in notes]
    return replace(analysis, notes=(*analysis.notes, *(f"Changed on purpose: {sentence}." for sentence in changed)))


def _analysers() -> dict[str, Callable[..., Analysis]]:
    from neurosyn.analysis import (
        accuracy,
        activity,
        critical_path,
        faults,
        hotspots,
        latency,
        power,
        sensitivity,
        traffic,
    )

    return {
        "activity": activity.analyse,
        "traffic": traffic.analyse,
        "latency": latency.analyse,
        "power": power.analyse,
        "hotspots": hotspots.analyse,
        "sensitivity": sensitivity.analyse,
        "critical-path": critical_path.analyse,
        "accuracy": accuracy.analyse,
        "faults": faults.analyse,
    }
