"""Contract of placers, which assign a position of the mesh to each core of a program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Board
from neurosyn.chip.program import Program
from neurosyn.options import PluginOptions

__all__ = ["Placer"]


class Placer(PluginOptions, ABC):
    """Placer plugin (group ``placers``)."""

    def unused_on(self, cores: int, board: Board) -> dict[str, str]:  # noqa: ARG002
        """Return the options that are changed and have no effect for so many cores on a board, as `unused` does."""
        return {}

    @abstractmethod
    def place(
        self, program: Program, board: Board, seed: int, progress: Callable[[int, int, str], None]
    ) -> NDArray[np.int32]:
        """Return the position of each core, int32 (cores, 2).

        The same program, board and seed give the same positions.

        Parameters
        ----------
        program
        board
            The mesh, and the sides where packets of the host enter and leave.
        seed
            Seed of everything random.
        progress
            Called with the amount done, the total, and the unit.

        Raises
        ------
        ChipLimitError
            If the program has more cores than the board.
        """
