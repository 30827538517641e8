"""Placer ``metis``: the board cut in halves again and again, each time where the fewest packets cross.

METIS (Karypis & Kumar 1998) bisects the graph of cores; a rectangle of the board goes to each half. Which half goes to
which side, the cores outside of the rectangle and the host decide: they pull at the positions found so far. Needs
``pip install 'neurosyn[metis]'``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Board, Placer, PluginError, Program, measure_traffic
from neurosyn_plugins.placers.region import choose_region
from neurosyn_plugins.placers.spectral import core_graph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Metis"]

_INSTALL = "pip install 'neurosyn[metis]'"
_RESOLUTION = 256
"""Weight of a mean connection: METIS takes integers."""
_GROWTH = {"west": (0, 1), "east": (0, -1), "south": (1, 1), "north": (1, -1)}
"""Axis along which the host's routes at a side grow with the position, and the sign."""


class Metis(Placer):
    """Recursive bisection of the graph of cores with METIS; no search after it."""

    cuts: int = Field(4, ge=1, le=100, description="bisections to try at each step; the best is taken")
    spread: bool = Field(False, description="use all chips of the board alike, not as few as will do")

    def missing(self) -> str | None:
        """Return the command that installs pymetis, unless it is here."""
        return None if find_spec("pymetis") else f"needs pymetis; install it with: {_INSTALL}"

    def place(
        self, program: Program, board: Board, seed: int, progress: Callable[[int, int, str], None]
    ) -> NDArray[np.int32]:
        """Return the position of each core."""
        region = choose_region(program.cores, board.mesh, spread=self.spread)
        traffic = measure_traffic(program)
        graph = core_graph(traffic, program.cores)
        unit = _RESOLUTION / graph.data.mean() if graph.nnz else 1.0
        graph.data = np.maximum(np.rint(graph.data * unit), 1)
        pull = np.zeros((program.cores, 2))
        # With ports at the whole border, no side is nearer to the host's input than another.
        inputs = traffic.inputs if board.enters_on_one_side else 0 * traffic.inputs
        for side, packets in ((board.input_side, inputs), (board.output_side, traffic.outputs)):
            axis, sign = _GROWTH[side]
            pull[:, axis] += sign * packets * unit
        cutter = _Cutter(graph, pull, self.cuts, seed)
        return region.positions(cutter.fill(region.width, region.height, progress))


@dataclass(frozen=True)
class _Rectangle:
    """Some cores, and the places that they will take."""

    cores: NDArray[np.int64]
    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + (self.width - 1) / 2, self.y + (self.height - 1) / 2

    def halves(self, lower: NDArray[np.int64], upper: NDArray[np.int64]) -> list[_Rectangle]:
        if self.width >= self.height:
            near = self.width // 2
            return [
                _Rectangle(lower, self.x, self.y, near, self.height),
                _Rectangle(upper, self.x + near, self.y, self.width - near, self.height),
            ]
        near = self.height // 2
        return [
            _Rectangle(lower, self.x, self.y, self.width, near),
            _Rectangle(upper, self.x, self.y + near, self.width, self.height - near),
        ]


class _Cutter:
    """Fills a rectangle with the cores of a graph, level by level."""

    def __init__(self, graph: csr_array, pull: NDArray[np.float64], cuts: int, seed: int) -> None:
        self._graph = graph
        self._pull = pull
        self._metis = _load()
        self._options = self._metis.Options(ncuts=cuts, ufactor=1, seed=seed % 2**31)

    def fill(self, width: int, height: int, progress: Callable[[int, int, str], None]) -> NDArray[np.int32]:
        cores = self._graph.shape[0]
        where = np.tile([(width - 1) / 2, (height - 1) / 2], (cores, 1))
        level, total, done = [_Rectangle(np.arange(cores), 0, 0, width, height)], cores, 0
        while level:
            following = []
            for one in level:
                if one.width * one.height == 1 or not len(one.cores):
                    done += len(one.cores)
                    progress(done, total, "cores")
                    continue
                for half in one.halves(*self._cut(one, where)):
                    where[half.cores] = half.centre
                    following.append(half)
            level = following
        positions: NDArray[np.int32] = np.rint(where).astype(np.int32)
        return positions

    def _cut(self, one: _Rectangle, where: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Divide the cores of a rectangle: those for its lower half (west or south) and for its upper one."""
        axis = 0 if one.width >= one.height else 1
        (lower, upper) = (half.width * half.height for half in one.halves(one.cores, one.cores))
        count = len(one.cores)
        share = round(count * lower / (lower + upper))
        share = max(min(share, lower), count - upper)
        within = self._graph[one.cores][:, one.cores]
        force = self._force(one, where, axis)
        if 0 < share < count and within.nnz:
            part = self._bisect(within, share / count)
            # Which part is the lower one: the one that is drawn there.
            if force[part].mean() < force[~part].mean():
                part = ~part
        else:
            part = np.zeros(count, np.bool_)
            part[np.argsort(-force, kind="stable")[:share]] = True
        part = _balance(within, part, share, force)
        return one.cores[part], one.cores[~part]

    def _force(self, one: _Rectangle, where: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        """Return how strongly the host and the cores outside draw each core towards the lower half."""
        links = self._graph[one.cores]
        inside = np.zeros(self._graph.shape[0], np.bool_)
        inside[one.cores] = True
        side = np.sign(one.centre[axis] - where[:, axis]) * ~inside
        force: NDArray[np.float64] = links @ side + self._pull[one.cores, axis]
        return force

    def _bisect(self, graph: csr_array, share: float) -> NDArray[np.bool_]:
        neighbours = self._metis.CSRAdjacency(graph.indptr.astype(np.int32), graph.indices.astype(np.int32))
        partition = self._metis.part_graph(
            2,
            neighbours,
            eweights=graph.data.astype(np.int32),
            tpwgts=[share, 1 - share],
            recursive=True,
            options=self._options,
        )
        part: NDArray[np.bool_] = np.array(partition.vertex_part) == 0
        return part


def _balance(graph: csr_array, lower: NDArray[np.bool_], share: int, force: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Move cores between the halves until `share` are in the lower one; those first that lose least."""
    lower = lower.copy()
    while (excess := int(lower.sum()) - share) != 0:
        sign = np.where(lower, 1.0, -1.0)
        # What a core keeps by staying: its links to its own half, and what draws it there.
        stays = sign * (graph @ sign + force)
        movable = np.flatnonzero(lower if excess > 0 else ~lower)
        # A few at a time: each move changes what the others lose.
        moved = movable[np.argsort(stays[movable], kind="stable")[: max(1, abs(excess) // 4)]]
        lower[moved] = excess < 0
    return lower


def _load() -> Any:
    try:
        import pymetis
    except ImportError as error:
        raise PluginError(f"placer metis: needs pymetis; install it with: {_INSTALL}") from error
    return pymetis
