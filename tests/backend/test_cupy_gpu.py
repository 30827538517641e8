"""The CuPy backend on a real GPU: the bits of the other backends, on whole chips too."""

import numpy as np
import pytest

from neurosyn.backend.base import get_backend
from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.errors import BackendError
from neurosyn.testing.programs import random_program
from tests.backend.checks import assert_like_reference, row

pytestmark = pytest.mark.gpu

NOISY = row(stochastic_weights=True, stochastic_leak=True, threshold_mask_bits=9, threshold=20, reset_mode=1)
NOISY["weights"], NOISY["leak"], NOISY["negative_threshold"] = (90, -90, 30, 0), 30, 4
SATURATING = row(weights=(255, -255, 255, -255), threshold=2**18 - 1, reset_mode=1, negative_threshold=2**18 - 1)
TURNING = row(leak=-3, leak_reversal=True, weights=(1, -1, 2, -2), threshold=4, negative_threshold=2, reset_mode=1)


@pytest.fixture(scope="module")
def backend():
    try:
        return get_backend("cupy")
    except BackendError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("axons", "neurons"), [(256, 256), (300, 520), (5, 3)])
def test_step_equals_reference(axons, neurons, backend):
    random = np.random.default_rng(neurons)
    program = random_program(random, np.array([NOISY, TURNING, SATURATING]), cores=3, axons=axons, neurons=neurons)
    program.initial_potential[:] = random.choice([POTENTIAL_MIN, 0, POTENTIAL_MAX], program.initial_potential.shape)
    assert_like_reference(program, {"cupy": backend.load(program)}, random.random((3, 3, axons)) < 0.3)


@pytest.mark.parametrize("kind", [NOISY, TURNING, SATURATING], ids=["noisy", "turning", "saturating"])
def test_whole_chips_equal_those_of_numba(kind, backend):
    random = np.random.default_rng(4)
    program = random_program(random, np.array([kind, TURNING]), cores=4096, crossbars=300)
    loaded = [backend.load(program), get_backend("numba").load(program)]
    states = [one.initial_state() for one in loaded]
    for _ in range(3):
        active = pack_bits(random.random((4096, 256)) < 0.1)
        one, other = (on.step(active, *state) for on, state in zip(loaded, states, strict=True))
        np.testing.assert_array_equal(one.fired, other.fired)
        np.testing.assert_array_equal(one.synaptic_events, other.synaptic_events)
    for there, here in zip(*states, strict=True):
        np.testing.assert_array_equal(there.get(), here)


def test_frames_equal_those_of_numba(backend):
    random = np.random.default_rng(5)
    types = [row(weights=(-1, 1, 0, 0), leak=leak, threshold=1, negative_saturation=True) for leak in (-3, 2)]
    program = random_program(random, np.array(types), cores=600, crossbars=200)
    cores = np.arange(599, -1, -1, dtype=np.int32)
    active = pack_bits(random.random((150, 600, 256), np.float32) < 0.4)
    one, other = (get_backend(name).load(program).evaluate_frames(cores, active) for name in ("cupy", "numba"))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
