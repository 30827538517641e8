"""Fault study: accuracy against the share of faults, mean and spread over the chips that were drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.result import Analysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["fault_study"]

_COLUMNS = ("accuracy", "mismatched_frames", "frames_per_second", "energy_per_frame_uj")
_MOST_ACROSS = 4
"""Panels side by side."""
_LINES = {False: ("nothing done", 5, -1), True: ("placed around dead cores", 2, 1)}
"""By whether the program was remapped: label, colour, and the side of the mean on which the chips are drawn."""
_SHIFT = 0.02
"""Distance of the marks of single chips from the line, as a share of the axis."""


def fault_study(rows: Sequence[Mapping[str, Any]], where: str, title: str) -> Analysis:
    """Return the analysis of a fault study.

    Parameters
    ----------
    rows
        One for each chip: ``fault``, ``share``, ``remapped``, ``draw``, the numbers of its run, ``state`` and
        ``reason``. A chip without faults is a row with share 0 of each fault.
    where
        Folder of the study.
    title
        Title of the scenario.
    """
    runs = pd.DataFrame(list(rows))
    finished = runs[runs["state"] == "finished"]
    groups = finished.groupby(["fault", "remapped", "share"], sort=False)
    accuracy = groups["accuracy"]
    shares = groups[list(_COLUMNS)].mean().astype(np.float64)
    shares.insert(0, "chips", groups.size())
    shares.insert(2, "spread", accuracy.std())
    shares.insert(3, "lowest", accuracy.min())
    shares = shares.reset_index()
    order = {fault: number for number, fault in enumerate(dict.fromkeys(runs["fault"]))}
    place = pd.DataFrame([shares["fault"].map(order), shares["remapped"], shares["share"]]).T
    shares = shares.loc[place.sort_values(list(place.columns), kind="stable").index].reset_index(drop=True)
    failed = runs[runs["state"] != "finished"]
    notes = tuple(
        f"{row['fault']} {row['share']:g}{' remapped' if row['remapped'] else ''}, draw {row['draw']}: {row['state']}: "
        f"{row['reason']}"
        for _, row in failed.iterrows()
    )
    headline = {"chips": len(runs), "finished": len(finished), "faults": ", ".join(dict.fromkeys(runs["fault"]))}
    tables = {"shares": shares, "runs": runs}
    panels = runs["fault"].nunique()
    across = min(panels, _MOST_ACROSS)
    size = (max(6.0, 3.3 * across + 0.8), 3.4 * -(-panels // across) + 0.9)
    return Analysis("fault study", where, title, headline, tables, notes, draw=_draw, size=size)


def _draw(analysis: Analysis, figure: Figure) -> None:
    """Draw a panel for each fault, all with one scale of the accuracy."""
    from neurosyn.analysis.plotting import legend

    shares, runs = analysis.table("shares"), analysis.table("runs")
    faults = list(dict.fromkeys(shares["fault"]))
    if not faults:
        axes = figure.subplots()
        axes.text(0.5, 0.5, "no finished runs to draw", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    across = min(len(faults), _MOST_ACROSS)
    panels = figure.subplots(-(-len(faults) // across), across, sharey=True, squeeze=False)
    for axes in panels.flat[len(faults) :]:
        axes.set_axis_off()
    for fault, axes in zip(faults, panels.flat, strict=False):
        _draw_fault(axes, shares[shares["fault"] == fault], runs[runs["fault"] == fault])
        axes.set_title(fault.replace("_", " "))
        axes.set_xlabel("share in %")
        if shares["remapped"].any() and shares.loc[shares["fault"] == fault, "remapped"].any():
            legend(axes, loc="lower left")
    for row in panels:
        row[0].set_ylabel("accuracy in %")
    panels[0][0].set_ylim(0, 102)


def _draw_fault(axes: Axes, shares: pd.DataFrame, runs: pd.DataFrame) -> None:
    """Draw mean and standard deviation by share, and each chip as a small mark."""
    from neurosyn.analysis.plotting import COLOURS

    width = float(shares["share"].max()) or 1.0
    for is_remapped, (label, colour, side) in _LINES.items():
        means = shares[shares["remapped"] == is_remapped].sort_values("share")
        chips = runs[(runs["remapped"] == is_remapped) & (runs["state"] == "finished")]
        if means.empty:
            continue
        at = 100 * chips["share"].astype(np.float64) + 100 * side * _SHIFT * width
        axes.plot(at, 100 * chips["accuracy"].astype(np.float64), ".", color=COLOURS[colour], alpha=0.45, markersize=5)
        axes.errorbar(
            100 * means["share"],
            100 * means["accuracy"],
            yerr=100 * means["spread"].fillna(0.0),
            color=COLOURS[colour],
            marker="o",
            markersize=4,
            capsize=2.5,
            label=label,
        )
    axes.set_xlim(-100 * width * 0.05, 100 * width * 1.05)
