"""Hotspots: the cores and links that do most of the work, and the imbalance of the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.trace.schema import ENERGY_PARTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyse", "draw"]

_HOTTEST = 10
_OF_LINKS = ("packets", "busy_share", "longest_wait_ps")
_VALUES = ("value", "unit", "share", "times_mean")


def analyse(run: FinishedRun) -> Analysis:
    """Return the hottest cores and links, and for each layer its largest core relative to the mean one.

    ``share`` is the part of the sum of all cores (links), ``times_mean`` the multiple of the mean of its layer's cores
    (its kind's links).

    Raises
    ------
    DataError
        If the run has no trace.
    """
    trace = run.trace
    timed = trace.ticks_timed > 0
    cores = trace.cores()
    prefix = "timed_" if timed else ""
    cores["spikes"], cores["synaptic_events"] = cores[f"{prefix}spikes"], cores[f"{prefix}synaptic_events"]
    cores["packets"] = cores[f"{prefix}packets"]
    active = cores[[f"{part}_pj" for part in ENERGY_PARTS]].sum(axis=1)
    cores["energy_pj"] = cores["timed_energy_pj"] if timed else active
    measures = ["spikes", "synaptic_events", "packets", "energy_pj"]
    if timed:
        measures.append("finish_ps")
    rows = [row for measure in measures for row in _hottest(cores, measure, "layer", "core")]
    hottest = pd.DataFrame(rows, columns=["measure", "rank", "core", "layer", *_VALUES])
    tables = {"cores": hottest, "layers": _imbalance(cores, measures)}
    headline: dict[str, Any] = {"cores": trace.n_cores, "ticks": trace.ticks_timed or trace.ticks_simulated}
    for measure in measures:
        first = hottest[hottest["measure"] == measure].iloc[:1]
        headline[f"hottest_by_{measure.removesuffix('_ps').removesuffix('_pj')}"] = (
            f"core {first['core'].iloc[0]} ({first['layer'].iloc[0]})" if len(first) else None
        )
    if trace.has("links"):
        links = trace.links()
        rows = [row for measure in _OF_LINKS for row in _hottest(links, measure, "kind", "name")]
        tables["links"] = pd.DataFrame(rows, columns=["measure", "rank", "name", "kind", *_VALUES])
    tables["board"] = cores[["core", "layer", "x", "y", *measures]]
    headline["mesh"] = dict(trace.mesh)
    notes = (f"Over the {headline['ticks']:,} {'timed' if timed else 'simulated'} ticks.",)
    return Analysis("hotspots", str(run.path), run.title, headline, tables, notes, draw=draw, size=(15.0, 5.2))


def _hottest(table: pd.DataFrame, measure: str, group: str, name: str) -> list[dict[str, Any]]:
    values = table[measure].astype(np.float64)
    mean = values.groupby(table[group], observed=True).transform("mean")
    total = float(values.sum())
    order = np.argsort(-values.to_numpy(), kind="stable")[:_HOTTEST]
    return [
        {
            "measure": measure,
            "rank": rank,
            name: table[name].iloc[i],
            group: table[group].iloc[i],
            "value": float(values.iloc[i]),
            "unit": {"_ps": "ps", "_pj": "pJ"}.get(measure[-3:], "share" if measure.endswith("_share") else ""),
            "share": float(values.iloc[i]) / total if total else 0.0,
            "times_mean": float(values.iloc[i] / mean.iloc[i]) if mean.iloc[i] else None,
        }
        for rank, i in enumerate(order.tolist(), start=1)
        if values.iloc[i] > 0
    ]


def _imbalance(cores: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    rows = []
    for name, of_layer in cores.groupby("layer", observed=True, sort=False):
        row: dict[str, Any] = {"layer": name, "cores": len(of_layer)}
        for measure in measures:
            values = of_layer[measure].astype(np.float64)
            mean, unit = float(values.mean()), measure[-3:] if measure.endswith(("_ps", "_pj")) else ""
            row[f"{measure.removesuffix(unit)}_max{unit}"] = float(values.max())
            row[f"{measure.removesuffix(unit)}_max_to_mean"] = float(values.max()) / mean if mean else None
        rows.append(row)
    return pd.DataFrame(rows)


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the board four times: by spikes, synaptic events, energy, and longest time to the last neuron."""
    from neurosyn.analysis.plotting import ACCENT, board

    cores, ticks = analysis.table("board"), max(analysis.headline["ticks"], 1)
    shown = [
        ("spikes", "Spikes", "spikes in a tick", ticks, "viridis"),
        ("synaptic_events", "Synaptic events", "events in a tick", ticks, "viridis"),
        ("energy_pj", "Active energy", "nJ in a tick", ticks * 1e3, "inferno"),
        ("finish_ps", "Longest scan of the neurons", "µs", 1e6, "cividis"),
    ]
    shown = [entry for entry in shown if entry[0] in cores]
    for axes, (measure, title, unit, scale, colours) in zip(
        np.atleast_1d(figure.subplots(1, len(shown))), shown, strict=True
    ):
        values = cores[measure].to_numpy(np.float64, na_value=np.nan) / scale
        image = board(axes, cores["x"], cores["y"], values, analysis.headline["mesh"], cmap=colours)
        bar = figure.colorbar(image, ax=axes, location="bottom", fraction=0.05, pad=0.03)
        bar.set_label(unit)
        bar.outline.set_visible(False)
        if np.isfinite(values).any():
            hot = int(np.nanargmax(values))
            place = (cores["x"].iloc[hot], cores["y"].iloc[hot])
            axes.plot(*place, marker="o", markersize=9, markerfacecolor="none", markeredgecolor="white")
            axes.plot(*place, marker="o", markersize=11, markerfacecolor="none", markeredgecolor=ACCENT)
            title += f"\nmost: core {cores['core'].iloc[hot]}, {cores['layer'].iloc[hot]}"
        axes.set_title(title)
