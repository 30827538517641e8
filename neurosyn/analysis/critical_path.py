"""Critical path of a tick: the chain of causes that ends it, the slack of all else, and changes that would shorten it.

A tick ends when its last core has finished and its last packet has arrived. The slack of a core or a link is the time
from the last event that depends on it (its last neuron, or a packet that it sent or carried) to the end of the tick: if
it were slower by that much, the tick would take no longer, apart from queues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.analysis.tick_view import TickView
from neurosyn.engine.fabric.fabric import Kind
from neurosyn.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyse", "draw"]

_RELIEVED = (1, 10, 100)
_SHOWN = 12


def analyse(run: FinishedRun, tick: int | None = None) -> Analysis:
    """Return the cause of a tick's length, the slack of all else, and the shortest tick that each change could give.

    Parameters
    ----------
    run
        The finished run.
    tick
        Number of the tick; by default the longest timed one, which sets the tick period.

    Raises
    ------
    DataError
        If the run has no trace, or that tick was not timed and recorded.
    """
    trace = run.trace
    if not trace.ticks_timed or not trace.has("ticks"):
        raise DataError(
            f"{run.path}: has no timed ticks to look at; simulate with timing and trace.level tick or higher"
        )
    assert trace.longest_tick is not None
    view = TickView(trace, trace.longest_tick if tick is None else tick)
    steps = pd.DataFrame(view.path(), columns=["step", "at", "from_ps", "to_ps", "duration_ps"])
    elements = view.elements()
    limits = _limits(trace)
    notes = [
        f"Tick {view.tick} took {view.makespan_ps / 1e6:,.3f} µs; the tick period is {run.tick_ps / 1e6:,.3f} µs.",
        "At best: if nothing else became slower, and no queue delayed a packet.",
    ]
    if not view.has_cores:
        notes.append("The cores of this tick were not recorded: their times are the longest of all timed ticks.")
    if not view.has_packets:
        notes.append(
            f"The packets of this tick were not recorded, so links have no slack; trace.ticks=[[{view.tick}, "
            f"{view.tick}]] records them."
        )
    return Analysis(
        "critical-path",
        str(run.path),
        run.title,
        {
            "tick": view.tick,
            "makespan_ps": view.makespan_ps,
            "tick_period_ps": run.tick_ps,
            "limited_by": view.limited_by,
            "limited_by_kind": "core" if view.core_is_last else "packet",
            "next_ps": int(elements["end_ps"].iloc[1]) if len(elements) > 1 else None,
            "next": str(elements["name"].iloc[1]) if len(elements) > 1 else None,
            "ticks_limited_by_cores": int(limits["ticks"][limits["limited_by"] != "packets"].sum()),
            "timed_ticks": trace.ticks_timed,
        },
        {"path": steps, "what_if": _what_if(view), "elements": elements, "limits": limits},
        tuple(notes),
        draw=draw,
        size=(14.0, 8.0),
    )


def _limits(trace: Any) -> pd.DataFrame:
    """Return the cores or packets that ended the timed ticks, and how often."""
    ticks = trace.ticks(["tick", "last_core", "last_core_ps", "last_arrival_ps", "makespan_ps"])
    ticks = ticks[ticks["makespan_ps"].notna()]
    by_core = (ticks["last_core_ps"] >= ticks["last_arrival_ps"]).fillna(True).to_numpy(bool)
    layers = trace.cores(["layer"])["layer"].astype(str).to_numpy()
    names = [
        f"core {core} ({layers[int(core)]})" if is_core else "packets"
        for core, is_core in zip(ticks["last_core"], by_core, strict=True)
    ]
    table = pd.DataFrame({"limited_by": names, "makespan_ps": ticks["makespan_ps"].to_numpy(np.int64)})
    limits = table.groupby("limited_by", sort=False)["makespan_ps"].agg(["size", "mean", "max"]).reset_index()
    limits.columns = ["limited_by", "ticks", "mean_makespan_ps", "max_makespan_ps"]
    return limits.sort_values(["ticks", "max_makespan_ps"], ascending=False, kind="stable", ignore_index=True)


def _what_if(view: TickView) -> pd.DataFrame:
    """Return the shortest tick that each single change could give."""
    rows: list[dict[str, Any]] = []

    def at_best(change: str, tick_ps: float) -> None:
        saved = view.makespan_ps - int(tick_ps)
        rows.append(
            {
                "change": change,
                "tick_at_best_ps": int(tick_ps),
                "saved_ps": saved,
                "saved_share": saved / max(view.makespan_ps, 1),
            }
        )

    chip, finish, ends = view.trace.chip, view.finish_ps, np.sort(view.ends_ps)[::-1]
    packets, floor = view.last_arrival_ps, view.busiest_link_ps
    for number in _RELIEVED:
        if number < len(ends):
            which = (
                view.limited_by
                if number == 1 and view.core_is_last
                else f"the {number:,} latest core{'s' * (number > 1)}"
            )
            at_best(f"relieve {which} (of work: split, or move neurons to others)", max(ends[number], view.host_end_ps))
    level = finish.astype(np.float64).copy()
    layer = int(view.core_layer[int(finish.argmax())]) if len(finish) else -1
    for index in np.unique(view.core_layer):
        here = view.core_layer == index
        level[here] = finish[here].mean()
        if index == layer:
            levelled = finish.astype(np.float64).copy()
            levelled[here] = finish[here].mean()
            at_best(
                f"spread the work of layer {view.trace.layers[index]} evenly over its cores", max(levelled.max(), floor)
            )
    if len(finish):
        at_best("spread the work of every layer evenly over its cores", max(level.max(), floor))
        scan = view.trace.neurons * chip.neuron_time_ps
        synaptic = view.synaptic_events * chip.synaptic_event_time_ps
        at_best("synaptic events in half the time", max((finish - synaptic / 2).max(), floor))
        at_best("neurons in half the time", max((finish - scan / 2).max(), floor))
        at_best("links and ports of no delay", finish.max())
    if not view.core_is_last and packets:
        at_best(
            f"the busiest link ({view.busiest_link}) twice as fast",
            max(int(finish.max(initial=0)), view.busiest_link_ps / 2),
        )
    spread_ps = view.spread_ports_ps
    if spread_ps is not None and not view.core_is_last:
        # Only the host's packets take other ways; the links between chips carry what they carry now, at most.
        others = max(int(finish.max(initial=0)), view.busiest_ps(besides=Kind.HOST_INPUT))
        at_best('host ports at all of the board\'s border (chip.host_ports = "border")', max(others, spread_ps))
    table = pd.DataFrame(rows, columns=["change", "tick_at_best_ps", "saved_ps", "saved_share"])
    return table.sort_values("saved_ps", ascending=False, kind="stable", ignore_index=True)


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the ends of cores and links, the chain that ends the tick, and the changes that would shorten it."""
    from neurosyn.analysis.plotting import ACCENT, COLOURS, bar_labels, count_axis, legend, time_axis

    end = analysis.headline["makespan_ps"]
    (left, right), (below, lower) = figure.subplots(2, 2, width_ratios=[1.2, 1])
    elements = analysis.table("elements")
    cores, links = elements[elements["kind"] == "core"], elements[elements["kind"] != "core"]
    bins = np.linspace(0, end, 60)
    left.hist(cores["end_ps"], bins, color=COLOURS[0], label=f"cores ({len(cores):,})")
    if len(links):
        left.hist(
            links["end_ps"], bins, histtype="step", color=COLOURS[1], linewidth=1.5, label=f"links ({len(links):,})"
        )
    left.axvline(end, color=ACCENT, linewidth=1)
    left.set_yscale("log")
    count_axis(left.yaxis)
    left.set_xlim(0, end)
    left.set_xlabel("when the last thing that depends on it has happened")
    left.set_title("Cores and links by their end in the tick")
    legend(left, loc="upper left", bbox_to_anchor=(0.25, 1))
    time_axis(left.xaxis)
    first = elements.head(_SHOWN)
    colours = [COLOURS[0] if kind == "core" else COLOURS[1] for kind in first["kind"]]
    right.barh(np.arange(len(first)), first["end_ps"].to_numpy(), color=colours)
    low = float(first["end_ps"].min()) if len(first) else 0.0
    right.set_xlim(left=max(0.0, low - 0.25 * (end - low) - 0.01 * end), right=end)
    bar_labels(right, first["name"])
    right.set_title("The last ones (axis cut)")
    time_axis(right.xaxis, 4)
    steps: Any = analysis.table("path")
    for index, row in enumerate(steps.itertuples()):
        below.barh(index, row.duration_ps, left=row.from_ps, color=COLOURS[index % len(COLOURS)])
    bar_labels(below, steps["step"])
    below.set_xlim(0, end)
    below.set_title(f"What ends tick {analysis.headline['tick']}: {analysis.headline['limited_by']}")
    time_axis(below.xaxis)
    changes: Any = analysis.table("what_if")
    lower.barh(np.arange(len(changes)), 100 * changes["saved_share"].to_numpy(), color=COLOURS[2])
    bar_labels(lower, (row.change.partition(" (of")[0] for row in changes.itertuples()))
    for index, row in enumerate(changes.itertuples()):
        lower.text(max(100 * row.saved_share, 0), index, f" {100 * row.saved_share:.1f} %", va="center", fontsize=7.5)
    lower.set_xlim(0, 112)
    lower.set_xticks(range(0, 101, 25))
    lower.set_xlabel("% of the tick saved at best")
    lower.set_title("Changes that would shorten it")
