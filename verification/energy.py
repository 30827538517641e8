"""Check that energy ledgers add up to the total to the last digit, and of the published energies of single events.

A random program is simulated with timing on a board of 2 × 2 chips, with input spikes from the host and output spikes.
Its energy is then split by core, by layer, by packet, by link, and by reporting interval.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.energy import EnergyModel, Events, Parts
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.fabric.fabric import HOST, Fabric, Kind
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.testing.programs import random_program
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from neurosyn.trace.schema import ENERGY_PARTS
from verification.outcome import CheckOutcome, is_within
from verification.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, SKY, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Ledgers", "keep_ledgers", "verify"]

VOLTAGE = 0.775
"""Supply voltage of the published energies of single events. [P] Merolla et al. 2014, S5."""
TICKS = 12
CHIP_CORES = 4096
_INTERVALS = (1, 3, TICKS)
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Ledgers:
    """Energy of a run, as a total and by split, in pJ.

    Attributes
    ----------
    whole : Parts
        Total by cause, from the engine's counts.
    sums : dict
        Sum of the entries of each split, by name.
    entries : dict
        Number of entries of each split, by name.
    by_position : float array (height, width)
        Active energy of the core at each position; NaN where there is none.
    """

    whole: Parts
    sums: dict[str, float]
    entries: dict[str, int]
    by_position: NDArray[np.float64]


def keep_ledgers(seed: int = 0) -> Ledgers:
    """Simulate the random program and add up its energy by every split."""
    random = np.random.default_rng(seed)
    mesh, chip = Mesh(2, 2, side=8), ChipOptions(chips=(2, 2), voltage=VOLTAGE)
    program = _program(random)
    cells = random.permutation(mesh.cores)[: program.cores]
    placement = Placement(mesh, np.stack([cells % mesh.width, cells // mesh.width], axis=1).astype(np.int32))
    spikes = random.random((TICKS, len(program.input_core))) < 0.5
    tick, line = (column.astype(kind) for column, kind in zip(np.nonzero(spikes), (np.int64, np.int32), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        result = simulate_ticks(
            program,
            placement,
            chip,
            SimulateOptions(timing="simpy"),
            InputSpikes.on_lines(program, tick, line),
            TICKS,
            probes=[ParquetRecorder(Path(folder))],
        )
        trace = Trace(Path(folder))
        cores, layers, packets, ticks = trace.cores(), trace.energy(), trace.packets(), trace.ticks()
    assert result.timing is not None
    tick_ps = result.timing.tick_period_ps
    model = EnergyModel(chip.voltage)
    whole = model.energy_pj(result.counts.events(), program.cores, tick_ps)
    core_energy = cores[[f"{part}_pj" for part in ENERGY_PARTS]].sum(axis=1)
    in_cores = float(cores[["memory_pj", "synaptic_pj"]].to_numpy().sum())
    of_host = float(layers.loc[layers["layer"] == "(host)", "energy_pj"].sum())
    by_link, links = _by_link(packets, placement, chip, model)
    sums = {
        "by core, and the host": float(core_energy.sum()) + of_host + whole.leakage,
        "by layer and part": float(layers["energy_pj"].sum()) + whole.leakage,
        "by packet, and the cores": float(packets["energy_pj"].sum()) + in_cores + whole.leakage,
        "by link, and the cores": by_link + in_cores + whole.leakage,
    }
    entries = dict(zip(sums, (len(cores) + 1, len(layers), len(packets), links), strict=True))
    for interval in _INTERVALS:
        reports = [
            model.energy_pj(_events(ticks.iloc[first : first + interval]), program.cores, tick_ps)
            for first in range(0, TICKS, interval)
        ]
        name = f"reported every {interval} ticks" if interval > 1 else "reported every tick"
        sums[name], entries[name] = sum(report.total for report in reports), len(reports)
    by_position = np.full((mesh.height, mesh.width), np.nan)
    by_position[cores["y"], cores["x"]] = core_energy
    return Ledgers(whole, sums, entries, by_position)


def _program(random: np.random.Generator) -> Program:
    kinds = np.zeros(2, NEURON_TYPE)
    kinds["weights"] = [(2, -2, 1, -1), (1, 1, -2, 0)]
    kinds["leak"] = (1, 2)
    kinds["threshold"] = (15, 20)
    kinds["reset_mode"] = 1
    kinds["negative_threshold"] = 30
    kinds["negative_saturation"] = True
    program = random_program(random, kinds, cores=200, axons=64, neurons=64, density=0.3, pins=32, lines=96)
    layers = np.arange(program.cores, dtype=np.int32) % 3
    return replace(program, layer_names=("first", "second", "third"), core_layer=layers)


def _events(ticks: pd.DataFrame) -> Events:
    totals = ticks[["synaptic_events", "hops", "crossings", "input_packets", "output_packets"]].sum()
    ports = int(totals["input_packets"] + totals["output_packets"])
    return Events(
        len(ticks),
        synaptic_events=int(totals["synaptic_events"]),
        hops=int(totals["hops"]),
        crossings=int(totals["crossings"]),
        ports=ports,
    )


def _by_link(packets: pd.DataFrame, placement: Placement, chip: ChipOptions, model: EnergyModel) -> tuple[float, int]:
    """Add the energy of each packet to the links of its route; return the sum and the number of links."""
    fabric = Fabric(placement.mesh, chip)
    positions = [(x, y) for x, y in placement.xy.tolist()]
    by_link: dict[object, float] = {}
    for source, target in zip(packets["source_core"].tolist(), packets["dest_core"].tolist(), strict=True):
        route = fabric.route(HOST if source < 0 else positions[source], HOST if target == OUTPUT else positions[target])
        servers = [fabric.server_of(buffer) for buffer in route]
        routers = [router for router in map(fabric.router, servers) if router is not None]
        for link in pairwise(routers):
            by_link[link] = by_link.get(link, 0.0) + model.hop_pj
        for server in servers:
            energy = {
                Kind.CHIP_EDGE: model.crossing_pj,
                Kind.HOST_INPUT: model.port_pj,
                Kind.HOST_OUTPUT: model.port_pj,
            }.get(fabric.kind(server))
            if energy is not None:
                by_link[server] = by_link.get(server, 0.0) + energy
    return sum(by_link.values()), len(by_link)


def verify() -> CheckOutcome:
    """Compare every split with the total, and the coefficients with the published ones."""
    ledgers = keep_ledgers()
    total = ledgers.whole.total
    parts = {part.name: getattr(ledgers.whole, part.name) for part in fields(Parts)}
    outcome = CheckOutcome("energy")
    for name, ledger in ledgers.sums.items():
        outcome.expect(
            f"ledger {name} ({ledgers.entries[name]:,} entr{'ies' if ledgers.entries[name] > 1 else 'y'})",
            f"{total:.10f} pJ",
            f"{ledger:.10f} pJ",
            "to the last digit",
            ledger == total,
        )
    outcome.expect(
        "parts: " + ", ".join(parts).replace("_", " "),
        "all above 0, their sum the total",
        ", ".join(f"{energy / total:.2%}" for energy in parts.values()),
        "to the last digit",
        all(energy > 0 for energy in parts.values()) and sum(parts.values()) == total,
    )
    _expect_published(outcome)
    outcome.figures["energy"] = _draw(ledgers)
    return outcome


def _expect_published(outcome: CheckOutcome) -> None:
    """Compare the energies of single events. [P] Merolla et al. 2014, S5; the chip's row reads [D]."""
    model = EnergyModel(VOLTAGE)
    for what, expected, measured, unit, tolerance in (
        ("a core's row reads in one tick, 0.775 V", 4.9, model.core_tick_pj / 1e3, "nJ", _TOLERANCE),
        ("a chip's row reads at 1 kHz, 0.775 V", 20.0, model.core_tick_pj * CHIP_CORES * 1e-6, "mW", _TOLERANCE),
        ("a packet's hop, 0.775 V", 2.3, model.hop_pj, "pJ", _TOLERANCE),
        ("a packet's link between chips, 32 bits of 26 pJ", 832.0, model.crossing_pj, "pJ", 0.0),
        ("a packet over the periphery, 32 bits of 2 pJ", 64.0, model.port_pj, "pJ", 0.0),
    ):
        outcome.expect(
            what,
            f"{expected:g} {unit}",
            f"{measured:.4g} {unit} ({measured / expected - 1:+.1%})",
            f"±{tolerance:.0%}" if tolerance else "exact",
            is_within(measured, expected, tolerance),
        )


def _draw(ledgers: Ledgers) -> Figure:
    colours = dict(zip((part.name for part in fields(Parts)), (MUTED, SKY, ORANGE, GREEN, BLUE, RED), strict=True))
    total = ledgers.whole.total
    with drawing(10.4, 3.7) as figure:
        board, sums = figure.subplots(1, 2, width_ratios=[1, 1.75])
        board.set_facecolor("#e3e8ee")
        image = board.imshow(ledgers.by_position / 1e3, origin="lower", cmap="viridis")
        board.set_xticks(range(0, ledgers.by_position.shape[1], 4))
        board.set_yticks(range(0, ledgers.by_position.shape[0], 4))
        height, width = ledgers.by_position.shape
        board.axvline(width / 2 - 0.5, color="white", linewidth=2)
        board.axhline(height / 2 - 0.5, color="white", linewidth=2)
        board.set_title("Active energy of each core (nJ)")
        board.set_xlabel("x")
        board.set_ylabel("y")
        figure.colorbar(image, ax=board, shrink=0.85)

        names = list(ledgers.sums)
        bars = np.arange(len(names) + 1)
        left = 0.0
        for part, colour in colours.items():
            energy = getattr(ledgers.whole, part) / 1e6
            sums.barh([0], [energy], 0.7, left, color=colour, label=part.replace("_", " "))
            left += energy
        sums.barh(bars[1:], [ledger / 1e6 for ledger in ledgers.sums.values()], 0.7, color="#cfd8e3")
        for row, name in enumerate(names, start=1):
            sums.text(
                total / 1e6 * 0.985, row, f"difference {ledgers.sums[name] - total:g} pJ", ha="right", va="center",
                fontsize=7.5, color=INK,
            )  # fmt: skip
        sums.set_yticks(bars, ["total, by cause", *names])
        sums.invert_yaxis()
        sums.set_xlim(0, total / 1e6 * 1.02)
        sums.set_xlabel("energy (µJ)")
        sums.set_title(f"{TICKS} ticks on 2 × 2 chips: every ledger gives the total")
        figure.legend(*sums.get_legend_handles_labels(), loc="outside lower right", ncols=6)
        return figure
