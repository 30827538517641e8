"""Spikes into and out of the schedulers, equal for all backends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import StepResult, get_backend
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.testing.programs import random_program

numba = get_backend("numba")


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    cores=st.integers(1, 4),
    axons=st.sampled_from([1, 64, 67, 256]),
    neurons=st.sampled_from([1, 5, 64, 130]),
    ticks=st.lists(st.integers(-1, 50), min_size=1, max_size=6),
)
def test_compiled_schedulers_hold_what_numpys_do(seed, cores, axons, neurons, ticks):
    random = np.random.default_rng(seed)
    program = random_program(
        random, np.zeros(1, NEURON_TYPE), cores=cores, axons=axons, neurons=neurons, pins=2, crossbars=1
    )
    plain, compiled = (get_backend(name).load(program).schedulers() for name in ("numpy", "numba"))
    assert type(plain) is not type(compiled)
    for tick in ticks:
        spikes = np.flatnonzero(random.random(cores * neurons) < 0.5)
        for schedulers in (plain, compiled):
            schedulers.send(tick, spikes)
        assert (plain.ring == compiled.ring).all()
        assert (plain.received == compiled.received).all()
        slot = int(random.integers(0, 16))
        for ours, theirs in zip(plain.pop(slot), compiled.pop(slot), strict=True):
            assert ours.dtype == theirs.dtype
            assert (ours == theirs).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 64), (2, 70), (5, 256), (1, 1000)])
@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 1.0])
def test_compiled_lists_and_sums_are_numpys(shape, density):
    random = np.random.default_rng(7)
    program = random_program(random, np.zeros(1, NEURON_TYPE), cores=shape[0], neurons=shape[1], crossbars=1)
    loaded = numba.load(program)
    potential, registers = loaded.initial_state()
    own = loaded.step(np.zeros((shape[0], program.words), np.uint64), potential, registers)
    fired = random.random(shape) < density
    events = random.integers(0, 2**16, shape).astype(np.uint16)
    plain, compiled = StepResult(fired, events), type(own)(fired, events)
    assert type(own) is not StepResult
    assert compiled.spikes().tolist() == plain.spikes().tolist() == np.flatnonzero(fired).tolist()
    assert compiled.spikes().dtype == plain.spikes().dtype
    assert (compiled.events_of_cores() == plain.events_of_cores()).all()
    assert compiled.events_of_cores().dtype == plain.events_of_cores().dtype
