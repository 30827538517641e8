"""Plots of the fit with its residuals, and of all ratios of predicted to published values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from verification.silicon.fit import HANDSHAKE_PS, Activity, Fit, TaskLoads, log_rms, mean_tick_us
from verification.silicon.published import LONGEST_EVENT_PS
from verification.silicon.rows import CLOSE, Row
from verification.style import BLUE, GRID, INK, MUTED, ORANGE, drawing

__all__ = ["draw_fit", "draw_ratios"]

_COLOURS = {"measured": BLUE, "matched": ORANGE, "": INK}
_NAMES = {
    "measured": "our networks as they spike",
    "matched": "spikes scaled to the published power",
    "": "leakage and row reads only",
}
_ACTIVITIES: tuple[Activity, ...] = ("measured", "matched")
_TICKS = (0.25, 0.5, 0.75, 1, 1.25, 2, 3, 4)


def draw_fit(tasks: Sequence[TaskLoads], fits: Sequence[Fit], event_ps: int) -> Figure:
    """Draw the spread of the residuals over the time of a synaptic event, and the residuals of each row."""
    with drawing(10.2, 4.6) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.1])
        times = np.geomspace(10_000, 110_000, 120).astype(int)
        for activity in _ACTIVITIES:
            spread = [_rate_spread(tasks, int(ps), activity) for ps in times]
            left.plot(times / 1e3, spread, color=_COLOURS[activity], lw=1.6, label=_NAMES[activity])
        for fit in fits:
            left.plot(fit.event_ps / 1e3, fit.rms, "o", ms=6, color=_COLOURS[fit.activity])
        tick_us, spread_of_mean = mean_tick_us(tasks)
        left.axhline(spread_of_mean, color=MUTED, lw=1, ls=":", label=f"the same tick of {tick_us:.0f} µs for all")
        top = left.get_ylim()[1]
        for ps, name in (
            (HANDSHAKE_PS, "handshake"),
            (event_ps, "default"),
            (LONGEST_EVENT_PS, "longest\nallowed"),
        ):
            left.axvline(ps / 1e3, color=MUTED, lw=0.9, ls="--")
            left.annotate(
                f"{name}\n{ps / 1e3:.3g}", (ps / 1e3, top), xytext=(3, -2), textcoords="offset points",
                va="top", fontsize=7.5, color=INK,
            )  # fmt: skip
        left.set_ylim(0, top * 1.12)
        left.set(xlabel="time of a synaptic event, ns", ylabel="RMS of ln(predicted / published rate)")
        left.set_title("Fit to the rates of all rows")
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), fontsize=7.5)
        places = np.arange(len(tasks))
        for activity, shift in zip(_ACTIVITIES, (-0.16, 0.16), strict=True):
            for marker, quantity in (("o", "rate"), ("s", "power")):
                ratios = [
                    task.rate_ratio(event_ps, activity) if quantity == "rate" else task.power_ratio(event_ps, activity)
                    for task in tasks
                ]
                face = _COLOURS[activity] if quantity == "rate" else "white"
                right.plot(
                    ratios, places + shift, marker, ms=6, mfc=face, mec=_COLOURS[activity], mew=1.3,
                    label=f"{quantity}, {_NAMES[activity]}",
                )  # fmt: skip
        _ratio_axis(right, [task.paper.title for task in tasks])
        right.set_title(f"Residuals at {event_ps / 1e3:.3g} ns")
        right.legend(loc="upper center", bbox_to_anchor=(0.42, -0.13), ncols=2, fontsize=7.5)
    return figure


def _rate_spread(tasks: Sequence[TaskLoads], event_ps: int, activity: Activity) -> float:
    return log_rms(tasks, lambda task: task.rate_ratio(event_ps, activity))


def draw_ratios(rows: Iterable[Row]) -> Figure:
    """Draw the ratio of predicted to published values: a line for each network or board."""
    rows = list(rows)
    systems = list(dict.fromkeys(row.system for row in rows))
    with drawing(7.8, 1.4 + 0.3 * len(systems)) as figure:
        axes = figure.add_subplot()
        for activity in ("measured", "matched", ""):
            for marker, quantity in (("o", "rate"), ("s", "power")):
                shown = [
                    row for row in rows if row.activity == activity and (row.quantity == "rate") == (marker == "o")
                ]
                if shown:
                    shift = {"measured": -0.14, "matched": 0.14, "": 0.0}[activity]
                    label = f"{quantity}, {_NAMES[activity]}"
                    axes.plot(
                        [row.ratio for row in shown], [systems.index(row.system) + shift for row in shown], marker,
                        ms=5.5, mfc=_COLOURS[activity] if marker == "o" else "white", mec=_COLOURS[activity],
                        mew=1.2, ls="", label=label,
                    )  # fmt: skip
        _ratio_axis(axes, systems)
        axes.set_title("Predicted over published")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, fontsize=7.5)
    return figure


def _ratio_axis(axes: Axes, names: Sequence[str]) -> None:
    """Give an axis of ratios its scale, the band of close ones, and a name for each line, the first on top."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.6), max(high, 1.6))
    axes.xaxis.set_major_locator(
        FixedLocator([tick for tick in _TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]])
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.axvspan(1 - CLOSE, 1 + CLOSE, color=GRID, alpha=0.6, lw=0, zorder=0)
    axes.axvline(1, color=MUTED, lw=0.8, zorder=1)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_xlabel("predicted / published (grey: within 25 %)")
