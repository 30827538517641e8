"""Checks of a placement: room, distinct positions, reach of packets."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.errors import ChipLimitError, DataError, PluginError
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.registry import registry
from tests.placement.programs import wire


class Fixed(Placer):
    """Returns what a test wants."""

    answer: object

    def place(self, program, board, seed, progress):
        return self.answer


def positions(*rows):
    return np.array(rows, np.int32)


@pytest.mark.parametrize("name", ["row_major", "spectral", "anneal"])
def test_board_without_room_is_refused(name):
    program = wire(9, {(0, 1): 1.0})
    with pytest.raises(ChipLimitError, match=r"the program has 9 cores, a board of 1 × 2 chips has 8; .* to 3 chips"):
        place_program(program, Board(Mesh(1, 2, 2)), registry.get("placers", name)(), 0)
    with pytest.raises(ChipLimitError, match="9 cores"):
        registry.get("placers", name)().place(program, Board(Mesh(1, 2, 2)), 0, lambda *_: None)


def test_placement_of_a_good_placer_passes():
    placement = place_program(wire(2, {(0, 1): 1.0}), Board(Mesh(1, 1, 4)), Fixed(answer=positions((1, 2), (3, 0))), 0)
    assert placement.xy.tolist() == [[1, 2], [3, 0]]


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (positions((0, 0)), PluginError, r"placer Fixed: returned int32 \(1, 2\), not int32 \(2, 2\)"),
        (np.zeros((2, 2)), PluginError, r"placer Fixed: returned float64 \(2, 2\)"),
        ([[0, 0], [1, 1]], PluginError, "placer Fixed: returned list"),
        (positions((1, 1), (1, 1)), DataError, "two cores share a position"),
        (positions((0, 0), (4, 0)), DataError, "outside the board"),
    ],
)
def test_what_a_placer_gets_wrong_is_told(answer, error, message):
    with pytest.raises(error, match=message):
        place_program(wire(2, {(0, 1): 1.0}), Board(Mesh(1, 1, 4)), Fixed(answer=answer), 0)


def test_packet_beyond_its_reach_is_refused():
    far = Fixed(answer=positions((0, 0), (256, 0)))
    with pytest.raises(ChipLimitError, match=r"\(0, 0\) to \(256, 0\), 256 cores .* reaches 255"):
        place_program(wire(2, {(0, 1): 1.0}), Board(Mesh(1, 5)), far, 0)
    place_program(wire(2, {}), Board(Mesh(1, 5)), far, 0)
    place_program(wire(2, {(0, 1): 1.0}), Board(Mesh(1, 5)), Fixed(answer=positions((64, 0), (319, 0))), 0)


def test_the_hosts_packets_have_the_same_reach():
    """A row of five chips: 320 cores from side to side."""
    listens, speaks = wire(1, {}, inputs=(0,)), wire(1, {}, outputs=(0,))

    def place_at(program, x, **sides):
        place_program(program, Board(Mesh(1, 5), **sides), Fixed(answer=positions((x, 7))), 0)

    place_at(listens, 255)
    with pytest.raises(
        ChipLimitError, match=r"packet of the host goes from position \(0, 7\) to \(256, 7\), 256 .*west"
    ):
        place_at(listens, 256)
    place_at(listens, 256, input_side="east")
    place_at(listens, 256, input_side="north")
    place_at(speaks, 64)
    with pytest.raises(
        ChipLimitError, match=r"packet to the host goes from position \(63, 7\) to \(319, 7\), 256 .*east"
    ):
        place_at(speaks, 63)
    place_at(speaks, 63, output_side="west")
