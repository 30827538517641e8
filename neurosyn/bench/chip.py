"""Benchmark of the common workload: a recurrent network of tonic neurons on cores of 256 × 256 synapses.

Every axon has a given number of its 256 synapses on, half of the axons excite and half inhibit, and each neuron sends
to a random axon of a random core in the next tick (`neurosyn.bench.workloads`). With 20 Hz and 128 synapses a neuron
has leak 1 and threshold 50; a tick has 5.12 packets and 655 synaptic events per core.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from neurosyn.bench.measure import Stamps, machine, peak_rss_gb, spread
from neurosyn.bench.workloads import characterisation_program, random_placement
from neurosyn.chip.mesh import CHIP_SIDE
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions, TimingName
from neurosyn.engine.results import TicksResult, TimingResult
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.errors import NeurosynError, ScenarioError, did_you_mean
from neurosyn.scenario.scenario import load_options

__all__ = ["bench_chip", "check_timing", "common_workload", "simulated"]

_LARGEST_SIDE = 4 * CHIP_SIDE


def common_workload(
    cores: int, rate_hz: float = 20, synapses: int = 128, seed: int = 0, chip: ChipOptions | None = None
) -> tuple[Program, Placement, ChipOptions]:
    """Return the network of the common workload, its random placement, and the chip.

    Parameters
    ----------
    cores
        A square number; the cores take a square of routers.
    rate_hz
        Mean rate of a neuron.
    synapses
        Synapses that are on, of the 256 of an axon.
    seed
        Seed of network and placement.
    chip
        Options of the chip; the board is always the smallest that holds the network.

    Raises
    ------
    ScenarioError
        If the numbers are out of range.
    """
    side = math.isqrt(max(cores, 0))
    if side * side != cores or not 1 <= side <= _LARGEST_SIDE:
        raise ScenarioError(
            f"--cores: {cores:,} fill no square; use a square number from 1 to {_LARGEST_SIDE**2:,}, e.g. 4096"
        )
    try:
        program = characterisation_program(side, rate_hz, synapses, seed, merging=True)
    except ValueError as error:
        raise ScenarioError(f"--rate-hz, --synapses: {error}") from error
    placement = random_placement(program, side, seed)
    mesh = placement.mesh
    return program, placement, (chip or ChipOptions()).model_copy(update={"chips": (mesh.rows, mesh.columns)})


def check_timing(timing: str) -> None:
    """Raise `ScenarioError` if `timing` is not one of the engine's."""
    known = get_args(TimingName)
    if timing not in known:
        raise ScenarioError(f"--timing: '{timing}' is none of {', '.join(known)}{did_you_mean(timing, known)}")


def simulated(
    workload: tuple[Program, Placement, ChipOptions],
    timing: str,
    backend: str,
    ticks: int,
    stamps: Stamps,
    jobs: int | None = None,
) -> TicksResult:
    """Simulate a workload for `ticks` ticks, without input spikes."""
    empty = np.zeros(0, np.int32)
    spikes = InputSpikes.to_axons(empty.astype(np.int64), empty, empty)
    options = SimulateOptions.from_table({"timing": timing, "backend": backend})
    return simulate_ticks(*workload, options, spikes, ticks, progress=stamps, jobs=jobs)


def bench_chip(
    *,
    cores: int = 4096,
    rate_hz: float = 20,
    synapses: int = 128,
    timing: str = "none",
    ticks: int = 100,
    repeats: int = 3,
    backend: str = "auto",
    seed: int = 0,
    changes: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Measure the time of a tick.

    Times run from the end of tick 0 to the end of the last tick, so that loading is excluded and all ticks have spikes.
    Counts are those of all ticks of one repeat, and equal in all repeats.

    Parameters
    ----------
    cores, rate_hz, synapses, seed
        The workload, see `common_workload`.
    timing, backend, ticks, jobs
        The simulation.
    repeats
        Number of simulations.
    overrides
        ``key.path=value`` texts for the options of the chip.
    progress
        Called with repeats done, repeats in all, and the unit.

    Returns
    -------
    dict
        Plain JSON values.
    """
    check_timing(timing)
    chip = load_options(("chip",), changes)["chip"]
    assert isinstance(chip, ChipOptions)
    if "chips" in chip.model_fields_set:
        raise ScenarioError("--set: chip.chips: the board follows from --cores; change that")
    before = machine()
    # A first run compiles the kernels.
    simulated(common_workload(4, rate_hz, synapses), timing, backend, 2, Stamps())
    workload = common_workload(cores, rate_hz, synapses, seed, chip)
    results, clocks = [], []
    for repeat in range(repeats):
        stamps = Stamps()
        results.append(simulated(workload, timing, backend, ticks, stamps, jobs))
        clocks.append(stamps.ms_per_tick())
        progress(repeat + 1, repeats, "repeats")
    counts = [_counts(result) for result in results]
    if any(count != counts[0] for count in counts):
        raise NeurosynError(f"bench: equal runs gave different counts: {counts}; report it")
    timed = results[0].timing
    return {
        "cores": cores,
        "rate_hz": rate_hz,
        "synapses": synapses,
        "seed": seed,
        "set": [f"{key}={json.dumps(value)}" for key, value in (changes or {}).items()],
        "ticks": ticks,
        "timing": timing,
        "backend": results[0].backend,
        "repeats": repeats,
        **spread("ms_per_tick", [wall for wall, _ in clocks]),
        **spread("cpu_ms_per_tick", [cpu for _, cpu in clocks]),
        **counts[0],
        **({} if timed is None else _times(timed)),
        "peak_rss_gb": peak_rss_gb(),
        "machine": before,
    }


def _times(timing: TimingResult) -> dict[str, float]:
    """Return the tick period and the congestion of the fabric."""
    return {
        "tick_period_us": timing.tick_period_ps / 1e6,
        "packet_blocked_share": round(timing.packet_blocked_ps / max(timing.packet_travel_ps, 1), 4),
        "core_stalled_us": timing.core_stalled_ps / 1e6,
    }


def _counts(result: TicksResult) -> dict[str, int]:
    counts = result.counts
    return {
        "spikes": int(counts.spikes.sum()),
        "synaptic_events": int(counts.synaptic_events.sum()),
        "packets": int(counts.packets.sum()),
        "hops": int(counts.hops.sum()),
        "collisions": int(counts.collisions.sum()),
    }
