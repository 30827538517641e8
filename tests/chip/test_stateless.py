"""Proof that neurons keep no potential, and the stages that follow from it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from neurosyn.chip import stateless
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.chip.stateless import firing_sums, is_stateless, pipeline
from neurosyn.testing.reference import ReferenceChip
from neurosyn.testing.strategies import active_axons, eedn_neuron_types, programs, tame_neuron_types

EEDN = {"weights": (-1, 1, 0, 0), "threshold": 1, "negative_saturation": True}


def chip(edges, cores, *, inputs=(0,), outputs=(), kind=EEDN, **changes):
    """A program of cores with one axon and as many neurons as needed; edges are (source, target, delay)."""
    neurons = max(1, len(edges) + len(outputs))
    types = np.zeros(1, NEURON_TYPE)
    for name, value in kind.items():
        types[name] = value
    shape = (cores, neurons)
    dest_core, delay = np.full(shape, NO_DESTINATION, np.int32), np.ones(shape, np.uint8)
    for neuron, (source, target, ticks) in enumerate(edges):
        dest_core[source, neuron], delay[source, neuron] = target, ticks
    for core in outputs:
        dest_core[core, -1] = OUTPUT
    program = Program(
        axons=1,
        neurons=neurons,
        crossbars=np.ones((1, 1, neurons), np.uint64),
        crossbar=np.zeros(cores, np.int32),
        axon_types=np.ones((cores, 1), np.uint8),
        neuron_types=types,
        neuron_type=np.zeros(shape, np.int32),
        initial_potential=np.zeros(shape, np.int32),
        dest_core=dest_core,
        dest_axon=np.zeros(shape, np.int32),
        delay=delay,
        seeds=np.ones(cores, np.uint32),
        input_core=np.array(inputs, np.int32),
        input_axon=np.zeros(len(inputs), np.int32),
        pins=1,
        pin_class=np.full(1, -1, np.int32),
        layer_names=("all",),
        core_layer=np.zeros(cores, np.int32),
        activity=np.ones(shape, np.float32),
    )
    return dataclasses.replace(program, **changes)


# Statelessness.


@pytest.mark.parametrize(
    ("changes", "stateless"),
    [
        ({}, True),
        ({"leak": -43}, True),
        ({"leak": 24}, True),
        ({"threshold": 2}, False),  # V = 1 would stay
        ({"threshold": 2, "weights": (0, 2, 0, 0)}, False),  # V cannot be 1, but the proof knows intervals only
        ({"threshold": 2, "leak": 1}, False),
        ({"negative_threshold": 1}, True),  # the only synapse is excitatory
        ({"negative_threshold": 1, "leak": -1}, False),
        ({"negative_saturation": False}, True),  # nothing falls below 0
        ({"negative_saturation": False, "leak": -1}, True),  # −R = 0
        ({"negative_saturation": False, "leak": -1, "reset_mode": 2}, False),
        ({"reset_mode": 1}, True),  # V can only be 1 = α
        ({"reset_mode": 1, "weights": (0, 2, 0, 0)}, False),
        ({"reset_mode": 2}, False),
        ({"reset": 1}, False),
        ({"threshold_mask_bits": 1}, False),
        ({"stochastic_leak": True}, False),
        ({"stochastic_weights": (True, False, False, False)}, True),  # there is no axon of type 0
        ({"stochastic_weights": (False, True, False, False)}, False),
        ({"leak_reversal": True, "leak": -1}, True),
    ],
)
def test_single_neuron(changes, stateless):
    assert is_stateless(chip([], 1, kind=EEDN | changes)) is stateless


def test_initial_potential_must_be_where_neurons_return():
    assert not is_stateless(chip([], 1, initial_potential=np.ones((1, 1), np.int32)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_proven_stateless_keeps_nothing(data):
    kinds = data.draw(st.sampled_from([eedn_neuron_types(), tame_neuron_types(), tame_neuron_types()]))
    program = data.draw(programs(kinds, max_cores=2, max_axons=6, max_neurons=3, resting=True))
    stateless = is_stateless(program)
    event(f"stateless: {stateless}")
    assume(stateless)
    reference = ReferenceChip(program)
    needed = firing_sums(program)
    seeds = [register.state for register in reference.registers]
    for tick in data.draw(active_axons(program, 6)):
        for core in range(program.cores):
            fired = reference.integrate(core, set(np.flatnonzero(tick[core])))
            for neuron in range(program.neurons):
                weights = program.neuron_types["weights"][program.neuron_type[core, neuron]]
                column = program.crossbars[program.crossbar[core], 0, neuron]
                total = sum(
                    int(weights[program.axon_types[core, axon]])
                    for axon in np.flatnonzero(tick[core])
                    if int(column) >> axon & 1
                )
                assert fired[neuron] == (total >= needed[core, neuron])
    assert reference.potential == program.initial_potential.tolist()
    assert [register.state for register in reference.registers] == seeds


# Pipelines.


def test_stages_of_a_chain_count_delays():
    stages = pipeline(chip([(0, 1, 1), (1, 2, 3), (0, 2, 4)], 3, outputs=[2]))
    assert stages.stage.tolist() == [1, 2, 5]
    assert stages.depth == 5


def test_depth_is_that_of_the_outputs():
    assert pipeline(chip([(0, 1, 1), (1, 2, 1)], 3, outputs=[1])).depth == 2
    assert pipeline(chip([(0, 1, 1), (1, 2, 1)], 3)).depth == 3


@pytest.mark.parametrize(
    ("edges", "inputs"),
    [
        ([(0, 0, 1)], (0,)),
        ([(0, 1, 1), (1, 0, 2)], (0,)),
        ([(0, 1, 1), (1, 2, 1), (0, 2, 1)], (0,)),  # two ways of different length
        ([(0, 1, 1)], (0, 1)),  # an input enters at stage 2
        ([(0, 1, 1), (2, 1, 5)], (0,)),  # core 2 would have to fire before the first tick
    ],
)
def test_what_is_no_pipeline(edges, inputs):
    assert pipeline(chip(edges, 3, inputs=inputs)) is None


def test_cores_without_inputs_fit_their_targets():
    stages = pipeline(chip([(0, 1, 3), (2, 1, 1), (3, 4, 2)], 6))
    assert stages.stage.tolist() == [1, 4, 3, 1, 3, 1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_the_quick_proof_proves_nothing_that_the_thorough_one_does_not(data):
    kinds = data.draw(st.sampled_from([eedn_neuron_types(), tame_neuron_types()]))
    program = data.draw(programs(kinds, resting=data.draw(st.booleans())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stateless, "_types_return", lambda _: False)
        thorough = is_stateless(program)
    assert is_stateless(program) == thorough
    assert thorough or not stateless._types_return(program)
    event(f"quickly proven: {stateless._types_return(program)}")
