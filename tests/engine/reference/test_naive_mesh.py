"""The SimPy network against the naive one, to the picosecond."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.testing.naive_mesh import NaiveMesh, Neuron, Packet
from tests.engine.playing import OUTPUT, Tick, grid, play

SIDES = st.sampled_from(["west", "east", "north", "south"])
HOST_PORTS = st.sampled_from(["side", "border"])
TIMES = st.integers(1, 6)


@st.composite
def boards(draw):
    mesh = Mesh(draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3)))
    chip = ChipOptions(
        chips=(mesh.rows, mesh.columns),
        hop_latency_ps=draw(TIMES),
        link_cycle_ps=draw(TIMES),
        fifo_depth=draw(st.integers(1, 3)),
        edge_cycle_ps=draw(TIMES),
        edge_latency_ps=draw(TIMES),
        input_side=draw(SIDES),
        output_side=draw(SIDES),
        host_ports=draw(HOST_PORTS),
    )
    return mesh, chip


@st.composite
def cases(draw):
    mesh, chip = draw(boards())
    cores = mesh.cores
    # Few targets, so that packets meet.
    targets = draw(st.lists(st.sampled_from([OUTPUT, *range(cores)]), min_size=1, max_size=3))
    neurons = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([None, *targets])), min_size=1, max_size=6)
    ticks, start = [], 0
    for _ in range(draw(st.integers(1, 3))):
        scans = {core: draw(neurons) for core in range(cores)}
        inside = [target for target in targets if target != OUTPUT]
        host = draw(st.lists(st.sampled_from(inside), max_size=6)) if inside else []
        ticks.append(Tick(scans, host, start))
        start += draw(st.integers(0, 40))
    return mesh, chip, ticks


def play_naively(mesh, chip, ticks):
    naive = NaiveMesh(mesh, chip)
    where = grid(mesh)
    packets = []
    for number, tick in enumerate(ticks):
        sent = [Packet(None, where[target]) for target in tick.host]
        for packet in sent:
            naive.inject(tick.start_ps, packet)
        for core, neurons in sorted(tick.scans.items()):
            made = []
            for time, target in neurons:
                packet = None
                if target is not None:
                    packet = Packet(where[core], None if target == OUTPUT else where[target])
                    sent.append(packet)
                made.append(Neuron(time, packet))
            naive.scan(number, tick.start_ps, where[core], made)
        packets.append(sent)
    naive.play()
    finish = [[naive.cores[place].finish[number] for place in where] for number in range(len(ticks))]
    return packets, finish


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_time_is_that_of_the_naive_mesh(case):
    mesh, chip, ticks = case
    packets, finish = play_naively(mesh, chip, ticks)
    for times, expected, ends in zip(play(mesh, chip, grid(mesh), ticks), packets, finish, strict=True):
        np.testing.assert_array_equal(times.send_ps, [packet.send for packet in expected])
        np.testing.assert_array_equal(times.arrival_ps, [packet.arrival for packet in expected])
        np.testing.assert_array_equal(times.longest_wait_ps, [packet.longest_wait for packet in expected])
        np.testing.assert_array_equal(times.core_finish_ps, ends)
