"""Expected packets, hops and link loads by hand, and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.placement import Placement
from neurosyn.placement.expected_traffic import mean_hops, measure_traffic
from tests.placement.programs import convolve, draw_program, wire

MESH = Mesh(1, 1, 4)


def at(*positions):
    return Placement(MESH, np.array(positions, np.int32))


def link_loads(program, placement):
    traffic, xy = measure_traffic(program), placement.xy
    return dict(placement.mesh.link_loads(xy[traffic.source], xy[traffic.target], traffic.packets))


def test_mean_hops_by_hand():
    program = wire(3, {(0, 1): 3.0, (0, 2): 1.0, (1, 1): 2.0})
    # 3 packets over 2 + 1 links, 1 over 3, 2 within the core.
    assert mean_hops(program, at((0, 0), (2, 1), (0, 3))) == pytest.approx((3 * 3 + 1 * 3 + 2 * 0) / 6)


def test_mean_hops_of_silence_is_0():
    assert mean_hops(wire(2, {(0, 1): 0.0}), at((0, 0), (3, 3))) == 0
    assert mean_hops(wire(2, {}), at((0, 0), (3, 3))) == 0


def test_link_loads_by_hand():
    """0 at (0, 0) sends 2 packets east twice and north once to 1 at (2, 1); 1 sends 5 back, west then south."""
    loads = link_loads(wire(2, {(0, 1): 2.0, (1, 0): 5.0}), at((0, 0), (2, 1)))
    east, west, north, south = (np.zeros((4, 4)) for _ in range(4))
    east[0, 0] = east[0, 1] = 2
    north[0, 2] = 2
    west[1, 2] = west[1, 1] = 5
    south[1, 0] = 5
    for direction, expected in (("east", east), ("west", west), ("north", north), ("south", south)):
        np.testing.assert_array_equal(loads[direction], expected)


def test_traffic_by_hand():
    program = wire(3, {(0, 1): 3.0, (2, 0): 1.0, (1, 1): 2.0}, inputs=(0, 0, 1), outputs=(2,))
    traffic = measure_traffic(program)
    assert list(zip(traffic.source, traffic.target, traffic.packets, strict=True)) == [(0, 1, 3.0), (2, 0, 1.0)]
    assert traffic.outputs.tolist() == [0, 0, 1]
    assert traffic.inputs.tolist() == [0, 0, 0]  # no neuron has a synapse with the axons of the lines


def test_input_lines_are_as_active_as_their_relays():
    program = convolve(4, 4)
    traffic = measure_traffic(program)
    # Each of 32 lines is expected to spike with probability ½, as no activity of the inputs was recorded.
    assert traffic.inputs.sum() == pytest.approx(16)
    assert np.flatnonzero(traffic.inputs).tolist() == np.unique(program.input_core).tolist()


@settings(max_examples=30, deadline=None)
@given(cores=st.integers(1, 20), seed=st.integers(0, 2**16))
def test_links_carry_what_packets_travel(cores, seed):
    program = draw_program(cores, seed)
    mesh = Mesh(1, 2, 4)
    cells = np.random.default_rng(seed).permutation(mesh.cores)[:cores]
    placement = Placement(mesh, np.stack([cells % 8, cells // 8], axis=1).astype(np.int32))
    loads = link_loads(program, placement)
    travelled = sum(load.sum() for load in loads.values())
    inside = program.dest_core >= 0
    packets = program.activity[inside].sum(dtype=np.float64)
    assert travelled == pytest.approx(mean_hops(program, placement) * packets)
    off_the_board = (loads["east"][:, -1], loads["west"][:, 0], loads["north"][-1], loads["south"][0])
    assert all(load == pytest.approx(0, abs=1e-9) for load in off_the_board)
