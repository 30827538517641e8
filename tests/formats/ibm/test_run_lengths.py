"""Run lengths of IBM's lists: reading, refusals, writing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.formats.ibm.run_lengths import expand, shorten
from neurosyn.formats.value_checks import UnfitError


@pytest.mark.parametrize(
    ("items", "numbers"),
    [
        ([], []),
        (["7"], [7]),
        ([7, "-3"], [7, -3]),
        (["0:3"], [0, 1, 2, 3]),
        (["6:-2:0"], [6, 4, 2, 0]),
        (["0:5:12"], [0, 5, 10]),
        (["-1x3"], [-1, -1, -1]),
        (["0:2x2", "5"], [0, 1, 2, 0, 1, 2, 5]),
        (["4:-2:0x2"], [4, 2, 0, 4, 2, 0]),
        (["3:3"], [3]),
    ],
)
def test_short_forms(items, numbers):
    assert expand(items, "types", 20).tolist() == numbers


@pytest.mark.parametrize(
    ("items", "fragment"),
    [
        ("0:3", "not a list"),
        (None, "not a list"),
        ([""], "the entry ''"),
        (["a"], "the entry 'a'"),
        (["1:2:3:4"], "the entry"),
        (["1x"], "the entry"),
        (["1x0"], "the entry"),
        (["x3"], "the entry"),
        (["1.5"], "the entry"),
        ([" 1"], "the entry"),
        (["٣"], "the entry"),
        ([1.0], "the entry '1.0'"),
        ([True], "the entry 'True'"),
        ([None], "the entry 'None'"),
        ([10**30], "the entry"),
        (["0:0:5"], "without an end"),
        (["5:0"], "without an end"),
        (["0:-1:5"], "without an end"),
        (["0x21"], "more than 20 entries"),
        (["0:20"], "more than 20 entries"),
        (["0:999999999999x999999999999"], "more than 20 entries"),
        (["0x20", "1"], "more than 20 entries"),
    ],
)
def test_other_entries_are_refused(items, fragment):
    with pytest.raises(UnfitError, match="types") as caught:
        expand(items, "types", 20)
    assert fragment in str(caught.value)


@given(st.lists(st.integers(-3, 3) | st.integers(-(2**31), 2**31), max_size=40))
def test_shortened_lists_expand_to_the_same(numbers):
    assert expand(shorten(np.array(numbers, np.int64)), "list", 40).tolist() == numbers


def test_ranges_and_repetitions_are_short():
    numbers = [*range(256), *[-1] * 240, *range(30, 0, -3)]
    assert shorten(np.array(numbers)) == ["0:255", "-1x240", "30:-3:3"]
