"""Whole simulations: the compiled timing equals the SimPy reference, down to every time of every packet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.spikes import InputSpikes
from neurosyn.compiler.compile import compile_network
from neurosyn.engine.compiled.solver import SolverPool
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.simulation import simulate_frames, simulate_ticks
from neurosyn.network.layer import MapShape
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from neurosyn.trace.recorder import ParquetRecorder
from tests.comparing import assert_equal
from tests.engine.programs import layered_program, place, random_frames
from tests.engine.test_simulation import busy_program, relay, some_spikes
from tests.networks import bind_topology


class Recorder(Probe):
    def __init__(self):
        self.ticks = []

    def tick(self, columns):
        self.ticks.append(columns)


def both(simulate, *arguments, **options):
    """Simulate in both ways; return what came of the compiled one."""
    results = {}
    for timing in ("simpy", "compiled"):
        probe = Recorder()
        chosen = SimulateOptions(timing=timing, backend="numpy", **options)
        results[timing] = simulate(*arguments[:3], chosen, *arguments[3:], probes=[probe]), probe.ticks
    (reference, reference_ticks), (result, ticks) = results["simpy"], results["compiled"]
    assert_equal(result, reference, apart=("wall_s", "timing_name"))
    assert len(ticks) == len(reference_ticks)
    for tick, expected in zip(ticks, reference_ticks, strict=True):
        assert_equal(tick, expected)
    assert (result.timing_name, reference.timing_name) == ("compiled", "simpy")
    return result


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ticks_of_a_restless_program(seed):
    rng = np.random.default_rng(seed)
    program = busy_program(rng)
    mesh = Mesh(int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(3, 5)))
    placement, chip = place(program, rng, mesh, fifo_depth=int(rng.integers(1, 5)))
    spikes = some_spikes(rng, program, 12)
    auto = both(simulate_ticks, program, placement, chip, spikes, 15)
    # Too short by little or by far: late packets, overruns, and ticks that run into each other.
    for part in (0.9, 0.4, 0.05):
        period = part * auto.timing.tick_period_ps / 1e6
        short = both(simulate_ticks, program, placement, chip, spikes, 15, tick=period)
        assert short.timing.late_packets + short.timing.core_overruns > 0


@pytest.mark.parametrize("tick", [2.0, 1.999999, 0.11])
def test_late_packets_land_in_later_turns_of_the_ring(tick):
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.array([0, 16, 32]), np.zeros(3, np.int32))
    both(simulate_ticks, program, placement, chip, spikes, 60, tick=tick)


@pytest.mark.parametrize("timed_frames", [1, 5, "all"])
@pytest.mark.parametrize("stateful", [False, True])
def test_frames(stateful, timed_frames):
    rng = np.random.default_rng(2)
    program = layered_program(rng, stateful=stateful)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 12)
    auto = both(simulate_frames, program, placement, chip, images, timed_frames=timed_frames)
    assert auto.batched == (not stateful)
    assert len(auto.timed_frames) == (12 if timed_frames == "all" else timed_frames)
    period = auto.timing.tick_period_ps / 1e6
    for part in (1.2, 0.7):
        both(simulate_frames, program, placement, chip, images, timed_frames=timed_frames, tick=part * period)


def test_compiled_timing_plays_each_frame_once_by_default():
    rng = np.random.default_rng(2)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 12)
    result = simulate_frames(program, placement, chip, SimulateOptions(timing="compiled", backend="numpy"), images)
    assert sorted(result.timed_frames.tolist()) == list(range(12))
    assert len(result.timing.makespans_ps) == 12


@pytest.mark.parametrize("depth", [1, 4])
def test_a_compiled_network(depth):
    image = MapShape(12, 12, 3)
    topology = registry.get("topologies", "eedn_tiny")()
    program = compile_network(random_model(bind_topology(topology, image, 4), 1))
    side = 12
    where = np.random.default_rng(3).permutation(side * side)[: program.cores]
    placement = Placement(Mesh(1, 2, side), np.stack([where % side + 5, where // side], axis=1).astype(np.int32))
    chip = ChipOptions(chips=(1, 2), fifo_depth=depth, edge_cycle_ps=20_000, neuron_time_ps=20_000)
    images = random_frames(np.random.default_rng(4), program, 5)
    result = both(simulate_frames, program, placement, chip, images, timed_frames=2)
    assert result.timing.packets > 5_000
    assert result.timing.packet_blocked_ps > 0


@pytest.mark.parametrize("stateful", [False, True])
def test_any_number_of_jobs_gives_the_same_bytes(tmp_path, stateful):
    rng = np.random.default_rng(2)
    program = layered_program(rng, stateful=stateful)
    placement, chip = place(program, rng, fifo_depth=2)
    images = random_frames(rng, program, 12)
    results, files = [], []
    for jobs in (1, 2, 5):
        folder = tmp_path / str(jobs)
        recorder = ParquetRecorder(folder)
        options = SimulateOptions(timing="compiled", backend="numpy")
        results.append(simulate_frames(program, placement, chip, options, images, probes=[recorder], jobs=jobs))
        files.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert "packets.parquet" in files[0]
    assert files[0] == files[1] == files[2]
    for result in results[1:]:
        assert_equal(result, results[0], apart=("wall_s",))


def test_an_error_in_a_job_reaches_the_caller(monkeypatch):
    def fail(*_):
        raise MemoryError("no room for the packets")

    monkeypatch.setattr("neurosyn.engine.compiled.solver.Departure.of", fail)
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.zeros(1, np.int64), np.zeros(1, np.int32))
    with pytest.raises(MemoryError, match="no room for the packets"):
        simulate_ticks(program, placement, chip, SimulateOptions(timing="compiled"), spikes, 6)


@pytest.mark.parametrize("at_tick", [0, 3])
def test_an_interruption_begins_no_more_jobs(at_tick, monkeypatch):
    begun = []
    monkeypatch.setattr(
        SolverPool, "_solve", lambda self, *tick, solve=SolverPool._solve: begun.append(tick) or solve(self, *tick)
    )
    rng = np.random.default_rng(2)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 40)

    def interrupt(done, *_):
        if done > 4 + at_tick:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_frames(
            program, placement, chip, SimulateOptions(timing="compiled"), images, progress=interrupt, jobs=2
        )
    assert len(begun) <= at_tick + 1 + 5
