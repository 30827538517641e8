"""The core's pseudo-random register: period, leaps and draws."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.lfsr import DEFAULT_SEED, initial_states, leap, leaps_for, stream
from neurosyn.testing.reference import ReferenceRegister

PERIOD = 2**32 - 1
PRIME_FACTORS = (3, 5, 17, 257, 65537)


def apply(images, state):
    result = 0
    for bit in range(32):
        if state >> bit & 1:
            result ^= images[bit]
    return result


def power(images, exponent):
    result = [1 << bit for bit in range(32)]
    while exponent:
        if exponent & 1:
            result = [apply(images, image) for image in result]
        images = [apply(images, image) for image in images]
        exponent >>= 1
    return result


def test_register_is_of_maximal_length():
    units = [1 << bit for bit in range(32)]
    images = leap(np.array(units, np.uint32)).tolist()
    assert np.prod(PRIME_FACTORS, dtype=np.int64) == PERIOD
    assert power(images, PERIOD) == units
    for prime in PRIME_FACTORS:
        assert power(images, PERIOD // prime) != units


@given(st.integers(0, PERIOD))
def test_a_leap_is_crc32_of_a_zero_byte(state):
    expected = zlib.crc32(b"\0", state ^ 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    assert leap(np.array([state], np.uint32)).tolist() == [expected]


def test_seed_zero_is_the_default_seed():
    assert initial_states(np.array([0, 1, 2**32 - 1], np.uint32)).tolist() == [DEFAULT_SEED, 1, DEFAULT_SEED]


def test_leaps_of_a_draw():
    assert leaps_for(np.array([0, 1, 8, 9, 16, 17, 18], np.uint8)).tolist() == [0, 1, 1, 2, 2, 3, 3]


@settings(max_examples=50)
@given(st.lists(st.integers(1, PERIOD), min_size=1, max_size=4), st.integers(0, 70))
def test_stream_equals_register_bit_by_bit(seeds, leaps):
    states = stream(initial_states(np.array(seeds, np.uint32)), leaps)
    registers = [ReferenceRegister(seed) for seed in seeds]
    expected = [[register.state] for register in registers]
    for register, row in zip(registers, expected, strict=True):
        for _ in range(leaps):
            register.draw(8)
            row.append(register.state)
    assert states.tolist() == expected


@pytest.mark.parametrize("seed", [1, DEFAULT_SEED, 0x1234_5678])
def test_bytes_are_uniform_and_uncorrelated(seed):
    octets = (stream(np.array([seed], np.uint32), 1 << 18)[0, 1:] & 0xFF).astype(np.int64)
    expected = len(octets) / 256
    chi_square = (((np.bincount(octets, minlength=256) - expected) ** 2) / expected).sum()
    assert 255 - 5 * np.sqrt(510) < chi_square < 255 + 5 * np.sqrt(510)
    centred = octets - octets.mean()
    for lag in (1, 2, 3, 4, 5, 256):
        correlation = (centred[lag:] * centred[:-lag]).mean() / centred.var()
        assert abs(correlation) < 5 / np.sqrt(len(octets))
