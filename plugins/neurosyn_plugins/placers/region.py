"""The part of a board that a program takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Mesh, require_room

__all__ = ["Region", "choose_region"]


@dataclass(frozen=True, eq=False)
class Region:
    """Some columns and rows of a board: places are numbered within them.

    Attributes
    ----------
    columns, rows : int32 arrays (width,), (height,)
        x of each column and y of each row on the board, ascending.
    """

    columns: NDArray[np.int32]
    rows: NDArray[np.int32]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def positions(self, places: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the positions on the board of places (cores, 2) in the region."""
        return np.stack([self.columns[places[:, 0]], self.rows[places[:, 1]]], axis=1)


def choose_region(cores: int, mesh: Mesh, *, spread: bool = False) -> Region:
    """Return a compact region with room for a program.

    By default that is a rectangle from position (0, 0) on as few chips as possible, as nearly square as possible;
    within one chip a square, over several chips all of their rows (or columns), so that few packets cross from chip to
    chip. With `spread` it is a square of the same size on every chip, where that lies nearest to the middle of the
    board.
    """
    require_room(cores, mesh)
    if spread:
        on_each = -(-cores // mesh.chips)
        side = math.isqrt(on_each - 1) + 1
        return Region(_of_each_chip(mesh.columns, mesh.side, side), _of_each_chip(mesh.rows, mesh.side, side))
    boards = product(range(1, mesh.rows + 1), range(1, mesh.columns + 1))
    enough = [(r, c) for r, c in boards if r * c * mesh.side**2 >= cores]
    rows, columns = min(enough, key=lambda board: (board[0] * board[1], abs(board[0] - board[1]), board[0]))
    if rows * columns == 1:
        height = math.isqrt(cores - 1) + 1
        width = -(-cores // height)
    elif columns >= rows:
        height = rows * mesh.side
        width = -(-cores // height)
    else:
        width = columns * mesh.side
        height = -(-cores // width)
    return Region(np.arange(width, dtype=np.int32), np.arange(height, dtype=np.int32))


def _of_each_chip(chips: int, side: int, used: int) -> NDArray[np.int32]:
    """Return so many of the columns (or rows) of each chip: the last ones before the middle of the board."""
    chip, place = np.divmod(np.arange(chips * used, dtype=np.int32), np.int32(used))
    before = 2 * chip + 1 < chips
    middle = 2 * chip + 1 == chips
    offset = np.where(before, side - used, np.where(middle, (side - used) // 2, 0))
    return (chip * side + offset + place).astype(np.int32)
