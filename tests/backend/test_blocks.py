"""Blocks of frames: all backends make of words of frames what they make of single frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import get_backend
from neurosyn.backend.blocks import transpose_bits
from neurosyn.backend.numba_backend import NumbaBackend, _levels, _synapses_in_planes
from neurosyn.chip.crossbar import pack_bits, unpack_bits
from neurosyn.chip.stateless import is_stateless
from neurosyn.errors import BackendError
from neurosyn.testing.programs import random_program
from tests.backend.checks import row

BACKENDS = ("numpy", "numba")
LEAKS = (-3, 2)


def resting_program(random, *, weights=((-1, 1, 0, 0),), kinds=(0, 1), **shape):
    types = [row(weights=four, leak=leak, threshold=1, negative_saturation=True) for four in weights for leak in LEAKS]
    program = random_program(random, np.array(types), **shape)
    program.axon_types[:] = random.choice(kinds, program.axon_types.shape)
    assert is_stateless(program)
    return program


def words_of_frames(bits):
    """Booleans (F, …) as words (…), bit f for frame f."""
    return pack_bits(np.moveaxis(bits, 0, -1))[..., 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_transposed_bits(seed, columns):
    bits = np.random.default_rng(seed).integers(0, 2, (64, columns, 64), dtype=np.uint8)
    words = np.packbits(bits, axis=2, bitorder="little").view("<u8")[:, :, 0]
    back = np.unpackbits(transpose_bits(words).view(np.uint8).reshape(64, columns, 8), axis=2, bitorder="little")
    np.testing.assert_array_equal(back, bits.transpose(2, 1, 0))


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("frames", [1, 7, 64])
@pytest.mark.parametrize(("axons", "neurons"), [(256, 256), (193, 300), (257, 70), (5, 3)])
@pytest.mark.parametrize(
    ("weights", "kinds"),
    [
        (((-1, 1, 0, 0), (7, -7, 1, 1), (0, 0, 3, 3)), (0, 1)),
        (((3, 8, 3, 1), (-2, 8, 0, 1)), (2,)),
        (((1, -1, 0, 0), (1, 1, 0, 0)), (0, 1)),
        (((1, -1, 2, -1),), (0, 1, 2, 3)),
    ],
    ids=["opposite", "one type", "mixed", "four types"],
)
def test_a_block_is_its_frames(name, frames, axons, neurons, weights, kinds):
    random = np.random.default_rng(frames)
    program = resting_program(random, weights=weights, kinds=kinds, cores=3, axons=axons, neurons=neurons, crossbars=2)
    loaded = get_backend(name).load(program)
    bits = random.random((frames, 3, axons)) < random.random((frames, 1, 1))
    cores = np.array([2, 0, 2], np.int32)
    spikes, events = get_backend("numpy").load(program).evaluate_frames(cores, pack_bits(bits[:, cores]))
    fired, of_block, active = loaded.evaluate_block(cores, words_of_frames(bits), frames)
    np.testing.assert_array_equal(fired, words_of_frames(unpack_bits(spikes, neurons)))
    np.testing.assert_array_equal(of_block, events.sum(axis=0))
    np.testing.assert_array_equal(active, bits[:, cores].sum(axis=(0, 2)))


@pytest.mark.parametrize("threads", [1, None])
def test_more_cores_than_a_thread_takes_at_once(threads):
    random = np.random.default_rng(6)
    program = resting_program(random, cores=40, axons=250, neurons=70, crossbars=7)
    cores = random.integers(0, 40, 301).astype(np.int32)
    active = pack_bits(random.random((67, 301, 250)) < 0.5)
    loaded = NumbaBackend(threads).load(program)
    assert 1 < loaded._together(len(cores)) <= 32
    expected = get_backend("numpy").load(program).evaluate_frames(cores, active)
    for one, other in zip(loaded.evaluate_frames(cores, active), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0.1 < unpack_bits(expected[0], 70).mean() < 0.9
    lines = words_of_frames(random.random((64, 40, 250)) < 0.5)
    blocks = (of.evaluate_block(cores, lines, 64) for of in (loaded, get_backend("numpy").load(program)))
    for one, other in zip(*blocks, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_block_of_nothing(name):
    program = resting_program(np.random.default_rng(0), cores=2)
    loaded, active = get_backend(name).load(program), np.zeros((2, 256), np.uint64)
    for cores, frames in ((np.zeros(0, np.int32), 3), (np.arange(2, dtype=np.int32), 0)):
        fired, events, axons = loaded.evaluate_block(cores, active, frames)
        assert fired.shape == (len(cores), 256)
        assert not fired.any()
        assert events.tolist() == axons.tolist() == [0] * len(cores)


@pytest.mark.parametrize("name", BACKENDS)
def test_wrong_blocks_are_refused(name):
    program = resting_program(np.random.default_rng(0), cores=2)
    loaded, active, cores = get_backend(name).load(program), np.zeros((2, 256), np.uint64), np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="a contiguous uint64 \\(2, 256\\)"):
        loaded.evaluate_block(cores, active[:1], 1)
    with pytest.raises(ValueError, match="0…64 frames, not 65"):
        loaded.evaluate_block(cores, active, 65)
    with pytest.raises(ValueError, match="cores 0…1"):
        loaded.evaluate_block(cores + 2, active, 1)
    stateful = random_program(np.random.default_rng(0), np.array([row(threshold=2, leak=1)]), cores=2)
    with pytest.raises(BackendError, match="keeps state"):
        get_backend(name).load(stateful).evaluate_block(cores, active, 1)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 40), sent=st.integers(0, 60), shared=st.booleans())
def test_words_are_sent_alike(seed, size, sent, shared):
    random = np.random.default_rng(seed)
    program = resting_program(random, cores=1, axons=4, neurons=4)
    words, before = random.integers(0, 2**63, (2, size), np.uint64)
    sent = sent if shared else min(sent, size)
    target = random.integers(0, size, sent) if shared else random.permutation(size)[:sent]
    source = random.integers(0, size, sent)
    expected = before.copy()
    for one, other in zip(source, target, strict=True):
        expected[other] |= words[one]
    for name in BACKENDS:
        into = before.copy()
        get_backend(name).load(program).send_words(words, source, target, into, shared=shared)
        np.testing.assert_array_equal(into, expected, name)


@given(count=st.integers(-256, 256), weight=st.integers(-255, 255), least=st.integers(-(2**20), 2**20))
def test_a_count_reaches_its_level_where_the_sum_is_enough(count, weight, least):
    (level,) = _levels(np.array([least], np.int32), np.array([weight], np.int16))
    assert np.iinfo(np.int32).min <= level <= np.iinfo(np.int32).max
    compared = ~count if weight < 0 else count
    assert (compared >= level) == (count * weight >= least)


@pytest.mark.parametrize("neurons", [1, 2, 63, 64, 255, 256, 300])
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_synapses_of_axons_in_planes(neurons, density):
    synapses = np.random.default_rng(neurons).random((2, neurons, 256)) < density
    planes = _synapses_in_planes(pack_bits(synapses).transpose(0, 2, 1).copy())
    assert planes.shape == (2, 4, neurons.bit_length())
    bits = unpack_bits(np.moveaxis(planes, 2, 1), 256)
    counts = (bits * 2 ** np.arange(neurons.bit_length())[:, None]).sum(axis=1)
    np.testing.assert_array_equal(counts, synapses.sum(axis=1))
