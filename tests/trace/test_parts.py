"""Traces joined from parts: the bytes of the trace that is recorded at once."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.engine.frame_parts import FrameSimulator
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import RunInfo
from neurosyn.errors import DataError
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.parts import EarlierRows, PartRecorder, TraceJoiner
from neurosyn.trace.recorder import ParquetRecorder, RowCount
from tests.engine.programs import layered_program, place, random_frames


def silent(*_):
    pass


def simulator_of(timing="compiled", seed=5, stateful=False, frames=23):
    rng = np.random.default_rng(seed)
    program = layered_program(rng, widths=(3, 2, 2), axons=24, neurons=20, delays=(1, 3, 1), stateful=stateful)
    placement, chip = place(program, rng, Mesh(1, 2, 3), fifo_depth=1, edge_cycle_ps=90_000)
    rows = random_frames(rng, program, frames)
    options = SimulateOptions(backend="numpy", timing=timing, timed_frames="all")
    return (
        FrameSimulator(program, placement, chip, options, len(rows)),
        rows,
        RunInfo(program, placement, chip, timing),
    )


def record_parts(simulator, rows, info, folder, options, frames, order):
    """Record each part in a folder, in some order, join them, and return the folder of the trace."""
    recorded = {}
    outcomes = simulator.outcomes(rows, range(simulator.timed.stop))
    earlier = EarlierRows(options, info, outcomes, simulator.timed)
    for part in order(simulator.parts(frames)):
        before = earlier.before(part.ticks.start)
        at = folder / f"part{part.number}"
        probes = ProbeDispatcher([PartRecorder(at, options, before, simulator.routes)])
        recorded[part.number] = at, simulator.simulate(rows, part, probes, silent).duration_ps
    joiner, start_ps = TraceJoiner(folder / "joined", options), 0
    joiner.started(info)
    for _, (at, duration_ps) in sorted(recorded.items()):
        joiner.add_part(at, start_ps)
        start_ps += duration_ps
    joiner.finished()
    return folder / "joined"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_rows": 700},
        {"level": "packet"},
        {"level": "packet", "ticks": ((9, 12), (20, 40)), "cores": (1, 3)},
        {"max_rows": 300, "layers": ("layer1",)},
        {"level": "spike"},
        {"level": "tick"},
        {"level": "summary"},
    ],
)
@pytest.mark.parametrize(("timing", "stateful"), [("compiled", False), ("compiled", True), ("none", False)])
def test_a_joined_trace_has_the_same_bytes(tmp_path, options, timing, stateful):
    _compare_joined_with_whole(tmp_path, options, timing, stateful, list)


@pytest.mark.parametrize("stateful", [False, True])
def test_parts_in_any_order_are_joined_to_the_same_bytes(tmp_path, stateful):
    def mixed(parts):
        return [*parts[1::2], *reversed(parts[::2])]

    _compare_joined_with_whole(tmp_path, {"max_rows": 700}, "compiled", stateful, mixed)


def _compare_joined_with_whole(tmp_path, options, timing, stateful, order):
    simulator, rows, info = simulator_of(timing, stateful=stateful)
    options = TraceOptions(row_group=1_024, **options)
    recorder = ParquetRecorder(tmp_path / "whole", options)
    simulator.simulate(rows, simulator.whole, ProbeDispatcher([recorder]), silent)
    joined = record_parts(simulator, rows, info, tmp_path, options, 5, order)
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert len(whole) >= 3
    assert sorted(path.name for path in joined.iterdir()) == sorted(whole)
    for name, content in whole.items():
        assert (joined / name).read_bytes() == content, name


def test_a_part_that_is_damaged_is_named(tmp_path):
    simulator, rows, info = simulator_of()
    part = simulator.parts(5)[1]
    options = TraceOptions(level="packet")
    recorder = PartRecorder(tmp_path / "part", options, RowCount(), simulator.routes)
    simulator.simulate(rows, part, ProbeDispatcher([recorder]), silent)
    file = tmp_path / "part" / "packets.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    joiner = TraceJoiner(tmp_path / "joined", options)
    joiner.started(info)
    with pytest.raises(DataError, match=r"part: the trace of this part is damaged .* simulate the part again"):
        joiner.add_part(tmp_path / "part", 0)
    joiner.finished()
