"""Faults on purpose: what is drawn, what it does to the chip, and that it is said."""

from dataclasses import replace

import numpy as np
import pytest

from neurosyn.backend.base import get_backend
from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.stateless import is_stateless, pipeline
from neurosyn.compiler.compile import compile_network
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames
from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.placement.place import place_program
from neurosyn.registry import registry
from neurosyn.testing.models import random_model

FAULTS = registry.get("probes", "fault_injection")


@pytest.fixture(scope="module")
def program():
    specs = [
        {"kind": "conv2d", "features": 32, "kernel": 2, "stride": 2},
        {"kind": "conv2d", "features": 20, "kernel": 2, "stride": 2},
        {"kind": "readout"},
    ]
    return compile_network(random_model(build_network(specs, MapShape(8, 8, 8), 2, seed=1)))


def disturb(program, seed=1, **options):
    probe = FAULTS(**options)
    return probe.disturb(program, seed), probe


def spikes_of(program, frames):
    """Play frames without time, and return which neurons fired how often."""
    seen = np.zeros(program.dest_core.shape, np.int64)

    class Count(type(registry.get("probes", "counter")())):
        def tick(self, columns):
            np.add.at(seen, (columns.spike_core, columns.spike_neuron), 1)

    placement = place_program(program, Board(Mesh()), registry.get("placers", "row_major")(), 0)
    options = SimulateOptions(timing="none", backend="numpy")
    result = simulate_frames(program, placement, ChipOptions(), options, frames, probes=[Count()])
    return seen, result


@pytest.fixture
def frames(program):
    return np.random.default_rng(3).integers(0, 2, (12, 8 * 8 * 8), dtype=np.uint8)


def test_no_faults_are_no_deviation(program):
    assert disturb(program)[0] is None


def test_dead_cores_are_silent_and_integrate_nothing(program, frames):
    found, probe = disturb(program, cores=[2, 5])
    assert found.deviations == (f"2 of {program.cores} cores are dead",)
    seen, result = spikes_of(found.program, frames)
    assert not seen[[2, 5]].any()
    assert seen[[1, 3]].any()
    assert not result.counts.synaptic_events[[2, 5]].any()
    assert probe.results() == {"dead_cores": 2}
    assert probe.tables()["faults"]["core"].tolist() == [2, 5]
    assert probe.tables()["faults"]["neuron"].tolist() == [-1, -1]


def test_dead_and_stuck_neurons(program, frames):
    found, probe = disturb(program, dead_neurons=0.2, stuck_neurons=0.1)
    seen, result = spikes_of(found.program, frames)
    faults = probe.tables()["faults"]
    dead, stuck = (faults["fault"] == kind for kind in ("dead_neuron", "stuck_neuron"))
    used = int((program.dest_core != NO_DESTINATION).sum())
    assert (dead.sum(), stuck.sum()) == (round(0.2 * used), round(0.1 * (used - round(0.2 * used))))
    assert not seen[faults["core"][dead], faults["neuron"][dead]].any()
    assert (seen[faults["core"][stuck], faults["neuron"][stuck]] == result.ticks).all()
    assert result.batched, "a program with faults stays stateless"


def test_cut_routes_fire_and_arrive_nowhere(program, frames):
    found, probe = disturb(program, cut_routes=0.5)
    cut = probe.tables()["faults"]
    assert (found.program.dest_core[cut["core"], cut["neuron"]] == NO_DESTINATION).all()
    seen, result = spikes_of(found.program, frames)
    assert seen[cut["core"], cut["neuron"]].any()
    sound = spikes_of(program, frames)[1]
    assert 0 < result.counts.packets.sum() < 0.7 * sound.counts.packets.sum()


def test_flipped_synapses_are_as_many_as_said_and_cores_no_longer_share_them(program):
    found, _ = disturb(program, flipped_synapses=0.01)
    said = int(found.deviations[0].split()[0].replace(",", ""))
    before, after = (p.crossbars[p.crossbar] for p in (program, found.program))
    assert np.bitwise_count(before ^ after).sum() == said
    used = (program.dest_core != NO_DESTINATION).sum()
    assert 0.8 < said / (0.01 * used * program.axons) < 1.2


@pytest.mark.parametrize("bit", [0, 1])
def test_stuck_synapses_have_their_value_and_no_other_changes(program, bit):
    injected, _ = disturb(program, **{f"synapses_stuck_at_{bit}": 1.0})
    used = program.dest_core != NO_DESTINATION
    after = injected.program.crossbars[injected.program.crossbar].transpose(0, 2, 1)
    assert np.bitwise_count(after[used]).sum() == bit * used.sum() * program.axons
    before = program.crossbars[program.crossbar].transpose(0, 2, 1)
    assert np.array_equal(after[~used], before[~used])


def test_weak_neurons_need_a_larger_potential(program):
    injected, probe = disturb(program, weak_neurons=0.3, weakness=2)
    weak = probe.tables()["faults"]
    threshold = {p: p.neuron_types["threshold"][p.neuron_type] for p in (program, injected.program)}
    raised = np.zeros(program.dest_core.shape, int)
    raised[weak["core"], weak["neuron"]] = 2
    assert raised.any()
    assert np.array_equal(threshold[injected.program] - threshold[program], raised)
    assert not is_stateless(injected.program), "a potential below the raised threshold lasts"
    most = disturb(program, weak_neurons=1.0, weakness=2**31 - 1)[0].program
    assert most.neuron_types["threshold"].max() == program.limits.threshold


def test_whole_and_empty_shares_are_exact(program):
    found, _ = disturb(program, flipped_synapses=1.0)
    used = program.dest_core != NO_DESTINATION
    before, after = (p.crossbars[p.crossbar] for p in (program, found.program))
    assert np.bitwise_count(before ^ after).sum() == used.sum() * program.axons
    all_dead, _ = disturb(program, dead_cores=1.0)
    assert all_dead.deviations[0].startswith(f"{program.cores} of {program.cores} cores")


def test_same_seed_same_faults_and_another_draw_others(program):
    one, again, other = (disturb(program, dead_neurons=0.1, draw=draw)[1].tables()["faults"] for draw in (0, 0, 1))
    assert np.array_equal(one["neuron"], again["neuron"])
    assert not np.array_equal(one["neuron"], other["neuron"])
    with_more = disturb(program, dead_neurons=0.1, flipped_synapses=0.1)[1].tables()["faults"]
    assert np.array_equal(one["neuron"], with_more["neuron"]), "more of one fault does not move the others"


def test_the_program_that_was_given_is_left_alone(program):
    before = {name: value.copy() for name, value in vars(program).items() if isinstance(value, np.ndarray)}
    names = ("dead_cores", "dead_neurons", "stuck_neurons", "flipped_synapses", "cut_routes")
    shares = dict.fromkeys((*names, "synapses_stuck_at_0", "synapses_stuck_at_1"), 0.2)
    found, _ = disturb(program, **shares)
    assert len(found.deviations) == 7
    assert all(np.array_equal(value, vars(program)[name]) for name, value in before.items())
    assert is_stateless(found.program)
    assert pipeline(found.program) is not None


def test_faulty_program_is_the_same_on_every_backend(program, frames):
    found, _ = disturb(program, dead_neurons=0.1, stuck_neurons=0.1, flipped_synapses=0.01)
    results = []
    for backend in ("numpy", "numba"):
        placement = place_program(found.program, Board(Mesh()), registry.get("placers", "row_major")(), 0)
        options = SimulateOptions(timing="none", backend=get_backend(backend).name)
        results.append(simulate_frames(found.program, placement, ChipOptions(), options, frames).spikes)
    assert np.array_equal(*results)


def test_outputs_that_are_cut_are_silent(program, frames):
    outputs = np.argwhere(program.dest_core == OUTPUT)
    found, _ = disturb(program, cut_routes=1.0)
    assert (found.program.dest_core == NO_DESTINATION).all()
    assert len(outputs)
    assert not spikes_of(found.program, frames)[1].spikes.any()


def test_raw_programs_with_potentials_get_faults_that_last(program):
    raw = replace(program, initial_potential=np.full_like(program.initial_potential, 5))
    found, probe = disturb(raw, stuck_neurons=0.5, dead_neurons=0.5)
    faults = probe.tables()["faults"]
    assert not found.program.initial_potential[faults["core"], faults["neuron"]].any()


def test_a_core_that_is_not_there(program):
    with pytest.raises(ScenarioError, match="cores: 99999 is not one of the program's cores"):
        disturb(program, cores=[99_999])
