"""Comparison of runs: accuracy, speed, power, and energy against delay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.analysis.run_summary import data_kind, hops_per_packet
from neurosyn.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["best_runs", "compare", "draw"]

_NAMED = 3
"""Most runs named as the best; of more, the number is given."""


def compare(runs: Sequence[FinishedRun], unfinished: Sequence[Path] = ()) -> Analysis:
    """Return a row for each run; the notes name those that are unfinished.

    ``energy_delay_nj_s`` is the energy of a frame times its latency, from entry to answer; of raw programs, which have
    no frames, the energy of a tick times its period.

    Raises
    ------
    DataError
        If a run has no summary, or there are none.
    """
    if not runs:
        raise DataError("compare: there are no runs; name at least one folder")
    names = _names(runs)
    table = pd.DataFrame([_row(run, name) for run, name in zip(runs, names, strict=True)])
    notes = []
    if unfinished:
        notes.append(f"Unfinished, not compared: {', '.join(map(str, unfinished))}.")
    for kind, data in (("stand-in", "stand-in data"), ("own", "your data")):
        concerned = [name for run, name in zip(runs, names, strict=True) if data_kind(run.summary) == kind]
        if concerned:
            which = "all runs" if len(concerned) == len(runs) > 1 else ", ".join(concerned)
            notes.append(f"Accuracies on {data}, not to be compared with published ones: {which}.")
    if table["dataset"].nunique(dropna=False) > 1:
        notes.append("The runs are of different data.")
    if (table["limited_by"] == "nominal tick").any():
        notes.append("Where nothing was timed, speed and power are those of the nominal tick of 1 ms.")
    for run, name in zip(runs, names, strict=True):
        notes += [f"{name}: changed on purpose: {sentence}." for sentence in run.summary.get("deviations") or []]
    best: dict[str, Any] = {"runs": len(runs)}
    for label, column, least in (
        ("most_accurate", "accuracy", False),
        ("fastest", "frames_per_second", False),
        ("least_energy", "energy_per_frame_pj", True),
        ("least_energy_delay", "energy_delay_nj_s", True),
    ):
        if table[column].notna().any():
            best[label] = best_runs(names, table[column].tolist(), least=least)
    return Analysis(
        "compare",
        ", ".join(str(run.path) for run in runs),
        f"{len(runs)} runs",
        best,
        {"runs": table},
        tuple(notes),
        draw=draw,
    )


def best_runs(names: Sequence[str], values: Sequence[float | None], *, least: bool = False) -> str:
    """Return the run of the greatest or least value; where several have it, that they are equal.

    Parameters
    ----------
    names, values
        One for each run; values that are None or NaN are of no run.
    least
        Least instead of greatest.
    """
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    extreme = np.nanmin(numbers) if least else np.nanmax(numbers)
    best = [name for name, number in zip(names, numbers, strict=True) if number == extreme]
    if len(best) == 1:
        return best[0]
    if len(best) == len(names):
        return "both are equal" if len(best) == 2 else f"all {len(best)} are equal"
    more = len(best) - _NAMED
    named = ", ".join(best) if more < 1 else f"{', '.join(best[:_NAMED])} and {more} more"
    return f"{named} (equal)"


def _names(runs: Sequence[FinishedRun]) -> list[str]:
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else str(run.path) for name, run in zip(names, runs, strict=True)]


def _row(run: FinishedRun, name: str) -> dict[str, Any]:
    summary = run.summary
    if "power_mw" not in summary:
        raise DataError(f"{run.path}: has no summary to compare; simulate with `neurosyn simulate`")
    tick_ps, parts = run.tick_ps, summary["power_mw"]
    power = None if parts is None else float(parts["total"])
    dataset, limit = summary.get("dataset") or {}, summary.get("tick_limited_by") or {}
    latency_us = summary.get("latency_us")
    latency_ps = tick_ps if latency_us is None else latency_us * 1e6
    per_frame_uj = summary.get("energy_per_frame_uj")
    # mW · ps = 10⁻³ pJ; a raw program's frame is its tick.
    energy_pj = None if power is None else power * tick_ps * 1e-3 if per_frame_uj is None else per_frame_uj * 1e6
    kind = limit.get("kind")
    return {
        "run": name,
        "title": run.title,
        "dataset": dataset.get("name"),
        "official": dataset.get("official"),
        "frames": dataset.get("frames"),
        "accuracy": summary.get("accuracy"),
        "cores": summary.get("cores"),
        "chips": summary.get("chips"),
        "voltage": summary.get("voltage"),
        "tick_ps": tick_ps,
        "limited_by": "nominal tick" if kind == "nominal" else str(limit.get("text", "")).partition(":")[0],
        "frames_per_second": summary.get("frames_per_second"),
        "latency_ps": latency_ps,
        "power_mw": power,
        "energy_per_frame_pj": energy_pj,
        "energy_delay_nj_s": None if energy_pj is None else energy_pj * latency_ps * 1e-15,
        "frames_per_second_per_watt": summary.get("frames_per_second_per_watt"),
        "hops_per_packet": hops_per_packet(summary),
        "late_packets": (summary.get("events") or {}).get("late_packets"),
    }


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw energy against delay with lines of equal product, and accuracy against energy."""
    from neurosyn.analysis.plotting import energy_axis, log_axis, time_axis

    table = analysis.table()
    left, right = figure.subplots(1, 2)
    x, y = table["latency_ps"].to_numpy(np.float64), table["energy_per_frame_pj"].to_numpy(np.float64)
    _points(left, x, y, table["run"].tolist(), np.argsort(x * y))
    log_axis(left, "x", x)
    log_axis(left, "y", y)
    around, products = np.array(left.get_xlim()), np.log10(x * y)
    for product in np.arange(products.min() - 0.9, products.max() + 1, 0.3):
        left.plot(around, 10**product / around, color="#d9e0e7", linewidth=0.8, zorder=0, scaley=False)
    time_axis(left.xaxis)
    energy_axis(left.yaxis)
    left.set_xlabel("latency: from a frame's entry to its answer")
    left.set_ylabel("energy of a frame")
    left.set_title("Energy and delay (grey: equal products)")
    accuracy = table["accuracy"].astype(np.float64).to_numpy()
    if np.isfinite(accuracy).any():
        _points(right, y, 100 * accuracy, table["run"].tolist(), np.argsort(-accuracy))
        log_axis(right, "x", y)
        energy_axis(right.xaxis)
        right.set_xlabel("energy of a frame")
        right.set_ylabel("accuracy in %")
        right.margins(y=0.2)
        right.set_ylim(max(right.get_ylim()[0], -1), min(right.get_ylim()[1], 101))
        right.set_title("Accuracy and energy")
    else:
        right.set_axis_off()


def _points(axes: Axes, x: Any, y: Any, names: list[str], order: NDArray[np.intp]) -> None:
    """Draw runs as marks; the first in `order` get their names before the others."""
    from neurosyn.analysis.plotting import COLOURS, optional_text, shorten

    marks = "osD^vP*X"
    here: dict[tuple[float, float], list[int]] = {}
    for run in order.tolist():
        here.setdefault((float(x[run]), float(y[run])), []).append(run)
    for (right, up), alike in here.items():
        run = alike[0]
        axes.plot(right, up, marks[run % len(marks)], color=COLOURS[run % len(COLOURS)], markersize=7)
        more = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
        optional_text(axes, right, up, shorten(names[run], 48 - len(more)) + more)
