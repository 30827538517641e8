"""Placement stage: positions of a program's cores on a board, checked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.reach import check_placement_reach
from neurosyn.errors import ChipLimitError, PluginError
from neurosyn.placement.placer import Placer
from neurosyn.placement.remap import remap
from neurosyn.registry import blame

__all__ = ["place_program", "require_room"]


def require_room(cores: int, mesh: Mesh) -> None:
    """Raise `ChipLimitError` if a program of so many cores does not fit the board."""
    if cores > mesh.cores:
        chips = -(-cores // mesh.side**2)
        raise ChipLimitError(
            f"placement: the program has {cores:,} cores, a board of {mesh.rows} × {mesh.columns} chips has "
            f"{mesh.cores:,}; set `chip.chips` to {chips} chips or more, or use a smaller network"
        )


def place_program(
    program: Program,
    board: Board,
    placer: Placer,
    seed: int,
    progress: Callable[[int, int, str], None] = lambda *_: None,
    *,
    dead: NDArray[np.int32] | None = None,
) -> Placement:
    """Place a program and check the result: size, distinct positions, and the reach of every packet.

    `dead` are positions (n, 2) of the board that stay free; cores that the placer has put there are remapped.

    Raises
    ------
    ChipLimitError
        If the board has too few cores, or a packet cannot encode the distance to its destination.
    PluginError
        If the placer breaks its contract.
    """
    mesh = board.mesh
    require_room(program.cores, mesh)
    with blame("placers", type(placer).__name__, "place"):
        xy = placer.place(program, board, seed, progress)
    if not isinstance(xy, np.ndarray) or xy.shape != (program.cores, 2) or xy.dtype != np.int32:
        returned = f"{xy.dtype} {xy.shape}" if isinstance(xy, np.ndarray) else type(xy).__name__
        raise PluginError(
            f"placer {type(placer).__name__}: returned {returned}, not int32 ({program.cores}, 2); correct its place()"
        )
    placement = Placement(mesh, xy)
    if dead is not None:
        placement = Placement(mesh, remap(program, xy, board, dead))
    check_placement_reach(program, placement, board)
    return placement
