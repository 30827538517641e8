"""Activity of the neurons: firing rates by layer, core and tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyse", "draw"]


def analyse(run: FinishedRun) -> Analysis:
    """Return spikes and synaptic events by layer, core and tick.

    The timed ticks are counted if there are any, since others may have been played to fill the pipeline; else all.
    ``rate`` is the share of a layer's neurons that fires in a tick, ``rate_hz`` the same per second at the tick period.

    Raises
    ------
    DataError
        If the run has no trace.
    """
    trace = run.trace
    timed = trace.ticks_timed > 0
    ticks = trace.ticks_timed if timed else trace.ticks_simulated
    prefix = "timed_" if timed else ""
    columns = ["core", "layer", "x", "y", "neurons", f"{prefix}spikes", f"{prefix}synaptic_events", f"{prefix}packets"]
    cores = trace.cores(columns).rename(columns=lambda name: name.removeprefix(prefix))
    cores["rate"] = cores["spikes"] / np.maximum(cores["neurons"] * ticks, 1)
    layers = _by_layer(cores, ticks, run.tick_ps)
    spikes, neurons = int(cores["spikes"].sum()), int(cores["neurons"].sum())
    tables = {"layers": layers, "cores": cores}
    if trace.has("ticks"):
        rows = trace.ticks(["tick", "start_ps", "spikes", "synaptic_events", "packets", "input_packets"])
        tables["ticks"] = rows[rows["start_ps"].notna()].drop(columns="start_ps") if timed else rows
    rate = spikes / max(neurons * ticks, 1)
    busiest = str(layers["layer"].iloc[int(layers["rate"].argmax())]) if ticks and len(layers) else None
    return Analysis(
        "activity",
        str(run.path),
        run.title,
        {
            "ticks": ticks,
            "neurons": neurons,
            "spikes": spikes,
            "spikes_per_tick": spikes / max(ticks, 1),
            "rate": rate,
            "rate_hz": rate * 1e12 / run.tick_ps,
            "synaptic_events": int(cores["synaptic_events"].sum()),
            "synaptic_events_per_spike": int(cores["synaptic_events"].sum()) / max(spikes, 1),
            "silent_cores": int((cores["spikes"] == 0).sum()),
            "busiest_layer": busiest,
        },
        tables,
        (f"Counted over the {ticks:,} {'timed' if timed else 'simulated'} ticks.",),
        draw=draw,
    )


def _by_layer(cores: pd.DataFrame, ticks: int, tick_ps: int) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, of_layer in cores.groupby("layer", observed=True, sort=False):
        spikes, neurons = int(of_layer["spikes"].sum()), int(of_layer["neurons"].sum())
        rate = spikes / max(neurons * ticks, 1)
        low, high = np.quantile(of_layer["rate"], [0.05, 0.95])
        rows.append(
            {
                "layer": name,
                "cores": len(of_layer),
                "neurons": neurons,
                "spikes": spikes,
                "rate": rate,
                "rate_hz": rate * 1e12 / tick_ps,
                "core_rate_p05": float(low),
                "core_rate_p95": float(high),
                "silent_cores": int((of_layer["spikes"] == 0).sum()),
                "synaptic_events": int(of_layer["synaptic_events"].sum()),
                "synaptic_events_per_tick": int(of_layer["synaptic_events"].sum()) / max(ticks, 1),
            }
        )
    columns = ["layer", "cores", "neurons", "spikes", "rate", "rate_hz", "core_rate_p05", "core_rate_p95"]
    return pd.DataFrame(rows, columns=[*columns, "silent_cores", "synaptic_events", "synaptic_events_per_tick"])


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the rate of each layer with the range of its cores, and the spikes tick by tick."""
    from neurosyn.analysis.plotting import ACCENT, COLOURS, bar_labels, count_axis

    layers = analysis.table("layers")
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    place = np.arange(len(layers))
    rate = layers["rate"].to_numpy()
    spread = np.abs(np.stack([layers["core_rate_p05"], layers["core_rate_p95"]]) - rate)
    left.barh(place, rate, xerr=spread, color=COLOURS[0], error_kw={"ecolor": ACCENT, "elinewidth": 1.2, "capsize": 2})
    bar_labels(left, layers["layer"])
    left.set_xlabel("share of the neurons that fires in a tick\n(line: the cores from the 5th to the 95th percentile)")
    if "ticks" in analysis.tables:
        ticks = analysis.table("ticks")
        right.plot(ticks["tick"], ticks["spikes"], color=COLOURS[0], marker="." if len(ticks) < 100 else "")
        right.set_ylim(0, 1.15 * max([1, *ticks["spikes"]]))
        right.set_xlabel("tick")
        right.set_ylabel("spikes in the tick")
        count_axis(right.yaxis)
    else:
        right.set_axis_off()
