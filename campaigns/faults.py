"""Random programs with injected faults, in a network without room: ``python -m campaigns.faults --packets 10000000``.

A trial is a random program on a random board with short FIFOs, slow links and, in half of the trials, ticks that are
too short. Faults are injected into the program: dead cores (they never fire), stuck bits (synapses, types, delays and
destinations flipped), dead links (neurons whose packets would cross one are cut off: routes are fixed on this chip).
Every packet must arrive, the counts must be those of the packets, and the synaptic events of every core and tick must
be those of the axons that the arrived packets reach, computed here from the packets alone. Small boards are played by
the reference timing as well.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.results import Results
from neurosyn.chip.crossbar import unpack_bits
from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import Probe, TickColumns
from neurosyn.engine.stepping import TickSimulation
from neurosyn.testing.programs import random_program

_DEADLOCK_S = 1800
_MESHES = (Mesh(1, 1, 4), Mesh(2, 2, 2), Mesh(1, 1, 8), Mesh(2, 2, 4), Mesh(1, 1, 16), Mesh(2, 2, 16), Mesh(1, 1, 64))
_REFERENCE_CORES = 16
"""Cores of the largest board that the reference timing plays, too."""
_TICKS = 40
_PERIOD_PS = 1_000_000_000
"""Tick period of the ledger of energy."""


class Recorder(Probe):
    """Probe that keeps all ticks."""

    def __init__(self) -> None:
        self.ticks: list[TickColumns] = []

    def tick(self, columns: TickColumns) -> None:
        """Keep a tick."""
        self.ticks.append(columns)


def make_types(draw: np.random.Generator) -> NDArray[np.void]:
    """Return neuron types that fire often: leaks drive them over low thresholds."""
    types = np.zeros(6, NEURON_TYPE)
    types["weights"] = draw.integers(-2, 4, (6, 4))
    types["leak"] = draw.integers(0, 4, 6)
    types["threshold"] = draw.integers(1, 12, 6)
    types["stochastic_leak"] = draw.random(6) < 0.2
    types["negative_saturation"] = True
    types["reset_mode"] = draw.integers(0, 2, 6)
    return types


def inject_faults(
    program: Program, xy: NDArray[np.int32], mesh: Mesh, draw: np.random.Generator
) -> tuple[Program, NDArray[np.bool_], list[tuple[int, int, bool]]]:
    """Return a program with faults, its dead cores (bool array (C,)) and dead links: x, y, and whether along x."""
    dead = draw.random(program.cores) < draw.choice((0.0, 0.02, 0.2))
    flips = draw.random(program.crossbars.shape) < draw.choice((0.0, 0.001, 0.05))
    bits = draw.integers(0, min(64, program.axons), program.crossbars.shape, dtype=np.uint64)
    crossbars = np.where(flips, program.crossbars ^ (np.uint64(1) << bits), program.crossbars)
    axon_types = np.where(draw.random(program.axon_types.shape) < 0.01, program.axon_types ^ 1, program.axon_types)
    delay = np.where(draw.random(program.delay.shape) < 0.01, np.clip(program.delay ^ 4, 1, 15), program.delay)
    stuck = (draw.random(program.dest_axon.shape) < 0.01) & (program.dest_core != OUTPUT)
    dest_axon = np.where(stuck, (program.dest_axon ^ 1) % program.axons, program.dest_axon)
    links = [
        (int(draw.integers(mesh.width - along)), int(draw.integers(mesh.height - (not along))), bool(along))
        for along in draw.integers(0, 2, draw.integers(0, 4))
    ]
    dest_core = program.dest_core.copy()
    dest_core[dead] = NO_DESTINATION
    source = np.repeat(np.arange(program.cores), program.neurons).reshape(dest_core.shape)
    for link in links:
        dest_core[(dest_core >= 0) & crosses(link, xy[source], xy[np.maximum(dest_core, 0)])] = NO_DESTINATION
    # The last neuron type never fires: nothing drives it, and no synapse moves it.
    silent = np.zeros(1, NEURON_TYPE)
    silent["threshold"], silent["negative_saturation"] = 2**18 - 1, True
    neuron_type = np.where(dead[:, None], len(program.neuron_types), program.neuron_type).astype(np.int32)
    faulty = replace(
        program,
        crossbars=crossbars,
        axon_types=axon_types.astype(np.uint8),
        delay=delay.astype(np.uint8),
        dest_axon=dest_axon.astype(np.int32),
        dest_core=dest_core,
        neuron_types=np.concatenate([program.neuron_types, silent]),
        neuron_type=neuron_type,
    )
    return faulty, dead, links


def crosses(link: tuple[int, int, bool], begin: NDArray[np.int32], end: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which routes, first along x, then along y, take a link to the next router along x or y."""
    x, y, along = link
    (x0, y0), (x1, y1) = np.moveaxis(begin, -1, 0), np.moveaxis(end, -1, 0)
    if along:
        return (y0 == y) & (np.minimum(x0, x1) <= x) & (x < np.maximum(x0, x1))
    return (x1 == x) & (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))


def trial(seed: int, number: int) -> dict[str, Any]:
    """Play one trial; return its counts, and what is wrong (``problem``, or "")."""
    draw = np.random.default_rng([seed, number])
    mesh = _MESHES[number % len(_MESHES)]
    axons, neurons = (int(size) for size in draw.choice((16, 64, 256), 2))
    cores = int(draw.integers(max(2, mesh.cores // 2), mesh.cores + 1))
    program = random_program(
        draw,
        make_types(draw),
        cores=cores,
        axons=axons,
        neurons=neurons,
        crossbars=min(cores, 64),
        density=float(draw.choice((0.02, 0.2))),
        pins=8,
        lines=16,
    )
    where = draw.permutation(mesh.cores)[:cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    program, dead, links = inject_faults(program, xy, mesh, draw)
    chip = ChipOptions(
        chips=(mesh.rows, mesh.columns),
        fifo_depth=int(draw.choice((1, 1, 2, 4))),
        link_cycle_ps=int(draw.choice((7_160, 50_000))),
        edge_cycle_ps=int(draw.choice((50_000, 400_000))),
    )
    tick_us: Any = draw.choice((2.0, 20.0, 60.0)) if draw.random() < 0.5 else "auto"
    stamps = np.sort(draw.integers(0, _TICKS - 1, 200))
    spikes = InputSpikes.on_lines(program, stamps, draw.integers(0, 16, 200).astype(np.int32))
    board = program, Placement(mesh, xy), chip

    def play(timing: Any) -> tuple[Recorder, Any, list[str]]:
        recorder = Recorder()
        options = SimulateOptions(timing=timing, tick=tick_us if tick_us == "auto" else float(tick_us))
        simulation = TickSimulation(*board, options, probes=[recorder])
        simulation.inject(spikes)
        problems = []
        for _ in range(4):
            simulation.step(_TICKS // 4)
            counts = simulation.counts
            sent = int(counts.packets.sum()) + counts.input_packets
            delivered = sum(len(tick.columns.send_ps) for tick in recorder.ticks if tick.columns is not None)
            if not delivered <= sent:
                problems.append(f"delivered {delivered} of {sent}")
        return recorder, simulation.finish(), problems

    recorder, result, problems = play("compiled")
    problems += check(program, recorder.ticks, result, dead, links, xy)
    if mesh.cores <= _REFERENCE_CORES and number % 3 == 0:
        problems += compare(recorder.ticks, play("simpy")[0].ticks)
    counts, timing = result.counts, result.timing
    return {
        "mesh": [mesh.rows, mesh.columns, mesh.side],
        "packets": int(counts.packets.sum()) + counts.input_packets,
        "waited": sum(int((tick.columns.blocked_ps > 0).sum()) for tick in recorder.ticks if tick.columns),
        "late": timing.late_packets,
        "stalled_ps": timing.core_stalled_ps,
        "dead_cores": int(dead.sum()),
        "dead_links": len(links),
        "problem": "; ".join(problems),
    }


def check(
    program: Program,
    ticks: list[TickColumns],
    result: Any,
    dead: NDArray[np.bool_],
    links: list[tuple[int, int, bool]],
    xy: NDArray[np.int32],
) -> list[str]:
    """Return what is wrong with the packets and counts of a trial."""
    problems = []

    def expect(what: str, measured: object, expected: object) -> None:
        if not np.array_equal(measured, expected):  # type: ignore[arg-type]
            problems.append(f"{what}: {measured}, expected {expected}"[:200])

    columns = [tick.columns for tick in ticks if tick.columns is not None]
    expect("ticks", len(columns), result.ticks)
    joined = {
        name: np.concatenate([getattr(entry, name) for entry in columns])
        for name in ("source_core", "dest_core", "dest_axon", "delivery_tick", "send_ps", "arrival_ps", "hops")
    }
    counts, source, target = result.counts, joined["source_core"], joined["dest_core"]
    host = source < 0
    expect("sent", np.bincount(source[~host], minlength=program.cores), counts.packets)
    expect("of the host", int(host.sum()), counts.input_packets)
    expect("to the host", int((target == OUTPUT).sum()), int(counts.output_packets.sum()))
    expect("hops", int(joined["hops"].sum()), int(counts.hops.sum()) + counts.input_hops)
    expect("arrivals before their departure", int((joined["arrival_ps"] <= joined["send_ps"]).sum()), 0)
    expect("packets of dead cores", int(counts.packets[dead].sum()), 0)
    inside = ~host & (target >= 0)
    begin, end = xy[source[inside]], xy[target[inside]]
    for link in links:
        expect("packets over a dead link", int(crosses(link, begin, end).sum()), 0)
    _check_synaptic_events(program, ticks, joined, counts, expect)
    model = EnergyModel(0.8)
    parts = [
        model.energy_pj(
            Events(
                1,
                synaptic_events=int(tick.synaptic_events.sum()),
                spikes=len(tick.spike_core),
                hops=tick.hops,
                crossings=tick.crossings,
                ports=tick.input_packets + tick.output_packets,
            ),
            program.cores,
            _PERIOD_PS,
        )
        for tick in ticks
    ]
    whole = model.energy_pj(counts.events(), program.cores, _PERIOD_PS)
    for name in ("leakage", "memory", "synaptic", "network", "chip_to_chip", "io"):
        expect(f"energy, {name}", sum(getattr(part, name) for part in parts), getattr(whole, name))
    return problems


def _check_synaptic_events(program: Program, ticks: list[TickColumns], joined: Any, counts: Any, expect: Any) -> None:
    """Derive the synaptic events of every core and tick from the packets that had arrived, and compare them."""
    starts = np.array([tick.start_ps for tick in ticks])
    at_core = joined["dest_core"] >= 0
    core, axon = joined["dest_core"][at_core].astype(np.int64), joined["dest_axon"][at_core]
    due, arrival = joined["delivery_tick"][at_core].copy(), joined["arrival_ps"][at_core]
    # A packet that misses its row of the scheduler waits until the row's turn comes again, 16 ticks later.
    while True:
        known = due < len(ticks)
        missed = np.zeros(len(due), bool)
        missed[known] = arrival[known] > starts[due[known]]
        if not missed.any():
            break
        due[missed] += 16
    rows = unpack_bits(np.swapaxes(program.crossbars, -1, -2), program.axons).sum(axis=-2)
    events = np.zeros((len(ticks), program.cores), np.int64)
    played = due < len(ticks)
    key = (due[played] * program.cores + core[played]) * program.axons + axon[played]
    unique = np.unique(key)
    slot, unique_axon = np.divmod(unique, program.axons)
    np.add.at(events.reshape(-1), slot, rows[program.crossbar[slot % program.cores], unique_axon])
    expect("synaptic events", np.stack([tick.synaptic_events for tick in ticks]), events)
    expect("synaptic events in sum", counts.synaptic_events, events.sum(axis=0))


def compare(compiled: list[TickColumns], reference: list[TickColumns]) -> list[str]:
    """Return the columns in which two timings differ."""
    problems = []
    for one, other in zip(compiled, reference, strict=True):
        for name, values in vars(one.columns).items():
            if not np.array_equal(values, getattr(other.columns, name)):
                problems.append(f"tick {one.tick}: {name} differs from the reference timing")
    return problems[:3]


def main() -> int:
    """Play trials until the number of packets is reached; return 1 if one went wrong."""
    parser = argparse.ArgumentParser("python -m campaigns.faults", description=__doc__)
    parser.add_argument("--packets", type=float, default=1e7, help="in all, earlier runs included (default: 10⁷)")
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to go on at most")
    parser.add_argument("--seed", type=int, default=1, help="decides the trials (default: 1)")
    parser.add_argument("--trial", type=int, help="play this trial only")
    parser.add_argument("--out", type=Path, default=Path("runs/faults"), help="results (default: runs/faults)")
    given = parser.parse_args()
    if given.trial is not None:
        print(outcome := trial(given.seed, given.trial))
        return 1 if outcome["problem"] else 0
    results, end = Results(given.out / "results.jsonl"), time.monotonic() + 60 * given.minutes
    while sum(record["packets"] for record in results.records) < given.packets and time.monotonic() < end:
        number = len(results.of(seed=given.seed))
        faulthandler.dump_traceback_later(_DEADLOCK_S, exit=True)
        outcome = trial(given.seed, number)
        faulthandler.cancel_dump_traceback_later()
        results.add(seed=given.seed, trial=number, **outcome)
        if outcome["problem"]:
            print(f"--seed {given.seed} --trial {number}: {outcome['problem']}", flush=True)
    names = ("packets", "waited", "late", "dead_cores", "dead_links")
    totals = ", ".join(f"{sum(record[name] for record in results.records):,} {name}" for name in names)
    wrong = sum(bool(record["problem"]) for record in results.records)
    print(f"{len(results.records):,} trials: {totals}; {wrong} wrong".replace("_", " "))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
