"""A placement: which position of the mesh each core of a program takes; and the contract of placers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Board
from neurosyn.chip.program import Program
from neurosyn.options import Options

__all__ = ["Placer"]


class Placer(Options, ABC):
    """A placer plugin (group ``placers``)."""

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
            The mesh, and its sides where the host's packets enter and leave.
        seed
        progress
            Called with what is done, what there is to do, and of what.

        Raises
        ------
        ChipLimitError
            If the program has more cores than the board.
        """
