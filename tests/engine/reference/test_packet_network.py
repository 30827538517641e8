"""Times worked out by hand. Hops take 10 ps and edges 100 ps, and so do their cycles, unless a case says otherwise."""

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from tests.engine.playing import OUTPUT, QUICK, Tick, grid, play, play_one

LINE = Mesh(1, 1, 4)
SEND = [(0, 1)]  # one neuron that takes no time and sends to core 1


def chip(**changes):
    return ChipOptions(**(QUICK.model_dump() | changes))


def test_same_core():
    times = play_one(LINE, QUICK, [(2, 2)], {0: [(5, None), (7, 0), (3, None)]})
    assert times.send_ps.tolist() == [12]
    assert times.arrival_ps.tolist() == [22]
    assert times.core_finish_ps.tolist() == [15]
    assert times.makespan_ps == 22


def test_several_hops_and_a_turn():
    times = play_one(LINE, QUICK, [(3, 3), (1, 2)], {0: [(5, 1)]})
    assert times.arrival_ps.tolist() == [5 + 3 * 10 + 10]


def test_crossing_a_chip_edge():
    times = play_one(Mesh(1, 2, 2), chip(chips=(1, 2)), [(1, 0), (2, 0)], {0: SEND})
    assert times.arrival_ps.tolist() == [10 + 100 + 10]


def test_from_the_host():
    times = play_one(LINE, QUICK, [(2, 3)], host=[0])
    assert times.send_ps.tolist() == [0]
    assert times.arrival_ps.tolist() == [100 + 2 * 10 + 10]


def test_to_the_host():
    times = play_one(LINE, QUICK, [(2, 3)], {0: [(0, OUTPUT)]})
    assert times.arrival_ps.tolist() == [2 * 10 + 100]


def test_the_host_port_sends_a_packet_per_cycle():
    times = play_one(LINE, QUICK, [(0, 0), (0, 1)], host=[0, 1, 0])
    assert times.arrival_ps.tolist() == [110, 210, 310]
    assert times.longest_wait_ps.tolist() == [0, 100, 200]


def test_ties_go_to_the_lowest_port():
    # From the west, the east, the north and the core itself, all in the same instant at the local port of (1, 1).
    positions = [(0, 1), (1, 1), (2, 1), (1, 2)]
    scans = {0: [(0, 1)], 1: [(10, 1)], 2: [(0, 1)], 3: [(0, 1)]}
    times = play_one(LINE, QUICK, positions, scans)
    assert times.arrival_ps.tolist() == [20, 50, 30, 40]  # west, core, east, north


def test_first_come_is_first_served():
    positions = [(0, 1), (1, 1), (2, 1)]
    # The core's own packet is there 1 ps before the one from the west.
    times = play_one(LINE, QUICK, positions, {0: [(0, 1)], 1: [(9, 1)]})
    assert times.arrival_ps.tolist() == [29, 19]


def test_lanes_of_a_chip_edge_take_turns():
    positions = [(1, 0), (1, 1), (2, 0), (2, 1)]
    times = play_one(Mesh(1, 2, 2), chip(chips=(1, 2)), positions, {0: [(0, 2)], 1: [(0, 3)]})
    assert times.arrival_ps.tolist() == [120, 220]


def test_one_place_per_fifo():
    """Three packets over two links, with room for one packet in each FIFO and a handshake of 30 ps."""
    positions = [(0, 0), (2, 0)]
    times = play_one(LINE, chip(fifo_depth=1, link_cycle_ps=30), positions, {0: SEND * 3})
    # 1st: leaves at 0, 10, 20. It gives its places back at 30, 40, 50.
    # 2nd: enters at 30, goes on at 40 (place), 50 (place), 60.  Gives back at 70, 80, 90.
    # 3rd: evaluated at 30, enters at 70, goes on at 80, 90, 100.
    assert times.send_ps.tolist() == [0, 0, 30]
    assert times.arrival_ps.tolist() == [30, 70, 110]
    assert times.core_finish_ps.tolist() == [70, 0]
    assert times.longest_wait_ps.tolist() == [0, 30, 40]


def test_a_blocked_head_blocks_those_behind_it():
    # Core 0 sends to core 2, whose local port is slow because core 2 keeps it busy, then to core 1 on the way.
    positions = [(0, 0), (1, 0), (2, 0)]
    options = chip(fifo_depth=1, link_cycle_ps=50)
    alone = play_one(LINE, options, positions, {0: [(0, 1)]})
    assert alone.arrival_ps.tolist() == [20]
    times = play_one(LINE, options, positions, {0: [(0, 2), (0, 2), (0, 1)]})
    # 1st: leaves (0,0) at 0, (1,0) at 10, the local port at 20; places back at 50, 60, 70.
    # 2nd: enters at 50, leaves at 60, 70, 80; places back at 110, 120, 130.
    # 3rd: enters at 110, and its next FIFO, the local port's of (1,0), is free; the module's cycle ends at 110, too.
    assert times.arrival_ps.tolist() == [30, 90, 130]


def test_the_token_controller_stands_still_while_there_is_no_room():
    positions = [(0, 0), (1, 0)]
    scan = [(4, 1), (4, 1), (4, None), (4, 1), (4, None)]
    times = play_one(LINE, chip(fifo_depth=1, link_cycle_ps=30), positions, {0: scan})
    # 1st: ready and in at 4, leaves at 4: its place is free at 34. 2nd: ready at 8, in at 34, leaves then (the next
    # FIFO is free at 14 + 30 = 44): at 44, place back at 74. 3rd: ready at 34 + 4 + 4 = 42, in at 74.
    assert times.send_ps.tolist() == [4, 8, 42]
    assert times.core_finish_ps.tolist() == [78, 0]
    assert times.arrival_ps.tolist() == [24, 64, 104]


def test_a_core_that_is_not_finished_begins_its_next_walk_late():
    ticks = [Tick({0: [(30, 0)]}, start_ps=0), Tick({0: [(5, 0)]}, start_ps=20), Tick({0: [(5, None)]}, start_ps=22)]
    first, second, third = play(LINE, QUICK, [(0, 0)], ticks)
    assert first.core_finish_ps.tolist() == [30]
    assert second.send_ps.tolist() == [35]
    assert second.core_finish_ps.tolist() == [35]
    assert third.core_finish_ps.tolist() == [40]


def test_nothing_waits_in_a_network_without_meetings():
    mesh = Mesh(1, 1, 8)
    times = play_one(mesh, QUICK, grid(mesh), {core: [(0, core // 8 * 8)] for core in (3, 12, 17)})
    assert times.longest_wait_ps.tolist() == [0, 0, 0]
    assert times.arrival_ps.tolist() == [40, 50, 20]
