"""Numbers, times and energies as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.support.formatting import MISSING, count, energy, like_whole, number, percent, time


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.012345, 4, "0.01235"),
        (395.9123, 4, "395.9"),
        (2525.81, 4, "2,526"),
        (1234567.0, 3, "1,234,567"),
        (1.0, 3, "1.00"),
        (0, 4, "0"),
        (-2.5, 2, "-2.5"),
        (None, 4, MISSING),
        (math.nan, 4, MISSING),
        (math.inf, 4, MISSING),
    ],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


@given(st.floats(1e-9, 1e15), st.integers(1, 8))
def test_a_number_keeps_its_digits(value, digits):
    text = number(value, digits).replace(",", "")
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


@pytest.mark.parametrize(
    ("picoseconds", "text"),
    [
        (0, "0 ps"),
        (999, "999.0 ps"),
        (7160, "7.160 ns"),
        (395_912_300, "395.9 µs"),
        (1e12, "1.000 s"),
        (1e16, "10,000 s"),
    ],
)
def test_time(picoseconds, text):
    assert time(picoseconds) == text


def test_energy_count_percent():
    assert energy(26.0, 3) == "26.0 pJ"
    assert energy(1.0155e8) == "101.5 µJ"
    assert energy(None) == count(None) == percent(None) == percent(math.nan) == MISSING
    assert count(15_234_567_890) == "15,234,567,890"
    assert percent(0.94105) == "94.11 %"
    assert percent(1.0, 0) == "100 %"


def test_parts_get_the_decimals_of_their_whole():
    assert [like_whole(part, 256.5) for part in (111.0, 2.6, 0.04)] == ["111.0", "2.6", "0.0"]
    assert like_whole(0.00012, 0.0123) == "0.00012"
    assert like_whole(None, 3.0) == MISSING
    assert like_whole(2.0, 0.0) == "2.000"
