"""Design space of a sweep: a row for each run and for each design, the Pareto front, and plots that suit the keys.

Runs that differ in a seed or draw alone are repeats of one design, which has their means and spread.

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

__all__ = [
    "GOALS",
    "RUN_NUMBERS",
    "design_space",
    "draw_front",
    "draw_keys",
    "has_drawing",
    "pareto_front",
    "run_numbers",
    "varied_keys",
]

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
_LONGEST = 24
"""Characters of a value, and of the label of a design."""
_NUMBERED = 30
"""Most places of a map with numbers in them."""
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
    designs, design_of = _designs(table, varied_keys(table, keys))
    front = pareto_front(designs)
    designs = designs.assign(pareto=front)
    table = table.assign(pareto=np.append(front, False)[design_of])
    failed = table[table["state"] != "finished"]
    notes = tuple(f"{_label(row, keys)}: {row['state']}: {row['reason']}" for _, row in failed.iterrows())
    headline: dict[str, Any] = {
        "runs": len(table),
        "finished": int((table["state"] == "finished").sum()),
        "on_the_front": int(front.sum()),
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
        {"runs": table, "designs": designs},
        notes,
        draw=partial(draw, keys=tuple(keys)),
        size=(11.0, 4.2),
    )


def varied_keys(table: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return the swept keys with more than one value that tell designs apart; seeds and draws repeat one design."""
    is_repeat = {key for key in keys if key == "seed" or key.endswith(".draw")}
    return [key for key in keys if key not in is_repeat and table[key].astype(str).nunique() > 1]


def _designs(table: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return a row for each design with finished runs: their number, means, and the spread of each goal.

    Returns
    -------
    designs : data frame
        The keys, ``runs``, means of the numbers, and ``GOAL_spread``, standard deviations.
    int array (runs,)
        Row of each run's design; −1 for a run that is not finished.
    """
    finished = table[table["state"] == "finished"]
    labels = [" ".join(str(row[key]) for key in keys) for _, row in finished.iterrows()]
    number, names = pd.factorize(np.array(labels, dtype=object))
    design_of = np.full(len(table), -1, np.intp)
    design_of[np.flatnonzero(table["state"] == "finished")] = number
    groups = finished.groupby(number)
    numbers = [name for name in RUN_NUMBERS if name in finished and name != "chip"]
    means = finished[numbers].astype(np.float64).groupby(number).mean()
    designs = groups[keys].first() if keys else pd.DataFrame(index=range(len(names)))
    for key in keys:
        if designs[key].dtype == object:
            designs[key] = designs[key].map(lambda value: str(value) if isinstance(value, (list, dict)) else value)
    designs = designs.assign(runs=groups.size()).join(means)
    goals = [name for name in GOALS if name in finished]
    spread = finished[goals].astype(np.float64).groupby(number).std()
    return designs.join(spread.add_suffix("_spread")).reset_index(drop=True), design_of


def draw(analysis: Analysis, figure: Figure, *, keys: tuple[str, ...] = ()) -> None:
    """Draw the swept keys at the left, and energy against rate with the Pareto front at the right."""
    if not has_drawing(analysis, keys):
        axes = figure.subplots()
        axes.text(0.5, 0.5, "no finished runs to draw", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    parts: Any = figure.subfigures(1, 2, width_ratios=[1.4, 1], wspace=0.02)
    draw_keys(analysis, parts[0], keys)
    draw_front(analysis, parts[1], keys)


def has_drawing(analysis: Analysis, keys: Sequence[str]) -> bool:
    """Return whether there are designs that differ, with a goal that is known."""
    designs = analysis.table("designs")
    return bool(varied_keys(designs, _known(designs, keys)) and _goals(designs))


def draw_keys(analysis: Analysis, figure: Any, keys: Sequence[str]) -> None:
    """Draw the goals over the swept keys: lines over one, heat maps over two, parallel coordinates of more."""
    designs = analysis.table("designs")
    goals = [name for name in _goals(designs) if designs[name].nunique() > 1] or _goals(designs)[:1]
    varied = varied_keys(designs, _known(designs, keys))
    if len(varied) == 1:
        runs = analysis.table("runs")
        _lines(figure, runs[runs["state"] == "finished"], varied[0], goals)
    elif len(varied) == 2:
        _heat_maps(figure, designs, varied, goals)
    else:
        _parallel(figure.subplots(), designs, [*varied, *goals])


def draw_front(analysis: Analysis, figure: Any, keys: Sequence[str]) -> None:
    """Draw energy against rate of all designs, with the Pareto front."""
    designs = analysis.table("designs")
    _front(figure.subplots(), designs, varied_keys(designs, _known(designs, keys)))


def _known(designs: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key in designs]


def _goals(designs: pd.DataFrame) -> list[str]:
    return [name for name in GOALS if name in designs and designs[name].notna().any()]


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
        values = 100 * values if goal == "accuracy" else values
        image = axes.imshow(values, aspect="auto", origin="lower", cmap="viridis")
        if values.size <= _NUMBERED:
            _write_values(axes, values, image, goal)
        else:
            figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03)
        axes.set_xticks(range(len(columns)), [_value(name) for name in columns])
        axes.set_yticks(range(len(rows)), [_value(name) for name in rows])
        axes.set_xlabel(_short(keys[0]))
        axes.set_title("accuracy in %" if goal == "accuracy" else _NAMES[goal])
        axes.tick_params(length=0)
    panels[0].set_ylabel(_short(keys[1]))


def _write_values(axes: Axes, values: NDArray[np.float64], image: Any, goal: str) -> None:
    """Write the value of each place of a map in its middle, dark on light colours."""
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        text = f"{value:.1f}" if goal == "accuracy" else f"{value:.3g}" if value < 1_000 else f"{value:,.0f}"
        ink = "#1f2934" if image.norm(value) > 0.55 else "white"
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=7.5)


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
    strength = max(0.3, min(1.0, 20 / max(1, front.sum())))
    for line in lines[front]:
        axes.plot(places, line, color=COLOURS[5], linewidth=1.2, alpha=strength, zorder=2)
    for place, (name, (least, most)) in enumerate(zip(names, ends, strict=True)):
        axes.plot([place, place], [0, 1], color="#52606d", linewidth=0.8, zorder=0)
        axes.text(place, -0.03, least, ha="center", va="top", fontsize=7.5)
        axes.text(place, 1.03, most, ha="center", va="bottom", fontsize=7.5)
        # On two levels, so that a name may be twice as wide as the distance of the axes.
        height = -0.12 - 0.07 * (place % 2)
        axes.text(place, height, _NAMES.get(name, _last(name, names)), ha="center", va="top", fontsize=8.5)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(-0.26, 1.1)
    axes.set_axis_off()
    axes.set_title("Designs over all keys (the front in colour)")


def _front(axes: Axes, table: pd.DataFrame, keys: list[str]) -> None:
    """Draw energy against rate, colours by accuracy, the front ringed and labelled."""
    from neurosyn.analysis.declutter import MARKS
    from neurosyn.analysis.plotting import COLOURS, legend, optional_text

    x, y = "frames_per_second", "energy_per_frame_uj"
    known = [name for name in (x, y) if name in table and table[name].notna().any()]
    if len(known) < 2:
        axes.text(0.5, 0.5, "rate or energy is not known", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    accuracy = table["accuracy"].astype(np.float64) if "accuracy" in table else pd.Series(np.nan, table.index)
    differs = accuracy.nunique() > 1
    how: dict[str, Any] = {"c": accuracy * 100, "cmap": "viridis"} if differs else {"color": COLOURS[0]}
    rate, energy = table[x].to_numpy(np.float64), table[y].to_numpy(np.float64)
    size = 30 if len(table) <= 60 else 12
    marks = axes.scatter(rate, energy, s=size, zorder=2, gid=MARKS, **how)
    if differs:
        axes.figure.colorbar(marks, ax=axes, label="accuracy in %", pad=0.02)
    front = table["pareto"].to_numpy()
    ring: Any = {"facecolors": "none", "edgecolors": COLOURS[5], "linewidths": 1.3, "zorder": 3}
    axes.scatter(rate[front], energy[front], s=size + 35, label=f"Pareto front ({front.sum()})", **ring)
    for run in np.flatnonzero(front):
        text = ", ".join(_value(table.iloc[run][key]) for key in keys)
        if len(text) <= _LONGEST:
            optional_text(axes, rate[run], energy[run], text)
    axes.set_xlabel("frames/s")
    axes.set_ylabel("µJ a frame")
    title = "Energy and rate"
    if accuracy.nunique() == 1 and accuracy.notna().all():
        title += f", accuracy {accuracy.iloc[0]:.1%}"
    axes.set_title(title)
    axes.margins(0.15)
    legend(axes, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)


def _ordered(values: pd.Series) -> dict[Any, int]:
    """Return the distinct values in order, numbers by size, with their places."""
    distinct = list(dict.fromkeys(values))
    numbers = pd.to_numeric(pd.Series(distinct), errors="coerce")
    order = np.argsort(numbers.to_numpy(), kind="stable") if numbers.notna().all() else np.arange(len(distinct))
    return {distinct[index]: place for place, index in enumerate(order.tolist())}


def _short(key: str) -> str:
    """Return the part of a key that tells it apart: its last two names."""
    return ".".join(key.removeprefix("chip.description.").split(".")[-2:])


def _last(key: str, keys: Sequence[str]) -> str:
    """Return the last name of a key, or the last two if another key ends in the same."""
    last = key.rpartition(".")[2]
    return last if sum(other.rpartition(".")[2] == last for other in keys) == 1 else _short(key)


def _value(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _label(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{_short(key)} = {_value(row[key])}" for key in keys)
