"""A placement: which position of the mesh each core of a program takes; and the contract of placers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.program import Program
from neurosyn.errors import ChipLimitError, DataError
from neurosyn.options import Options

__all__ = ["Placement", "Placer"]


@dataclass(frozen=True, eq=False)
class Placement:
    """Positions of a program's cores.

    Attributes
    ----------
    mesh : Mesh
    xy : int32 array (cores, 2)
        Global position of each core; no two alike.
    """

    mesh: Mesh
    xy: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.xy.ndim != 2 or self.xy.shape[1] != 2 or self.xy.dtype != np.int32:
            raise DataError(f"placement: positions are {self.xy.dtype} {self.xy.shape}, not int32 (cores, 2)")
        if len(self.xy) > self.mesh.cores:
            raise ChipLimitError(
                f"placement: {len(self.xy):,} cores on a board of {self.mesh.cores:,}; add chips to `chip.chips`"
            )
        x, y = self.xy[:, 0], self.xy[:, 1]
        if ((x < 0) | (x >= self.mesh.width) | (y < 0) | (y >= self.mesh.height)).any():
            raise DataError(f"placement: a core lies outside the board of {self.mesh.width} × {self.mesh.height} cores")
        if len(np.unique(y.astype(np.int64) * self.mesh.width + x)) != len(x):
            raise DataError("placement: two cores share a position")


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
