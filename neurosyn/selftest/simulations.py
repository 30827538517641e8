"""Self-test of the simulator: a tiny program with every backend and timing, equal in spikes, counts and times."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.testing.programs import random_program

__all__ = ["TIMINGS", "SelfTest", "run_self_tests"]

TIMINGS = ("none", "compiled", "simpy")
_CORES, _SIZE, _TICKS, _SPIKES = 4, 20, 12, 40


@dataclass(frozen=True)
class SelfTest:
    """Result of one simulation of the tiny program.

    Attributes
    ----------
    backend, timing : str
    problem : str or None
        Difference from the first simulation, or the error; None if there is neither.
    wall_s : float
        Wall time in seconds, including the compilation of code that is not cached yet.
    """

    backend: str
    timing: str
    problem: str | None
    wall_s: float


def run_self_tests(backends: Sequence[str], timings: Sequence[str] = TIMINGS) -> Iterator[SelfTest]:
    """Simulate a program of four recurrent cores with every backend and timing, and compare.

    Output spikes and event counts must equal those of the first simulation, times those of the first timed one.
    """
    random = np.random.default_rng(1)
    types = np.zeros(2, NEURON_TYPE)
    types["weights"], types["leak"], types["threshold"] = (2, -1, 1, 0), (1, 0), (5, 2)
    types["reset_mode"], types["negative_threshold"] = (1, 0), 9
    program = random_program(random, types, cores=_CORES, axons=_SIZE, neurons=_SIZE, density=0.2, pins=4, lines=_CORES)
    spikes = InputSpikes.on_lines(
        program,
        random.integers(0, _TICKS - 1, _SPIKES),
        random.integers(0, len(program.input_core), _SPIKES).astype(np.int32),
    )
    placement = Placement(Mesh(1, 1), np.array([[0, 0], [2, 0], [0, 3], [1, 1]], np.int32))
    expected: dict[str, Any] = {}
    for backend in backends:
        for timing in timings:
            began, problem = time.perf_counter(), None
            options = SimulateOptions.model_validate({"timing": timing, "backend": backend})
            try:
                result = simulate_ticks(program, placement, ChipOptions(), options, spikes, _TICKS, jobs=1)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                outcome = {"output spikes": result.output_spikes, "event counts": result.counts, "times": result.timing}
                for name, value in outcome.items():
                    if value is not None and not _equal(value, expected.setdefault(name, value)):
                        problem = problem or f"{name} differ from those of {backends[0]}; report it"
            yield SelfTest(backend, timing, problem, time.perf_counter() - began)


def _equal(a: Any, b: Any) -> bool:
    """Return whether two values are equal; dataclasses are compared field by field."""
    if is_dataclass(a) and not isinstance(a, type):
        return type(a) is type(b) and all(_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    return bool(np.array_equal(a, b))
