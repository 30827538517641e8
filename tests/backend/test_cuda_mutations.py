"""The equality tests of the kernels can fail: each barrier that is left out and each changed operator is noticed."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import numpy as np
import pytest

from neurosyn.backend import cuda
from neurosyn.backend.base import get_backend
from neurosyn.backend.cupy_backend import CupyBackend
from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.lfsr import initial_states
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.testing.programs import random_program
from tests.backend.checks import row
from tests.backend.cuda_host.host_module import ORDERS, LaunchError

BARRIERS = [match.start() for match in re.finditer(r"__syncthreads\(\);", cuda.source())]
CHANGES = [
    # neuron.cu
    ("synapses.column = crossbars + (size_t)crossbar[core]", "synapses.column = crossbars + (size_t)crossbar[0]"),
    ("__popcll(bits & synapses.masks", "__popcll(bits | synapses.masks"),
    ("min(max(v, POTENTIAL_MIN), POTENTIAL_MAX)", "v"),
    ("jumps += 4 * 256", "jumps += 256"),
    ("(bits + LEAP_BITS - 1) / LEAP_BITS", "bits / LEAP_BITS"),
    ("abs(size) >= (int)", "abs(size) > (int)"),
    ("64 * word + __ffsll(bits) - 1", "__ffsll(bits) - 1"),
    ("v = max(v + leak, 0)", "v += leak"),
    ("v = min(v - leak, 0)", "v = min(v + leak, 0)"),
    ("negative_saturation ? 0 : eta", "negative_saturation ? eta : 0"),
    ("if (v >= threshold)", "if (v > threshold)"),
    ("min(v, type.threshold + mask)", "min(v, type.threshold)"),
    ("if (v < -depth)", "if (v <= -depth)"),
    ("saturated(-type.reset)", "-type.reset"),
    ("v += depth", "v += type.negative_threshold"),
    # draws.cu
    ("reach *= 2", "reach *= 4"),
    ("lane >= reach", "lane > reach"),
    ("before + leaps[lane] - own", "before + leaps[lane]"),
    ("before += leaps", "before = leaps"),
    ("rng[core] = jumped(first, before, jumps)", "rng[core] = first"),
    # tick.cu
    ("v + rise > POTENTIAL_MAX", "v + rise + fall > POTENTIAL_MAX"),
    ("v + fall < POTENTIAL_MIN", "v + fall + rise < POTENTIAL_MIN"),
    ("count[kind] > 0 && type.stochastic_weights[kind]", "false"),
    ("(size_t)draw_row[core] * neurons", "0"),
    # frames.cu
    ("const u64* column = crossbars + (size_t)crossbar[core]", "const u64* column = crossbars + (size_t)crossbar[0]"),
    ("min(FRAMES, frames - first)", "min(FRAMES, frames - first - 1)"),
    ("used >> kind & 1", "used & 1"),
    ("sum[frame] >= least", "sum[frame] > least"),
    ("half = neuron / WARP", "half = threadIdx.x / WARP"),
    ("reach = WARP / 2", "reach = WARP / 4"),
]
SIZE = {"cores": 3, "axons": 300, "neurons": 290}
"""Two rounds of a block, and more words than a quad."""


@cache
def cases():
    """Programs, their inputs, and what NumPy makes of them."""
    random = np.random.default_rng(11)
    edges = [POTENTIAL_MIN, POTENTIAL_MIN + 900, POTENTIAL_MAX - 900, POTENTIAL_MAX]
    noisy = row(stochastic_weights=True, stochastic_leak=True, threshold_mask_bits=9, threshold=20)
    noisy["weights"], noisy["leak"], noisy["negative_threshold"], noisy["reset_mode"] = (90, -90, 30, 0), 30, 4, 1
    clipped = row(weights=(9, 3, -3, -9), threshold=5, threshold_mask_bits=3, reset_mode=2, negative_threshold=9)
    saturating = row(weights=(255, -255, 255, -255), threshold=2**18 - 1, reset_mode=1, negative_threshold=2**18 - 1)
    turning = row(leak=-3, leak_reversal=True, weights=(1, -1, 2, -2), threshold=4, negative_threshold=2, reset_mode=1)
    falling = row(weights=(-1, 0, 0, 0), threshold=9, reset=POTENTIAL_MIN)
    ticks = []
    for types in ([noisy, turning], [clipped, noisy], [saturating, noisy], [turning, falling]):
        program = random_program(random, np.array(types), crossbars=2, **SIZE)
        program.crossbar[:] = (1, 0, 1)
        program.neuron_type[0] = 1  # draws are those of the other cores, where there are any
        if types[0] is saturating:
            program.initial_potential[:] = random.choice(edges, program.initial_potential.shape)
        active = pack_bits(random.random((2, SIZE["cores"], SIZE["axons"])) < 0.2)
        ticks.append((program, active, played(get_backend("numpy"), program, active)))
    resting = [row(weights=(-1, 1, 0, 0), leak=leak, threshold=1, negative_saturation=True) for leak in (-3, 2)]
    program = random_program(random, np.array(resting), **SIZE)
    program.axon_types[:] %= 2
    program.axon_types[2] = 1
    cores, frames = np.array([2, 0], np.int32), pack_bits(random.random((18, 2, SIZE["axons"])) < 0.5)
    return ticks, (program, cores, frames, get_backend("numpy").load(program).evaluate_frames(cores, frames))


def played(backend, program, ticks):
    loaded = backend.load(program)
    potential, rng = program.initial_potential.copy(), initial_states(program.seeds)
    results = []
    for active in ticks:
        result = loaded.step(active, potential, rng)
        results += [result.fired, result.synaptic_events, potential.copy(), rng.copy()]
    return results


def same(results, expected):
    return all(np.array_equal(one, other) for one, other in zip(results, expected, strict=True))


def differs(stand_in, edit):
    """Whether kernels after an edit show that they are wrong in some order of warps."""
    stand_in.edit = edit
    ticks, (program, cores, frames, expected) = cases()
    try:
        backend = CupyBackend()
        for stand_in.order in ORDERS:
            if not same(backend.load(program).evaluate_frames(cores, frames), expected):
                return True
            if any(not same(played(backend, some, active), wanted) for some, active, wanted in ticks):
                return True
    except LaunchError:
        return True
    return False


def test_kernels_as_they_are_show_no_difference(stand_in):
    assert not differs(stand_in, lambda code: code)


@pytest.mark.parametrize("barrier", range(len(BARRIERS)))
def test_a_missing_barrier_is_noticed(barrier, stand_in):
    at = BARRIERS[barrier]
    assert differs(stand_in, lambda code: code[:at] + code[at:].replace("__syncthreads();", "", 1))


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_a_changed_operator_is_noticed(old, new, stand_in):
    assert cuda.source().count(old) == 1
    assert differs(stand_in, lambda code: code.replace(old, new))


def test_a_kernel_that_does_not_compile_is_noticed(stand_in):
    stand_in.edit = lambda code: code.replace("int v = potential[place]", "int v")
    with pytest.raises(subprocess.CalledProcessError):
        stand_in.RawModule(code=cuda.source(), options=cuda.options())
