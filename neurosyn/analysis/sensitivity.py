"""Sensitivity of rate and power to each assumed time of the chip: each one halved and doubled, the others unchanged.

The tick for other times follows from the sums of the timed ticks, without simulating again: it is the longest of

- the scan of each core, from its neurons, its synaptic events and the time that it was held up,
- the service time of each host port and each link between chips in its busiest tick, and
- the way of the last packet of the longest tick, its waits scaled with the cycle of the link where it waited.

A queue that forms elsewhere with other times is not among them. The energy of a tick does not depend on these times,
except for leakage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import TIMES, ChipOptions
from neurosyn.chip.program import OUTPUT
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.engine.fabric.traffic import HOST_CORE
from neurosyn.errors import DataError
from neurosyn.trace.reader import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FACTORS", "analyse", "draw"]

FACTORS = (0.5, 2.0)
"""Multiples of each time."""

_Duration = Callable[[ChipOptions], float]
"""Time in ps that a part takes with the times of a chip."""


def analyse(run: FinishedRun) -> Analysis:
    """Return the tick period, the rate and the power with each assumed time halved and doubled.

    Rates are ticks/s, or frames/s where the run has frames.

    Parameters
    ----------
    run
        The finished run, with timed ticks.

    Raises
    ------
    DataError
        If the run has no trace, or no tick was timed.
    """
    trace = run.trace
    if not trace.ticks_timed or not trace.has("ticks"):
        raise DataError(
            f"{run.path}: has no timed ticks to look at; simulate with timing and trace.level tick or higher"
        )
    assert trace.longest_ps is not None
    chip, parts = trace.chip, [*_scans(trace), *_links(trace), *_last_packet(trace)]
    base = max(part(chip) for part in parts)
    # What the sums leave out, such as the way of a port's last packet, is taken to stay as it is.
    rest = trace.longest_ps - base
    per_frame = int(run.summary.get("ticks_per_frame") or 1)
    leakage, total = ((run.summary.get("power_mw") or {}).get(part) for part in ("leakage", "total"))

    def at(times: ChipOptions) -> tuple[int, float, float]:
        tick_ps = max(round(max(part(times) for part in parts) + rest), 1)
        power = float("nan") if not total else leakage + (total - leakage) * run.tick_ps / tick_ps
        return tick_ps, 1e12 / (tick_ps * per_frame), power

    rows: list[dict[str, Any]] = []
    for name in TIMES:
        value = int(getattr(chip, name))
        row: dict[str, Any] = {"option": f"chip.{name}", "value_ps": value}
        for factor, side in zip(FACTORS, ("half", "double"), strict=True):
            tick, rate, power = at(chip.model_copy(update={name: max(round(factor * value), 0)}))
            row |= {f"tick_{side}_ps": tick, f"per_second_{side}": rate, f"power_{side}_mw": power}
        rows.append(row)
    tick_ps, rate, power = at(chip)
    table = pd.DataFrame(rows)
    spread = (table["per_second_half"] - table["per_second_double"]).abs()
    table = table.iloc[np.argsort(-spread.to_numpy(), kind="stable")].reset_index(drop=True)
    notes = [
        "Ticks follow from the sums of the timed ticks, without simulating again; queues that would form elsewhere are "
        "left out.",
    ]
    if not _recorded_cores(trace):
        notes.append("The cores' ticks were not recorded: the longest scan of each core stands for all.")
    return Analysis(
        "sensitivity",
        str(run.path),
        run.title,
        {
            "tick_period_ps": tick_ps,
            "per_second": rate,
            "per": "frame" if run.summary.get("ticks_per_frame") else "tick",
            "power_mw": None if not total else power,
        },
        {"times": table},
        tuple(notes),
        draw=draw,
        size=(11.0, 3.4),
    )


def _recorded_cores(trace: Trace) -> bool:
    return trace.has("core_ticks") and not trace.selected.get("cores") and not trace.selected.get("layers")


def _scans(trace: Trace) -> list[_Duration]:
    """Return the longest scan over all cores and recorded ticks."""
    now, neurons = trace.chip, trace.neurons
    if _recorded_cores(trace):
        scans = trace.core_ticks(["synaptic_events", "finish_ps"]).dropna()
        events = scans["synaptic_events"].to_numpy(np.float64)
        finish = scans["finish_ps"].to_numpy(np.float64)
    else:
        finish = trace.cores(["finish_ps"])["finish_ps"].dropna().to_numpy(np.float64)
        work = np.maximum(finish - neurons * now.neuron_time_ps, 0)
        events = work / max(now.synaptic_event_time_ps, 1)
    if not len(finish):
        return []
    held = np.maximum(finish - neurons * now.neuron_time_ps - events * now.synaptic_event_time_ps, 0)
    # Few pairs can be the longest for any time of an event: for each number of events the longest hold.
    number, group = np.unique(events, return_inverse=True)
    longest = np.zeros(len(number))
    np.maximum.at(longest, group, held)

    def scan(chip: ChipOptions) -> float:
        work = neurons * chip.neuron_time_ps + number * chip.synaptic_event_time_ps
        return float((work + longest).max())

    return [scan]


def _links(trace: Trace) -> list[_Duration]:
    """Return the service times of host ports and links between chips.

    Links are recorded in sum over the ticks: the busiest tick of each exceeds its mean as that of all packets does.
    """
    if not trace.has("links"):
        return []
    ticks = trace.ticks(["input_packets", "packets", "makespan_ps"])
    ticks = ticks[ticks["makespan_ps"].notna()]
    links = trace.links(["kind", "packets"])
    durations: list[_Duration] = []
    for kind, column in (
        (Kind.HOST_INPUT, "input_packets"),
        (Kind.CHIP_EDGE, "packets"),
        (Kind.HOST_OUTPUT, "packets"),
        (Kind.LINK, "packets"),
    ):
        packets = links["packets"][links["kind"] == kind.value]
        mean = float(ticks[column].mean())
        if not len(packets) or not mean:
            continue
        most = float(packets.max()) / trace.ticks_timed * float(ticks[column].max()) / mean
        durations.append(_service(most, is_edge=kind is not Kind.LINK))
    return durations


def _service(packets: float, *, is_edge: bool) -> _Duration:
    def service(chip: ChipOptions) -> float:
        cycle, latency = (
            (chip.edge_cycle_ps, chip.edge_latency_ps) if is_edge else (chip.link_cycle_ps, chip.hop_latency_ps)
        )
        return (packets - 1) * cycle + latency

    return service


def _last_packet(trace: Trace) -> list[_Duration]:
    """Return the time until the last packet of the longest tick has arrived, if its packets were recorded."""
    if not trace.has("packets"):
        return []
    columns = ["source_core", "dest_core", "send_ps", "arrival_ps", "hops", "crossings", "blocked_ps", "waited_at"]
    packets = trace.packets(columns, ticks=trace.longest_tick)
    if packets.empty:
        return []
    last: Any = packets.iloc[int(packets["arrival_ps"].to_numpy().argmax())]
    start = trace.ticks(["start_ps"], ticks=trace.longest_tick)["start_ps"].iloc[0]
    is_from_host = last["source_core"] == HOST_CORE
    modules = int(last["hops"]) + 1
    links = int(last["crossings"]) + int(is_from_host) + int(last["dest_core"] == OUTPUT)
    sent, blocked = int(last["send_ps"] - start), int(last["blocked_ps"])
    now, fabric = trace.chip, Fabric(Mesh(**trace.mesh), trace.chip)
    at_edge = fabric.cycle_ps(int(last["waited_at"])) == now.edge_cycle_ps
    scans = [] if is_from_host else _scans(trace)

    def arrival(chip: ChipOptions) -> float:
        cycles = chip.edge_cycle_ps / now.edge_cycle_ps if at_edge else chip.link_cycle_ps / now.link_cycle_ps
        scale = scans[0](chip) / max(scans[0](now), 1.0) if scans else 1.0
        return sent * scale + modules * chip.hop_latency_ps + links * chip.edge_latency_ps + blocked * cycles

    return [arrival]


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw a tornado: for each time a bar from the rate, and from the power, with half of it to that with twice."""
    from neurosyn.analysis.plotting import COLOURS, bar_labels, legend

    table, head = analysis.table("times"), analysis.headline
    quantities = [("per_second", f"{head['per']}s/s", head["per_second"])]
    if head["power_mw"] is not None:
        quantities.append(("power", "mW", head["power_mw"]))
    for axes, (column, unit, base) in zip(
        np.atleast_1d(figure.subplots(1, len(quantities), sharey=True)), quantities, strict=True
    ):
        suffix = "_mw" if column == "power" else ""
        for side, colour, label in (("half", COLOURS[0], "half the time"), ("double", COLOURS[1], "twice the time")):
            values = table[f"{column}_{side}{suffix}"].to_numpy(np.float64)
            axes.barh(np.arange(len(table)), values - base, left=base, height=0.6, color=colour, label=label)
        axes.axvline(base, color="#1f2933", linewidth=0.9)
        axes.set_xlabel(unit)
        axes.set_title("Rate" if column == "per_second" else "Power at that rate")
        axes.margins(x=0.06)
    first = figure.axes[0]
    bar_labels(first, table["option"])
    legend(first, loc="lower right")
