"""Checkpoints of simulations: interrupted at any tick and resumed, a run leaves the bytes of an uninterrupted one."""

from __future__ import annotations

import gc
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.probes.counter import Counter
from neurosyn_plugins.probes.raster import Raster

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher, ProbeWarning
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.simulation import simulate_frames, simulate_ticks
from neurosyn.engine.stepping import TickSimulation
from neurosyn.errors import DataError
from neurosyn.run.checkpoint import CheckpointWarning, TickCheckpoint
from neurosyn.testing.programs import random_program
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder
from tests.comparing import assert_equal
from tests.engine.programs import layered_program, neuron_type, place, random_frames

TICKS = 24
STOCHASTIC = np.concatenate(
    [
        neuron_type(leak=2, threshold=5, reset_mode=1, threshold_mask_bits=2),
        neuron_type(weights=(2, -1, 1, 0), threshold=2, negative_saturation=False, negative_threshold=9),
        neuron_type(stochastic_leak=True, leak=90, threshold=3, reset_mode=0),
    ]
)
DENSE = TraceOptions(level="packet", row_group=1024)


class Interrupted(TickCheckpoint):
    """Checkpoint that is due at given opportunities, and interrupts the simulation at a later one."""

    def __init__(self, folder: Path, due=(), interrupt=None):
        super().__init__(folder, "key", 0.0)
        self.opportunities, self.due, self.interrupt = 0, due, interrupt

    def is_due(self):
        self.opportunities += 1
        if self.opportunities == self.interrupt:
            raise KeyboardInterrupt
        return self.opportunities in self.due


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


class Simulation:
    """A simulation with a trace and probes, which can be repeated with a checkpoint."""

    def __init__(self, folder, play):
        self.folder, self.play = folder, play
        self.probes = []

    def run(self, name, checkpoint=None):
        parts = None if checkpoint is None else checkpoint.folder
        self.probes = [Counter(), Raster(limit=200), ParquetRecorder(self.folder / name, DENSE, checkpoint=parts)]
        dispatcher = ProbeDispatcher(self.probes)
        result = self.play(dispatcher, checkpoint)
        assert not any(dispatcher.why_off(probe) for probe in self.probes)
        return result

    def outcome(self, name, checkpoint=None):
        result = self.run(name, checkpoint)
        tables = [(probe.results(), probe.tables()) for probe in self.probes[:2]]
        return result, tables, contents(self.folder / name)

    def interrupted(self, stops):
        """Interrupt at each of `stops`, (opportunity of the checkpoint, opportunities from there), and finish."""
        resumed = []
        for due, further in stops:
            checkpoint = Interrupted(self.folder / "checkpoint", (due,), due + further)
            try:
                self.run("halves", checkpoint)
            except KeyboardInterrupt:
                assert not list((self.folder / "halves").glob("*"))
            resumed.append(checkpoint.resumed_at)
        last = Interrupted(self.folder / "checkpoint")
        outcome = self.outcome("halves", last)
        last.remove()
        assert not last.folder.exists()
        return outcome, [*resumed[1:], last.resumed_at]


def assert_same(outcome, whole):
    assert_equal(outcome[0], whole[0], apart=("wall_s",))
    for (results, tables), (other_results, other_tables) in zip(outcome[1], whole[1], strict=True):
        assert results == other_results
        for name, columns in tables.items():
            assert_equal(tuple(columns), tuple(other_tables[name]))
            for column, values in columns.items():
                np.testing.assert_array_equal(values, other_tables[name][column])
    assert outcome[2] == whole[2]


@pytest.mark.parametrize("mesh", [Mesh(1, 1, 4), Mesh(1, 2, 3)], ids=["chip", "board"])
@pytest.mark.parametrize(
    ("timing", "tick"),
    [("none", "auto"), ("none", 5.0), ("compiled", "auto"), ("simpy", "auto"), ("compiled", 5.0), ("simpy", 5.0)],
)
@settings(max_examples=2, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    stops=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=2),
)
def test_interrupted_ticks_give_what_one_run_gives(tmp_path_factory, mesh, timing, tick, seed, stops):
    rng = np.random.default_rng(seed)
    program = random_program(rng, STOCHASTIC, cores=9, axons=20, neurons=20, density=0.2, pins=4, lines=9)
    lines = rng.integers(0, len(program.input_core), 50).astype(np.int32)
    spikes = InputSpikes.on_lines(program, rng.integers(-1, TICKS, 50), lines)
    board = place(program, rng, mesh, neuron_time_ps=10_000, fifo_depth=1)
    options = SimulateOptions(timing=timing, tick=tick, backend="numpy")

    def play(probes, checkpoint):
        return simulate_ticks(program, *board, options, spikes, TICKS, probes=probes, jobs=2, checkpoint=checkpoint)

    simulation = Simulation(tmp_path_factory.mktemp("ticks"), play)
    whole = simulation.outcome("whole")
    outcome, resumed = simulation.interrupted(stops)
    assert None not in resumed
    assert_same(outcome, whole)


@pytest.mark.parametrize("tick", [0.4, 0.05], ids=["now and then", "never"])
def test_ticks_that_overlap_have_checkpoints_only_where_nothing_is_under_way(tmp_path, tick):
    rng = np.random.default_rng(3)
    program = random_program(rng, STOCHASTIC, cores=9, axons=20, neurons=20, density=0.2, pins=4, lines=9)
    board = place(program, rng, Mesh(1, 2, 4), neuron_time_ps=10_000, fifo_depth=1)
    spikes = InputSpikes.on_lines(program, np.arange(TICKS), np.zeros(TICKS, np.int32))

    def play(timing):
        options = SimulateOptions(timing=timing, tick=tick, backend="numpy")
        return lambda probes, checkpoint: simulate_ticks(
            program, *board, options, spikes, TICKS, probes=probes, checkpoint=checkpoint
        )

    opportunities = []
    for timing in ("compiled", "simpy"):
        simulation = Simulation(tmp_path / timing, play(timing))
        whole = simulation.outcome("whole")
        checkpoint = Interrupted(tmp_path / timing / "checkpoint", range(1000))
        assert_same(simulation.outcome("halves", checkpoint), whole)
        opportunities.append(checkpoint.opportunities)
        if checkpoint.exists:
            assert_same(simulation.outcome("again", Interrupted(tmp_path / timing / "checkpoint")), whole)
    assert opportunities[0] == opportunities[1] < TICKS - 1


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize(
    ("timing", "tick"), [("none", "auto"), ("compiled", "auto"), ("compiled", 50.0), ("simpy", "auto")]
)
def test_interrupted_frames_give_what_one_run_gives(tmp_path, stateful, timing, tick):
    rng = np.random.default_rng(7)
    program = layered_program(rng, widths=(2, 2), axons=20, neurons=16, delays=(1, 1), stateful=stateful)
    frames = random_frames(rng, program, 200)
    board = place(program, rng, Mesh(1, 2, 2))
    options = SimulateOptions(timing=timing, tick=tick, backend="numpy", timed_frames=12)

    def play(probes, checkpoint):
        return simulate_frames(program, *board, options, frames, probes=probes, jobs=2, checkpoint=checkpoint)

    simulation = Simulation(tmp_path, play)
    whole = simulation.outcome("whole")
    # Without state, 13 ticks are played one by one and then 200 frames in 4 blocks; the third stop is there.
    outcome, resumed = simulation.interrupted([(2, 2), (5, 1), (5, 3), (1, 1)])
    assert_same(outcome, whole)
    assert None not in resumed


def engine(program, board, checkpoint, ticks=8, probes=()):
    options = SimulateOptions(timing="none", backend="numpy")
    none = InputSpikes.to_axons(*(np.zeros(0, kind) for kind in (np.int64, np.int32, np.int32)))
    return simulate_ticks(program, *board, options, none, ticks, probes=probes, checkpoint=checkpoint)


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    program = random_program(rng, STOCHASTIC, cores=3, axons=20, neurons=20, pins=2)
    return program, place(program)


def test_short_runs_write_none(small, tmp_path):
    engine(*small, TickCheckpoint(tmp_path / "checkpoint", "key"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["key", "cut", "changed", "part", "missing part"])
def test_a_checkpoint_of_another_run_or_damaged_is_ignored(small, tmp_path, damage):
    def record(checkpoint):
        return engine(
            *small, checkpoint, probes=[ParquetRecorder(tmp_path / "trace", DENSE, checkpoint=checkpoint.folder)]
        )

    with pytest.raises(KeyboardInterrupt):
        record(Interrupted(tmp_path / "checkpoint", (3,), 5))
    state, sealed = tmp_path / "checkpoint" / "state.npz", tmp_path / "checkpoint" / "ticks-0.parquet"
    content = bytearray(state.read_bytes())
    with zipfile.ZipFile(state) as archive:
        content[archive.start_dir - 1] ^= 1  # the last byte of the last array
    if damage == "cut":
        state.write_bytes(state.read_bytes()[:-100])
    elif damage == "changed":
        state.write_bytes(content)
    elif damage == "part":
        sealed.write_bytes(sealed.read_bytes() + b"x")
    elif damage == "missing part":
        sealed.unlink()
    checkpoint = TickCheckpoint(tmp_path / "checkpoint", "other" if damage == "key" else "key")
    with pytest.warns(CheckpointWarning, match="begins at its first tick"):
        result = record(checkpoint)
    assert checkpoint.resumed_at is None
    assert_equal(result, engine(*small, None), apart=("wall_s",))
    assert not (tmp_path / "checkpoint").exists()


def test_a_full_disk_costs_the_checkpoint_alone(small, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neurosyn.run.checkpoint.write_npz", full)
    with pytest.warns(CheckpointWarning, match="No space left on device; there is no newer checkpoint"):
        engine(*small, TickCheckpoint(tmp_path / "checkpoint", "key", 0.0))


def test_probes_without_state_are_named_and_nothing_is_saved(small, tmp_path):
    class Listener(Probe):
        def tick(self, columns):
            pass

    checkpoint = TickCheckpoint(tmp_path / "checkpoint", "key", 0.0)
    with pytest.warns(ProbeWarning, match="probe Listener: cannot be resumed") as caught:
        engine(*small, checkpoint, probes=[Listener()])
    assert len(caught) == 1
    assert not checkpoint.exists


def test_a_probe_that_failed_stays_switched_off(small, tmp_path):
    class Fails(Probe):
        def tick(self, columns):
            if columns.tick == 2:
                raise ZeroDivisionError("once")

        def state(self):
            return {}

        def resumed(self, info, state):
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProbeWarning)
        with pytest.raises(KeyboardInterrupt):
            engine(*small, Interrupted(tmp_path, (4,), 5), probes=[Fails()])
    probe = Fails()
    dispatcher = ProbeDispatcher([probe])
    engine(*small, Interrupted(tmp_path), probes=dispatcher)
    assert dispatcher.why_off(probe) == "ZeroDivisionError in tick: once"


def test_states_of_another_simulation_are_refused(small):
    program, board = small
    options = SimulateOptions(timing="none", backend="numpy")
    state = TickSimulation(program, *board, options).state()
    del state["function.ring"]
    with pytest.raises(DataError, match="checkpoint: has no 'ring'; delete it"):
        TickSimulation(program, *board, options).restore(state)
    state["function.ring"] = np.zeros(3)
    with pytest.raises(DataError, match="checkpoint: 'ring' is float64"):
        TickSimulation(program, *board, options).restore(state)


def test_ticks_without_output_take_no_memory():
    """Anything that is kept of a tick would take a hundred bytes and more."""
    rng = np.random.default_rng(0)
    program = random_program(rng, neuron_type(leak=1, threshold=8), cores=2, axons=8, neurons=8, pins=0)
    simulation = TickSimulation(program, *place(program), SimulateOptions(timing="none", backend="numpy"))
    tracemalloc.start()
    try:
        # Spikes are counted 64 ticks at a time.
        simulation.step(128)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        simulation.step(512)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        simulation.close()
    assert after - before < 512 * 16
