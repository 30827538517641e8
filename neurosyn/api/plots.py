"""``run.plot``: the pictures of a run as matplotlib figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from neurosyn.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neurosyn.analysis.finished_run import FinishedRun

__all__ = ["CORE_MEASURES", "Plots"]

CORE_MEASURES = {
    "spikes": "spikes",
    "synaptic_events": "synaptic events",
    "packets": "packets sent",
    "hops": "links that packets took",
    "energy": "active energy",
    "finish": "longest time to the last neuron",
    "layer": "layer",
}
"""Measures by which `Plots.chip_map` colours cores."""

CoreMeasure = Literal["spikes", "synaptic_events", "packets", "hops", "energy", "finish", "layer"]

_PARTS = ("memory_pj", "synaptic_pj", "network_pj", "chip_to_chip_pj", "io_pj")


class Plots:
    """The pictures of a run. Each method draws one and returns the figure, which notebooks show.

    ``figure.savefig("map.png")`` writes one to a file.

    Parameters
    ----------
    run
        With a trace, for all but `accuracy`.

    Examples
    --------
    >>> ns.open_run("runs/svhn").plot.chip_map("energy").savefig("energy.png")  # doctest: +SKIP
    """

    def __init__(self, run: FinishedRun) -> None:
        self._run = run

    def chip_map(self, colour: CoreMeasure = "spikes") -> Figure:
        """Draw the board, each core coloured by a measure.

        Parameters
        ----------
        colour
            One of `CORE_MEASURES`; energies and counts are sums over all simulated ticks.

        Raises
        ------
        DataError
            If there is no such measure, or no trace.
        """
        from neurosyn.analysis.plotting import new_figure

        if colour not in CORE_MEASURES:
            raise DataError(
                f"chip_map: there is no measure '{colour}'{did_you_mean(colour, CORE_MEASURES)} "
                f"(there are: {', '.join(CORE_MEASURES)})"
            )
        cores = self._run.trace.cores()
        title = f"{CORE_MEASURES[colour]}: {self._run.title}"
        return new_figure(lambda figure: self._draw_map(figure, cores, colour), title=title, size=(7.0, 5.6))

    def _draw_map(self, figure: Figure, cores: pd.DataFrame, colour: str) -> None:
        from neurosyn.analysis.plotting import board, count_axis, energy_axis, part_in_use, time_axis

        trace, axes = self._run.trace, figure.subplots()
        if colour == "layer":
            values = cores["layer"].cat.codes.to_numpy(np.float64)
        elif colour == "energy":
            values = cores[list(_PARTS)].sum(axis=1).to_numpy(np.float64)
        else:
            values = cores["finish_ps" if colour == "finish" else colour].to_numpy(np.float64, na_value=np.nan)
        limits = {"vmin": 0, "vmax": max(1, len(trace.layers) - 1)} if colour == "layer" else {"vmin": 0}
        image = board(axes, cores["x"], cores["y"], values, trace.mesh, **limits)
        axes.set_xlabel("x, eastwards")
        axes.set_ylabel("y, northwards")
        width, height = trace.mesh["columns"] * trace.mesh["side"], trace.mesh["rows"] * trace.mesh["side"]
        if part_in_use(cores["x"], cores["y"], trace.mesh)[2:] != (width, height):
            axes.set_title(f"the part in use, of {width} × {height}")
        bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
        bar.outline.set_visible(False)
        if colour == "layer":
            shown = range(0, len(trace.layers), 1 + len(trace.layers) // 24)
            bar.set_ticks(list(shown), labels=[trace.layers[number] for number in shown])
        else:
            {"energy": energy_axis, "finish": time_axis}.get(colour, count_axis)(bar.ax.yaxis)

    def layers(self) -> Figure:
        """Draw cores, spikes and active energy of each layer."""
        from neurosyn.analysis.plotting import new_figure

        cores = self._run.trace.cores()
        cores["energy_pj"] = cores[list(_PARTS)].sum(axis=1)
        by_layer = cores.groupby("layer", observed=True)
        table = by_layer[["spikes", "energy_pj"]].sum()
        table.insert(0, "cores", by_layer.size())
        size = (11.0, 1.6 + 0.24 * len(table))
        return new_figure(
            lambda figure: self._draw_layers(figure, table), title=f"layers: {self._run.title}", size=size
        )

    def _draw_layers(self, figure: Figure, table: pd.DataFrame) -> None:
        from neurosyn.analysis.plotting import COLOURS, bar_labels, count_axis, energy_axis

        names = {"cores": "cores", "spikes": "spikes", "energy_pj": "active energy"}
        every = figure.subplots(1, len(names), sharey=True)
        for axes, colour, (column, name) in zip(every, COLOURS, names.items(), strict=False):
            axes.barh(np.arange(len(table)), table[column], color=colour)
            axes.set_xlabel(name)
            axes.locator_params(axis="x", nbins=5)
            (energy_axis if column == "energy_pj" else count_axis)(axes.xaxis)
            axes.grid(axis="x", linewidth=0.4)
        bar_labels(every[0], table.index)
        for axes in every[1:]:
            axes.tick_params(axis="y", length=0)

    # The analyses' own pictures.

    def activity(self) -> Figure:
        """Draw firing rates by layer, and spikes by tick."""
        return self._analysis("activity")

    def traffic(self) -> Figure:
        """Draw the loads of the links."""
        return self._analysis("traffic")

    def latency(self) -> Figure:
        """Draw the latency of packets and its parts."""
        return self._analysis("latency")

    def power(self) -> Figure:
        """Draw the energy by layer and part."""
        return self._analysis("power")

    def hotspots(self) -> Figure:
        """Draw the cores and links with most of the load."""
        return self._analysis("hotspots")

    def critical_path(self, tick: int | None = None) -> Figure:
        """Draw the critical path of a tick; by default of the longest."""
        return self._analysis("critical-path", tick=tick)

    def sensitivity(self) -> Figure:
        """Draw rate and power with each assumed time halved and doubled."""
        return self._analysis("sensitivity")

    def accuracy(self) -> Figure:
        """Draw the confusion matrix and the margins."""
        return self._analysis("accuracy")

    def faults(self) -> Figure:
        """Draw late packets, collisions and overruns."""
        return self._analysis("faults")

    def _analysis(self, name: str, **options: int | None) -> Figure:
        from neurosyn.analysis.catalogue import analyse_run

        return analyse_run(name, self._run, **options).plot()

    def __repr__(self) -> str:
        names = [name for name in dir(self) if not name.startswith("_")]
        return f"Plots of {self._run.name}: {', '.join(names)}"
