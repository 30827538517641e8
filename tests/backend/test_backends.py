"""All backends give the bits of the plain reference."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import get_backend
from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.lfsr import initial_states
from neurosyn.testing.reference import ReferenceChip
from neurosyn.testing.strategies import active_axons, neuron_types, programs

BACKENDS = ("numpy", "numba")
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def assert_like_reference(program, active):
    chip = ReferenceChip(program)
    loaded = {name: get_backend(name).load(program) for name in BACKENDS}
    state = {name: (program.initial_potential.copy(), initial_states(program.seeds)) for name in BACKENDS}
    for tick in active:
        expected = [chip.integrate(core, set(np.flatnonzero(tick[core]))) for core in range(program.cores)]
        registers = [register.state for register in chip.registers]
        for name in BACKENDS:
            potential, rng = state[name]
            result = loaded[name].step(pack_bits(tick), potential, rng)
            np.testing.assert_array_equal(result.fired, expected, name)
            np.testing.assert_array_equal(result.synaptic_events, chip.synaptic_events, name)
            np.testing.assert_array_equal(potential, chip.potential, name)
            np.testing.assert_array_equal(rng, registers, name)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_step_equals_reference_in_any_mode(data):
    program = data.draw(programs())
    assert_like_reference(program, data.draw(active_axons(program, 3)))


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_step_equals_reference_for_deterministic_neurons(data):
    program = data.draw(programs(neuron_types(stochastic=False)))
    assert_like_reference(program, data.draw(active_axons(program, 3)))
