"""The CuPy backend and its kernels, executed on the CPU: the bits of the plain reference in any order of warps."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import get_backend
from neurosyn.backend.cupy_backend import CupyBackend
from neurosyn.chip.crossbar import pack_bits, unpack_bits
from neurosyn.chip.lfsr import initial_states, jump_tables, stream
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.chip.spikes import InputSpikes
from neurosyn.chip.stateless import is_stateless
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames, simulate_ticks
from neurosyn.errors import BackendError
from neurosyn.selftest.backends import check_backend
from neurosyn.testing.programs import random_program
from neurosyn.testing.strategies import active_axons, eedn_neuron_types, neuron_types, programs, tame_neuron_types
from tests.backend.checks import assert_frames_like_ticks, assert_like_reference, row
from tests.backend.cuda_host.host_module import ORDERS, HostModule, LaunchError
from tests.engine.programs import layered_program, place, random_frames

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
NOISY = row(
    weights=(200, -90, 5, 0),
    stochastic_weights=True,
    stochastic_leak=True,
    leak=30,
    threshold=9,
    threshold_mask_bits=9,
    negative_threshold=7,
)


@pytest.fixture(scope="module")
def backend(stand_in):
    return CupyBackend()


def in_some_order(data, stand_in):
    stand_in.order = data.draw(st.sampled_from(ORDERS))


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_step_equals_reference_in_any_mode(data, stand_in, backend):
    in_some_order(data, stand_in)
    program = data.draw(programs(max_cores=2))
    assert_like_reference(program, {"cupy": backend.load(program)}, data.draw(active_axons(program, 2)))


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_step_equals_reference_for_deterministic_neurons(data, stand_in, backend):
    in_some_order(data, stand_in)
    program = data.draw(programs(neuron_types(stochastic=False)))
    assert_like_reference(program, {"cupy": backend.load(program)}, data.draw(active_axons(program, 3)))


@settings(max_examples=25, deadline=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_step_equals_reference_for_small_numbers(data, stand_in, backend):
    in_some_order(data, stand_in)
    program = data.draw(programs(tame_neuron_types()))
    assert_like_reference(program, {"cupy": backend.load(program)}, data.draw(active_axons(program, 3)))


@settings(max_examples=20, deadline=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_frames_equal_single_steps(data, stand_in, backend):
    in_some_order(data, stand_in)
    kinds = data.draw(st.sampled_from([eedn_neuron_types(), tame_neuron_types()]))
    program = data.draw(programs(kinds, resting=True))
    assume(is_stateless(program))
    frames = data.draw(active_axons(program, 5))
    cores = np.array(data.draw(st.lists(st.integers(0, program.cores - 1), max_size=4)), np.int32)
    assert_frames_like_ticks(program, backend.load(program), cores, frames)


@pytest.mark.parametrize(("axons", "neurons"), [(256, 256), (300, 520)])
def test_step_equals_reference_for_whole_cores(axons, neurons, stand_in, backend):
    random = np.random.default_rng(neurons)
    quiet = row(weights=(3, -2, 1, -1), leak=-1, threshold=20, negative_threshold=30, reset_mode=1)
    edges = [POTENTIAL_MIN, 0, POTENTIAL_MAX]
    program = random_program(random, np.array([quiet, NOISY]), cores=3, axons=axons, neurons=neurons, crossbars=2)
    program.initial_potential[:] = random.choice(edges, program.initial_potential.shape)
    program.neuron_type[1] = 0  # a core without draws between two with them
    loaded = backend.load(program)
    for stand_in.order in ORDERS:
        assert_like_reference(program, {"cupy": loaded}, random.random((2, 3, axons)) < 0.3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3000))
def test_a_jump_is_as_many_leaps(state, leaps):
    tables = jump_tables(3000)
    end = state
    for doublings, table in enumerate(tables):
        if leaps >> doublings & 1:
            end = np.bitwise_xor.reduce([table[byte, end >> 8 * byte & 255] for byte in range(4)])
    assert end == stream(np.array([state], np.uint32), leaps)[0, -1]


def eedn_program(random, *, cores, axons=256, neurons=256):
    types = [row(weights=(-1, 1, 0, 0), leak=leak, threshold=1, negative_saturation=True) for leak in (-3, 2)]
    return random_program(random, np.array(types), cores=cores, axons=axons, neurons=neurons)


@pytest.mark.parametrize(("axons", "neurons", "frames"), [(256, 256, 16), (300, 300, 37), (64, 20, 1)])
def test_frames_equal_those_of_numpy(axons, neurons, frames, stand_in, backend, monkeypatch):
    # Few at a time, so that they come in several parts.
    monkeypatch.setattr("neurosyn.backend.cupy_backend._FRAME_BYTES", 1)
    random = np.random.default_rng(frames)
    program = eedn_program(random, cores=3, axons=axons, neurons=neurons)
    cores = np.array([2, 0, 2], np.int32)
    active = pack_bits(random.random((frames, 3, axons)) < 0.5)
    expected = get_backend("numpy").load(program).evaluate_frames(cores, active)
    assert 0.1 < unpack_bits(expected[0], neurons).mean() < 0.9
    for stand_in.order in ORDERS:
        for one, other in zip(backend.load(program).evaluate_frames(cores, active), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("frames", "cores"), [(0, 2), (3, 0)])
def test_nothing_to_evaluate(frames, cores, backend):
    program = eedn_program(np.random.default_rng(0), cores=2)
    spikes, events = backend.load(program).evaluate_frames(
        np.arange(cores, dtype=np.int32), np.zeros((frames, cores, 4), np.uint64)
    )
    assert spikes.shape == (frames, cores, 4)
    assert events.shape == (frames, cores)


def test_passes_the_self_test(stand_in, backend):
    for stand_in.order in ORDERS:
        check_backend(backend)


def test_misuse_is_refused_as_by_other_backends(backend):
    program = random_program(np.random.default_rng(0), np.array([row(threshold=2, leak=1)]), cores=2)
    loaded = backend.load(program)
    potential, rng = loaded.initial_state()
    with pytest.raises(ValueError, match="active is uint64"):
        loaded.step(np.zeros((1, 4), np.uint64), potential, rng)
    with pytest.raises(ValueError, match="rng is int32"):
        loaded.step(np.zeros((2, 4), np.uint64), potential, potential)
    with pytest.raises(BackendError, match="keeps state"):
        loaded.evaluate_frames(np.zeros(1, np.int32), np.zeros((1, 1, 4), np.uint64))


def test_state_stays_on_the_device(stand_in, backend):
    random = np.random.default_rng(3)
    program = random_program(random, np.array([NOISY]), cores=2, neurons=70)
    loaded = backend.load(program)
    there = loaded.initial_state()
    here = program.initial_potential.copy(), initial_states(program.seeds)
    for _ in range(3):
        active = pack_bits(random.random((2, 256)) < 0.3)
        expected = loaded.step(active, *here)
        stand_in.copies.clear()
        result = loaded.step(active, *there)
        # In with the axons, out with spikes and synaptic events, and nothing else.
        assert stand_in.copies == {"to device": 1, "to host": 2}
        np.testing.assert_array_equal(result.fired, expected.fired)
        np.testing.assert_array_equal(result.synaptic_events, expected.synaptic_events)
    np.testing.assert_array_equal(there[0].get(), here[0])
    np.testing.assert_array_equal(there[1].get(), here[1])


def test_results_of_a_tick_outlast_the_next(backend):
    program = random_program(np.random.default_rng(1), np.array([row(weights=1, threshold=1)]), cores=1)
    loaded = backend.load(program)
    state = loaded.initial_state()
    all_on, all_off = np.full((1, 4), 2**64 - 1, np.uint64), np.zeros((1, 4), np.uint64)
    first = loaded.step(all_on, *state)
    loaded.step(all_off, *state)
    loaded.step(all_off, *state)
    assert first.fired.all()
    assert first.synaptic_events.any()


def test_simulations_give_the_results_of_numpy(stand_in):
    random = np.random.default_rng(8)
    program = layered_program(random)
    frames = random_frames(random, program, 9)
    results = [
        simulate_frames(program, *place(program), SimulateOptions(timing="none", backend=name), frames)
        for name in ("numpy", "cupy")
    ]
    np.testing.assert_array_equal(results[0].spikes, results[1].spikes)
    assert results[0].spikes.any()
    assert results[1].backend == "cupy"

    program = random_program(random, np.array([NOISY, row(weights=2, leak=1, threshold=5)]), cores=4, pins=3)
    tick, core, axon = random.integers(0, [[8], [4], [256]], (3, 300))
    spikes = InputSpikes.to_axons(tick, core.astype(np.int32), axon.astype(np.int32))
    played = [
        simulate_ticks(program, *place(program), SimulateOptions(timing="none", backend=name), spikes, ticks=8)
        for name in ("numpy", "cupy")
    ]
    for name, counts in vars(played[0].counts).items():
        np.testing.assert_array_equal(counts, getattr(played[1].counts, name), name)
    assert played[0].counts.spikes.any()


def test_kernels_read_nothing_beyond_their_arrays(stand_in):
    # In a process of its own: an unreadable page follows every array.
    command = [sys.executable, "-m", "tests.backend.cuda_host.fenced"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "stopped by the fence, as it should be\n"


def test_without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendError, match=r"CuPy cannot be imported .*neurosyn\[cuda12\]"):
        get_backend("cupy")
    assert get_backend("auto").name == "numba"


def test_without_a_device(stand_in, monkeypatch):
    def launch(*_):
        raise RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")

    monkeypatch.setattr(HostModule, "launch", launch)
    with pytest.raises(BackendError, match=r"no kernel runs here \(RuntimeError: cudaErrorNoDevice.*NVIDIA GPU"):
        get_backend("cupy")
    assert get_backend("auto").name == "numba"


def test_a_device_that_computes_wrongly_is_not_used(stand_in, monkeypatch):
    monkeypatch.setattr(stand_in, "edit", lambda code: code.replace("*count = __popcll", "*count = 1 + __popcll"))
    with pytest.raises(BackendError, match="counts 10 bits in place of 9"):
        get_backend("cupy")


def test_auto_prefers_a_device(stand_in):
    backend = get_backend("auto")
    assert backend.name == "cupy"
    assert backend.about == "CuPy 0 (stand-in), CUDA 12.4, a stand-in for a GPU (sm_00, 1 GiB)"


def test_errors_of_the_device_are_errors_of_the_backend(stand_in, backend, monkeypatch):
    program = eedn_program(np.random.default_rng(0), cores=1)
    loaded = backend.load(program)

    def exhausted(*_):
        raise MemoryError("out of memory allocating 7 bytes")

    monkeypatch.setattr(stand_in, "empty", exhausted)
    with pytest.raises(BackendError, match=r"cannot be brought to the device .*out of memory"):
        backend.load(program)
    with pytest.raises(BackendError, match="frames failed on the device"):
        loaded.evaluate_frames(np.zeros(1, np.int32), np.zeros((1, 1, 4), np.uint64))
    with pytest.raises(BackendError, match="a tick failed on the device"):
        loaded.step(np.zeros((1, 4), np.uint64), program.initial_potential, initial_states(program.seeds))


class TestHost:
    """What runs the kernels notices what a device would not survive."""

    def module(self, body):
        code = "typedef unsigned int u32;\n"
        code += f'extern "C" __global__ void k(u32* __restrict__ x, int size)\n{{ {body} }}'
        return HostModule(code, ())

    def launch(self, body, size=64):
        array = np.zeros(64, np.uint32)
        self.module(body).launch("k", (1,), (size,), (array, np.int32(7)))
        return array

    def test_barriers_that_some_threads_miss(self, stand_in):
        with pytest.raises(LaunchError, match="barrier"):
            self.launch("if (threadIdx.x < 40) __syncthreads(); x[threadIdx.x] = 1;")
        with pytest.raises(LaunchError, match="barrier"):
            self.launch("if (threadIdx.x & 1) x[threadIdx.x] = __ballot_sync(0xffffffffu, true);")
        assert self.launch("__syncthreads(); x[threadIdx.x] = size;").tolist() == [7] * 64

    def test_lanes_exchange_values(self, stand_in):
        votes = self.launch("x[threadIdx.x] = __ballot_sync(0xffffffffu, threadIdx.x % 3 == 0);")
        assert votes[0] == sum(1 << lane for lane in range(0, 32, 3))
        assert votes[32] == sum(1 << lane for lane in range(32) if (lane + 32) % 3 == 0)
        shifted = self.launch("x[threadIdx.x] = __shfl_down_sync(0xffffffffu, (int)threadIdx.x, 5);")
        assert shifted.tolist() == [lane + 5 if lane % 32 + 5 < 32 else lane for lane in range(64)]

    def test_shared_memory_begins_as_garbage(self, stand_in):
        assert set(self.launch("__shared__ u32 s[64]; x[threadIdx.x] = s[threadIdx.x];")) == {0xA5A5A5A5}

    def test_arguments_of_the_wrong_type(self, stand_in):
        module = self.module("x[0] = size;")
        array = np.zeros(64, np.uint32)
        for wrong in ((array, 7), (array, np.int64(7)), (array.astype(np.int32), np.int32(7)), (7, np.int32(7))):
            with pytest.raises(TypeError, match="k: "):
                module.launch("k", (1,), (1,), wrong)

    def test_writes_beside_an_array(self, stand_in):
        kernel = stand_in._kernel(self.module("x[size] = 1;"), "k")
        array = stand_in.zeros(7, np.uint32)
        kernel((1,), (1,), (array, np.int32(6)))
        with pytest.raises(LaunchError, match="beside an array"):
            kernel((1,), (1,), (array, np.int32(7)))
