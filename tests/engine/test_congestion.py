"""Traffic made to stick: on one chip and on boards, with little room. Nothing sticks, and nothing gets lost."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.compiled.timing import CompiledTiming
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric
from neurosyn.engine.reference.packet import Packet
from neurosyn.engine.reference.timing import SimpyTiming
from tests.engine.playing import OUTPUT, QUICK, Tick, grid, play, traffic

BOARDS = [Mesh(1, 1, 8), Mesh(2, 2, 4), Mesh(4, 4, 2)]
CORES = range(64)


def all_to_one(rng):
    return Tick({core: [(0, 27)] * 6 for core in CORES})


def transpose(rng):
    return Tick({core: [(0, core % 8 * 8 + core // 8)] * 12 for core in CORES})


def opposite(rng):
    return Tick({core: [(0, 63 - core)] * 12 for core in CORES})


def full_bursts(rng):
    return Tick({core: [(0, int(to)) for to in rng.integers(0, 64, 24)] for core in CORES})


def all_to_the_host(rng):
    return Tick({core: [(0, OUTPUT)] * 6 for core in CORES})


def host_against_bursts(rng):
    return Tick({core: [(0, 63 - core), (0, OUTPUT)] * 5 for core in CORES}, host=rng.integers(0, 64, 300).tolist())


PATTERNS = [all_to_one, transpose, opposite, full_bursts, all_to_the_host, host_against_bursts]


def in_flight(env, network):
    on_links = sum(isinstance(event.value, Packet) for _, _, _, event in env._queue)
    return sum(map(len, network.merges.values())) + on_links


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("mesh", BOARDS, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_bursts_neither_stick_nor_get_lost(pattern, mesh, depth):
    chip = ChipOptions(**(QUICK.model_dump() | {"chips": (mesh.rows, mesh.columns), "fifo_depth": depth}))
    env = ChipEnvironment()
    timing = SimpyTiming(env, Fabric(mesh, chip), grid(mesh))
    packets, work = traffic(pattern(np.random.default_rng(5)), mesh.cores)
    flight = timing.launch(packets, work)
    network, instants, most = timing.network, [env.now], 0
    while env.peek() < float("inf"):
        env.step()
        if env.now > instants[-1]:
            instants.append(env.now)
            flying = in_flight(env, network)
            assert network.sent == network.delivered + flying
            most = max(most, flying)
    assert len(instants) > 50
    assert flight.pending == 0
    assert network.sent == network.delivered == len(packets)
    assert most > 64  # it was a burst
    times = flight.times()
    assert (times.arrival_ps > times.send_ps).all()
    if pattern is all_to_one and mesh.chips == 1:
        # The local port of the one is never idle, except that a place comes back only every 20 ps: with a single place
        # in each FIFO, the last inflow alone keeps it busy half of the time.
        assert set(np.diff(np.sort(times.arrival_ps)).tolist()) == ({10} if depth > 1 else {10, 20})


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("mesh", BOARDS, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_compiled_code_plays_them_alike(pattern, mesh, depth):
    chip = ChipOptions(**(QUICK.model_dump() | {"chips": (mesh.rows, mesh.columns), "fifo_depth": depth}))
    tick = pattern(np.random.default_rng(5))
    (simpy,), (compiled,) = (play(mesh, chip, grid(mesh), [tick], timing) for timing in (SimpyTiming, CompiledTiming))
    for name, value in vars(simpy).items():
        np.testing.assert_array_equal(value, getattr(compiled, name), err_msg=name)


def test_bursts_that_overlap_are_kept_apart():
    """Ticks that begin long before the packets of those before have arrived."""
    mesh, rng = Mesh(2, 2, 4), np.random.default_rng(7)
    env = ChipEnvironment()
    chip = ChipOptions(**(QUICK.model_dump() | {"chips": (2, 2), "fifo_depth": 1}))
    timing = SimpyTiming(env, Fabric(mesh, chip), grid(mesh))
    flights, sent = [], 0
    for number in range(4):
        packets, work = traffic(full_bursts(rng), mesh.cores)
        flights.append(timing.launch(packets, work))
        sent += len(packets)
        env.run(until=50 * (number + 1))
        assert timing.network.sent == timing.network.delivered + in_flight(env, timing.network)
        assert timing.network.delivered < sent / 10
    env.run()
    assert [flight.pending for flight in flights] == [0] * 4
    assert timing.network.sent == timing.network.delivered == sent


def test_each_chip_at_the_hosts_sides_has_ports_of_its_own():
    """Two chips on top of each other take twice as many packets in the same time, in and out."""

    def last_arrival(mesh, positions):
        env = ChipEnvironment()
        chip = ChipOptions(**(QUICK.model_dump() | {"chips": (mesh.rows, mesh.columns), "fifo_depth": 64}))
        timing = SimpyTiming(env, Fabric(mesh, chip), positions)
        packets, work = traffic(Tick({0: [(0, OUTPUT)] * 10, 1: [(0, OUTPUT)] * 10}, host=[0, 1] * 10), 2)
        flight = timing.launch(packets, work)
        env.run()
        arrivals = flight.times().arrival_ps
        return int(arrivals[:20].max()), int(arrivals[20:].max())

    # One chip of 4 × 4: 20 packets one after the other through one port; two chips of 2 × 2: 10 through each.
    assert last_arrival(Mesh(1, 1, 4), [(0, 0), (0, 2)]) == (20 * 100 + 10, 4 * 10 + 20 * 100)
    assert last_arrival(Mesh(2, 1, 2), [(0, 0), (0, 2)]) == (10 * 100 + 10, 2 * 10 + 10 * 100)
