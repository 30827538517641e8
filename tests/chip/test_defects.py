"""Defects of the board: positions and links that are drawn, and what a placed program loses by them."""

import numpy as np
import pytest

from neurosyn.chip.defects import DefectOptions, apply_defects
from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.errors import ScenarioError
from tests.placement.programs import draw_program

MESH = Mesh(1, 2, side=4)
STEPS = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}


@pytest.fixture
def placed():
    program = draw_program(12)
    order = np.random.default_rng(0).permutation(MESH.cores)[: program.cores]
    y, x = np.divmod(order, MESH.width)
    return program, Placement(MESH, np.stack([x, y], axis=1).astype(np.int32))


def links_of_route(source, target):
    """Walk a route step by step, first along x, then along y."""
    (x, y), links = source, []
    while (x, y) != tuple(target):
        axis, distance = (0, target[0] - x) if x != target[0] else (1, target[1] - y)
        side = (("east", "west"), ("north", "south"))[axis][distance < 0]
        links.append((side, x, y))
        x, y = x + STEPS[side][0], y + STEPS[side][1]
    return links


def test_dead_cores_of_a_smaller_share_are_among_those_of_a_larger():
    few, many = (
        set(map(tuple, DefectOptions(dead_cores=share, draw=4).dead_xy(MESH).tolist())) for share in (0.125, 0.5)
    )
    assert (len(few), len(many)) == (4, 16)
    assert few < many
    other = DefectOptions(dead_cores=0.125, draw=5, dead_positions=((7, 3),)).dead_xy(MESH).tolist()
    assert [7, 3] in other
    assert {tuple(position) for position in other} != few


def test_positions_outside_of_the_board_are_refused():
    with pytest.raises(ScenarioError, match=r"\[8, 0\] is outside of the board of 8 × 4 cores"):
        DefectOptions(dead_positions=((8, 0),)).dead_xy(MESH)


def test_a_board_has_no_dead_links_that_leave_it():
    maps = DefectOptions(dead_links=1.0).dead_link_maps(MESH)
    assert {side: int(dead.sum()) for side, dead in maps.items()} == {"east": 28, "west": 28, "north": 24, "south": 24}
    for side, (x, y) in STEPS.items():
        rows, columns = np.nonzero(maps[side])
        assert ((columns + x >= 0) & (columns + x < 8) & (rows + y >= 0) & (rows + y < 4)).all()
    half = DefectOptions(dead_links=0.5).dead_link_maps(MESH)
    assert sum(int(dead.sum()) for dead in half.values()) == 52


def test_cores_at_dead_positions_are_dead(placed):
    program, placement = placed
    options = DefectOptions(dead_positions=tuple(map(tuple, placement.xy[[2, 5]].tolist())))
    faulty, differences = apply_defects(program, placement, Board(MESH), options)
    assert differences == ("2 of 12 cores lie on dead cores of the board",)
    assert not faulty.crossbars[faulty.crossbar[[2, 5]]].any()
    sound = np.setdiff1d(np.arange(12), [2, 5])
    assert np.array_equal(faulty.crossbars[faulty.crossbar[sound]], program.crossbars[program.crossbar[sound]])
    assert apply_defects(program, placement, Board(MESH), DefectOptions()) == (program, ())


@pytest.mark.parametrize(("sides", "ports"), [(("west", "east"), "side"), (("south", "north"), "border")])
def test_packets_are_lost_exactly_where_their_route_takes_a_dead_link(placed, sides, ports):
    program, placement = placed
    assert (program.dest_core == OUTPUT).any()
    board = Board(MESH, *sides, host_ports=ports)
    options = DefectOptions(dead_links=0.2, draw=1)
    dead = {(side, x, y) for side, where in options.dead_link_maps(MESH).items() for y, x in np.argwhere(where)}
    faulty, differences = apply_defects(program, placement, board, options)

    xy, lost = placement.xy, 0
    for core, neuron in np.argwhere(program.dest_core != NO_DESTINATION):
        target = program.dest_core[core, neuron]
        end = MESH.border(xy[core], board.output_side) if target == OUTPUT else xy[target]
        is_lost = bool(dead & set(links_of_route(tuple(xy[core].tolist()), end.tolist())))
        assert (faulty.dest_core[core, neuron] == NO_DESTINATION) == is_lost
        lost += is_lost
    kept = [
        line
        for line, core in zip(program.input_line, program.input_core, strict=True)
        if not dead & set(links_of_route(tuple(board.entries(xy[core]).tolist()), xy[core].tolist()))
    ]
    assert faulty.input_line.tolist() == kept
    assert lost
    assert differences[0].startswith(f"{lost:,} of ")
