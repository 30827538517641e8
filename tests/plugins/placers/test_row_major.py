"""Placer ``row_major``: chip after chip, row by row."""

from neurosyn.chip.mesh import Mesh
from tests.placement.programs import place, wire


def test_row_major_fills_chip_after_chip():
    placement = place(wire(10, {}), Mesh(2, 2, 2), "row_major")
    expected = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (3, 1), (0, 2), (1, 2)]
    assert [tuple(position) for position in placement.xy.tolist()] == expected
