"""Remapping: dead cores of the board stay free, other cores stay, and routes stay short."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.errors import ChipLimitError
from neurosyn.placement.place import place_program
from neurosyn.placement.remap import remap
from neurosyn.registry import registry
from tests.placement.programs import wire

BOARD = Board(Mesh(side=4))
PLACERS = ("row_major", "spectral", "anneal")


def chain(cores):
    return wire(cores, {(core, core + 1): 5 for core in range(cores - 1)})


def test_no_core_is_placed_on_a_dead_one_by_any_placer():
    program, dead = chain(8), np.array([[0, 0], [1, 1], [3, 3]], np.int32)
    for name in PLACERS:
        plain = place_program(program, BOARD, registry.get("placers", name)(), 0)
        placement = place_program(program, BOARD, registry.get("placers", name)(), 0, dead=dead)
        positions = set(map(tuple, placement.xy.tolist()))
        assert not positions & set(map(tuple, dead.tolist()))
        was_dead = (plain.xy[:, None] == dead).all(axis=2).any(axis=1)
        assert np.array_equal(placement.xy[~was_dead], plain.xy[~was_dead])


def test_a_core_moves_to_where_its_routes_are_shortest():
    # Core 0 exchanges packets with cores at (0, 0), (2, 0) and (1, 2): 5 hops from (1, 1), more from elsewhere.
    xy = np.array([[1, 0], [0, 0], [2, 0], [1, 2]], np.int32)
    program = wire(4, {(0, 1): 5, (0, 2): 5, (3, 0): 5})
    moved = remap(program, xy, BOARD, np.array([[1, 0]], np.int32))
    assert moved.tolist() == [[1, 1], [0, 0], [2, 0], [1, 2]]


def test_the_host_pulls_at_cores_that_move():
    # The only packets are those to the host, which leave at the east: the nearest free position is in column 3.
    program = wire(1, {}, outputs=[0])
    moved = remap(program, np.array([[2, 0]], np.int32), BOARD, np.array([[2, 0], [3, 0]], np.int32))
    assert moved[0, 0] == 3


def test_without_a_free_position_the_board_is_too_small():
    program = chain(16)
    placement = place_program(program, BOARD, registry.get("placers", "row_major")(), 0)
    with pytest.raises(ChipLimitError, match=r"2 cores lie on dead cores of the board and 0 others are free; set"):
        remap(program, placement.xy, BOARD, placement.xy[:2])
