"""Checks that the tests of all backends share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import LoadedProgram
from neurosyn.chip.crossbar import pack_bits, unpack_bits
from neurosyn.chip.lfsr import initial_states
from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.testing.reference import ReferenceChip


def row(**values):
    """A neuron type; what is not named is 0."""
    types = np.zeros(1, NEURON_TYPE)
    for name, value in values.items():
        types[name] = value
    return types[0]


def assert_like_reference(program: Program, loaded: Mapping[str, LoadedProgram], active: Iterable[NDArray[np.bool_]]):
    """Play ticks, active axons (C, A) each, on backends and on the plain reference."""
    chip = ReferenceChip(program)
    state = {name: (program.initial_potential.copy(), initial_states(program.seeds)) for name in loaded}
    for tick in active:
        expected = [chip.integrate(core, set(np.flatnonzero(tick[core]))) for core in range(program.cores)]
        registers = [register.state for register in chip.registers]
        for name, on_backend in loaded.items():
            potential, rng = state[name]
            result = on_backend.step(pack_bits(tick), potential, rng)
            np.testing.assert_array_equal(result.fired, expected, name)
            np.testing.assert_array_equal(result.synaptic_events, chip.synaptic_events, name)
            np.testing.assert_array_equal(potential, chip.potential, name)
            np.testing.assert_array_equal(rng, registers, name)


def assert_frames_like_ticks(
    program: Program, loaded: LoadedProgram, cores: NDArray[np.int32], frames: NDArray[np.bool_]
):
    """Evaluate frames, active axons (F, C, A), at once and tick by tick on the same backend."""
    spikes, events = loaded.evaluate_frames(cores, pack_bits(frames[:, cores]))
    assert spikes.dtype == np.uint64
    assert events.dtype == np.int64
    for frame, bits, count in zip(frames, spikes, events, strict=True):
        potential, rng = program.initial_potential.copy(), initial_states(program.seeds)
        result = loaded.step(pack_bits(frame), potential, rng)
        np.testing.assert_array_equal(unpack_bits(bits, program.neurons), result.fired[cores])
        np.testing.assert_array_equal(count, result.synaptic_events[cores].sum(axis=1))
