"""Traffic of the links: their loads, and the queues at their merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyse", "draw"]

_SHOWN = 15


def analyse(run: FinishedRun) -> Analysis:
    """Return the load of each link over the timed ticks, and the packets that waited for it.

    A packet that waited counts at the link where it waited longest. Links are in order of their longest wait, then of
    their load.

    Raises
    ------
    DataError
        If the run has no trace or nothing of it was timed.
    """
    trace = run.trace
    if not trace.has("links"):
        raise DataError(f"{run.path}: nothing was timed, so links have no load; simulate with another simulate.timing")
    links = trace.links()
    links["packets_per_tick"] = links["packets"] / trace.ticks_timed
    links["held_share"] = links["held_packets"] / np.maximum(links["packets"], 1)
    links = links.sort_values(["longest_wait_ps", "busy_share"], ascending=False, kind="stable", ignore_index=True)
    order = ["link", "kind", "name", "packets", "packets_per_tick", "busy_share", "held_packets", "held_share"]
    order += ["longest_wait_ps", "energy_pj", "x", "y", "direction", "chip_x", "chip_y"]
    by_kind = _by_kind(links)
    busiest: Any = links.iloc[int(links["busy_share"].argmax())] if len(links) else None
    worst: Any = links.iloc[0] if len(links) else None
    tables = {"links": links[order], "kinds": by_kind}
    if trace.has("packets"):
        tables["hops"] = _hops(run)
    cores = trace.cores(["timed_packets", "timed_hops"])
    packets = int(cores["timed_packets"].sum())
    return Analysis(
        "traffic",
        str(run.path),
        run.title,
        {
            "ticks": trace.ticks_timed,
            "links": len(links),
            "packets_of_neurons": packets,
            "hops_per_packet": int(cores["timed_hops"].sum()) / max(packets, 1),
            "busiest_link": None if busiest is None else busiest["name"],
            "busiest_busy_share": None if busiest is None else float(busiest["busy_share"]),
            "longest_wait_at": None if worst is None or not worst["longest_wait_ps"] else worst["name"],
            "longest_wait_ps": None if worst is None else int(worst["longest_wait_ps"]),
            "held_packets": int(links["held_packets"].sum()),
            "mesh": dict(trace.mesh),
        },
        tables,
        (
            f"Over the {trace.ticks_timed:,} timed ticks.",
            "A link is busy for packets times its cycle; the share is of the time from the first timed tick to the end "
            "of the last.",
        ),
        draw=draw,
    )


def _by_kind(links: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "kind": kind,
            "links": len(of_kind),
            "packets": int(of_kind["packets"].sum()),
            "busy_share_mean": float(of_kind["busy_share"].mean()),
            "busy_share_max": float(of_kind["busy_share"].max()),
            "held_packets": int(of_kind["held_packets"].sum()),
            "longest_wait_ps": int(of_kind["longest_wait_ps"].max()),
            "energy_pj": float(of_kind["energy_pj"].sum()),
        }
        for kind, of_kind in links.groupby("kind", observed=True)
    ]
    columns = ["kind", "links", "packets", "busy_share_mean", "busy_share_max", "held_packets", "longest_wait_ps"]
    return pd.DataFrame(rows, columns=[*columns, "energy_pj"])


def _hops(run: FinishedRun) -> pd.DataFrame:
    """Return the recorded packets and their waits by number of links."""
    packets, waited = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for batch in run.trace.batches("packets", ["hops", "blocked_ps"]):
        hops, blocked = (batch.column(name).to_numpy() for name in ("hops", "blocked_ps"))
        size = max(len(packets), int(hops.max(initial=0)) + 1)
        packets = np.pad(packets, (0, size - len(packets))) + np.bincount(hops, minlength=size)
        waited = np.pad(waited, (0, size - len(waited)))
        np.add.at(waited, hops, blocked)
    some = np.flatnonzero(packets)
    return pd.DataFrame({"hops": some, "packets": packets[some], "mean_wait_ps": waited[some] / packets[some]})


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the routers by the busiest link that leaves each, and the links with the longest waits."""
    from neurosyn.analysis.plotting import COLOURS, bar_labels, board, time_axis

    links = analysis.table("links")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.1])
    mesh_links = links[links["kind"] == "link"]
    share = 100 * mesh_links["busy_share"].to_numpy()
    image = board(left, mesh_links["x"], mesh_links["y"], share, analysis.headline["mesh"], cmap="cividis")
    left.set_title("The busiest link that leaves each router")
    bar = figure.colorbar(image, ax=left, fraction=0.046, pad=0.03)
    bar.set_label("% of the time busy")
    bar.outline.set_visible(False)
    worst = links[links["longest_wait_ps"] > 0].head(_SHOWN)
    right.barh(np.arange(len(worst)), worst["longest_wait_ps"].to_numpy(), color=COLOURS[0])
    right.set_title("Longest waits in the queues of links" if len(worst) else "No packet had to wait")
    bar_labels(right, worst["name"])
    if len(worst) and worst["longest_wait_ps"].iloc[0] > 50 * worst["longest_wait_ps"].iloc[-1]:
        right.set_xscale("log")
        right.set_xlim(worst["longest_wait_ps"].iloc[-1] / 4, worst["longest_wait_ps"].iloc[0] * 20)
    right.margins(x=0.18)
    for place, row in enumerate(worst.itertuples()):
        right.text(row.longest_wait_ps, place, f" {row.held_packets:,} held", va="center", fontsize=7.5)
    time_axis(right.xaxis)
