"""Words of packets by hand, and the limits of their fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.mesh import REACH
from neurosyn.chip.packet import pack
from neurosyn.errors import ChipLimitError
from tests.packet_words import unpack


def word(dx, dy, tick, axon):
    (found,) = pack(*(np.array([value]) for value in (dx, dy, tick, axon))).tolist()
    return found


def test_words_by_hand():
    assert word(1, 0, 0, 0) == 1 << 23
    assert word(0, 1, 0, 0) == 1 << 14
    assert word(-1, -1, 0, 0) == 0b111111111_111111111 << 14
    assert word(0, 0, 19, 0) == 3 << 10  # tick 19 is integrated from row 3
    assert word(0, 0, 0, 255) == 255 << 2
    assert word(255, -255, 15, 1) == 0b011111111_100000001_1111_00000001_00


WAYS = st.integers(-REACH, REACH)


@given(st.lists(st.tuples(WAYS, WAYS, st.integers(0, 15), st.integers(0, 255)), min_size=1))
def test_what_goes_in_comes_out(packets):
    fields = np.array(packets, np.int32).T
    words = pack(*fields)
    assert words.dtype == np.uint32
    np.testing.assert_array_equal(unpack(words), fields)


@pytest.mark.parametrize(
    ("packet", "problem"),
    [
        ((256, 0, 0, 0), r"dx is 256; the range is -255…255"),
        ((0, -256, 0, 0), r"dy is -256"),
        ((0, 0, 0, 256), r"axon is 256; the range is 0…255"),
        ((0, 0, 0, -1), r"axon is -1"),
    ],
)
def test_fields_hold_no_more_than_their_bits(packet, problem):
    with pytest.raises(ChipLimitError, match=problem):
        word(*packet)
