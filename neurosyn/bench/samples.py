"""Benchmark of samples with state: an imported network of 784, 128 and 10 neurons, in samples per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from neurosyn.bench.measure import machine, peak_rss_gb, spread
from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.assembly import compile_populations
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.sample_batches import simulate_samples
from neurosyn.formats.nir.reader import NirGraph, NirNode
from neurosyn.importing.mapping import Mapping, map_graph
from neurosyn.importing.options import ImportOptions
from neurosyn.placement.place import place_program
from neurosyn.registry import registry

__all__ = ["bench_samples"]

_SIZES = (784, 128, 10)
_RATE = 0.1
"""Share of the inputs that spike in a step."""


def bench_samples(
    *,
    samples: int = 1000,
    steps: int = 25,
    repeats: int = 3,
    backend: str = "auto",
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Measure samples per second of a network with random weights, function alone.

    Parameters
    ----------
    samples
    steps
        Steps of a sample.
    repeats
        Measurements; the median counts.
    backend
    progress
    """
    mapping = map_graph(_graph(), ImportOptions(reset="subtract"), "bench")
    program = compile_populations(
        mapping.populations, mapping.network.inputs, [(mapping.network.output, mapping.pin_class)]
    ).program
    chip = ChipOptions().fitted(program.cores)
    spectral: Any = registry.get("placers", "spectral")
    placement = place_program(program, chip.board, spectral(), 0)
    inputs = (np.random.default_rng(1).random((steps, samples, _SIZES[0])) < _RATE).astype(np.uint8)
    options = SimulateOptions.model_validate({"timing": "none", "backend": backend})
    seconds, name, counts = [], "", np.zeros((0, 0), np.int64)
    for repeat in range(repeats):
        began = time.perf_counter()
        result = simulate_samples(program, placement, chip, options, inputs, mapping.ticks(steps))
        seconds.append(time.perf_counter() - began)
        name, counts = result.backend, mapping.count(result.by_sample)
        progress(repeat + 1, repeats, "repeats")
    return {
        "network": "-".join(map(str, _SIZES)),
        "cores": program.cores,
        "relays": _relays(mapping),
        "samples": samples,
        "steps": steps,
        "ticks_per_sample": mapping.ticks(steps),
        **spread("samples_per_second", [samples / duration for duration in seconds]),
        "output_spikes": int(counts.sum()),
        "backend": name,
        "peak_rss_gb": peak_rss_gb(),
        "machine": machine(),
    }


def _graph() -> NirGraph:
    rng = np.random.default_rng(0)
    nodes = {"input": NirNode("Input", {"shape": np.array([_SIZES[0]])})}
    for number, (before, after) in enumerate(pairwise(_SIZES)):
        nodes[f"linear{number}"] = NirNode("Linear", {"weight": rng.normal(size=(after, before)) / np.sqrt(before)})
        ones = np.ones(after)
        nodes[f"if{number}"] = NirNode("IF", {"r": ones, "v_threshold": ones, "v_reset": 0 * ones})
    nodes["output"] = NirNode("Output", {"shape": np.array([_SIZES[-1]])})
    names = list(nodes)
    return NirGraph(nodes, tuple(pairwise(names)))


def _relays(mapping: Mapping) -> int:
    return sum(p.size for p in mapping.network.populations if p.kind == "partial")
