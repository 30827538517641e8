"""Options of ``[trace]``: levels, windows, refusals."""

import pytest
from pydantic import ValidationError

from neurosyn.trace.options import TraceOptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "all"},
        {"row_group": 10},
        {"row_group": 2.0e5},
        {"compression_level": 0},
        {"compression": 3},
        {"ticks": [[3, 2]]},
        {"ticks": [3]},
        {"cores": [-1]},
    ],
)
def test_wrong_options_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValidationError, match=rf"\b{name}\b"):
        TraceOptions.from_table(wrong)


@pytest.mark.parametrize(
    ("level", "spikes", "packets"),
    [
        ("summary", [False, False, False], [False, False, False]),
        ("tick", [False, False, False], [False, False, False]),
        ("spike", [True, True, True], [False, False, False]),
        ("packet", [True, True, True], [False, True, True]),
        ("auto", [False, True, False], [False, True, False]),
    ],
)
def test_what_is_kept_of_a_tick_without_timing_and_of_timed_ones(level, spikes, packets):
    options = TraceOptions(level=level, max_rows=100)
    ticks = ((False, 0), (True, 99), (True, 100))
    assert [options.keeps_spikes(*tick) for tick in ticks] == spikes
    assert [options.keeps_packets(*tick) for tick in ticks] == packets


def test_windows():
    options = TraceOptions.from_table({"ticks": [[2, 3], [7, 7]]})
    assert [tick for tick in range(10) if options.in_window(tick)] == [2, 3, 7]
    assert all(TraceOptions().in_window(tick) for tick in range(10))
