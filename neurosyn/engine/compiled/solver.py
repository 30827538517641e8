"""Ticks that find the network at rest: in one wave if no FIFO overflows, else by events; several at once in threads."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.blocked_links import LaneState
from neurosyn.engine.compiled.layout import Layout
from neurosyn.engine.compiled.packet_network import EventNetwork
from neurosyn.engine.compiled.queues import WaveSpace
from neurosyn.engine.compiled.tables import new_cores
from neurosyn.engine.compiled.tick import Departure, TickState
from neurosyn.engine.compiled.wave import SOLVED, solve
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans

__all__ = ["Solution", "SolverPool", "WaveSolver"]


@dataclass(frozen=True)
class Solution:
    """Times of a tick, if no other is launched before the network rests.

    Attributes
    ----------
    state : TickState
    rest_ps : int
        Time at which the network rests.
    by_wave : bool
        True if it was solved in one wave: no FIFO overflows.
    """

    state: TickState
    rest_ps: int
    by_wave: bool

    def shifted(self, by_ps: int) -> Solution:
        """Return the solution for a tick that begins `by_ps` later."""
        times = self.state.times
        later = TickTimes(
            start_ps=times.start_ps + by_ps,
            send_ps=times.send_ps + by_ps,
            arrival_ps=times.arrival_ps + by_ps,
            core_finish_ps=times.core_finish_ps + by_ps,
            longest_wait_ps=times.longest_wait_ps,
            waited_at=times.waited_at,
        )
        return Solution(TickState(later, self.state.released_ps + by_ps), self.rest_ps + by_ps, self.by_wave)


class WaveSolver:
    """Solves ticks in one wave, one after the other.

    Parameters
    ----------
    layout
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._space = WaveSpace.of(layout)
        self._lanes = LaneState.of(layout)

    def solve(self, departure: Departure, cores: NDArray[Any]) -> Solution | None:
        """Solve a tick; return None if a FIFO overflows.

        Parameters
        ----------
        departure
        cores
            Table of the token controllers; some may still be busy with scans that cannot stall any more.
        """
        layout, start, bounds = self._layout, departure.start_ps, departure.bounds
        begin = np.maximum(cores["busy"], start)
        send = departure.ready_ps.copy()
        send[: bounds[1]] = start
        send[bounds[1] :] += np.repeat(begin, np.diff(bounds[1:]))
        arrival, longest_wait, waited_at = np.empty((3, len(send)), np.int64)
        while True:
            self._space = self._space.prepared(layout, departure.routes)
            overflows, rest = solve(
                layout, departure.routes, bounds, self._space, self._lanes, send, arrival, longest_wait, waited_at
            )
            if overflows == SOLVED:
                break
            link = overflows - layout.edges
            if not 0 <= link < len(self._space.blocked) or not len(self._lanes.modules) or self._space.blocked[link]:
                return None
            # A link that is blocked once is blocked in the next ticks, too.
            self._space.blocked[link] = True
        # A scan without packets cannot stall once it has begun.
        released = np.where(cores["released"] <= start, start, begin)
        sends = bounds[1:-1] < bounds[2:]
        released[sends] = send[bounds[2:][sends] - 1]
        times = TickTimes(start, send, arrival, begin + departure.work_ps, longest_wait, waited_at)
        return Solution(TickState(times, released), max(int(rest), start), by_wave=True)


class _TickSolver:
    """Solver of ticks that begin at 0 with everything at rest, independent of each other."""

    def __init__(self, layout: Layout, xy: NDArray[np.int32], waves: bool) -> None:
        self._layout = layout
        self._xy = xy
        self._wave = WaveSolver(layout) if waves else None
        self._cores = new_cores(len(xy))
        self._network: EventNetwork | None = None

    def solve(self, packets: Packets, scans: Scans) -> Solution:
        departure = Departure.of(0, packets, scans, self._xy, self._layout)
        solution = None if self._wave is None else self._wave.solve(departure, new_cores(len(self._xy)))
        return self._play(departure) if solution is None else solution

    def _play(self, departure: Departure) -> Solution:
        """Play a tick by events, in a network whose own time goes on from tick to tick."""
        if self._network is None:
            self._network = EventNetwork(self._layout, self._cores)
        network = self._network
        start = max(network.rest_ps, int(self._cores["busy"].max(initial=0)))
        number = network.launch(departure._replace(start_ps=start))
        network.play_out()
        return Solution(network.close(number), network.rest_ps, by_wave=False).shifted(-start)


class SolverPool:
    """Pool of threads that solve ticks; compiled code releases the interpreter lock.

    Parameters
    ----------
    layout
    xy : int32 array (C, 2)
        Positions of the cores.
    threads
    waves
        Try waves first.
    """

    def __init__(self, layout: Layout, xy: NDArray[np.int32], threads: int, waves: bool) -> None:
        self._threads = ThreadPoolExecutor(threads, "timing")
        self._idle: SimpleQueue[_TickSolver] = SimpleQueue()
        for _ in range(threads):
            self._idle.put(_TickSolver(layout, xy, waves))

    def solve(self, packets: Packets, scans: Scans) -> Future[Solution]:
        """Begin to solve a tick that begins at 0 with everything at rest."""
        return self._threads.submit(self._solve, packets, scans)

    def _solve(self, packets: Packets, scans: Scans) -> Solution:
        solver = self._idle.get()
        try:
            return solver.solve(packets, scans)
        finally:
            self._idle.put(solver)

    def close(self) -> None:
        """Shut down the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
