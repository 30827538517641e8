"""The compiled network against the SimPy one: every time is the same to the picosecond.

That the SimPy network is right is what `test_naive_mesh` is about; traffic made to stick is in `test_congestion`.
"""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.compiled.tick import scan_cores
from neurosyn.engine.compiled.timing import CompiledTiming
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric
from neurosyn.engine.fabric.traffic import Scans
from neurosyn.engine.reference.timing import SimpyTiming
from tests.engine.playing import OUTPUT, QUICK, Tick, grid, play, traffic, watch
from tests.engine.reference.test_naive_mesh import HOST_PORTS, SIDES, cases, play_naively

EVENTS = partial(CompiledTiming, waves=False)


def assert_same_times(some, others):
    for one, other in zip(some, others, strict=True):
        for name, value in vars(one).items():
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


def assert_same(case, *timings):
    """Equal in all times, and in what can be seen of them along the way."""
    (times, seen), *others = (watch(*case, timing) for timing in timings)
    for other_times, other_seen in others:
        assert other_seen == seen
        assert_same_times(other_times, times)
    return times


@settings(max_examples=60, deadline=None)
@given(cases())
def test_simpy_naive_and_compiled_agree(case):
    mesh, chip, ticks = case
    times = assert_same((mesh, chip, grid(mesh), ticks), SimpyTiming, CompiledTiming, EVENTS)
    packets, finish = play_naively(mesh, chip, ticks)
    for tick, expected, ends in zip(times, packets, finish, strict=True):
        np.testing.assert_array_equal(tick.send_ps, [packet.send for packet in expected])
        np.testing.assert_array_equal(tick.arrival_ps, [packet.arrival for packet in expected])
        np.testing.assert_array_equal(tick.longest_wait_ps, [packet.longest_wait for packet in expected])
        np.testing.assert_array_equal(tick.core_finish_ps, ends)


@st.composite
def wild_cases(draw):
    """Boards of up to nine chips with cores here and there, and times of all sizes; drawn from a seed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mesh = Mesh(*rng.integers(1, 4, 2).tolist(), int(rng.integers(1, 5)))
    longest = draw(st.sampled_from([3, 10, 60, 2_000]))
    cycle, latency, edge_cycle, edge_latency = rng.integers(1, longest + 1, 4).tolist()
    chip = ChipOptions(
        chips=(mesh.rows, mesh.columns),
        link_cycle_ps=cycle,
        hop_latency_ps=latency,
        edge_cycle_ps=edge_cycle,
        edge_latency_ps=edge_latency,
        fifo_depth=draw(st.integers(1, 5)),
        input_side=draw(SIDES),
        output_side=draw(SIDES),
        host_ports=draw(HOST_PORTS),
    )
    places = grid(mesh)
    positions = [places[place] for place in rng.permutation(len(places))[: rng.integers(1, len(places) + 1)]]
    cores = len(positions)
    targets = [OUTPUT, *range(cores)]
    if draw(st.booleans()):
        targets = rng.choice(targets, 3).tolist()
    inside = [target for target in targets if target != OUTPUT]
    slow, silence = draw(st.sampled_from([1, 5, 50, 500])), draw(st.floats(0, 1))
    ticks, start = [], 0
    for _ in range(draw(st.integers(1, 5))):
        scans = {
            core: [
                (int(rng.integers(0, slow + 1)), None if rng.random() < silence else int(rng.choice(targets)))
                for _ in range(rng.integers(1, 9))
            ]
            for core in range(cores)
        }
        host = rng.choice(inside, rng.integers(0, 8)).tolist() if inside else []
        ticks.append(Tick(scans, host, start))
        start += int(rng.integers(0, draw(st.sampled_from([2, 40, 500, 5_000]))))
    return mesh, chip, positions, ticks


@settings(max_examples=150, deadline=None)
@given(wild_cases())
def test_simpy_and_compiled_agree_on_boards(case):
    assert_same(case, SimpyTiming, CompiledTiming, EVENTS)


def test_a_long_queue_of_ticks_that_never_catches_up():
    mesh = Mesh(1, 2, 4)
    rng = np.random.default_rng(1)
    chip = QUICK.model_copy(update={"fifo_depth": 2, "chips": (1, 2)})
    ticks = [
        Tick({core: [(5, int(to)) for to in rng.integers(0, 32, 4)] for core in range(32)}, [3, 9], start)
        for start in range(0, 2_000, 50)
    ]
    times = assert_same((mesh, chip, grid(mesh), ticks), SimpyTiming, CompiledTiming, EVENTS)
    assert times[-1].arrival_ps.min() > 2_000


def solved(mesh, chip, ticks, *, waves=True):
    """Play ticks one after the other, as with tick = "auto"; return their times and which were solved by a wave."""
    env = ChipEnvironment()
    timing = CompiledTiming(env, Fabric(mesh, chip), grid(mesh), waves=waves)
    times, ways = [], []

    def clock():
        for tick in ticks:
            before = timing.solved
            flight = timing.launch(*traffic(tick, mesh.cores))
            ways.append(timing.solved > before)
            yield timing.rest()
            assert flight.over
            times.append(flight.times())

    env.run(env.process(clock()))
    return times, ways


def test_a_wave_solves_what_does_not_overflow_and_events_play_the_rest():
    mesh = Mesh(1, 1, 8)
    rng = np.random.default_rng(3)

    def scattered(pause):
        return Tick({core: [(pause, int(to)) for to in rng.integers(0, 64, 10)] for core in range(64)})

    ticks = [scattered(2_000), scattered(1), scattered(3_000), scattered(400), Tick(), scattered(1)]
    times, ways = solved(mesh, QUICK, ticks)
    assert ways == [True, False, True, True, True, False]
    events, none = solved(mesh, QUICK, ticks, waves=False)
    assert not any(none)
    assert_same_times(times, events)
    assert (times[0].longest_wait_ps > 0).any()  # packets met, and still the wave was right


@pytest.mark.parametrize("depth", range(1, 8))
def test_a_wave_is_refused_at_the_first_packet_too_many(depth):
    # Six packets come to a link at once and leave it every 10 ps.
    mesh = Mesh(1, 1, 2)
    chip = QUICK.model_copy(update={"fifo_depth": depth})
    _, ways = solved(mesh, chip, [Tick({0: [(0, 1)] * 6})])
    assert ways == [depth >= 6]


@pytest.mark.parametrize("side", ["east", "west", "north", "south"])
@pytest.mark.parametrize("mesh", [Mesh(1, 1, 8), Mesh(2, 2, 4)], ids=["one chip", "four chips"])
def test_a_wave_solves_links_that_hold_up_the_modules_before_them(mesh, side, monkeypatch):
    rng = np.random.default_rng(1)
    chip = QUICK.model_copy(update={"chips": (mesh.rows, mesh.columns), "output_side": side})
    # Neighbours, so that links between chips are not much busier than those to the host.
    nearby = [[core, core ^ 1, core ^ mesh.width, OUTPUT] for core in range(64)]
    ticks = [
        Tick(
            {
                core: [(500, int(to)) for to in rng.choice(nearby[core], 10, p=[0.3, 0.3, 0.25, 0.15])]
                for core in range(64)
            }
        )
        for _ in range(2)
    ]
    times, ways = solved(mesh, chip, ticks)
    assert all(ways)
    events, _ = solved(mesh, chip, ticks, waves=False)
    assert_same_times(times, events)
    assert_same_times(times[:1], play(mesh, chip, grid(mesh), ticks[:1]))
    # Without such links these ticks are played by events.
    monkeypatch.setattr("neurosyn.engine.compiled.blocked_links.MOST_SLOTS", 0)
    _, ways = solved(mesh, chip, ticks)
    assert not all(ways)


@pytest.mark.parametrize("late", [0, 1])
def test_a_wave_that_is_disturbed_is_played_again(late):
    # The first tick's packet arrives at 30 ps, and its last server ends its cycle then.
    mesh = Mesh(1, 1, 4)
    ticks = [Tick({0: [(10, 1)]}), Tick({0: [(10, 1)], 2: [(0, 1)]}, [3], 30 - late)]
    env = ChipEnvironment()
    timing = CompiledTiming(env, Fabric(mesh, QUICK), grid(mesh))
    for tick in ticks:
        env.run(env.timeout(tick.start_ps - env.now))
        timing.launch(*traffic(tick, mesh.cores))
    assert (timing.solved, timing.played) == ((2, 0) if not late else (0, 2))
    assert_same((mesh, QUICK, grid(mesh), ticks), SimpyTiming, CompiledTiming, EVENTS)


def expected(mesh, chip, ticks, threads):
    """Play ticks one after the other, all of them expected before the first one begins."""
    env = ChipEnvironment()
    timing = CompiledTiming(env, Fabric(mesh, chip), grid(mesh), threads=threads)
    sent = [traffic(tick, mesh.cores) for tick in ticks]
    for tick in sent:
        timing.expect(*tick)
    times = []

    def clock():
        for tick in sent:
            flight = timing.launch(*tick)
            yield timing.rest()
            assert flight.over
            times.append(flight.times())

    env.run(env.process(clock()))
    timing.close()
    return times, (timing.solved, timing.played)


@pytest.mark.parametrize("threads", [1, 3])
def test_expected_ticks_come_out_as_those_that_are_not_expected(threads):
    mesh = Mesh(1, 1, 8)
    rng = np.random.default_rng(3)
    ticks = [
        Tick({core: [(pause, int(to)) for to in rng.integers(0, 64, 10)] for core in range(64)}, [5, 9])
        for pause in (1, 2_000, 1, 1, 3_000, 1, 400)
    ]
    alone, ways = solved(mesh, QUICK, ticks)
    times, counts = expected(mesh, QUICK, ticks, threads)
    assert_same_times(times, alone)
    assert counts == (sum(ways), len(ways) - sum(ways)) == (3, 4)


@pytest.mark.parametrize("pause", [0, 100])
def test_an_expected_tick_that_comes_too_early_is_played_as_it_comes(pause):
    mesh = Mesh(1, 1, 4)
    ticks = [Tick({0: [(10, 3)] * 5}), Tick({0: [(10, 1)], 2: [(0, 1)]}, [3], pause)]
    env = ChipEnvironment()
    timing = CompiledTiming(env, Fabric(mesh, QUICK), grid(mesh))
    sent = [traffic(tick, mesh.cores) for tick in ticks]
    for tick in sent:
        timing.expect(*tick)
    flights = []
    for tick, packets in zip(ticks, sent, strict=True):
        if tick.start_ps:
            env.run(env.timeout(tick.start_ps - env.now))
        flights.append(timing.launch(*packets))
    env.run(timing.rest())
    timing.close()
    assert_same_times([flight.times() for flight in flights], play(mesh, QUICK, grid(mesh), ticks))


def test_a_larger_mesh_full_of_bursts():
    mesh = Mesh(1, 1, 16)
    rng = np.random.default_rng(8)
    chip = ChipOptions(neuron_time_ps=0)
    ticks = [Tick({core: [(0, int(to)) for to in rng.integers(0, 256, 64)] for core in range(256)})]
    assert_same((mesh, chip, grid(mesh), ticks), SimpyTiming, CompiledTiming)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_scans_in_one_pass_are_those_in_numpy(seed):
    rng = np.random.default_rng(seed)
    events = rng.integers(0, 300, rng.integers(1, 9, 2)).astype(np.uint16)
    core, neuron = np.nonzero(rng.random(events.shape) < rng.random())
    tick = Tick({int(c): [(1, 0)] * int((core == c).sum()) for c in np.unique(core)}, [0] * int(rng.integers(0, 3)))
    packets, _ = traffic(tick, len(events))
    packets.source_neuron[packets.from_host :] = neuron
    chip = ChipOptions(neuron_time_ps=int(rng.integers(0, 9)), synaptic_event_time_ps=int(rng.integers(0, 9)))
    scans, expected_scans = scan_cores(packets, events, chip), Scans.of(packets, events, chip)
    np.testing.assert_array_equal(scans.ready_ps, expected_scans.ready_ps)
    np.testing.assert_array_equal(scans.work_ps, expected_scans.work_ps)
