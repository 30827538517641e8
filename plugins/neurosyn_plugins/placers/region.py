"""The part of a board that a program takes."""

from __future__ import annotations

import math
from itertools import product

from neurosyn.chip.mesh import Mesh
from neurosyn.placement.place import require_room

__all__ = ["choose_region"]


def choose_region(cores: int, mesh: Mesh) -> tuple[int, int]:
    """Return width and height of a compact rectangle, from position (0, 0), with room for a program.

    As few chips as possible, as nearly square as possible; within one chip a square, over several chips all of their
    rows (or columns), so that few packets cross from chip to chip.
    """
    require_room(cores, mesh)
    boards = product(range(1, mesh.rows + 1), range(1, mesh.columns + 1))
    enough = [(r, c) for r, c in boards if r * c * mesh.side**2 >= cores]
    rows, columns = min(enough, key=lambda board: (board[0] * board[1], abs(board[0] - board[1]), board[0]))
    if rows * columns == 1:
        height = math.isqrt(cores - 1) + 1
        return -(-cores // height), height
    if columns >= rows:
        height = rows * mesh.side
        return -(-cores // height), height
    width = columns * mesh.side
    return width, -(-cores // width)
