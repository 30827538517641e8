"""Design space of a sweep: a row for each run, the Pareto front, and plots that suit the number of swept keys.

One swept key is drawn as lines, two as heat maps, more as parallel coordinates; beside them stand energy and rate of
all runs with the Pareto front of accuracy, energy and rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from neurosyn.analysis.comparison import best_runs
from neurosyn.analysis.result import Analysis
from neurosyn.analysis.run_summary import hops_per_packet, read_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GOALS", "RUN_NUMBERS", "design_space", "pareto_front", "run_numbers"]

GOALS = {"accuracy": 1, "frames_per_second": 1, "energy_per_frame_uj": -1}
"""Numbers of a run that a design seeks, with 1 where more is better."""
_OF_SUMMARY = ("accuracy", "frames_per_second", "energy_per_frame_uj", "tick_period_us", "cores", "chips")
RUN_NUMBERS = (*_OF_SUMMARY, "power_mw", "hops_per_packet", "mismatched_frames", "chip")
"""Numbers of a finished run in its row of the table."""
_NAMES = {
    "accuracy": "accuracy",
    "frames_per_second": "frames/s",
    "energy_per_frame_uj": "µJ a frame",
    "power_mw": "mW",
    "tick_period_us": "tick µs",
    "cores": "cores",
    "hops_per_packet": "hops a packet",
}
_BEST = (
    ("most_accurate", "accuracy", False),
    ("fastest", "frames_per_second", False),
    ("least_energy", "energy_per_frame_uj", True),
    ("shortest_routes", "hops_per_packet", True),
)
"""Lines of the headline: the number that they are of, and whether less is better."""
_LABELLED = 12
"""Most runs of the front that are labelled."""
_LONGEST = 24
_SPARSE = 2
"""Places of a map for each run, beyond which the runs are drawn as points."""


def pareto_front(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return the runs that no other run beats: at least as good in every goal, and better in one.

    Parameters
    ----------
    table
        With columns of `GOALS`; those that are nowhere known do not count, and runs that lack one of the others are not
        on the front.

    Returns
    -------
    bool array (runs,)
    """
    goals = [name for name in GOALS if name in table and table[name].notna().any()]
    if not goals:
        return np.zeros(len(table), np.bool_)
    values = np.stack([table[name].to_numpy(np.float64) * GOALS[name] for name in goals], axis=1)
    whole = np.isfinite(values).all(axis=1)
    front: NDArray[np.bool_] = np.array(whole, np.bool_)
    for run in np.flatnonzero(whole):
        better = (values[whole] >= values[run]).all(axis=1) & (values[whole] > values[run]).any(axis=1)
        front[run] = not better.any()
    return front


def run_numbers(folder: Path) -> dict[str, Any]:
    """Return the numbers of a finished run that its row in the table has."""
    summary = read_summary(folder / "summary.json")
    power = (summary.get("power_mw") or {}).get("total")
    chip = (summary.get("chip") or {}).get("name")
    others = {
        "power_mw": power,
        "hops_per_packet": hops_per_packet(summary),
        "mismatched_frames": summary.get("mismatched_frames"),
        "chip": chip,
    }
    return {name: summary.get(name) for name in _OF_SUMMARY} | others


def design_space(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], where: str) -> Analysis:
    """Return the analysis of a sweep.

    Parameters
    ----------
    rows
        One for each run: a value for each swept key, then numbers of its summary, ``state`` and ``reason``.
    keys
        The swept keys.
    where
        Folder of the sweep.
    """
    table = pd.DataFrame(list(rows))
    table = table.assign(pareto=pareto_front(table))
    failed = table[table["state"] != "finished"]
    notes = tuple(f"{_label(row, keys)}: {row['state']}: {row['reason']}" for _, row in failed.iterrows())
    headline: dict[str, Any] = {
        "runs": len(table),
        "finished": int((table["state"] == "finished").sum()),
        "on_the_front": int(table["pareto"].sum()),
    }
    labels = [_label(row, keys) for _, row in table.iterrows()]
    for label, column, least in _BEST:
        if column in table and table[column].notna().any():
            headline[label] = best_runs(labels, table[column].tolist(), least=least)
    return Analysis(
        "design space",
        where,
        f"{len(table)} runs over {', '.join(_short(key) for key in keys)}",
        headline,
        {"runs": table},
        notes,
        draw=partial(draw, keys=tuple(keys)),
        size=(11.0, 4.2),
    )


def draw(analysis: Analysis, figure: Figure, *, keys: tuple[str, ...] = ()) -> None:
    """Draw the swept keys at the left, and energy against rate with the Pareto front at the right."""
    table = analysis.table("runs")
    table = table[table["state"] == "finished"]
    goals = [name for name in GOALS if name in table and table[name].notna().any()]
    # Draws of one design are its mean and spread.
    varied = [key for key in keys if table[key].nunique() > 1 and key != "seed" and not key.endswith(".draw")]
    if table.empty or not goals or not varied:
        axes = figure.subplots()
        axes.text(0.5, 0.5, "no finished runs to draw", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    parts: Any = figure.subfigures(1, 2, width_ratios=[1.4, 1], wspace=0.02)
    if len(varied) == 1:
        _lines(parts[0], table, varied[0], goals)
    elif len(varied) == 2:
        _heat_maps(parts[0], table, varied, goals)
    else:
        _parallel(parts[0].subplots(), table, [*varied, *goals])
    _front(parts[1].subplots(), table, varied)


def _lines(figure: Any, table: pd.DataFrame, key: str, goals: list[str]) -> None:
    """Draw each goal over the key; several runs of one value are a mean with its spread."""
    from neurosyn.analysis.plotting import COLOURS

    panels = np.atleast_1d(figure.subplots(len(goals), 1, sharex=True))
    numbers = pd.to_numeric(table[key], errors="coerce")
    is_numeric = bool(numbers.notna().all())
    at: Any = numbers if is_numeric else table[key].astype(str)
    for axes, goal, colour in zip(panels, goals, COLOURS, strict=False):
        of_value = table[goal].astype(np.float64).groupby(at, sort=is_numeric)
        mean, spread = of_value.mean(), of_value.std().fillna(0.0)
        axes.errorbar(mean.index.to_numpy(), mean, yerr=spread, color=colour, marker="o", markersize=4, capsize=2)
        axes.set_ylabel(_NAMES[goal])
        axes.margins(y=0.15)
    panels[-1].set_xlabel(_short(key))


def _heat_maps(figure: Any, table: pd.DataFrame, keys: list[str], goals: list[str]) -> None:
    """Draw each goal as a map over two keys, means where several runs share a place; empty where there is none."""
    panels = np.atleast_1d(figure.subplots(1, len(goals), sharey=True))
    columns, rows = (_ordered(table[key]) for key in keys)
    if len(columns) * len(rows) > _SPARSE * len(table):
        _scattered(figure, panels, table, keys, goals)
        return
    for axes, goal in zip(panels, goals, strict=True):
        places: Any = table[goal].astype(np.float64)
        places = places.groupby([table[keys[1]].map(rows), table[keys[0]].map(columns)]).mean()
        values = np.full((len(rows), len(columns)), np.nan)
        for (row, column), value in places.items():
            values[int(row), int(column)] = value
        image = axes.imshow(values, aspect="auto", origin="lower", cmap="viridis")
        axes.set_xticks(range(len(columns)), [_value(name) for name in columns], rotation=60, ha="right")
        axes.set_yticks(range(len(rows)), [_value(name) for name in rows])
        axes.set_xlabel(_short(keys[0]))
        axes.set_title(_NAMES[goal])
        axes.tick_params(length=0)
        figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03)
    panels[0].set_ylabel(_short(keys[1]))


def _scattered(figure: Any, panels: Any, table: pd.DataFrame, keys: list[str], goals: list[str]) -> None:
    """Draw samples that fill no grid as points over two keys, in the colour of each goal."""
    at = [pd.to_numeric(table[key], errors="coerce") for key in keys]
    at = [table[key].astype(str) if of.isna().any() else of for key, of in zip(keys, at, strict=True)]
    size = 30 if len(table) <= 60 else 8
    for axes, goal in zip(panels, goals, strict=True):
        marks = axes.scatter(*at, c=table[goal].astype(np.float64), s=size, cmap="viridis")
        axes.set_xlabel(_short(keys[0]))
        axes.set_title(_NAMES[goal])
        axes.margins(0.08)
        figure.colorbar(marks, ax=axes, shrink=0.85, pad=0.03)
    panels[0].set_ylabel(_short(keys[1]))


def _parallel(axes: Axes, table: pd.DataFrame, names: list[str]) -> None:
    """Draw each run as a line over axes of their own scales, those of the front above the others."""
    from neurosyn.analysis.plotting import COLOURS

    scaled: list[Any] = []
    ends: list[tuple[str, str]] = []
    for name in names:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().all():
            low, high = float(numbers.min()), float(numbers.max())
            scaled.append((numbers - low) / ((high - low) or 1.0))
            ends.append((f"{low:.4g}", f"{high:.4g}"))
        else:
            order = _ordered(table[name])
            scaled.append(table[name].map(order) / max(1, len(order) - 1))
            ends.append((_value(next(iter(order))), _value(list(order)[-1])))
    lines = np.stack([column.to_numpy(np.float64) for column in scaled], axis=1)
    places = np.arange(len(names))
    front = table["pareto"].to_numpy()
    alpha = max(0.08, min(0.6, 20 / len(lines)))
    for line in lines[~front]:
        axes.plot(places, line, color=COLOURS[6], linewidth=0.8, alpha=alpha, zorder=1)
    for line in lines[front]:
        axes.plot(places, line, color=COLOURS[5], linewidth=1.2, zorder=2)
    for place, (least, most) in enumerate(ends):
        axes.axvline(place, color="#52606d", linewidth=0.8, zorder=0)
        axes.text(place, -0.04, least, ha="center", va="top", fontsize=7.5)
        axes.text(place, 1.04, most, ha="center", va="bottom", fontsize=7.5)
    axes.set_xticks(places, [_NAMES.get(name, _short(name)) for name in names], rotation=30, ha="right")
    axes.set_ylim(-0.16, 1.16)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_title("Runs over all keys (the front in colour)")


def _front(axes: Axes, table: pd.DataFrame, keys: list[str]) -> None:
    """Draw energy against rate, colours by accuracy, the front ringed and labelled."""
    from neurosyn.analysis.plotting import COLOURS, legend, optional_text

    x, y = "frames_per_second", "energy_per_frame_uj"
    known = [name for name in (x, y) if name in table and table[name].notna().any()]
    if len(known) < 2:
        axes.text(0.5, 0.5, "rate or energy is not known", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    accuracy = table["accuracy"].astype(np.float64) if "accuracy" in table else pd.Series(np.nan, table.index)
    colours: Any = accuracy * 100 if accuracy.notna().any() else COLOURS[0]
    rate, energy = table[x].to_numpy(np.float64), table[y].to_numpy(np.float64)
    size = 30 if len(table) <= 60 else 12
    marks = axes.scatter(rate, energy, c=colours, s=size, cmap="viridis", zorder=2)
    if accuracy.notna().any():
        axes.figure.colorbar(marks, ax=axes, label="accuracy in %", pad=0.02)
    front = table["pareto"].to_numpy()
    ring: Any = {"facecolors": "none", "edgecolors": COLOURS[5], "linewidths": 1.3, "zorder": 3}
    axes.scatter(rate[front], energy[front], s=size + 35, label=f"Pareto front ({front.sum()})", **ring)
    if front.sum() <= _LABELLED:
        for run in np.flatnonzero(front):
            text = ", ".join(_value(table.iloc[run][key]) for key in keys)
            optional_text(axes, rate[run], energy[run], text[:_LONGEST])
    axes.set_xlabel("frames/s")
    axes.set_ylabel("µJ a frame")
    axes.set_title("Energy and rate")
    axes.margins(0.15)
    legend(axes, loc="upper left")


def _ordered(values: pd.Series) -> dict[Any, int]:
    """Return the distinct values in order, numbers by size, with their places."""
    distinct = list(dict.fromkeys(values))
    numbers = pd.to_numeric(pd.Series(distinct), errors="coerce")
    order = np.argsort(numbers.to_numpy(), kind="stable") if numbers.notna().all() else np.arange(len(distinct))
    return {distinct[index]: place for place, index in enumerate(order.tolist())}


def _short(key: str) -> str:
    """Return the part of a key that tells it apart: its last two names."""
    return ".".join(key.removeprefix("chip.description.").split(".")[-2:])


def _value(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _label(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{_short(key)} = {_value(row[key])}" for key in keys)
