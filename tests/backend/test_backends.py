"""All backends give the bits of the plain reference."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import get_backend
from neurosyn.chip.crossbar import pack_bits, unpack_bits
from neurosyn.chip.lfsr import initial_states
from neurosyn.chip.neuron import POTENTIAL_MAX as MAX
from neurosyn.chip.program import NO_DESTINATION
from neurosyn.chip.stateless import is_stateless
from neurosyn.errors import BackendError
from neurosyn.testing.programs import random_program
from neurosyn.testing.strategies import active_axons, eedn_neuron_types, neuron_types, programs, tame_neuron_types
from tests.backend.checks import assert_frames_like_ticks, assert_like_reference, row

BACKENDS = ("numpy", "numba")
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def load(program):
    return {name: get_backend(name).load(program) for name in BACKENDS}


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(st.data())
def test_step_equals_reference_in_any_mode(data):
    program = data.draw(programs(max_cores=2))
    assert_like_reference(program, load(program), data.draw(active_axons(program, 2)))


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(st.data())
def test_step_equals_reference_for_deterministic_neurons(data):
    program = data.draw(programs(neuron_types(stochastic=False)))
    assert_like_reference(program, load(program), data.draw(active_axons(program, 3)))


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
@given(st.data())
def test_step_equals_reference_for_small_numbers(data):
    program = data.draw(programs(tame_neuron_types()))
    assert_like_reference(program, load(program), data.draw(active_axons(program, 3)))


@pytest.mark.parametrize("neurons", [256, 130])
def test_step_equals_reference_for_whole_cores(neurons):
    random = np.random.default_rng(neurons)
    quiet = row(weights=(3, -2, 1, -1), leak=-1, threshold=20, negative_threshold=30, reset_mode=1)
    noisy = row(weights=(200, -90, 5, 0), stochastic_weights=True, threshold=9, threshold_mask_bits=5, leak=30)
    noisy["stochastic_leak"] = True
    saturating = row(weights=(255, -255, 255, -255), threshold=2**18 - 1, reset_mode=1, negative_threshold=2**18 - 1)
    tables = [np.array([quiet]), np.array([quiet, noisy]), np.array([saturating, quiet])]
    for types in tables:
        program = random_program(random, types, cores=2, neurons=neurons, crossbars=2)
        program.initial_potential[:] = np.where(program.neuron_types["weights"][program.neuron_type, 0] == 255, MAX, 0)
        assert_like_reference(program, load(program), random.random((3, 2, 256)) < 0.4)


@settings(max_examples=25, deadline=None, suppress_health_check=CHECKS)
@given(st.data())
def test_frames_equal_single_steps(data):
    kinds = data.draw(st.sampled_from([eedn_neuron_types(), tame_neuron_types()]))
    program = data.draw(programs(kinds, resting=True))
    assume(is_stateless(program))
    frames = data.draw(active_axons(program, 5))
    cores = np.array(data.draw(st.lists(st.integers(0, program.cores - 1), max_size=4)), np.int32)
    for loaded in load(program).values():
        assert_frames_like_ticks(program, loaded, cores, frames)


@pytest.mark.parametrize(("axons", "neurons"), [(256, 256), (193, 100), (257, 70)])
@pytest.mark.parametrize(
    ("weights", "kinds"),
    [
        (((-1, 1, 0, 0), (7, -7, 1, 1), (0, 0, 3, 3)), (0, 1)),
        (((9, -255, 255, 2), (1, 1, -1, 1)), (2, 1)),
        (((2, 2, 0, 5), (-1, -1, 9, 5)), (0, 1)),
        (((3, 8, 3, 1), (-2, 8, 0, 1)), (2,)),
        (((1, -1, 0, 0), (1, 1, 0, 0)), (0, 1)),
        (((1, -1, 1, -1), (2, -2, 2, -2)), (0, 1, 2, 3)),
    ],
    ids=["opposite", "opposite, others not", "equal", "one type", "mixed", "four types"],
)
def test_frames_of_whole_cores(weights, kinds, axons, neurons):
    random = np.random.default_rng(axons)
    types = [
        row(weights=four, leak=leak, threshold=1, negative_saturation=True) for four in weights for leak in (-3, 2)
    ]
    program = random_program(random, np.array(types), cores=3, axons=axons, neurons=neurons, crossbars=2)
    program.axon_types[:] = random.choice(kinds, program.axon_types.shape)
    assert is_stateless(program)
    frames = random.random((4, 3, axons)) < np.array([0.5, 0.0, 0.03, 1.0])[:, None, None]
    for loaded in load(program).values():
        assert_frames_like_ticks(program, loaded, np.array([2, 0, 2, 1], np.int32), frames)


def test_frames_in_many_blocks():
    random = np.random.default_rng(5)
    types = np.array([row(weights=(-1, 1, 0, 0), leak=leak, threshold=1, negative_saturation=True) for leak in (-3, 2)])
    program = random_program(random, types, cores=5, neurons=100)
    cores = np.array([3, 0, 3], np.int32)
    frames = pack_bits(random.random((150, 3, 256)) < 0.5)
    one, other = (get_backend(name).load(program).evaluate_frames(cores, frames) for name in BACKENDS)
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert 0.1 < unpack_bits(one[0], 100).mean() < 0.9


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize(("frames", "cores"), [(0, 2), (3, 0)])
def test_nothing_to_evaluate(name, frames, cores):
    program = random_program(np.random.default_rng(0), np.array([row(threshold=1, negative_saturation=True)]), cores=2)
    loaded = get_backend(name).load(program)
    spikes, events = loaded.evaluate_frames(np.arange(cores, dtype=np.int32), np.zeros((frames, cores, 4), np.uint64))
    assert spikes.shape == (frames, cores, 4)
    assert events.shape == (frames, cores)


def test_programs_with_state_have_no_frames():
    program = random_program(np.random.default_rng(0), np.array([row(threshold=2, leak=1)]), cores=1)
    for name in BACKENDS:
        loaded = get_backend(name).load(program)
        assert not loaded.stateless
        with pytest.raises(BackendError, match="keeps state"):
            loaded.evaluate_frames(np.zeros(1, np.int32), np.zeros((1, 1, 4), np.uint64))


def test_arrays_of_the_wrong_kind_are_refused():
    program = random_program(np.random.default_rng(0), np.array([row(threshold=1, negative_saturation=True)]), cores=2)
    active, potential, rng = np.zeros((2, 4), np.uint64), np.zeros((2, 256), np.int32), np.ones(2, np.uint32)
    for name in BACKENDS:
        loaded = get_backend(name).load(program)
        with pytest.raises(ValueError, match="active is uint64"):
            loaded.step(active[:1], potential, rng)
        with pytest.raises(ValueError, match="potential is int64"):
            loaded.step(active, potential.astype(np.int64), rng)
        with pytest.raises(ValueError, match="rng is uint32"):
            loaded.step(active, potential, np.ones(4, np.uint32)[::2])
        with pytest.raises(ValueError, match="cores 0…1"):
            loaded.evaluate_frames(np.array([2], np.int32), active[None, :1])
        with pytest.raises(ValueError, match="not uint64"):
            loaded.evaluate_frames(np.zeros(1, np.int32), active[None])


def test_cores_with_too_many_axons_are_refused():
    program = random_program(np.random.default_rng(0), np.array([row()]), cores=1, axons=65_536, neurons=1)
    with pytest.raises(BackendError, match="cores of 65536 axons"):
        get_backend("numpy").load(program)


def test_initial_state_is_a_copy():
    program = random_program(np.random.default_rng(0), np.array([row()]), cores=2, seeded=False)
    for loaded in load(program).values():
        potential, rng = loaded.initial_state()
        np.testing.assert_array_equal(potential, program.initial_potential)
        np.testing.assert_array_equal(rng, [2**32 - 1] * 2)
        potential += 1
        assert not program.initial_potential.any()


def test_choice_of_backend(monkeypatch):
    assert get_backend("numpy").name == "numpy"
    monkeypatch.setitem(sys.modules, "neurosyn.backend.cupy_backend", None)
    assert get_backend("auto").name == "numba"
    with pytest.raises(BackendError, match="there is no 'numbat'; did you mean 'numba'"):
        get_backend("numbat")
    monkeypatch.setitem(sys.modules, "neurosyn.backend.numba_backend", None)
    with pytest.raises(BackendError, match="backend numba: does not work on this machine"):
        get_backend("numba")
    assert get_backend("auto").name == "numpy"


def test_threads_do_not_change_results_nor_the_callers_setting():
    import numba

    from neurosyn.backend.numba_backend import NumbaBackend

    program = random_program(np.random.default_rng(0), np.array([row(weights=1, threshold=5, leak=1)]), cores=40)
    before = numba.get_num_threads()
    results = []
    for threads in (1, None):
        potential, rng = program.initial_potential.copy(), initial_states(program.seeds)
        active = np.full((40, 4), 0x0F0F, np.uint64)
        results.append(NumbaBackend(threads).load(program).step(active, potential, rng).fired)
        assert numba.get_num_threads() == before
    np.testing.assert_array_equal(*results)
    assert results[0].any()


FORKED = """
import multiprocessing
import numpy as np
from neurosyn.backend.base import get_backend
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.errors import ForkedError
from neurosyn.testing.programs import random_program

def step(_):
    program = random_program(np.random.default_rng(1), np.zeros(1, NEURON_TYPE), cores=2)
    loaded = get_backend("auto").load(program)
    potential, rng = loaded.initial_state()
    loaded.step(np.zeros((program.cores, program.words), np.uint64), potential, rng)
    return "stepped"

print(step(0))
with multiprocessing.get_context("fork").Pool(1) as pool:
    try:
        print(pool.map_async(step, [1]).get(60)[0])
    except ForkedError as error:
        print(error)
"""


def test_a_forked_process_gets_an_error_and_does_not_hang():
    ended = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120)
    first, second = ended.stdout.splitlines()
    assert first == "stepped"
    # Numba's layers other than OpenMP survive a fork.
    assert second == "stepped" or 'get_context("spawn")' in second


@pytest.mark.parametrize("rate", [0, 0.01, 0.5, 1])
@pytest.mark.parametrize("name", BACKENDS)
def test_packets_of_spikes_are_looked_up(name, rate):
    rng = np.random.default_rng(7)
    program = random_program(rng, np.array([row()]), cores=5, axons=8, neurons=30)
    spikes = np.flatnonzero(rng.random(5 * 30) < rate)
    table = rng.integers(0, 100, (5 * 30, 3)).astype(np.int32)
    table[rng.random(len(table)) < 0.3, 0] = NO_DESTINATION
    rows = [(spike // 30, spike % 30, *table[spike]) for spike in spikes if table[spike, 0] != NO_DESTINATION]
    values = get_backend(name).load(program).look_up_packets(spikes, table, room=2)
    np.testing.assert_array_equal(values[:, 2:].T, np.array(rows, np.int32).reshape(-1, 5))
