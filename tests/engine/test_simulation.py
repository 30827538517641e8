"""Ticks, late packets, probes and counts of whole simulations."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeWarning
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.simulation import simulate_frames, simulate_ticks
from neurosyn.errors import ChipLimitError, DataError
from tests.engine.programs import layered_program, make_program, neuron_type, place, random_frames

MICROSECOND = 1_000_000


class Recorder(Probe):
    def __init__(self):
        self.ticks = []

    def tick(self, columns):
        self.ticks.append(columns)


def busy_program(rng, cores=9, size=20):
    """Noise, loops and memory: whatever can go wrong in the order of things shows in what fires."""
    types = np.concatenate(
        [
            neuron_type(leak=2, threshold=5, reset_mode=1, threshold_mask_bits=2),
            neuron_type(weights=(2, -1, 1, 0), threshold=2, negative_saturation=False, negative_threshold=9),
            neuron_type(stochastic_leak=True, leak=90, threshold=3, reset_mode=0),
        ]
    )
    dest_core = rng.integers(OUTPUT, cores, (cores, size))
    return make_program(
        rng.random((cores, size, size)) < 0.2,
        dest_core,
        np.where(dest_core == OUTPUT, rng.integers(0, 4, (cores, size)), rng.integers(0, size, (cores, size))),
        delay=rng.integers(1, 16, (cores, size)),
        types=types,
        neuron_type_of=rng.integers(0, 3, (cores, size)).astype(np.int32),
        inputs=[(core, 0) for core in range(cores)],
        pins=4,
        axon_types=rng.integers(0, 4, (cores, size)),
    )


def some_spikes(rng, program, ticks, spikes=40):
    return InputSpikes.on_lines(
        program,
        rng.integers(0, ticks, spikes),
        rng.integers(0, len(program.input_core), spikes).astype(np.int32),
    )


FUNCTIONAL = (
    "tick",
    "spike_core",
    "spike_neuron",
    "synaptic_events",
    "packets",
    "input_packets",
    "output_packets",
    "hops",
    "crossings",
    "collisions",
)


def assert_same_function(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for name in FUNCTIONAL:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


# A program that takes its time: the host's line → core 0 → core 1 → the host, one spike at each tick in row.

RELAY_CHIP = {
    "neuron_time_ps": 0,
    "synaptic_event_time_ps": 0,
    "hop_latency_ps": MICROSECOND,
    "link_cycle_ps": 1,
    "edge_cycle_ps": 1,
    "edge_latency_ps": 1,
}


def relay():
    program = make_program(
        np.ones((2, 1, 1)),
        [[1], [OUTPUT]],
        [[0], [0]],
        inputs=[(0, 0)],
        pins=1,
        types=neuron_type(weights=(1, 0, 0, 0)),
    )
    mesh = Mesh(1, 1, 2)
    return program, Placement(mesh, np.array([[0, 0], [1, 0]], np.int32)), ChipOptions(**RELAY_CHIP)


def relay_result(tick, ticks=24, stamps=(0,)):
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.array(stamps), np.zeros(len(stamps), np.int32))
    probe = Recorder()
    result = simulate_ticks(program, placement, chip, SimulateOptions(tick=tick), spikes, ticks, probes=[probe])
    return result, probe.ticks


def test_on_time_with_a_long_tick():
    # Core 0 sends at tick 1 over two modules, 2 µs; core 1 over its east module and out.
    result, ticks = relay_result(2.0)
    assert result.output_spikes.tick.tolist() == [2]
    assert (result.timing.late_packets, result.timing.core_overruns) == (0, 0)
    packet = ticks[1].columns
    assert (packet.send_ps - ticks[1].start_ps).tolist() == [0]
    assert (packet.arrival_ps - ticks[1].start_ps).tolist() == [2 * MICROSECOND]
    assert packet.delivery_tick.tolist() == [2]


def test_a_late_packet_lands_sixteen_ticks_later():
    result, ticks = relay_result(1.999999)
    assert [tick.late_packets for tick in ticks].index(1) == 1
    assert result.timing.late_packets == 1
    assert result.output_spikes.tick.tolist() == [2 + 16]


def test_a_very_late_packet_lands_thirty_two_ticks_later():
    # 2 µs are more than 17 ticks of 0.11 µs, so the row has gone by twice. The host's spike (1 µs) is late as well:
    # stamped 0, it misses tick 1 and is integrated in tick 17; what core 0 then sends misses ticks 18 and 34.
    result, ticks = relay_result(0.11, ticks=60)
    assert [tick.tick for tick in ticks if len(tick.spike_core)] == [17, 50]
    assert result.output_spikes.tick.tolist() == [50]


def test_late_packets_merge_with_those_of_the_row():
    # Sent at tick 1, late, for tick 18; and at tick 17, late, for tick 34; and at tick 33 for tick 50.
    result, _ = relay_result(1.999999, ticks=60, stamps=(0, 16, 32))
    assert result.output_spikes.tick.tolist() == [18, 34, 50]


def test_auto_finds_the_shortest_tick_with_nothing_late():
    auto, _ = relay_result("auto")
    assert auto.timing.tick_period_ps == 2 * MICROSECOND
    assert auto.output_spikes.tick.tolist() == [2]
    assert auto.timing.makespans_ps.max() == 2 * MICROSECOND


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_tick_that_auto_finds_is_the_shortest_one(seed):
    rng = np.random.default_rng(seed)
    program = busy_program(rng)
    # The host stays out of it: its ports are slow, and their cycle outlasts a tick.
    placement, chip = place(program, rng, edge_cycle_ps=1, edge_latency_ps=1)
    spikes = some_spikes(rng, program, 12)

    def run(tick):
        probe = Recorder()
        options = SimulateOptions(tick=tick, backend="numpy")
        return simulate_ticks(program, placement, chip, options, spikes, 12, probes=[probe]), probe.ticks

    auto, auto_ticks = run("auto")
    period = auto.timing.tick_period_ps
    given_, given_ticks = run(period / 1e6)
    assert (given_.timing.late_packets, given_.timing.core_overruns) == (0, 0)
    assert_same_function(auto_ticks, given_ticks)
    np.testing.assert_array_equal(auto.timing.makespans_ps, given_.timing.makespans_ps)
    shorter, _ = run((period - 1) / 1e6)
    columns = [tick for tick in auto_ticks if tick.makespan_ps == period]
    urgent = any(
        (tick.core_finish_ps == period).any()
        or ((tick.columns.arrival_ps - tick.start_ps == period) & (tick.columns.delivery_tick == tick.tick + 1)).any()
        for tick in columns
    )
    assert bool(shorter.timing.late_packets or shorter.timing.core_overruns) == urgent


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_timing_changes_no_function(seed):
    rng = np.random.default_rng(seed)
    program = busy_program(rng)
    mesh = Mesh(int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(3, 5)))
    placement, chip = place(program, rng, mesh, fifo_depth=int(rng.integers(1, 4)))
    spikes = some_spikes(rng, program, 20)
    records, results = {}, {}
    for timing, tick in (("none", "auto"), ("simpy", "auto"), ("simpy", 50.0)):
        probe = Recorder()
        options = SimulateOptions(timing=timing, tick=tick, backend="numpy")
        results[timing, tick] = simulate_ticks(program, placement, chip, options, spikes, 20, probes=[probe])
        records[timing, tick] = probe.ticks
    plain = results["none", "auto"]
    assert plain.timing is None
    assert plain.counts.collisions.sum() > 0
    for key, ticks in records.items():
        assert_same_function(records["none", "auto"], ticks)
        for name, value in vars(plain.counts).items():
            np.testing.assert_array_equal(value, getattr(results[key].counts, name))
        for name, value in vars(plain.output_spikes).items():
            np.testing.assert_array_equal(value, getattr(results[key].output_spikes, name))


def test_a_board_of_chips_does_what_one_large_mesh_does():
    rng = np.random.default_rng(8)
    program = busy_program(rng, cores=16)
    spikes = some_spikes(rng, program, 30)
    outputs = []
    for mesh in (Mesh(1, 1, 4), Mesh(2, 2, 2)):
        placement, chip = place(program, np.random.default_rng(1), mesh)
        result = simulate_ticks(program, placement, chip, SimulateOptions(backend="numpy"), spikes, 30)
        outputs.append(result.output_spikes)
        assert bool(result.counts.crossings.sum()) == (mesh.chips > 1)
    for name, value in vars(outputs[0]).items():
        np.testing.assert_array_equal(value, getattr(outputs[1], name))


def test_columns_of_packets():
    rng = np.random.default_rng(4)
    program = busy_program(rng)
    placement, chip = place(program, rng, Mesh(1, 2, 4))
    probe = Recorder()
    simulate_ticks(
        program, placement, chip, SimulateOptions(backend="numpy"), some_spikes(rng, program, 15), 15, probes=[probe]
    )
    for tick in probe.ticks:
        packets = tick.columns
        sent = packets.source_core >= 0
        assert np.count_nonzero(~sent) == tick.input_packets
        assert not sent[: tick.input_packets].any()
        assert np.count_nonzero(sent) == tick.packets
        goes = program.dest_core[tick.spike_core, tick.spike_neuron] != NO_DESTINATION
        np.testing.assert_array_equal(packets.source_core[sent], tick.spike_core[goes])
        np.testing.assert_array_equal(packets.source_neuron[sent], tick.spike_neuron[goes])
        np.testing.assert_array_equal(
            packets.delivery_tick[sent], tick.tick + program.delay[tick.spike_core, tick.spike_neuron][goes]
        )
        assert packets.hops.sum() == tick.hops
        assert (packets.blocked_ps >= 0).all()
        latest = max(packets.arrival_ps.max(initial=0) - tick.start_ps, tick.core_finish_ps.max())
        assert tick.makespan_ps == latest
    assert any(tick.columns.blocked_ps.any() for tick in probe.ticks)
    assert sum(tick.crossings for tick in probe.ticks) > 0


def test_timed_frames_are_those_that_enter_when_every_stage_is_full():
    rng = np.random.default_rng(2)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 10)
    probe = Recorder()
    result = simulate_frames(program, placement, chip, SimulateOptions(timed_frames=3), images, probes=[probe])
    assert result.depth == 4
    assert [tick.tick for tick in probe.ticks if tick.columns is not None] == [4, 5, 6]
    assert [tick.tick for tick in probe.ticks] == list(range(7))
    assert result.timed_frames.tolist() == [4, 5, 6]
    assert result.timing.first_tick == 4
    assert len(result.timing.makespans_ps) == 3
    few = simulate_frames(program, placement, chip, SimulateOptions(timed_frames=3), images[:2])
    assert few.timed_frames.tolist() == [0, 1, 0]


def test_a_window_without_timing_shows_the_same_ticks():
    rng = np.random.default_rng(2)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 10)
    timed, plain = Recorder(), Recorder()
    simulate_frames(program, placement, chip, SimulateOptions(timed_frames=2), images, probes=[timed])
    simulate_frames(program, placement, chip, SimulateOptions(timing="none"), images, probes=[plain])
    assert_same_function(timed.ticks, plain.ticks)


def test_frames_through_a_program_with_memory():
    rng = np.random.default_rng(6)
    program = layered_program(rng, stateful=True)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 12)
    result = simulate_frames(program, placement, chip, SimulateOptions(), images)
    assert not result.batched
    assert result.ticks == 12 + 4
    stamps, elements = np.nonzero(images[:, program.input_line])
    spikes = InputSpikes.on_lines(program, stamps, elements.astype(np.int32))
    ticks = simulate_ticks(program, placement, chip, SimulateOptions(timing="none"), spikes, 16)
    expected = np.zeros_like(result.spikes)
    out = ticks.output_spikes
    seen = out.tick >= 4
    np.add.at(expected, (out.tick[seen] - 4, out.dest_axon[seen]), 1)
    np.testing.assert_array_equal(result.spikes, expected)


def test_late_packets_take_frames_out_of_the_batch():
    rng = np.random.default_rng(2)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 20)
    auto = simulate_frames(program, placement, chip, SimulateOptions(), images)
    period = auto.timing.tick_period_ps
    enough = simulate_frames(program, placement, chip, SimulateOptions(tick=1.2 * period / 1e6), images)
    assert (enough.batched, enough.ticks) == (True, auto.ticks)
    said = []
    short = simulate_frames(
        program,
        placement,
        chip,
        SimulateOptions(tick=0.5 * period / 1e6),
        images,
        progress=lambda *step: said.append(step),
    )
    assert said[-1] == (24, 24, "ticks")
    assert short.timing.late_packets > 0
    assert not short.batched
    assert short.ticks == 20 + 4
    assert (short.spikes != auto.spikes).any()
    assert short.counts.input_packets == auto.counts.input_packets


def test_what_comes_late_to_the_host_alone_leaves_frames_in_the_batch():
    program, _, chip = relay()
    placement = Placement(Mesh(1, 1, 4), np.array([[0, 0], [1, 0]], np.int32))
    result = simulate_frames(program, placement, chip, SimulateOptions(tick=2.0), np.ones((5, 1), np.uint8))
    assert result.timing.late_packets > 0  # three links out to the host
    assert result.batched
    assert result.spikes.tolist() == [[1]] * 5


def test_the_same_run_twice_gives_the_same_bytes():
    def run():
        rng = np.random.default_rng(9)
        program = busy_program(rng)
        placement, chip = place(program, rng)
        probe = Recorder()
        options = SimulateOptions(tick=6.0)
        simulate_ticks(program, placement, chip, options, some_spikes(rng, program, 10), 10, probes=[probe])
        return [
            (value.dtype, value.tobytes()) if isinstance(value, np.ndarray) else value
            for tick in probe.ticks
            for part in (tick, tick.columns)
            for value in vars(part).values()
            if value is not tick.columns
        ]

    assert run() == run()


def test_progress_of_ticks():
    said = []
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.zeros(0, np.int64), np.zeros(0, np.int32))
    simulate_ticks(program, placement, chip, SimulateOptions(), spikes, 3, progress=lambda *step: said.append(step))
    assert said == [(1, 3, "ticks"), (2, 3, "ticks"), (3, 3, "ticks")]


def test_no_ticks_at_all():
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.zeros(0, np.int64), np.zeros(0, np.int32))
    result = simulate_ticks(program, placement, chip, SimulateOptions(), spikes, 0)
    assert len(result.output_spikes) == 0
    assert result.timing is None


# Probes and interruptions.


class Clumsy(Probe):
    def __init__(self):
        self.calls = 0

    def tick(self, columns):
        self.calls += 1
        raise ValueError("dropped it")


class Diary(Probe):
    def __init__(self):
        self.lines = []

    def started(self, info):
        self.lines.append(info.timing)

    def tick(self, columns):
        self.lines.append(columns.tick)

    def finished(self):
        self.lines.append("end")


def run_relay(ticks=4, **kwargs):
    program, placement, chip = relay()
    spikes = InputSpikes.on_lines(program, np.zeros(1, np.int64), np.zeros(1, np.int32))
    return simulate_ticks(program, placement, chip, SimulateOptions(), spikes, ticks, **kwargs)


def test_a_probe_that_fails_is_switched_off():
    clumsy, diary = Clumsy(), Diary()
    with pytest.warns(ProbeWarning, match="probe Clumsy: ValueError in tick: dropped it") as caught:
        result = run_relay(probes=[clumsy, diary])
    assert len(caught) == 1
    assert clumsy.calls == 1
    assert result.output_spikes.tick.tolist() == [2]
    assert diary.lines == ["compiled", 0, 1, 2, 3, "end"]


def test_columns_are_made_only_if_a_probe_reads_them(monkeypatch):
    def refuse(*_):
        raise AssertionError("made columns")

    monkeypatch.setattr("neurosyn.engine.clock.PlayedTick.columns", refuse)
    run_relay(probes=[Probe()])


@pytest.mark.parametrize("where", ["progress", "probe"])
def test_an_interruption_passes_through(where):
    def interrupt(*_):
        raise KeyboardInterrupt

    diary = Diary()
    probes = [diary]
    if where == "probe":
        probes.append(type("Impatient", (Probe,), {"tick": interrupt})())
    with pytest.raises(KeyboardInterrupt):
        run_relay(probes=probes, progress=interrupt if where == "progress" else lambda *_: None)
    assert diary.lines == ["compiled", 0, "end"]


def test_an_interruption_while_probes_start_ends_those_that_have_started():
    def interrupt(*_):
        raise KeyboardInterrupt

    diary = Diary()
    with pytest.raises(KeyboardInterrupt):
        run_relay(probes=[diary, type("Impatient", (Probe,), {"started": interrupt})()])
    assert diary.lines == ["compiled", "end"]


def test_an_error_while_playing_reaches_the_caller(monkeypatch):
    def fail(*_):
        raise DataError("chip: broke; mend it")

    monkeypatch.setattr("neurosyn.engine.chip_function.ChipFunction.step", fail)
    diary = Diary()
    with pytest.raises(DataError, match="mend it"):
        run_relay(probes=[diary])
    assert diary.lines == ["compiled", "end"]


# What is refused.


def test_frames_need_a_pipeline():
    program = make_program(np.ones((1, 1, 1)), [[0]], [[0]], inputs=[(0, 0)])
    placement, chip = place(program)
    with pytest.raises(DataError, match="neurosyn run"):
        simulate_frames(program, placement, chip, SimulateOptions(), np.ones((1, 1), np.uint8))


@pytest.mark.parametrize(
    "frames", [np.ones((0, 1), np.uint8), np.ones((2, 0), np.uint8), np.ones((2, 1)), np.ones(2, np.uint8)]
)
def test_frames_must_be_frames(frames):
    program, placement, chip = relay()
    with pytest.raises(DataError, match=r"frames: .* encode them"):
        simulate_frames(program, placement, chip, SimulateOptions(), frames)


def test_placement_and_board_belong_together():
    program, placement, chip = relay()
    images = np.ones((1, 1), np.uint8)
    with pytest.raises(DataError, match=r"1 × 1 chips, .* 2 × 1"):
        simulate_frames(program, placement, chip.model_copy(update={"chips": (2, 1)}), SimulateOptions(), images)
    other = dataclasses.replace(placement, xy=placement.xy[:1])
    with pytest.raises(DataError, match="1 cores, the program has 2"):
        simulate_frames(program, other, chip, SimulateOptions(), images)


@pytest.mark.parametrize(
    ("tick", "core", "axon", "problem"),
    [(0, 2, 0, "core 2; the program has 2"), (0, 0, 1, "axon 1; the program has 1"), (-2, 0, 0, "stamped -2")],
)
def test_spikes_must_have_a_target(tick, core, axon, problem):
    program, placement, chip = relay()
    spikes = InputSpikes.to_axons(np.array([tick]), np.array([core], np.int32), np.array([axon], np.int32))
    with pytest.raises(DataError, match=problem):
        simulate_ticks(program, placement, chip, SimulateOptions(), spikes, 3)


def test_spikes_must_be_within_reach():
    program, _, _ = relay()
    spikes = InputSpikes.to_axons(np.array([0]), np.array([1], np.int32), np.array([0], np.int32))
    placement = Placement(Mesh(1, 5), np.array([[64, 3], [300, 3]], np.int32))
    with pytest.raises(ChipLimitError, match=r"input spikes: .* from position \(0, 3\) to \(300, 3\), 300 cores"):
        simulate_ticks(program, placement, ChipOptions(chips=(1, 5)), SimulateOptions(), spikes, 3)
    chip = ChipOptions(chips=(1, 5), input_side="south")
    assert simulate_ticks(program, placement, chip, SimulateOptions(timing="none"), spikes, 3).counts.input_hops == 3


def test_packets_must_be_within_reach():
    program, _, _ = relay()
    spikes = InputSpikes.to_axons(*np.zeros((3, 0), np.int32))
    far = Placement(Mesh(1, 5), np.array([[0, 0], [300, 0]], np.int32))
    with pytest.raises(ChipLimitError, match=r"\(0, 0\) to \(300, 0\), 300 cores along one axis; a packet reaches 255"):
        simulate_ticks(program, far, ChipOptions(chips=(1, 5)), SimulateOptions(), spikes, 3)


def test_spikes_stamped_minus_one_are_there_before_the_first_tick():
    program, placement, chip = relay()
    spikes = InputSpikes.to_axons(np.array([-1]), np.array([1], np.int32), np.array([0], np.int32))
    result = simulate_ticks(program, placement, chip, SimulateOptions(), spikes, 3)
    assert result.output_spikes.tick.tolist() == [0]
    assert result.counts.input_packets == 1


def test_spikes_on_lines_must_have_a_line():
    program, _, _ = relay()
    with pytest.raises(DataError, match="line 1; the program has 1"):
        InputSpikes.on_lines(program, np.zeros(1, np.int64), np.ones(1, np.int32))
