"""Packing of crossbars into words, masks of axon types and counts of synapses."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.crossbar import count_synapses, pack_bits, type_masks, unpack_bits

SIZES = st.integers(1, 200)
SEEDS = st.integers(0, 2**32 - 1)


def test_axon_a_is_bit_a_mod_64_of_word_a_div_64():
    bits = np.zeros((1, 130), bool)
    bits[0, [0, 63, 64, 129]] = True
    assert pack_bits(bits).tolist() == [[1 | 1 << 63, 1, 2]]


@given(SIZES, SEEDS)
def test_unpack_reverses_pack(size, seed):
    bits = np.random.default_rng(seed).random((2, 3, size)) < 0.5
    words = pack_bits(bits)
    assert words.dtype == np.uint64
    assert words.shape == (2, 3, -(-size // 64))
    np.testing.assert_array_equal(unpack_bits(words, size), bits)


def test_type_masks_split_the_axons():
    masks = type_masks(np.array([[0, 1, 3, 1]], np.uint8))
    assert masks.tolist() == [[[0b0001], [0b1010], [0], [0b0100]]]


@given(SIZES, SIZES, SEEDS)
def test_counts_equal_a_matrix_product(axons, neurons, seed):
    random = np.random.default_rng(seed)
    on, active = random.random((2, axons, neurons)) < 0.3, random.random((2, axons)) < 0.5
    crossbars = pack_bits(on.swapaxes(1, 2)).swapaxes(1, 2)
    expected = np.einsum("ca,can->cn", active.astype(int), on.astype(int))
    np.testing.assert_array_equal(count_synapses(crossbars, pack_bits(active)), expected)
