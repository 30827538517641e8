"""The mesh of cores: square chips tiled into a board, the host at its sides, and dimension-order routes over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import ChipLimitError

__all__ = ["CHIP_SIDE", "REACH", "Board", "HostPorts", "Mesh", "Side"]

CHIP_SIDE = TRUENORTH.network.side
"""Cores along a side of TrueNorth. [P] Merolla et al. 2014."""
REACH = TRUENORTH.network.reach
"""Largest |dx| and |dy| of TrueNorth's packets: fields of 9 bits with sign. [P] Akopyan et al. 2015."""
Side = Literal["west", "east", "north", "south"]
"""A side of the board, and the direction in which it lies."""
HostPorts = Literal["side", "border"]
"""Chips with a link from the host: those on the input side, or all at the border of the board."""

_Count = TypeVar("_Count", np.int64, np.float64)


@dataclass(frozen=True)
class Mesh:
    """Mesh of chips side by side.

    Cores have global positions (x, y): x grows eastwards over all chips of a row, y northwards. Packets travel first
    along x, then along y [P].

    Attributes
    ----------
    rows, columns : int
        Chips along y and x.
    side : int
        Cores along a side of a chip; 64 on TrueNorth.
    """

    rows: int = 1
    columns: int = 1
    side: int = CHIP_SIDE

    @classmethod
    def holding(cls, cores: int, side: int = CHIP_SIDE, reach: int = REACH) -> Mesh:
        """Return the board of the fewest chips that has room for a number of cores; of several, the most square.

        As long as chips side by side are within the reach of a packet (4 of TrueNorth, as on the NS16e), every core is
        within reach of any other; larger boards are as square as can be.
        """
        chips = max(1, -(-cores // side**2))
        in_reach = max(1, (reach + 1) // side)
        if chips > in_reach**2:
            columns = math.isqrt(chips - 1) + 1
            return cls(-(-chips // columns), columns, side)
        sides = range(1, in_reach + 1)
        boards = [cls(rows, columns, side) for columns in sides for rows in sides[:columns] if rows * columns >= chips]
        return min(boards, key=lambda board: (board.chips, board.columns))

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

    def border(self, xy: NDArray[np.int32], side: Side) -> NDArray[np.int32]:
        """Return the positions (…, 2) on a side of the board in the rows (columns) of the positions `xy` (…, 2)."""
        axis, coordinate = {
            "west": (0, 0),
            "east": (0, self.width - 1),
            "south": (1, 0),
            "north": (1, self.height - 1),
        }[side]
        result = xy.copy()
        result[..., axis] = coordinate
        return result

    def beyond(self, xy: NDArray[np.int32], side: Side) -> NDArray[np.int32]:
        """Return the positions (…, 2) one step outside a side of the board in the rows (columns) of `xy` (…, 2)."""
        step = {"west": (-1, 0), "east": (1, 0), "south": (0, -1), "north": (0, 1)}[side]
        return self.border(xy, side) + np.array(step, np.int32)

    def hops(self, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return ``|dx| + |dy|`` for positions (…, 2): the links a packet takes between routers."""
        result: NDArray[np.int32] = np.abs(target - source).sum(axis=-1, dtype=np.int32)
        return result

    def crossings(self, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the links from chip to chip among those of `hops`."""
        result: NDArray[np.int32] = np.abs(target // self.side - source // self.side).sum(axis=-1, dtype=np.int32)
        return result

    def check_reach(
        self,
        source: NDArray[np.int32],
        target: NDArray[np.int32],
        what: str = "placement: a packet between cores",
        remedy: str = "place connected cores nearer to each other",
        reach: int = REACH,
    ) -> None:
        """Raise `ChipLimitError` if a packet between any of these positions (…, 2) cannot encode its distance."""
        far = np.abs(target - source).max(axis=-1, initial=0)
        if far.size and far.max() > reach:
            worst = int(far.argmax())
            a, b = source.reshape(-1, 2)[worst], target.reshape(-1, 2)[worst]
            raise ChipLimitError(
                f"{what} goes from position ({a[0]}, {a[1]}) to ({b[0]}, {b[1]}), {far.max()} cores along one axis; "
                f"a packet reaches {reach}; {remedy}"
            )

    def link_loads(
        self, source: NDArray[np.int32], target: NDArray[np.int32], packets: NDArray[_Count]
    ) -> Iterator[tuple[Side, NDArray[_Count]]]:
        """Yield the packets on the links that leave the routers in each direction.

        A route is a stretch of a row and one of a column, so a packet changes a running sum over the lane at two
        places: where its stretch begins, and where it has ended.

        Parameters
        ----------
        source, target : int32 arrays (n, 2)
            Positions; a target may lie one step beyond the board's border, if the route there needs no turn.
        packets : int64 or float64 array (n,)

        Yields
        ------
        direction : str
        loads : array (height, width) of the packets' type
            Element (y, x) is the link that leaves router (x, y) in that direction.
        """
        (x0, y0), (x1, y1) = source.T, target.T
        yield "east", _stretches(y0, x0, x1, packets, self.height, self.width)
        yield "west", _stretches(y0, x1 + 1, x0 + 1, packets, self.height, self.width)
        yield "north", _stretches(x1, y0, y1, packets, self.width, self.height).T
        yield "south", _stretches(x1, y1 + 1, y0 + 1, packets, self.width, self.height).T


@dataclass(frozen=True)
class Board:
    """Mesh with the host at its sides; placements depend on nothing else of the chip.

    Attributes
    ----------
    mesh : Mesh
    input_side, output_side : str
        Where the host's packets enter, and where packets leave for the host.
    host_ports : str
        ``side``: the host has a link into each chip on the input side. ``border``: it has one into each chip at the
        border of the board, from outside: on the input side if the chip lies there, else south, north, west or east,
        the first that is free. Chips without a link get their packets through the input side.
    reach : int
        Cores along x and along y that a packet reaches.
    """

    mesh: Mesh
    input_side: Side = "west"
    output_side: Side = "east"
    host_ports: HostPorts = "side"
    reach: int = REACH

    @property
    def enters_on_one_side(self) -> bool:
        """True if the host's packets for all chips enter on the input side."""
        across = self.mesh.columns if self.input_side in ("west", "east") else self.mesh.rows
        return self.host_ports == "side" or across == 1

    def entry_side(self, column: int, row: int) -> Side:
        """Return the side on which the host's packets for a chip enter the board."""
        last_column, last_row = self.mesh.columns - 1, self.mesh.rows - 1
        free = {"south": row == 0, "north": row == last_row, "west": column == 0, "east": column == last_column}
        if self.host_ports == "side" or free[self.input_side]:
            return self.input_side
        sides: tuple[Side, ...] = ("south", "north", "west", "east")
        return next((side for side in sides if free[side]), self.input_side)

    def entries(self, xy: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the positions (…, 2) on the board's border where the host's packets for positions (…, 2) enter."""
        if self.host_ports == "side":
            return self.mesh.border(xy, self.input_side)
        result, chip = xy.copy(), xy // self.mesh.side
        for row in range(self.mesh.rows):
            for column in range(self.mesh.columns):
                here = (chip[..., 0] == column) & (chip[..., 1] == row)
                result[here] = self.mesh.border(xy[here], self.entry_side(column, row))
        return result


def _stretches(
    lane: NDArray[np.int32],
    first: NDArray[np.int32],
    end: NDArray[np.int32],
    packets: NDArray[_Count],
    lanes: int,
    length: int,
) -> NDArray[_Count]:
    """Add up stretches from `first` to before `end` in each lane; stretches that end before they begin are empty."""
    is_used = first < end
    changes: NDArray[Any] = np.zeros((lanes, length + 1), packets.dtype)
    np.add.at(changes, (lane[is_used], first[is_used]), packets[is_used])
    np.subtract.at(changes, (lane[is_used], end[is_used]), packets[is_used])
    return changes.cumsum(axis=1)[:, :-1]
