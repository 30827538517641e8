"""Runs for tests: scenarios taken through all stages, and traces of made-up runs and of a small board."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import RunInfo, TickColumns
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.run.stages import Stages
from neurosyn.scenario.changes import parse_assignments
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import layered_program, place, random_frames


def simulate_scenario(scenario: Path, folder: Path, *overrides: str) -> Any:
    """Take a scenario through all stages in `folder`, without a progress display, and return its summary."""
    stages = Stages.open("simulate", scenario, changes=parse_assignments(overrides), out=folder)
    with stages.progress(quiet=True) as progress:
        return stages.simulate(progress)


def record_run(run: tuple[RunInfo, Iterable[TickColumns]], folder: Path, options: TraceOptions | None = None) -> Path:
    """Record a made-up run (`neurosyn.testing.made_up_runs`) as an engine would, and return the trace's folder."""
    info, ticks = run
    recorder = ParquetRecorder(folder, options)
    recorder.started(info)
    for columns in ticks:
        recorder.tick(columns)
    recorder.finished()
    return folder


def record_board(folder: Path) -> Path:
    """Simulate two chips with FIFOs so short that packets wait, also in several places, and record every packet."""
    rng = np.random.default_rng(1)
    program = layered_program(rng, widths=(3, 4, 2), axons=24, neurons=20)
    placement, chip = place(program, rng, Mesh(1, 2, 3), fifo_depth=1, neuron_time_ps=2_000, edge_cycle_ps=90_000)
    tick, line = np.nonzero(random_frames(rng, program, 6, 0.5)[:, program.input_line])
    simulate_ticks(
        program,
        placement,
        chip,
        SimulateOptions(backend="numpy", timing="compiled"),
        InputSpikes.on_lines(program, tick, line.astype(np.int32)),
        8,
        probes=[ParquetRecorder(folder, TraceOptions(level="packet"))],
    )
    return folder
