"""Placer ``spectral``: spectral bisection, which puts cores that exchange packets near each other.

The two smoothest functions on the graph of cores (the leading eigenvectors of the random walk along its packets, after
the constant one) serve as coordinates: in a network of local windows they follow the picture's rows and columns. A
Krylov space holds them nearly enough. The board is then filled by halving: cut the rectangle across its longer side,
give each half the cores on its side of the median, and go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Board, Placer, Program, Traffic, measure_traffic
from neurosyn_plugins.placers.region import choose_region

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["SpaceFilling", "Spectral", "core_graph", "fill_by_halving", "smooth_coordinates"]

_LOG = logging.getLogger("neurosyn.plugins.placers")

_STEPS = 150
"""Dimension of the Krylov space; with as many cores or fewer the eigenvectors are exact."""
_DIGITS = 6
"""Digits of the coordinates that count: rounding errors must not decide the order of cores."""


class Spectral(Placer):
    """Spectral bisection: an order from the graph of cores alone, without a search."""

    spread: bool = Field(False, description="use all chips of the board alike, not as few as will do")

    def place(
        self,
        program: Program,
        board: Board,
        seed: int,  # noqa: ARG002
        progress: Callable[[int, int, str], None],  # noqa: ARG002
    ) -> NDArray[np.int32]:
        """Return the position of each core."""
        region = choose_region(program.cores, board.mesh, spread=self.spread)
        graph = core_graph(measure_traffic(program), program.cores)
        return region.positions(fill_by_halving(smooth_coordinates(graph), region.width, region.height))


def core_graph(traffic: Traffic, cores: int) -> csr_array:
    """Return the packets between each two cores, both directions together, as a symmetric sparse matrix.

    Where no packets are expected at all, each connection counts alike.
    """
    from scipy.sparse import coo_array

    packets = traffic.packets if traffic.packets.sum() else np.ones(len(traffic.packets))
    one_way = coo_array((packets, (traffic.source, traffic.target)), (cores, cores)).tocsr()
    graph = (one_way + one_way.T).tocsr()
    graph.sort_indices()
    return graph


def smooth_coordinates(graph: csr_array) -> NDArray[np.float64]:
    """Return two coordinates of each core, (cores, 2), that change little along heavy connections."""
    from scipy.sparse import diags_array
    from threadpoolctl import threadpool_limits

    cores = graph.shape[0]
    traffic = graph.sum(axis=1)
    scale = np.divide(1, np.sqrt(traffic), out=np.zeros(cores), where=traffic > 0)
    walk = diags_array(scale) @ graph @ diags_array(scale)
    with threadpool_limits(1, "blas"):  # sums in one order, and vectors this short gain nothing from threads
        basis = _krylov_basis(walk, np.sqrt(traffic))
        values, vectors = np.linalg.eigh(basis @ (walk @ basis.T))
    smoothest = vectors[:, np.argsort(-values, kind="stable")[:2]]
    coordinates = np.zeros((cores, 2))
    coordinates[:, : smoothest.shape[1]] = basis.T @ smoothest * scale[:, None]
    spread = coordinates.std(axis=0)
    coordinates = np.round(coordinates / np.where(spread > 0, spread, 1), _DIGITS)
    # An eigenvector's sign means nothing; fix it.
    largest = coordinates[np.abs(coordinates).argmax(axis=0), [0, 1]]
    return coordinates * np.where(largest < 0, -1, 1)


def _krylov_basis(walk: csr_array, constant: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return orthonormal vectors, one a row, that span all powers of `walk` on a random vector without `constant`."""
    cores = len(constant)
    basis = np.zeros((min(_STEPS, cores) + 1, cores))
    basis[0] = constant / max(np.linalg.norm(constant), np.finfo(float).tiny)
    vector = np.where(constant > 0, np.random.default_rng(0).normal(size=cores), 0)
    for step in range(1, len(basis)):
        length = np.linalg.norm(vector)
        for _ in range(2):  # once leaves rounding errors
            vector = vector - basis[:step].T @ (basis[:step] @ vector)
        left = np.linalg.norm(vector)
        if left <= 1e-9 * length:
            return basis[1:step]
        basis[step] = vector / left
        vector = walk @ basis[step]
    return basis[1:]


class SpaceFilling(Spectral):
    """Deprecated name of ``spectral``, with the same options and positions."""

    def place(
        self, program: Program, board: Board, seed: int, progress: Callable[[int, int, str], None]
    ) -> NDArray[np.int32]:
        """Return the position of each core."""
        _LOG.warning("place.kind: 'space_filling' is the deprecated name of 'spectral'; write kind = \"spectral\"")
        return super().place(program, board, seed, progress)


def fill_by_halving(coordinates: NDArray[np.float64], width: int, height: int) -> NDArray[np.int32]:
    """Spread cores over a rectangle of positions by their coordinates (cores, 2)."""
    xy = np.empty((len(coordinates), 2), np.int32)
    pending = [(np.arange(len(coordinates)), 0, 0, width, height)]
    while pending:
        cores, x, y, width, height = pending.pop()
        if width * height == 1 or not len(cores):
            xy[cores] = x, y
            continue
        axis = 0 if width >= height else 1
        lower = (width if axis == 0 else height) // 2
        across = height if axis == 0 else width
        upper = (width if axis == 0 else height) - lower
        share = round(len(cores) * lower / (lower + upper))
        share = max(min(share, lower * across), len(cores) - upper * across)
        cores = cores[np.argsort(coordinates[cores, axis], kind="stable")]
        if axis == 0:
            pending += [(cores[:share], x, y, lower, height), (cores[share:], x + lower, y, upper, height)]
        else:
            pending += [(cores[:share], x, y, width, lower), (cores[share:], x, y + lower, width, upper)]
    return xy
