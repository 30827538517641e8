"""Ticks in portions: the same as all at once."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.engine.stepping import TickSimulation
from neurosyn.errors import DataError
from neurosyn.testing.programs import random_program
from tests.comparing import assert_equal
from tests.engine.programs import neuron_type, place

TICKS = 30
TYPES = np.concatenate(
    [
        neuron_type(leak=2, threshold=5, reset_mode=1, threshold_mask_bits=2),
        neuron_type(weights=(2, -1, 1, 0), threshold=2, negative_saturation=False, negative_threshold=9),
        neuron_type(stochastic_leak=True, leak=90, threshold=3, reset_mode=0),
    ]
)


class Notes(Probe):
    def __init__(self):
        self.ticks = []

    def tick(self, columns):
        self.ticks.append(columns)


def some(rng, cores=9):
    program = random_program(rng, TYPES, cores=cores, axons=20, neurons=20, density=0.2, pins=4, lines=cores)
    spikes = InputSpikes.on_lines(
        program, rng.integers(-1, TICKS, 50), rng.integers(0, len(program.input_core), 50).astype(np.int32)
    )
    return program, spikes


def in_portions(program, placement, chip, options, spikes, portions):
    """Inject each spike some time before its tick, in the order of the stamps' list within a tick."""
    notes = Notes()
    simulation = TickSimulation(program, placement, chip, options, probes=[notes], jobs=2)
    left = np.ones(len(spikes.tick), bool)
    for portion in portions:
        end = simulation.tick + portion
        now = left & (spikes.tick < end)
        left &= ~now
        for part in np.array_split(np.flatnonzero(now), 3):
            simulation.inject(InputSpikes(*(getattr(spikes, field.name)[part] for field in fields(spikes))))
        simulation.step(portion)
        assert simulation.tick == end
    potential = simulation.potential
    return simulation.finish(), notes.ticks, potential


@pytest.mark.parametrize("tick", ["auto", 0.9, 0.05], ids=["at-rest", "overlapping", "late"])
@pytest.mark.parametrize("timing", ["none", "compiled", "simpy"])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), stops=st.lists(st.integers(0, TICKS), max_size=8).map(sorted))
def test_portions_of_ticks_give_what_one_run_gives(timing, tick, seed, stops):
    portions = np.diff([0, *stops, TICKS]).tolist()
    rng = np.random.default_rng(seed)
    program, spikes = some(rng)
    board = place(program, rng, Mesh(1, 2, 4), neuron_time_ps=10_000, fifo_depth=1)
    options = SimulateOptions(timing=timing, tick=tick, backend="numpy")
    notes = Notes()
    whole = simulate_ticks(program, *board, options, spikes, TICKS, probes=[notes], jobs=2)
    result, ticks, potential = in_portions(program, *board, options, spikes, portions)
    assert_equal(whole, result, apart=("wall_s",))
    assert len(ticks) == len(notes.ticks) == TICKS
    for one, other in zip(notes.ticks, ticks, strict=True):
        assert_equal(one, other, apart=("wall_s",))
    again, _, at_once = in_portions(program, *board, options, spikes, [TICKS])
    assert_equal(again, result, apart=("wall_s",))
    np.testing.assert_array_equal(potential, at_once)


def test_the_short_period_of_these_tests_makes_packets_late():
    rng = np.random.default_rng(3)
    program, spikes = some(rng)
    board = place(program, rng, Mesh(1, 2, 4), neuron_time_ps=10_000, fifo_depth=1)
    late = [
        simulate_ticks(program, *board, SimulateOptions(tick=tick, backend="numpy"), spikes, TICKS).timing.late_packets
        for tick in (0.9, 0.05)
    ]
    assert late[1] > late[0]


def test_a_tick_that_is_over_takes_no_spikes():
    program, _ = some(np.random.default_rng(0))
    simulation = TickSimulation(program, *place(program), SimulateOptions(timing="none", backend="numpy"))
    simulation.step(3)
    with pytest.raises(DataError, match="one is stamped 2; the next tick is 3"):
        simulation.inject(InputSpikes.on_lines(program, np.array([4, 2]), np.zeros(2, np.int32)))


def test_counts_are_those_of_their_moment():
    program, spikes = some(np.random.default_rng(1))
    simulation = TickSimulation(program, *place(program), SimulateOptions(timing="none", backend="numpy"))
    simulation.inject(spikes)
    simulation.step(10)
    counts = simulation.counts
    before = counts.fired.copy(), counts.synaptic_events.copy()
    simulation.step(10)
    np.testing.assert_array_equal(counts.fired, before[0])
    np.testing.assert_array_equal(counts.synaptic_events, before[1])
    assert simulation.counts.spikes.sum() > counts.spikes.sum() > 0


def test_the_chip_is_checked():
    program, _ = some(np.random.default_rng(0))
    placement, _ = place(program)
    with pytest.raises(DataError, match="place the program again"):
        TickSimulation(program, placement, ChipOptions(chips=(2, 2)), SimulateOptions())
