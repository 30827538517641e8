"""Boards of chips of full size, and events that are counted: collisions, late packets, overruns."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import make_program, neuron_type


def scattered(mesh, seed=0, cores=48, size=12, **options):
    """A noisy program whose cores lie anywhere on a board, and what it does in 20 ticks."""
    rng = np.random.default_rng(seed)
    dest = rng.integers(OUTPUT, cores, (cores, size))
    program = make_program(
        rng.random((cores, size, size)) < 0.3,
        dest,
        np.where(dest == OUTPUT, rng.integers(0, 5, (cores, size)), rng.integers(0, size, (cores, size))),
        delay=rng.integers(1, 16, (cores, size)),
        types=np.concatenate([neuron_type(leak=1, threshold=4, reset_mode=1, threshold_mask_bits=2), neuron_type()]),
        neuron_type_of=rng.integers(0, 2, (cores, size)).astype(np.int32),
        inputs=[(core, 0) for core in range(cores)],
        pins=5,
    )
    spikes = InputSpikes.on_lines(program, rng.integers(0, 20, 100), rng.integers(0, cores, 100).astype(np.int32))
    where = rng.permutation(mesh.cores)[:cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    return simulate_ticks(
        program,
        Placement(mesh, xy),
        ChipOptions(chips=(mesh.rows, mesh.columns)),
        SimulateOptions(backend="numpy", **options),
        spikes,
        20,
    )


@pytest.mark.parametrize("mesh", [Mesh(2, 2), Mesh(4, 4), Mesh(1, 4), Mesh(3, 1)], ids=str)
def test_boards_of_whole_chips_do_what_one_chip_does(mesh):
    one, board = scattered(Mesh()), scattered(mesh)
    assert len(one.output_spikes) > 50
    for name, value in vars(one.output_spikes).items():
        np.testing.assert_array_equal(value, getattr(board.output_spikes, name))
    assert one.counts.crossings.sum() == 0
    assert board.counts.crossings.sum() + board.counts.input_crossings > board.counts.packets.sum() / 2
    assert board.timing.tick_period_ps > one.timing.tick_period_ps  # it is farther, and the edges are slow
    assert board.timing.late_packets == 0


def line(**chip):
    """Neurons that all fire at every tick: two of core 0 to one axon of core 1, one of core 1 to the host."""
    dest = np.array([[1, 1, NO_DESTINATION], [OUTPUT, NO_DESTINATION, NO_DESTINATION]])
    program = make_program(np.zeros((2, 1, 3)), dest, np.zeros((2, 3), int), types=neuron_type(leak=1), pins=1)
    mesh = Mesh(1, 1, 2)
    placement = Placement(mesh, np.array([[0, 0], [1, 0]], np.int32))
    none = InputSpikes.to_axons(*np.zeros((3, 0), np.int32))
    times = {"neuron_time_ps": 1_000_000, "synaptic_event_time_ps": 0, "hop_latency_ps": 500_000} | chip
    return program, placement, ChipOptions(**times), none


def test_collisions_are_counted_where_they_happen(tmp_path):
    program, placement, chip, none = line()
    probes = [ParquetRecorder(tmp_path)]
    result = simulate_ticks(program, placement, chip, SimulateOptions(timing="none"), none, 6, probes=probes)
    # Sent in ticks 0 … 4, each pair merges in the next: ticks 1 … 5.
    assert result.counts.collisions.tolist() == [0, 5]
    assert Trace(tmp_path).ticks()["collisions"].tolist() == [0, 1, 1, 1, 1, 1]
    assert result.counts.by_layer(program)["collisions"].tolist() == [5]


def test_overruns_are_counted_tick_by_tick(tmp_path):
    program, placement, chip, none = line()
    result = simulate_ticks(
        program, placement, chip, SimulateOptions(tick=2.5), none, 4, probes=[ParquetRecorder(tmp_path)]
    )
    # Three neurons of 1 µs in ticks of 2.5 µs: each walk begins 0.5 µs later than the one before.
    assert result.timing.core_overruns == 8
    trace = Trace(tmp_path)
    assert trace.ticks()["core_overruns"].tolist() == [2, 2, 2, 2]
    assert trace.cores()["finish_ps"].tolist() == [4_500_000, 4_500_000]
    exact = simulate_ticks(program, placement, chip, SimulateOptions(tick=3.0), none, 4)
    assert exact.timing.core_overruns == 0


def test_late_packets_are_counted_and_marked(tmp_path):
    program, placement, chip, none = line()
    result = simulate_ticks(
        program, placement, chip, SimulateOptions(tick=3.0), none, 4, probes=[ParquetRecorder(tmp_path)]
    )
    # Core 0 sends after 1 and 2 µs, which takes 1 µs: the second is there when the tick begins, and in time.
    assert result.timing.late_packets == 0
    late = simulate_ticks(
        program, placement, chip, SimulateOptions(tick=2.999999), none, 4, probes=[ParquetRecorder(tmp_path)]
    )
    trace = Trace(tmp_path)
    packets = trace.packets()
    assert late.timing.late_packets == packets["late"].sum() == trace.ticks()["late_packets"].sum() > 0
    assert set(packets.loc[packets["late"], "source_neuron"]) == {1}
    begins = packets["delivery_tick"] * 2_999_999
    assert packets["late"].tolist() == (packets["arrival_ps"] > begins).tolist()
