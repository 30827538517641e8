"""Self-test of a compute backend against the plain reference, in a second or less."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import Backend
from neurosyn.chip.crossbar import pack_bits, unpack_bits
from neurosyn.chip.lfsr import initial_states
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.errors import BackendError
from neurosyn.testing.programs import random_program
from neurosyn.testing.reference import ReferenceChip

__all__ = ["check_backend"]

_CORES, _AXONS, _NEURONS = 2, 70, 66
"""Sizes beyond the words and tiles of 64 that backends use."""
_TICKS, _FRAMES = 3, 18


def check_backend(backend: Backend) -> None:
    """Run small programs on a backend and on `neurosyn.testing.reference.ReferenceChip`, and compare.

    The programs have deterministic, stochastic and saturating neurons, tick by tick, and frames of a stateless program.

    Raises
    ------
    BackendError
        At the first bit that differs.
    """
    random = np.random.default_rng(0)
    for types in (_stateful_types(), _stateless_types()):
        program = random_program(random, types, cores=_CORES, axons=_AXONS, neurons=_NEURONS)
        if types[0]["stochastic_leak"]:
            edges = [POTENTIAL_MIN, 0, POTENTIAL_MAX]
            program.initial_potential[:] = random.choice(edges, program.initial_potential.shape)
        _check_ticks(backend, program, random.random((_TICKS, program.cores, program.axons)) < 0.3)
    _check_frames(backend, program, random.random((_FRAMES, program.cores, program.axons)) < 0.5)


def _stateful_types() -> NDArray[np.void]:
    types = np.zeros(3, NEURON_TYPE)
    types["weights"] = (90, -90, 30, 0), (255, -255, 1, -1), (3, -2, 1, -1)
    types["stochastic_weights"][0], types["stochastic_leak"][0], types["threshold_mask_bits"][0] = True, True, 9
    types["leak"], types["leak_reversal"] = (30, 0, -3), (False, False, True)
    types["threshold"], types["negative_threshold"] = (20, POTENTIAL_MAX // 2, 4), (4, POTENTIAL_MAX // 2, 2)
    types["reset_mode"] = 1, 1, 2
    return types


def _stateless_types() -> NDArray[np.void]:
    types = np.zeros(2, NEURON_TYPE)
    types["weights"], types["leak"] = (-1, 1, 0, 0), (-3, 2)
    types["threshold"], types["negative_saturation"] = 1, True
    return types


def _check_ticks(backend: Backend, program: Program, active: NDArray[np.bool_]) -> None:
    loaded = backend.load(program)
    chip = ReferenceChip(program)
    potential, rng = program.initial_potential.copy(), initial_states(program.seeds)
    state = loaded.initial_state()
    for tick, axons in enumerate(active):
        fired = [chip.integrate(core, set(np.flatnonzero(axons[core]).tolist())) for core in range(program.cores)]
        result = loaded.step(pack_bits(axons), potential, rng)
        where = f"backend {backend.name}: tick {tick} of the self-test"
        _compare(f"{where}: spikes", result.fired, fired)
        _compare(f"{where}: synaptic events", result.synaptic_events, chip.synaptic_events)
        _compare(f"{where}: potentials", potential, chip.potential)
        _compare(f"{where}: random numbers", rng, [register.state for register in chip.registers])
        _compare(f"{where}: spikes from the backend's state", loaded.step(pack_bits(axons), *state).fired, fired)


def _check_frames(backend: Backend, program: Program, active: NDArray[np.bool_]) -> None:
    cores = np.arange(program.cores, dtype=np.int32)[::-1].copy()
    spikes, events = backend.load(program).evaluate_frames(cores, pack_bits(active[:, cores]))
    chip = ReferenceChip(program)
    fired, counts = [], []
    for axons in active:
        fired.append([chip.integrate(core, set(np.flatnonzero(axons[core]).tolist())) for core in cores.tolist()])
        counts.append([sum(chip.synaptic_events[core]) for core in cores.tolist()])
    _compare(f"backend {backend.name}: frames of the self-test: spikes", unpack_bits(spikes, program.neurons), fired)
    _compare(f"backend {backend.name}: frames of the self-test: synaptic events", events, counts)


def _compare(what: str, computed: NDArray[Any], expected: Any) -> None:
    differ = np.argwhere(computed != np.array(expected))
    if len(differ):
        raise BackendError(
            f"{what} differ from the reference at {len(differ):,} of {computed.size:,} elements, first at "
            f"{tuple(differ[0].tolist())}; use another backend, and report it"
        )
