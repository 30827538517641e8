"""Benchmark of the one-chip network of Esser et al. (2016) with the shipped model, in frames per second."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.bench.chip import check_timing
from neurosyn.bench.measure import Stamps, machine, peak_rss_gb, spread
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.results import FramesResult
from neurosyn.engine.simulation import simulate_frames
from neurosyn.model.inference import infer
from neurosyn.model.model_file import load_model
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario

__all__ = ["bench_eedn", "shipped_network"]

_TIMED_FRAMES = 16

_SCENARIO = """
name = "bench"
[data]
kind = "synth_digits"
[encoder]
kind = "contrast"
[network]
kind = "eedn_one_chip"
[train]
kind = "eedn"
model = "shipped:svhn_synth_digits"
[place]
kind = "spectral"
"""


def shipped_network() -> tuple[Program, Placement, ChipOptions, NDArray[np.uint8], NDArray[np.uint8]]:
    """Compile and place the shipped network.

    Returns
    -------
    program : Program
    placement : Placement
    chip : ChipOptions
    spikes : uint8 array (frames, lines)
        Input spikes of the test frames.
    expected : uint8 array (frames, outputs)
        Output spikes of the trained network for these frames.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.toml"
        path.write_text(_SCENARIO, encoding="utf-8")
        scenario = load_scenario(path)
    data = RunInputs(scenario)
    assert data.model_file is not None
    model = load_model(data.model_file)
    program = compile_network(model, scenario.options("compile", CompileOptions))
    chip = scenario.options("chip", ChipOptions)
    placer = scenario.options("place", Placer)  # type: ignore[type-abstract]
    placement = place_program(program, chip.board, placer, scenario.seed_of("place"))
    spikes = data.input_spikes(model)
    return program, placement, chip, spikes, infer(model, spikes)


def bench_eedn(
    *,
    frames: int = 1000,
    timing: str = "compiled",
    timed_frames: int | None = None,
    repeats: int = 3,
    backend: str = "auto",
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Measure frames per second: of the function alone, and with the timing of every packet for some frames.

    Every output spike is compared with the trained network's.

    Parameters
    ----------
    frames
        Number of frames without timing.
    timing, timed_frames
        Timing, and number of timed frames (by default 16, 1 with ``simpy``).
    repeats
        Number of simulations without timing.
    backend
        Compute backend.
    progress
        Called with steps done, steps in all, and the name of the step.

    Returns
    -------
    dict
        Plain JSON values.
    """
    check_timing(timing)
    timed_frames = timed_frames or (1 if timing == "simpy" else _TIMED_FRAMES)
    before = machine()
    progress(0, repeats + 2, "compiling")
    program, placement, chip, spikes, expected = shipped_network()
    number = np.arange(frames) % len(spikes)
    spikes, expected = spikes[number], expected[number]

    def simulated(timing: str) -> tuple[FramesResult, Stamps]:
        options = SimulateOptions.from_table({"timing": timing, "timed_frames": timed_frames, "backend": backend})
        stamps = Stamps()
        return simulate_frames(program, placement, chip, options, spikes, progress=stamps), stamps

    simulated("none")
    progress(1, repeats + 2, "function")
    rates, mismatched = [], 0
    for repeat in range(repeats):
        result, _ = simulated("none")
        rates.append(frames / result.wall_s)
        mismatched += int((result.spikes != expected).any(axis=1).sum())
        progress(repeat + 2, repeats + 2, "function")
    document = {
        "network": "eedn_one_chip",
        "model": "shipped:svhn_synth_digits",
        "cores": program.cores,
        "frames": frames,
        "backend": result.backend,
        "repeats": repeats,
        **spread("frames_per_second", rates),
        "mismatched_frames": mismatched,
    }
    if timing == "compiled":
        simulated(timing)  # compiles the kernels that only real traffic uses
    if timing != "none":
        document |= {"timing": timing, **_timed(*simulated(timing))}
        progress(repeats + 2, repeats + 2, "timed")
    return document | {"peak_rss_gb": peak_rss_gb(), "machine": before}


def _timed(result: FramesResult, stamps: Stamps) -> dict[str, Any]:
    """Return the speed of the timed frames; one enters at every tick."""
    assert result.timing is not None
    ticks = len(result.timing.makespans_ps)
    ms, _ = stamps.ms_per_tick(ticks)
    return {
        "timed_frames": ticks,
        "timed_ms_per_frame": float(f"{ms:.4g}"),
        "timed_frames_per_second": float(f"{1e3 / ms:.4g}"),
        "timed_packets": result.timing.packets,
        "tick_period_us": result.timing.tick_period_ps / 1e6,
    }
