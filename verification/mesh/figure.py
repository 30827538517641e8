"""Plots of latency and throughput over load, of zero-load latency, link loads and waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosyn.chip.options import ChipOptions
from verification.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, SKY, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from verification.mesh import Curves
    from verification.mesh.routes import IsolatedPackets

__all__ = ["draw_latencies", "draw_loads"]

_CEILING = 120
"""Largest latency of the plot, in cycles."""


def draw_loads(curves: Sequence[Curves], depth: int) -> Figure:
    """Draw latency and accepted load over offered load, for each pattern."""
    cycle_ns = ChipOptions().link_cycle_ps / 1e3
    with drawing(11.0, 5.6) as figure:
        panels = figure.subplots(2, len(curves), squeeze=False, sharex="col", height_ratios=[1.35, 1])
        for latency, accepted, curve in zip(*panels, curves, strict=True):
            pattern = curve.pattern
            saturation, zero_load = pattern.saturation, pattern.mean_hops + 1
            for axes in (latency, accepted):
                axes.axvline(saturation, color=INK, linewidth=1, linestyle="--", label="saturation, closed form")
                axes.grid(color=GRID)
            latency.axhline(zero_load, color=MUTED, linewidth=1, linestyle=":", label="zero load: mean hops + 1")
            for measured, colour, marker, name in (
                (curve.deep, SKY, "s", "FIFOs that never fill"),
                (curve.shallow, BLUE, "o", f"FIFOs of {depth}, as simulated"),
            ):
                load = np.array([point.load for point in measured])
                latency.plot(
                    load, [point.latency for point in measured], f"-{marker}", color=colour, markersize=3.5, label=name
                )
                accepted.plot(load, [point.accepted for point in measured], f"-{marker}", color=colour, markersize=3.5)
            offered = [0, 1.5 * saturation]
            accepted.plot(offered, offered, color=MUTED, linewidth=0.8, zorder=0, label="accepted = offered")
            latency.set_yscale("log")
            latency.set_ylim(0.85 * zero_load, _CEILING)
            latency.set_yticks([6, 10, 20, 40, 80], ["6", "10", "20", "40", "80"])
            latency.minorticks_off()
            latency.set_xlim(0, 1.54 * saturation)
            latency.set_title(f"{pattern.name}, {pattern.side} × {pattern.side}")
            accepted.set_ylim(0, 1.54 * saturation)
            accepted.locator_params(nbins=6)
            accepted.set_xlabel("offered (packets per core and cycle)")
        panels[0, 0].set_ylabel(f"mean latency (cycles of {cycle_ns:g} ns)")
        panels[1, 0].set_ylabel("accepted\n(packets per core and cycle)")
        handles, labels = (above + below[1:] for above, below in zip(
            *(axes.get_legend_handles_labels() for axes in panels[:, 0]), strict=True
        ))  # fmt: skip
        figure.legend(handles, labels, loc="outside lower center", ncols=5)
        return figure


def draw_latencies(
    alone: IsolatedPackets,
    over_edges: IsolatedPackets,
    profile: Sequence[tuple[float, float]],
    waits: Sequence[float],
    utilisations: Sequence[float],
) -> Figure:
    """Draw zero-load latencies, the link loads of uniform traffic, and waits at one server."""
    chip = ChipOptions()
    with drawing(11.0, 3.3) as figure:
        zero, loads, queue = figure.subplots(1, 3)
        hops = np.arange(int(over_edges.hops.max()) + 1)
        for crossings, colour in ((0, BLUE), (1, GREEN), (2, ORANGE)):
            expected = (hops + 1) * chip.hop_latency_ps + crossings * chip.edge_latency_ps
            selected = over_edges.crossings == crossings
            shown = hops <= over_edges.hops[selected].max()
            zero.plot(hops[shown], expected[shown] / 1e3, color=colour, linewidth=0.8)
            zero.plot(
                over_edges.hops[selected], over_edges.latency_ps[selected] / 1e3, "o", color=colour, markersize=4,
                label=f"{crossings} chip edges" if crossings != 1 else "1 chip edge",
            )  # fmt: skip
        zero.plot(alone.hops, alone.latency_ps / 1e3, ".", color=INK, markersize=2, label="one chip")
        zero.set_xlabel("hops")
        zero.set_ylabel("latency (ns)")
        zero.set_title(f"Zero load: {len(alone.hops):,} + {len(over_edges.hops):,} pairs")
        zero.legend(loc="upper left")

        columns = np.arange(len(profile))
        fine = np.linspace(0, len(profile) - 1, 200)
        side = len(profile) + 1
        loads.bar(columns, [counted for _, counted in profile], 0.7, color=SKY, label="counted on the routes")
        loads.plot(fine, (fine + 1) * (side - 1 - fine) / side, color=INK, label="(i + 1)(k − 1 − i)/k")
        loads.set_xticks(columns, [f"{column}→{column + 1}" for column in columns])
        loads.set_ylim(0, 0.36 * side)
        loads.set_xlabel("link between columns")
        loads.set_ylabel("packets per packet of a core")
        loads.set_title("Uniform traffic: load of a row's links")
        loads.legend(loc="upper left", ncols=2, columnspacing=1)

        fine = np.linspace(0, 0.83, 200)
        queue.plot(fine, fine / (2 * (1 - fine)), color=INK, linewidth=1, label="M/D/1: ρ/(2(1 − ρ))")
        queue.plot(utilisations, waits, "o", color=BLUE, markersize=4.5, label="simulated")
        queue.set_xlim(0, 0.85)
        queue.set_ylim(0, 2.5)
        queue.set_xlabel("utilisation ρ")
        queue.set_ylabel("mean wait (cycles)")
        queue.set_title("A core to itself: one server")
        queue.legend(loc="upper left")
        for axes in (zero, loads, queue):
            axes.grid(color=GRID)
            axes.set_axisbelow(True)
        return figure
