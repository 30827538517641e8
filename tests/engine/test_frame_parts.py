"""Runs of frames in parts: the joined result is that of the run in one part."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.engine.frame_parts import FrameSimulator, join_parts
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import Probe
from tests.engine.programs import layered_program, place, random_frames


class Ticks(Probe):
    def __init__(self):
        self.columns = []

    def tick(self, columns):
        self.columns.append(columns)


def silent(*_):
    pass


def assert_equal(one, other, shift=0, name=""):
    """Compare two results field by field; times from a common zero may be shifted."""
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            if field.name != "wall_s":
                assert_equal(getattr(one, field.name), getattr(other, field.name), shift, field.name)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other + (shift if name in ("send_ps", "arrival_ps") else 0), err_msg=name)
        assert one.dtype == other.dtype, name
    elif one is not None and name == "start_ps":
        assert one == other + shift
    else:
        assert one == other, name


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 12),
    part=st.integers(1, 5),
    ticks=st.integers(1, 3),
    timing=st.sampled_from(["none", "compiled"]),
    timed=st.sampled_from([None, 1, 5, 17]),
    stateful=st.booleans(),
)
def test_joined_parts_are_the_run(seed, frames, part, ticks, timing, timed, stateful):
    rng = np.random.default_rng(seed)
    program = layered_program(
        rng, widths=(2, 2, 1), axons=20, neurons=15, delays=(1, 4, 1), stateful=stateful, free_axons=seed % 2 == 0
    )
    placement, chip = place(program, rng, Mesh(1, 2, 2), fifo_depth=1, edge_cycle_ps=90_000)
    options = SimulateOptions(backend="numpy", timing=timing, timed_frames=timed)
    rows = random_frames(rng, program, frames * ticks)
    simulator = FrameSimulator(program, placement, chip, options, len(rows), ticks)
    whole = Ticks()
    expected = simulator.simulate(rows, simulator.whole, ProbeDispatcher([whole]), silent)

    results, seen, shift = [], [], 0
    for number, piece in enumerate(simulator.parts(part)):
        assert piece.number == number
        probe = Ticks()
        # Another simulator, as in another process.
        other = FrameSimulator(program, placement, chip, options, len(rows), ticks)
        results.append(other.simulate(rows, piece, ProbeDispatcher([probe]), silent))
        seen += [(columns, shift) for columns in probe.columns]
        shift += results[-1].duration_ps
    assert_equal(expected.result, join_parts(results, len(rows)))
    assert shift == expected.duration_ps
    assert len(seen) == len(whole.columns)
    for columns, (other_columns, before) in zip(whole.columns, seen, strict=True):
        assert_equal(columns, other_columns, before)


def test_frames_that_overlap_in_time_stay_together():
    rng = np.random.default_rng(3)
    program = layered_program(rng, axons=20, neurons=15)
    placement, chip = place(program, rng, Mesh(1, 1, 3))
    rows = random_frames(rng, program, 9)
    given_tick = FrameSimulator(program, placement, chip, SimulateOptions(tick=0.5, backend="numpy"), len(rows))
    assert given_tick.parts(2) == [given_tick.whole]
    without_time = SimulateOptions(tick=0.5, timing="none", backend="numpy")
    assert len(FrameSimulator(program, placement, chip, without_time, len(rows)).parts(2)) > 1


@pytest.mark.parametrize("timing", ["simpy", "compiled"])
def test_a_part_plays_only_its_warm_up_before_its_own_ticks(timing):
    rng = np.random.default_rng(4)
    program = layered_program(rng, widths=(2, 2, 1), axons=20, neurons=15, delays=(1, 4, 1))
    placement, chip = place(program, rng, Mesh(1, 1, 3))
    rows = random_frames(rng, program, 40)
    options = SimulateOptions(backend="numpy", timing=timing, timed_frames="all")
    simulator = FrameSimulator(program, placement, chip, options, len(rows))
    parts = simulator.parts(8)
    # The input enters the first layer after a tick; a spike takes 1 tick to the second layer and 4 to the third.
    assert [len(part.warm_up) for part in parts] == [0, 6, 6, 6, 6]
    assert [len(part.ticks) for part in parts] == [6 + 8, 8, 8, 8, 8]
    untouched = rows.copy()
    untouched[: parts[3].warm_up.start] = 1 - untouched[: parts[3].warm_up.start]
    untouched[parts[3].ticks.stop :] = 1 - untouched[parts[3].ticks.stop :]
    one, other = (simulator.simulate(frames, parts[3], ProbeDispatcher([]), silent) for frames in (rows, untouched))
    assert_equal(one.result, other.result)
