"""Benchmark of the crossbar kernel, beside the limits of the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from neurosyn.backend.base import get_backend
from neurosyn.bench.chip import common_workload
from neurosyn.bench.machine_limits import measure_limits
from neurosyn.bench.measure import machine, peak_rss_gb, spread, time_calls
from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.errors import NeurosynError

__all__ = ["bench_kernel", "without_state"]

_ACTIVE = 0.02
"""Share of active axons in a tick of the common workload."""
_TYPES = 2
"""Number of axon types that the workload uses."""


def bench_kernel(
    *,
    cores: int = 4096,
    frames: int = 64,
    repeats: int = 30,
    backend: str = "auto",
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Measure one tick of all cores, and a batch of frames of stateless cores.

    A tick reads the crossbars, reads and writes the potentials, and writes spikes and synaptic events: its limit is the
    memory bandwidth. A batch reads a crossbar once for many frames: its limit is the counting of bits, words × axon
    types for each neuron and frame.

    Parameters
    ----------
    cores
        Number of cores, a square number.
    frames
        Frames in a batch.
    repeats
        Number of measured ticks; batches are measured half as often.
    backend
        Compute backend.
    progress
        Called with steps done, steps in all, and the name of the step.

    Returns
    -------
    dict
        Plain JSON values.
    """
    before = machine()
    random = np.random.default_rng(0)
    progress(0, 3, "one tick at a time")
    program, _, _ = common_workload(cores)
    engine = get_backend(backend)
    loaded = engine.load(program)
    active = pack_bits(random.random((cores, program.axons), np.float32) < _ACTIVE)
    potential, registers = loaded.initial_state()
    result = loaded.step(active, potential, registers)
    moved = program.crossbars.nbytes + 2 * potential.nbytes + result.fired.nbytes + result.synaptic_events.nbytes
    ticks = time_calls(lambda: loaded.step(active, potential, registers), repeats)

    progress(1, 3, "batched")
    loaded = engine.load(without_state(program))
    if not loaded.stateless:
        raise NeurosynError("bench: the program for batches keeps state; report it")
    every = np.arange(cores, dtype=np.int32)
    many = pack_bits(random.random((frames, cores, program.axons), np.float32) < 1 / 2)
    batches = time_calls(lambda: loaded.evaluate_frames(every, many), max(3, repeats // 2))
    counted = frames * cores * program.words * program.neurons * _TYPES
    progress(2, 3, "limits of the machine")
    limits = measure_limits(moved)
    progress(3, 3, "limits of the machine")

    bandwidth = moved / min(ticks) / 1e9
    rate = counted / min(batches) / 1e9
    return {
        "cores": cores,
        "backend": engine.name,
        "limits": limits,
        "tick": {
            **spread("ms", [1e3 * seconds for seconds in ticks]),
            "bytes": moved,
            "gb_per_s": float(f"{bandwidth:.3g}"),
            "of_limit": round(bandwidth / limits["read_gb_per_s"], 3),
        },
        "batch": {
            "frames": frames,
            **spread("ms_per_frame", [1e3 * seconds / frames for seconds in batches]),
            "gwords_per_s": float(f"{rate:.3g}"),
            "of_limit": round(rate / limits["popcount_gwords_per_s"], 3),
        },
        "peak_rss_gb": peak_rss_gb(),
        "machine": before,
    }


def without_state(program: Program) -> Program:
    """Return the program with the neurons of compiled networks, whose potential is 0 after every tick."""
    kind = np.zeros(1, NEURON_TYPE)
    kind["weights"] = (1, -1, 0, 0)
    kind["threshold"] = 1
    kind["negative_saturation"] = True
    return replace(program, neuron_types=kind, initial_potential=np.zeros_like(program.initial_potential))
