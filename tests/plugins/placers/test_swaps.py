"""Swaps of annealing: the cost recomputed after every few moves."""

import numpy as np
from neurosyn_plugins.placers.swaps import try_swaps


def test_moves_downhill_never_lengthen_routes():
    """Cost recomputed from scratch after every few swaps, with holes on the board, a host and two chips."""
    rng = np.random.default_rng(5)
    cores, width, height = 40, 8, 7
    weights = np.triu(rng.integers(0, 50, (cores, cores)) * (rng.random((cores, cores)) < 0.2), 1)
    weights = weights + weights.T
    first = np.concatenate(([0], np.cumsum((weights > 0).sum(axis=1))))
    neighbour = np.nonzero(weights)[1].astype(np.int32)
    packets = weights[weights > 0].astype(np.int32)
    pull = rng.integers(-20, 20, (cores, 2))
    column_cost = np.arange(width) + 6 * (np.arange(width) // 4)
    row_cost = np.arange(height)
    cells = rng.permutation(width * height)[:cores]
    xy = np.stack([cells % width, cells // width], axis=1).astype(np.int32)
    core_at = np.full((height, width), -1, np.int32)
    core_at[xy[:, 1], xy[:, 0]] = np.arange(cores)

    def cost():
        x, y = column_cost[xy[:, 0]], row_cost[xy[:, 1]]
        routes = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        return (weights * routes).sum() // 2 + (pull[:, 0] * x + pull[:, 1] * y).sum()

    state, costs = np.array([7], np.uint64), [cost()]
    for _ in range(400):
        accepted = try_swaps(first, neighbour, packets, pull, column_cost, row_cost, xy, core_at, 10, 7, 0.0, state)
        costs.append(cost())
        assert costs[-1] <= costs[-2]
        assert accepted or costs[-1] == costs[-2]
        assert np.array_equal(core_at[xy[:, 1], xy[:, 0]], np.arange(cores))
        assert (core_at >= 0).sum() == cores
    assert costs[-1] < 0.7 * costs[0]
