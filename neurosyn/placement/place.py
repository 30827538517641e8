"""The stage that gives each core of a program its place on the board."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.reach import check_reach
from neurosyn.errors import ChipLimitError, PluginError
from neurosyn.placement.placer import Placer
from neurosyn.registry import blame

__all__ = ["place_program", "require_room"]


def require_room(cores: int, mesh: Mesh) -> None:
    """Raise `ChipLimitError` if a board has fewer cores than a program."""
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
) -> Placement:
    """Place a program and check the result: room, distinct positions, and that every packet reaches its target.

    Raises
    ------
    ChipLimitError
        If the board has too few cores, or a packet cannot encode its way.
    PluginError
        If the placer breaks its contract.
    """
    mesh = board.mesh
    require_room(program.cores, mesh)
    with blame("placers", type(placer).__name__, "place"):
        xy = placer.place(program, board, seed, progress)
    if not isinstance(xy, np.ndarray) or xy.shape != (program.cores, 2) or xy.dtype != np.int32:
        found = f"{xy.dtype} {xy.shape}" if isinstance(xy, np.ndarray) else type(xy).__name__
        raise PluginError(
            f"placer {type(placer).__name__}: returned {found}, not int32 ({program.cores}, 2); correct its place()"
        )
    placement = Placement(mesh, xy)
    check_reach(program, placement, board.input_side, board.output_side)
    return placement
