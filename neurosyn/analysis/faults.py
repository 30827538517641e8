"""Faults on the chip: late packets, collisions, overruns, and faults that were injected on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyse", "draw"]

_COUNTS = ("late_packets", "collisions", "core_overruns")
_MEANINGS = {
    "late_packets": "packets that arrived after their delivery tick had begun; they land a turn of the scheduler later",
    "collisions": "spikes to an axon that had one in the same tick; they merge",
    "core_overruns": "cores that had not finished when their tick ended",
}


def analyse(run: FinishedRun) -> Analysis:
    """Return the faults of the whole run, by tick and by target core, and the probes' injected faults.

    Raises
    ------
    DataError
        If the run's files are damaged.
    """
    events = run.summary.get("events") or {}
    ticks = pd.DataFrame(columns=["tick", *_COUNTS])
    if run.has_trace and run.trace.has("ticks"):
        ticks = run.trace.ticks(["tick", *_COUNTS])
    totals = {name: int(events.get(name, ticks[name].sum())) for name in _COUNTS}
    deviations = [str(sentence) for sentence in run.summary.get("deviations") or []]
    counts = pd.DataFrame(
        [{"event": name, "count": totals[name], "what": meaning} for name, meaning in _MEANINGS.items()]
    )
    tables = {"events": counts, "ticks": ticks[(ticks[list(_COUNTS)] > 0).any(axis=1)].reset_index(drop=True)}
    if run.has_trace and run.trace.has("packets"):
        tables["late"] = _late(run)
    probes = [_probe(probe) for probe in run.summary.get("probes") or []]
    injected = [row for row in probes if row["kind"] == "fault_injection"]
    if probes:
        tables["probes"] = pd.DataFrame(probes)
    notes = tuple(f"Deviation: {sentence}" for sentence in deviations)
    headline: dict[str, Any] = {
        **totals,
        "mismatched_frames": run.summary.get("mismatched_frames"),
        "ticks_with_any": len(tables["ticks"]),
        "injected": len(injected),
        "deviations": deviations,
    }
    return Analysis("faults", str(run.path), run.title, headline, tables, notes, draw=draw)


def _late(run: FinishedRun) -> pd.DataFrame:
    """Return the late packets among the recorded ones by their target."""
    packets = np.zeros(run.trace.n_cores + 1, np.int64)
    worst = np.zeros(run.trace.n_cores + 1, np.int64)
    starts = run.trace.ticks(["tick", "start_ps"]).set_index("tick")["start_ps"]
    for batch in run.trace.batches("packets", ["dest_core", "delivery_tick", "arrival_ps", "late"]):
        late = batch.column("late").to_numpy(zero_copy_only=False)
        if not late.any():
            continue
        dest = batch.column("dest_core").to_numpy()[late]
        # The host, −2, is counted in the last element.
        place = np.where(dest < 0, run.trace.n_cores, dest)
        np.add.at(packets, place, 1)
        begins = starts.reindex(batch.column("delivery_tick").to_numpy()[late]).to_numpy(np.float64, na_value=np.nan)
        by = batch.column("arrival_ps").to_numpy()[late] - begins
        np.maximum.at(worst, place, np.nan_to_num(by).astype(np.int64))
    cores = run.trace.cores(["core", "layer"])
    table = cores.assign(late_packets=packets[:-1], latest_by_ps=worst[:-1])
    host = pd.DataFrame([{"core": -2, "layer": "(host)", "late_packets": packets[-1], "latest_by_ps": worst[-1]}])
    table["layer"] = table["layer"].astype(str)
    table = pd.concat([table, host], ignore_index=True)
    table = table[table["late_packets"] > 0]
    return table.sort_values("late_packets", ascending=False, kind="stable", ignore_index=True)


def _probe(probe: dict[str, Any]) -> dict[str, Any]:
    results = probe.get("results") or {}
    return {
        "name": probe.get("name"),
        "kind": probe.get("kind"),
        "results": ", ".join(f"{key} {value}" for key, value in results.items()),
        "error": probe.get("error"),
    }


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the events tick by tick, or a sentence where there were none."""
    from neurosyn.analysis.plotting import COLOURS, count_axis, legend

    ticks, axes = analysis.table("ticks"), figure.subplots()
    if ticks.empty:
        total = sum(analysis.headline[name] for name in _COUNTS)
        text = "no late packets, collisions or overruns" if not total else "none in the ticks that were recorded"
        axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    for name, colour in zip(_COUNTS, COLOURS, strict=False):
        if ticks[name].any():
            label = f"{name.replace('_', ' ')} ({ticks[name].sum():,})"
            axes.vlines(ticks["tick"], 0, ticks[name], color=colour, linewidth=1)
            axes.plot(ticks["tick"], ticks[name], "o", color=colour, label=label, markersize=4)
    axes.set_xlabel("tick")
    axes.set_ylabel("in the tick")
    axes.set_ylim(bottom=0)
    count_axis(axes.yaxis)
    legend(axes)
