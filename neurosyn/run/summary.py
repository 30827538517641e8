"""Summaries of runs, from the counts and times of the engine (`neurosyn.analysis.run_summary`)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.run_summary import (
    ChipNumbers,
    ChipUse,
    EngineUse,
    EventSums,
    FrameNumbers,
    LayerNumbers,
    PowerParts,
    ProgramSummary,
    TickLimit,
)
from neurosyn.chip.assumptions import assumptions, not_counted
from neurosyn.chip.description import ChipDescription
from neurosyn.chip.energy import EnergyModel, Events, Parts
from neurosyn.chip.options import NOMINAL_TICK_PS, ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.compiler.utilisation import summarise
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.results import FramesResult, TicksResult, TimingResult
from neurosyn.formats.open_program import RawProgram
from neurosyn.run.board_use import summarise_board
from neurosyn.run.host_sides import hint_at_sides

__all__ = ["summarise_chip", "summarise_events", "summarise_frames", "summarise_program"]


def summarise_frames(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    result: FramesResult,
    *,
    labels: NDArray[np.int32],
    predictions: NDArray[np.intp],
    expected: NDArray[np.uint8],
    expected_predictions: NDArray[np.intp],
) -> FrameNumbers:
    """Return the numbers of a chip that classified frames.

    Parameters
    ----------
    program, placement, chip
        The simulated program, its placement and its board.
    options
        Options of the simulation.
    result
        The outcome of the simulation.
    labels : int32 array (F,)
        True classes.
    predictions, expected_predictions : int arrays (F,)
        Classes according to the chip and to the trained network.
    expected : uint8 array (F·T, pins)
        Output spikes of the trained network, tick by tick.
    """
    timing, tick_ps = result.timing, _tick_ps(options, result.timing)
    numbers = summarise_chip(program, placement, chip, options, result.counts, timing)
    ticks_per_frame = result.ticks_per_frame
    frames_per_second, power = 1e12 / (tick_ps * ticks_per_frame), numbers["power_mw"]
    watts = None if power is None else power["total"] * 1e-3
    mismatched = (result.spikes != expected).any(axis=1).reshape(-1, ticks_per_frame).any(axis=1)
    return {
        "accuracy": float((predictions == labels).mean()),
        "trained_accuracy": float((expected_predictions == labels).mean()),
        "mismatched_frames": int(mismatched.sum()),
        **numbers,
        "ticks_per_frame": ticks_per_frame,
        "frames_per_second": frames_per_second,
        "latency_us": result.latency_ticks * tick_ps / 1e6,
        "energy_per_frame_uj": None if watts is None else watts / frames_per_second * 1e6,
        "frames_per_second_per_watt": frames_per_second / watts if watts else None,
        "engine": {
            **_engine(result),
            "batched": result.batched,
            "timed_frames": len(result.timed_frames),
        },
    }


def summarise_program(
    path: Path,
    raw: RawProgram,
    chip: ChipOptions,
    options: SimulateOptions,
    result: TicksResult,
    *,
    input_spikes: int,
    out: Path | None,
    trace: Path | None,
) -> ProgramSummary:
    """Return the summary of a raw program.

    Parameters
    ----------
    path, raw, chip
        The program's file, its contents, and the board.
    options
        Options of the simulation.
    result
        The outcome of the simulation.
    input_spikes
        Number of spikes that the host sent.
    out, trace
        The file of the output spikes and the folder of the trace; None if they were not written.
    """
    return {
        "title": path.name,
        "program": str(path),
        "format": raw.format,
        "ticks": result.ticks,
        "input_spikes": input_spikes,
        "output_spikes": len(result.output_spikes),
        **summarise_chip(
            raw.program, raw.placement, chip, options, result.counts, result.timing, ranc_reset_type=raw.ranc_reset_type
        ),
        "engine": _engine(result),
        "out": None if out is None else str(out),
        "trace": None if trace is None else str(trace),
    }


def summarise_chip(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    counts: EventCounts,
    timing: TimingResult | None,
    *,
    ranc_reset_type: int | None = None,
) -> ChipNumbers:
    """Return the numbers of the chip, common to runs of frames and of raw programs.

    A program of RANC has a `ranc_reset_type`.
    """
    tick_ps, model, events = _tick_ps(options, timing), EnergyModel.of(chip), counts.events()
    use = summarise(program)
    of_host = Events(0, hops=counts.input_hops, crossings=counts.input_crossings, ports=counts.input_packets)
    listed: Any = assumptions(chip, (program.axons, program.neurons), ranc_reset_type=ranc_reset_type)
    hints = hint_at_sides(program, placement, chip, counts)
    numbers: ChipNumbers = {
        "chip": _chip(chip.description),
        "counted_ticks": counts.ticks,
        "cores": program.cores,
        "chips": placement.mesh.chips,
        "neurons": use["total"]["neurons"],
        "utilisation": use,
        "board": summarise_board(program, placement, chip, counts, tick_ps),
        "tick_period_us": tick_ps / 1e6,
        "tick_limited_by": _limit(options, timing),
        "voltage": chip.voltage,
        "power_mw": _by_part(model.power_mw(events, program.cores, tick_ps)) if model.is_known else None,
        "energy_pj": _by_part(model.energy_pj(events, program.cores, tick_ps)) if model.is_known else None,
        "host_energy_pj": _by_part(model.energy_pj(of_host, program.cores, tick_ps)) if model.is_known else None,
        "not_counted": not_counted(chip.description),
        "events": summarise_events(counts, timing),
        "layers": _layers(program, counts, model, tick_ps),
        "assumptions": listed,
    }
    if hints:
        numbers["hints"] = hints
    return numbers


def _chip(chip: ChipDescription) -> ChipUse:
    return {
        "name": chip.name,
        "title": chip.title,
        "process": chip.process,
        "source": chip.source,
        "hypothetical": chip.is_hypothetical,
        "axons": chip.core.axons,
        "neurons": chip.core.neurons,
    }


def summarise_events(counts: EventCounts, timing: TimingResult | None) -> EventSums:
    """Return the sums of all events, the host's packets included."""
    events = counts.events()
    return {
        "spikes": int(counts.spikes.sum()),
        "synaptic_events": events.synaptic_events,
        "packets": int(counts.packets.sum()),
        "input_packets": counts.input_packets,
        "output_packets": int(counts.output_packets.sum()),
        "hops": events.hops,
        "crossings": events.crossings,
        "collisions": int(counts.collisions.sum()),
        "late_packets": 0 if timing is None else timing.late_packets,
        "core_overruns": 0 if timing is None else timing.core_overruns,
    }


def _engine(result: FramesResult | TicksResult) -> EngineUse:
    numbers: Any = {
        "timing": result.timing_name,
        "backend": result.backend,
        "wall_s": round(result.wall_s, 3),
        "ticks": result.ticks,
        **_travel(result.timing),
    }
    use: EngineUse = numbers
    return use


def _travel(timing: TimingResult | None) -> dict[str, Any]:
    """Return the numbers of timed ticks and packets, and the mean travel of packets of cores and of the host, apart."""
    if timing is None:
        return {"timed_ticks": 0, "timed_packets": 0}
    means: dict[str, float | None] = {}
    of_host = (timing.host_packets, timing.host_travel_ps, timing.host_blocked_ps)
    of_all = (timing.packets, timing.packet_travel_ps, timing.packet_blocked_ps)
    of_cores = tuple(all_ - host for all_, host in zip(of_all, of_host, strict=True))
    for sender, (packets, travel, wait) in (("cores", of_cores), ("host", of_host)):
        means[f"mean_travel_from_{sender}_ns"] = travel / packets / 1e3 if packets else None
        means[f"mean_wait_from_{sender}_ns"] = wait / packets / 1e3 if packets else None
    return {"timed_ticks": len(timing.makespans_ps), "timed_packets": timing.packets, **means}


def _tick_ps(options: SimulateOptions, timing: TimingResult | None) -> int:
    return timing.tick_period_ps if timing is not None else options.tick_ps or NOMINAL_TICK_PS


def _limit(options: SimulateOptions, timing: TimingResult | None) -> TickLimit:
    if timing is None and options.tick_ps is not None:
        text = "simulate.tick alone: nothing was timed, so it may be too short for the chip"
        return {"kind": "given", "id": None, "text": text}
    if timing is None:
        text = "nothing that was timed: speed and power refer to the nominal tick of 1 ms"
        return {"kind": "nominal", "id": None, "text": text}
    limit = timing.limit
    return {"kind": limit.kind, "id": limit.id, "text": f"{limit.name}: {limit.explanation}"}


def _by_part(parts: Parts) -> PowerParts:
    return {
        "total": parts.total,
        "leakage": parts.leakage,
        "memory": parts.memory,
        "synaptic": parts.synaptic,
        "network": parts.network,
        "chip_to_chip": parts.chip_to_chip,
        "io": parts.io,
    }


def _layers(program: Program, counts: EventCounts, model: EnergyModel, tick_ps: int) -> list[LayerNumbers]:
    cores = np.bincount(program.core_layer, minlength=len(program.layer_names))
    by_layer = {name: totals.tolist() for name, totals in counts.by_layer(program).items()}
    rows: list[Any] = []
    for number, name in enumerate(program.layer_names):
        row = {key: totals[number] for key, totals in by_layer.items()}
        events = Events(
            ticks=counts.ticks,
            synaptic_events=row["synaptic_events"],
            spikes=row["spikes"],
            hops=row["hops"],
            crossings=row["crossings"],
            ports=row["output_packets"],
        )
        energy = model.energy_pj(events, int(cores[number]), tick_ps) if model.is_known else None
        rows.append(
            {"name": name, "cores": int(cores[number]), **row}
            | {"energy_pj": energy.total if energy else None, "energy_parts_pj": asdict(energy) if energy else None}
        )
    return rows
