"""The mesh of cores: chips of 64 × 64 tiled into a board, and dimension-order routes over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError

__all__ = ["CHIP_SIDE", "REACH", "Mesh"]

CHIP_SIDE = 64
"""Cores along a side of a chip. [P] Merolla et al. 2014."""
REACH = 255
"""Largest |dx| and |dy| of a packet: 9-bit signed fields. [P] Akopyan et al. 2015."""


@dataclass(frozen=True)
class Mesh:
    """A board of chips.

    Cores have global positions (x, y): x grows eastwards over all chips of a row, y northwards. Packets travel first
    along x, then along y [P].

    Attributes
    ----------
    rows, columns : int
        Chips along y and x.
    side : int
        Cores along a side of a chip; 64 on TrueNorth, smaller in tests.
    """

    rows: int = 1
    columns: int = 1
    side: int = CHIP_SIDE

    @property
    def width(self) -> int:
        """Cores along x."""
        return self.columns * self.side

    @property
    def height(self) -> int:
        """Cores along y."""
        return self.rows * self.side

    @property
    def cores(self) -> int:
        """Number of cores."""
        return self.width * self.height

    @property
    def chips(self) -> int:
        """Number of chips."""
        return self.rows * self.columns

    def hops(self, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return |dx| + |dy| for positions (…, 2): the links a packet takes between routers."""
        result: NDArray[np.int32] = np.abs(target - source).sum(axis=-1, dtype=np.int32)
        return result

    def check_reach(self, source: NDArray[np.int32], target: NDArray[np.int32]) -> None:
        """Raise `ChipLimitError` if a packet between any of these positions (…, 2) cannot encode its way."""
        far = np.abs(target - source).max(axis=-1, initial=0)
        if far.size and far.max() > REACH:
            worst = int(far.argmax())
            a, b = source.reshape(-1, 2)[worst], target.reshape(-1, 2)[worst]
            raise ChipLimitError(
                f"placement: a packet from core position ({a[0]}, {a[1]}) to ({b[0]}, {b[1]}) goes {far.max()} cores "
                f"along one axis; a packet reaches {REACH}; place connected cores nearer to each other"
            )
