"""The inner loop of the placer ``anneal``; import it only where it is needed, since it imports Numba."""

from __future__ import annotations

import math

import numpy as np

from neurosyn.plugins.jit import compiled

__all__ = ["try_swaps"]

_compile = compiled(nogil=True, error_model="numpy")


@_compile
def _draw(state, below):  # type: ignore[no-untyped-def]
    """Return an integer from 0 to below − 1 (Marsaglia's xorshift64; below < 2³²)."""
    word = state[0]
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    state[0] = word
    return np.int64(((word >> np.uint64(32)) * np.uint64(below)) >> np.uint64(32))


@_compile
def _change(core, other, cost_x, cost_y, first, neighbour, packets, pull, cost_of_x, cost_of_y):  # type: ignore[no-untyped-def]
    """Return what the routes of `core` gain in length if it moves to (cost_x, cost_y); `other` moves the other way."""
    here_x, here_y = cost_of_x[core], cost_of_y[core]
    change = pull[core, 0] * (cost_x - here_x) + pull[core, 1] * (cost_y - here_y)
    for k in range(first[core], first[core + 1]):
        end = neighbour[k]
        if end != other:
            there_x, there_y = cost_of_x[end], cost_of_y[end]
            longer = abs(cost_x - there_x) + abs(cost_y - there_y) - abs(here_x - there_x) - abs(here_y - there_y)
            change += packets[k] * longer
    return change


@_compile
def try_swaps(  # type: ignore[no-untyped-def]
    first, neighbour, packets, pull, column_cost, row_cost, xy, core_at, moves, window, temperature, state
):
    """Swap cores within a window by the Metropolis rule and return the number of moves that were made.

    Parameters
    ----------
    first, neighbour, packets
        Sparse rows: the neighbours of core c and their integer weights are elements ``first[c]`` to ``first[c + 1]``.
    pull : int64 array (cores, 2)
        Weight of the host's packets, which get longer with growing x and y.
    column_cost, row_cost : int64 arrays
        Coordinate of each column and row, chip crossings included.
    xy : int32 array (cores, 2)
        Positions; changed in place.
    core_at : int32 array (height, width)
        Core at each position, −1 for none; changed in place.
    moves, window : int
        Moves to try; largest |dx| and |dy| of a move.
    temperature : float
        A move that makes routes longer by d is accepted with probability exp(−d/temperature); 0 accepts none.
    state : uint64 array (1,)
        Random number state, not 0; changed in place.
    """
    cores = len(xy)
    height, width = core_at.shape
    cost_of_x = column_cost[xy[:, 0]]
    cost_of_y = row_cost[xy[:, 1]]
    accepted = 0
    for _ in range(moves):
        core = _draw(state, cores)
        from_x, from_y = xy[core, 0], xy[core, 1]
        x = from_x + _draw(state, 2 * window + 1) - window
        y = from_y + _draw(state, 2 * window + 1) - window
        chance = _draw(state, 1 << 31)
        if x < 0 or x >= width or y < 0 or y >= height or (x == from_x and y == from_y):
            continue
        other = core_at[y, x]
        change = _change(
            core, other, column_cost[x], row_cost[y], first, neighbour, packets, pull, cost_of_x, cost_of_y
        )
        if other >= 0:
            change += _change(
                other, core, cost_of_x[core], cost_of_y[core], first, neighbour, packets, pull, cost_of_x, cost_of_y
            )
        if change > 0 and (temperature <= 0 or chance >= math.exp(-change / temperature) * (1 << 31)):
            continue
        accepted += 1
        core_at[y, x] = core
        core_at[from_y, from_x] = other
        if other >= 0:
            xy[other, 0], xy[other, 1] = from_x, from_y
            cost_of_x[other], cost_of_y[other] = cost_of_x[core], cost_of_y[core]
        xy[core, 0], xy[core, 1] = x, y
        cost_of_x[core], cost_of_y[core] = column_cost[x], row_cost[y]
    return accepted
