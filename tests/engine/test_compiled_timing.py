"""The compiled network against the SimPy one, to the picosecond, and with it against the naive one."""

from functools import partial

import numpy as np
from hypothesis import given, settings

from neurosyn.engine.compiled_timing import CompiledTiming
from neurosyn.engine.simpy_timing import SimpyTiming
from tests.engine.playing import grid, watch
from tests.engine.test_naive_mesh import cases

EVENTS = partial(CompiledTiming, waves=False)


def assert_same(one, other):
    times, seen = one
    others, others_seen = other
    assert seen == others_seen
    for a, b in zip(times, others, strict=True):
        for name, value in vars(a).items():
            np.testing.assert_array_equal(value, getattr(b, name), err_msg=name)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_every_time_is_that_of_simpy(case):
    mesh, chip, ticks = case
    simpy, waves, events = (
        watch(mesh, chip, grid(mesh), ticks, timing) for timing in (SimpyTiming, CompiledTiming, EVENTS)
    )
    assert_same(events, simpy)
    assert_same(waves, simpy)
