"""A placement: the position in the mesh of each core of a program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.errors import ChipLimitError, DataError
from neurosyn.support.formatting import counted

__all__ = ["Placement"]


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

    def __repr__(self) -> str:
        return f"Placement: {counted(len(self.xy), 'core')} on a board of {self.mesh.width} × {self.mesh.height}"

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
