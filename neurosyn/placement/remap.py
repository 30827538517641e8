"""Remapping: the cores of a placement that lie on dead cores of the board move to free ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Board
from neurosyn.chip.program import Program
from neurosyn.errors import ChipLimitError
from neurosyn.placement.expected_traffic import measure_traffic

__all__ = ["remap"]

_NEAREST = 64
"""Free positions near a dead core that are considered for it."""
_GROWTH = {"west": (0, 1), "east": (0, -1), "south": (1, 1), "north": (1, -1)}
"""Axis along which the host's routes at a side grow with the position, and the sign."""


def remap(program: Program, xy: NDArray[np.int32], board: Board, dead: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a placement that leaves dead cores of the board free; the other cores of the program stay.

    The cores that move go to the free positions that together make their routes shortest, in hops weighted by the
    expected packets, with all other cores where they are (an assignment problem).

    Parameters
    ----------
    program
    xy : int32 array (cores, 2)
        The placement.
    board
    dead : int32 array (n, 2)
        Positions of dead cores.

    Raises
    ------
    ChipLimitError
        If fewer positions are free than cores have to move.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial import cKDTree

    mesh = board.mesh
    is_dead = np.zeros((mesh.height, mesh.width), np.bool_)
    is_dead[dead[:, 1], dead[:, 0]] = True
    moving = np.flatnonzero(is_dead[xy[:, 1], xy[:, 0]])
    if not len(moving):
        return xy
    is_taken = is_dead.copy()
    is_taken[xy[:, 1], xy[:, 0]] = True
    y, x = np.nonzero(~is_taken)
    free = np.stack([x, y], axis=1).astype(np.int32)
    if len(free) < len(moving):
        raise ChipLimitError(
            f"placement: {len(moving):,} cores lie on dead cores of the board and {len(free):,} others are free; set "
            "`chip.chips` to more chips, or defects.remap to false"
        )
    _, near = cKDTree(free).query(xy[moving], k=min(_NEAREST, len(free)))
    chosen = np.unique(near)
    if len(chosen) < len(moving):
        chosen = np.arange(len(free))
    costs = _route_costs(program, xy, board, moving, free[chosen])
    rows, columns = linear_sum_assignment(costs)
    result = xy.copy()
    result[moving[rows]] = free[chosen[columns]]
    return result


def _route_costs(
    program: Program, xy: NDArray[np.int32], board: Board, moving: NDArray[np.int64], free: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return expected packets times hops, (moving, free): of each core that moves, at each free position."""
    traffic = measure_traffic(program)
    pull = np.zeros((program.cores, 2))
    inputs = traffic.inputs if board.enters_on_one_side else 0 * traffic.inputs
    for side, packets in ((board.input_side, inputs), (board.output_side, traffic.outputs)):
        axis, sign = _GROWTH[side]
        pull[:, axis] += sign * packets
    costs = pull[moving] @ free.T.astype(np.float64)
    ends = np.concatenate([traffic.source, traffic.target])
    others = np.concatenate([traffic.target, traffic.source])
    packets = np.concatenate([traffic.packets, traffic.packets])
    order = np.argsort(ends, kind="stable")
    first = np.searchsorted(ends[order], np.arange(program.cores + 1))
    for row, core in enumerate(moving.tolist()):
        of_core = order[first[core] : first[core + 1]]
        there, weight = xy[others[of_core]], packets[of_core]
        for axis, places in enumerate((board.mesh.width, board.mesh.height)):
            along = np.abs(np.arange(places)[:, None] - there[:, axis]) @ weight
            costs[row] += along[free[:, axis]]
    return costs
