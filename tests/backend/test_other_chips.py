"""Backends equal the plain reference on chips with other limits than TrueNorth's."""

import numpy as np
import pytest

from neurosyn.backend.base import get_backend
from neurosyn.chip.limits import Limits
from neurosyn.chip.program import neuron_type_dtype
from neurosyn.chip.stateless import is_stateless
from neurosyn.testing.programs import random_program
from tests.backend.checks import assert_frames_like_ticks, assert_like_reference

CHIPS = {
    "eight types, narrow": (Limits(8, 6, 7, 9, 10, 8), 512, 100),
    "three types, wide": (Limits(3, 12, 12, 24, 27, 32), 1024, 70),
    "two types, tiny": (Limits(2, 2, 2, 2, 4, 2), 16, 9),
    "five types": (Limits(5, 9, 9, 18, 20, 16), 128, 256),
}


def random_types(random, limits, rows=12, *, stochastic=True):
    types = np.zeros(rows, neuron_type_dtype(limits.axon_types))
    kinds = types["weights"].shape
    weight, leak, threshold = limits.weight, limits.leak, limits.threshold
    types["weights"] = random.integers(-weight, weight + 1, kinds)
    types["leak"] = random.integers(-leak, leak + 1, rows)
    types["leak_reversal"] = random.random(rows) < 0.3
    types["threshold"] = random.integers(0, min(threshold, 3 * weight) + 1, rows)
    types["negative_threshold"] = random.integers(0, min(threshold, 3 * weight) + 1, rows)
    types["reset_mode"] = random.integers(0, 3, rows)
    types["negative_saturation"] = random.random(rows) < 0.5
    types["reset"] = random.integers(limits.potential_min, limits.potential_max + 1, rows)
    if stochastic:
        types["stochastic_weights"] = random.random(kinds) < 0.2
        types["stochastic_leak"] = random.random(rows) < 0.3
        types["threshold_mask_bits"] = random.integers(0, limits.threshold_bits + 1, rows)
    return types


def load(program):
    return {name: get_backend(name).load(program) for name in ("numpy", "numba")}


@pytest.mark.parametrize("stochastic", [False, True], ids=["deterministic", "stochastic"])
@pytest.mark.parametrize("name", CHIPS)
def test_step_equals_reference(name, stochastic):
    limits, axons, neurons = CHIPS[name]
    random = np.random.default_rng(len(name))
    types = random_types(random, limits, stochastic=stochastic)
    potential = random.integers(limits.potential_min, limits.potential_max + 1, (2, neurons), dtype=np.int32)
    size = {"cores": 2, "axons": axons, "neurons": neurons}
    program = random_program(random, types, **size, potential=potential, limits=limits)
    assert_like_reference(program, load(program), random.random((3, 2, axons)) < 0.3)


@pytest.mark.parametrize("name", CHIPS)
def test_frames_equal_single_steps(name):
    limits, axons, neurons = CHIPS[name]
    # Potentials that cannot saturate, so that frames may be integrated together.
    limits = Limits(limits.axon_types, 2, 4, 3, 14, limits.delay_slots)
    random = np.random.default_rng(axons)
    types = np.zeros(5, neuron_type_dtype(limits.axon_types))
    types["weights"] = random.integers(-1, 2, types["weights"].shape)
    types["leak"], types["threshold"], types["negative_saturation"] = random.integers(-7, 8, 5), 1, True
    program = random_program(random, types, cores=3, axons=axons, neurons=neurons, limits=limits)
    assert is_stateless(program)
    frames = random.random((5, 3, axons)) < 0.3
    for loaded in load(program).values():
        assert_frames_like_ticks(program, loaded, np.array([2, 0], np.int32), frames)
