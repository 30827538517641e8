"""Options of ``[simulate]``: times, numbers of frames, refusals."""

import pytest
from pydantic import ValidationError

from neurosyn.engine.options import SimulateOptions


def test_ticks_are_whole_picoseconds():
    assert SimulateOptions().tick_ps is None
    assert SimulateOptions.from_table({"tick": 50}).tick_ps == 50_000_000
    assert SimulateOptions(tick=0.3).tick_ps == 300_000
    assert SimulateOptions(tick=1e-6).tick_ps == 1


@pytest.mark.parametrize("tick", ["soon", 0, -1.0, 1e-7, True, None, float("nan")])
def test_a_wrong_tick_is_one_mistake(tick):
    with pytest.raises(ValidationError) as caught:
        SimulateOptions(tick=tick)
    (mistake,) = caught.value.errors()
    assert mistake["loc"] == ("tick",)
    assert 'must be "auto" or a time in µs' in mistake["msg"]


@pytest.mark.parametrize("table", [{"timing": "exact"}, {"frames": 0}, {"timed_frames": 0}, {"backend": "abacus"}])
def test_other_wrong_values(table):
    (name,) = table
    with pytest.raises(ValidationError, match=rf"\b{name}\b"):
        SimulateOptions(**table)


def test_how_many_ticks_are_timed():
    assert SimulateOptions(timing="compiled").frames_to_time(7) == 7
    assert SimulateOptions(timing="simpy").frames_to_time(7) == 2
    assert SimulateOptions(timing="simpy", timed_frames="all").frames_to_time(7) == 7
    assert SimulateOptions(timing="compiled", timed_frames=9).frames_to_time(7) == 9


@pytest.mark.parametrize("frames", ["some", 0, 1.5, True])
def test_frames_to_time_are_a_number_or_all(frames):
    with pytest.raises(ValidationError, match='must be "all" or a whole number from 1 on'):
        SimulateOptions(timed_frames=frames)
