"""Limits of the tick period, changes that would shorten it, and the hottest cores and links, from analyses of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosyn.analysis import critical_path, hotspots, sensitivity
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.plotting import COLOURS
from neurosyn.report.figures import sensitivity_figure
from neurosyn.support.formatting import count, energy, number, percent, time

__all__ = ["Change", "Hot", "Limits", "Step", "Tornado", "hottest", "limits", "tornado"]

_LATEST = 6
_RANKS = 5
_MEASURES = {
    "spikes": "Spikes",
    "synaptic_events": "Synaptic events",
    "energy_pj": "Active energy",
    "finish_ps": "Longest time at work",
    "busy_share": "Share of the time busy",
    "longest_wait_ps": "Longest wait",
}


@dataclass(frozen=True)
class Step:
    """A step of the chain of causes that ends the tick; the share is of the tick, times in ps."""

    what: str
    at: str
    duration_ps: int
    share: float
    colour: str


@dataclass(frozen=True)
class Change:
    """A change with the shortest tick that it could give, and the saved share."""

    what: str
    tick_ps: int
    saved: float


@dataclass(frozen=True)
class Limits:
    """Panel on the longest tick; ``latest`` has name, end and slack in ps."""

    tick: int
    makespan_ps: int
    limited_by: str
    steps: list[Step]
    changes: list[Change]
    latest: list[tuple[str, int, int]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Hot:
    """One of the hottest cores or links by a measure."""

    measure: str
    name: str
    value: str
    times_mean: str


def limits(run: FinishedRun) -> Limits | None:
    """Return the cause of the longest recorded tick's length; None if no timed tick was recorded.

    Raises
    ------
    DataError
        If the trace is damaged.
    """
    if not run.has_trace or not run.trace.ticks_timed or not run.trace.has("ticks"):
        return None
    times = run.trace.ticks(["tick", "makespan_ps"]).dropna()
    if times.empty:
        return None
    longest = int(times["tick"].iloc[int(times["makespan_ps"].to_numpy().argmax())])
    analysis = critical_path.analyse(run, longest)
    makespan = max(int(analysis.headline["makespan_ps"]), 1)
    path: Any = analysis.table("path")
    changes: Any = analysis.table("what_if")
    latest: Any = analysis.table("elements").head(_LATEST)
    return Limits(
        analysis.headline["tick"],
        makespan,
        str(analysis.headline["limited_by"]),
        [
            Step(row.step, row.at, int(row.duration_ps), row.duration_ps / makespan, COLOURS[index % len(COLOURS)])
            for index, row in enumerate(path.itertuples())
        ],
        [Change(row.change, int(row.tick_at_best_ps), max(row.saved_share, 0.0)) for row in changes.itertuples()],
        [(row.name, int(row.end_ps), int(row.slack_ps)) for row in latest.itertuples()],
        analysis.notes[2:],
    )


@dataclass(frozen=True)
class Tornado:
    """Figure of rate and power against each assumed time, and the conditions on which it rests."""

    figure: str
    notes: tuple[str, ...]


def tornado(run: FinishedRun) -> Tornado | None:
    """Return the sensitivity to each assumed time; None if no tick was timed, or the scenario gives the tick.

    Raises
    ------
    DataError
        If the trace is damaged.
    """
    if (
        not run.has_trace
        or not run.trace.ticks_timed
        or not run.trace.has("ticks")
        or run.tick_ps != run.trace.longest_ps
    ):
        return None
    analysis = sensitivity.analyse(run)
    rows: Any = analysis.table().itertuples()
    per = analysis.headline["per"]
    label = f"Rate in {per}s/s with each assumed time halved and doubled. " + " ".join(
        f"{row.option}: {number(row.per_second_half, 4)}, {number(row.per_second_double, 4)}." for row in rows
    )
    return Tornado(sensitivity_figure(analysis, label), analysis.notes)


def hottest(run: FinishedRun) -> list[Hot]:
    """Return the hottest cores and links, the table beside the maps; empty without a trace."""
    if not run.has_trace:
        return []
    analysis = hotspots.analyse(run)
    rows = []
    for table in ("cores", "links"):
        if table not in analysis.tables:
            continue
        every: Any = analysis.table(table)
        for row in every[(every["rank"] <= _RANKS) & every["measure"].isin(list(_MEASURES))].to_dict("records"):
            name = f"core {row['core']} ({row['layer']})" if table == "cores" else str(row["name"])
            ratio = row["times_mean"]
            rows.append(
                Hot(_MEASURES[row["measure"]], name, _value(row), "–" if ratio != ratio else f"{number(ratio, 3)} ×")
            )
    return rows


def _value(row: dict[str, Any]) -> str:
    value, unit = float(row["value"]), row["unit"]
    if unit == "ps":
        return time(value, 3)
    if unit == "pJ":
        return energy(value, 3)
    return percent(value, 1) if unit == "share" else count(value)
