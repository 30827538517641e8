"""Placer ``row_major``: the cores in their order, row by row, chip by chip."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Board, Placer, Program, require_room

__all__ = ["RowMajor"]


class RowMajor(Placer):
    """Layer after layer along the rows of a chip: the plain placement to compare others with."""

    def place(
        self,
        program: Program,
        board: Board,
        seed: int,  # noqa: ARG002
        progress: Callable[[int, int, str], None],  # noqa: ARG002
    ) -> NDArray[np.int32]:
        """Return the position of each core."""
        mesh = board.mesh
        require_room(program.cores, mesh)
        chip, place = np.divmod(np.arange(program.cores, dtype=np.int32), mesh.side**2)
        chip_row, chip_column = np.divmod(chip, mesh.columns)
        y, x = np.divmod(place, mesh.side)
        return np.stack([chip_column * mesh.side + x, chip_row * mesh.side + y], axis=1).astype(np.int32)
