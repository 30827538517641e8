"""Placer ``anneal``: swaps of cores that shorten the routes of packets, from a good start, by simulated annealing.

The cost is Σ packets · (|dx| + |dy|) over all pairs of cores, the host's packets included, where a step from chip to
chip counts as several. Moves are tried within a window that shrinks as fewer are accepted, as in VPR (Betz & Rose
1997).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Board, Placer, Program, measure_traffic
from neurosyn_plugins.placers.region import choose_region
from neurosyn_plugins.placers.spectral import core_graph, fill_by_halving, smooth_coordinates

__all__ = ["Anneal"]

_BLOCKS = 300
"""Changes of temperature and window."""
_FEW_CORES = 1000
"""Programs with fewer cores get the moves of this many: they take a moment and small boards are hard to search."""
_RESOLUTION = 256
"""Weight of a mean connection: costs are integers, so that every machine adds them up alike."""
_WANTED_ACCEPTANCE = 0.44
"""The window shrinks while fewer moves are accepted. Betz & Rose 1997."""
_COOLED = 0.9
"""Share of the moves after which the temperature is 0."""
_GROWTH = {"west": (0, 1), "east": (0, -1), "south": (1, 1), "north": (1, -1)}
"""Axis along which the host's routes at a side grow with the position, and the sign."""


class Anneal(Placer):
    """Simulated annealing from the ``spectral`` placement."""

    moves_per_core: int = Field(
        1000, ge=0, le=1_000_000, description="moves to try for each core, or for 1,000 if there are fewer"
    )
    start_temperature: float = Field(
        8.0, gt=0, le=1e6, description="at the start, in units of what a step of one core typically costs"
    )
    end_temperature: float = Field(0.1, gt=0, le=1e6, description="before the last, downhill moves")
    crossing: int = Field(8, ge=1, le=1000, description="hops that a step from chip to chip counts as")
    spread: bool = Field(False, description="use all chips of the board alike, not as few as will do")

    def unused_on(self, cores: int, board: Board) -> dict[str, str]:
        """Return `crossing` if all cores are on one chip, and the temperatures if no moves are tried."""
        unused: dict[str, str] = {}
        region = choose_region(cores, board.mesh, spread=self.spread)
        if max(region.columns[-1], region.rows[-1]) < board.mesh.side:
            unused |= dict.fromkeys(self.changed("crossing"), "all cores are on one chip")
        if not self.moves_per_core:
            unused |= dict.fromkeys(self.changed("start_temperature", "end_temperature"), "no moves are tried")
        return unused

    def place(
        self, program: Program, board: Board, seed: int, progress: Callable[[int, int, str], None]
    ) -> NDArray[np.int32]:
        """Return the position of each core."""
        region = choose_region(program.cores, board.mesh, spread=self.spread)
        traffic = measure_traffic(program)
        graph = core_graph(traffic, program.cores)
        unit = _RESOLUTION / graph.data.mean() if graph.nnz else 1.0
        pull = np.zeros((program.cores, 2))
        # With ports at the whole border, no side is nearer to the host's input than another.
        inputs = traffic.inputs if board.enters_on_one_side else 0 * traffic.inputs
        for side, packets in ((board.input_side, inputs), (board.output_side, traffic.outputs)):
            axis, sign = _GROWTH[side]
            pull[:, axis] += sign * packets
        search = _Search(
            first=graph.indptr.astype(np.int64),
            neighbour=graph.indices.astype(np.int32),
            packets=np.rint(graph.data * unit).astype(np.int32),
            pull=np.rint(pull * unit).astype(np.int64),
            column_cost=self._step_costs(region.columns, board.mesh.side),
            row_cost=self._step_costs(region.rows, board.mesh.side),
        )
        start = search.best_mirrored(fill_by_halving(smooth_coordinates(graph), region.width, region.height))
        annealed = self._anneal(search, start, seed, progress)
        return region.positions(annealed if search.cost(annealed) < search.cost(start) else start)

    def _step_costs(self, places: NDArray[np.int32], side: int) -> NDArray[np.int64]:
        """Return the coordinates of columns or rows: a step of a route is 1, one from chip to chip `crossing`."""
        return places + (self.crossing - np.int64(1)) * (places // side)

    def _anneal(
        self, search: _Search, start: NDArray[np.int32], seed: int, progress: Callable[[int, int, str], None]
    ) -> NDArray[np.int32]:
        from neurosyn_plugins.placers.swaps import try_swaps

        xy = start.copy()
        width, height = len(search.column_cost), len(search.row_cost)
        core_at = np.full((height, width), -1, np.int32)
        core_at[xy[:, 1], xy[:, 0]] = np.arange(len(xy))
        state = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        moves = -(-self.moves_per_core * max(len(xy), _FEW_CORES) // _BLOCKS)
        cooled = int(_COOLED * _BLOCKS)
        unit = search.typical_pull()
        window = float(max(width, height))
        for block in range(_BLOCKS):
            share = min(block / cooled, 1)
            temperature = self.start_temperature * (self.end_temperature / self.start_temperature) ** share * unit
            accepted = try_swaps(
                search.first,
                search.neighbour,
                search.packets,
                search.pull,
                search.column_cost,
                search.row_cost,
                xy,
                core_at,
                moves,
                int(window),
                temperature if block < cooled else 0.0,
                state,
            )
            window *= 1 - _WANTED_ACCEPTANCE + accepted / max(moves, 1)
            window = min(max(window, 1.0), float(max(width, height)))
            progress((block + 1) * moves, _BLOCKS * moves, "moves")
        return xy


@dataclass(frozen=True, eq=False)
class _Search:
    """A program and its board as `try_swaps` takes them, with the cost of a placement."""

    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    packets: NDArray[np.int32]
    pull: NDArray[np.int64]
    column_cost: NDArray[np.int64]
    row_cost: NDArray[np.int64]

    def cost(self, xy: NDArray[np.int32]) -> int:
        """Return the cost of a placement; connections count once."""
        at = np.stack([self.column_cost[xy[:, 0]], self.row_cost[xy[:, 1]]], axis=1)
        core = np.repeat(np.arange(len(xy)), np.diff(self.first))
        routes = np.abs(at[core] - at[self.neighbour]).sum(axis=1)
        return int((routes * self.packets).sum()) // 2 + int((at * self.pull).sum())

    def best_mirrored(self, xy: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the cheapest of a placement's mirror images: only the host's packets tell them apart."""
        far = np.array([len(self.column_cost) - 1, len(self.row_cost) - 1], np.int32)
        images = [np.where(mirrored, far - xy, xy) for mirrored in ((0, 0), (1, 0), (0, 1), (1, 1))]
        return min(images, key=self.cost)

    def typical_pull(self) -> float:
        """Return how much a step of one core changes the cost if its neighbours lie at random."""
        squares = np.concatenate(([0], np.cumsum(self.packets.astype(np.float64) ** 2)))
        return float(np.sqrt(np.diff(squares[self.first])).mean()) or 1.0
