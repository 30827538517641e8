"""The compiled network over many ticks: room for the packets of those that are open, and what became of them."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled_events import launch, play
from neurosyn.engine.compiled_queue import NOBODY, EventQueue
from neurosyn.engine.compiled_state import INSIDE, REST, Buffers, Cores, Flights, Pool, Servers, State
from neurosyn.engine.compiled_ways import NEVER, Layout, Ways
from neurosyn.engine.timing import TickTimes

__all__ = ["Departure", "EventNetwork"]

_Rows = TypeVar("_Rows", Pool, Flights)


class Departure(NamedTuple):
    """What a tick sends into the network.

    Attributes
    ----------
    start_ps : int
    ways : Ways
    bounds : int64 array (C + 2,)
        The first packet of the host, then that of each core, then the end.
    ready_ps : int64 array (packets,)
        `Walks.ready_ps`, behind as many zeros as the host has packets.
    work_ps : int64 array (C,)
        `Walks.work_ps`.
    """

    start_ps: int
    ways: Ways
    bounds: NDArray[np.int64]
    ready_ps: NDArray[np.int64]
    work_ps: NDArray[np.int64]


class TickState(NamedTuple):
    """What is known about a tick; times that are not are `NEVER`.

    Attributes
    ----------
    times : TickTimes
    released_ps : int64 array (C,)
        When nothing can hold up the walks any more.
    """

    times: TickTimes
    released_ps: NDArray[np.int64]


class EventNetwork:
    """The network as events change it.

    Ticks are *open* from `launch` to `close`, and are closed in that order. Their packets are numbered in one range, to
    the beginning of which those that are open are moved now and then.

    Parameters
    ----------
    layout
    cores
        The token controllers.
    """

    def __init__(self, layout: Layout, cores: Cores) -> None:
        self._cores = cores
        self._servers = Servers.of(layout)
        self._buffers = Buffers.of(layout)
        self._layout = layout
        shortest = min(layout.cycle, layout.edge_cycle, layout.latency, layout.edge_latency)
        self._queue = EventQueue.of(layout.servers, shortest)
        self._pool = Pool.of(0)
        self._flights = Flights.of(0, len(cores.walk))
        self._launched = 0
        self._closed = 0
        self._moved = 0

    @property
    def rest_ps(self) -> int:
        """When all cycles so far have ended."""
        return int(self._servers.total[REST])

    def rests(self, now_ps: int) -> bool:
        """Return whether nothing is inside, if the network has been played until now."""
        return not self._servers.total[INSIDE] and self.rest_ps <= now_ps

    def launch(self, departure: Departure) -> int:
        """Open a tick, before anything at or after its beginning has been played; return its number."""
        self._make_room(len(departure.ready_ps))
        tick, first = self._launched, self._end
        some = slice(first, first + len(departure.ready_ps))
        flights, pool = self._flights, self._pool
        flights.start[tick] = departure.start_ps
        flights.bounds[tick] = first + departure.bounds
        flights.work[tick] = departure.work_ps
        flights.finish[tick] = flights.released[tick] = NEVER
        for name, values in departure.ways._asdict().items():
            getattr(pool, name)[some] = values
        pool.ready[some] = departure.ready_ps
        pool.send[some] = pool.arrival[some] = NEVER
        pool.longest_wait[some] = 0
        pool.waited_at[some] = departure.ways.first_servers(self._layout)
        self._launched += 1
        launch(self._state(), tick)
        return self._moved + tick

    def play(self, end_ps: int) -> None:
        """Let happen what happens before `end_ps`."""
        play(self._state(), self._launched, end_ps)

    def play_out(self) -> None:
        """Let everything happen."""
        self.play(int(NEVER))

    def tick(self, number: int) -> TickState:
        """Return what is known about an open tick; the arrays change with what is played."""
        flights, pool, tick = self._flights, self._pool, number - self._moved
        some = slice(flights.bounds[tick, 0], flights.bounds[tick, -1])
        times = TickTimes(
            start_ps=int(flights.start[tick]),
            send_ps=pool.send[some],
            arrival_ps=pool.arrival[some],
            core_finish_ps=flights.finish[tick],
            longest_wait_ps=pool.longest_wait[some],
            waited_at=pool.waited_at[some],
        )
        return TickState(times, flights.released[tick])

    def close(self, number: int) -> TickState:
        """Return what came of the first open tick, which is over, and forget it."""
        if number != self._moved + self._closed:
            raise ValueError(f"tick {number} is not the first open one, {self._moved + self._closed}")
        times, released = self.tick(number)
        copies = {name: np.copy(value) for name, value in vars(times).items() if name != "start_ps"}
        self._closed += 1
        return TickState(TickTimes(start_ps=times.start_ps, **copies), released.copy())

    @property
    def _end(self) -> int:
        return int(self._flights.bounds[self._launched - 1, -1]) if self._launched else 0

    def _state(self) -> State:
        return State(self._layout, self._servers, self._buffers, self._cores, self._flights, self._pool, self._queue)

    def _make_room(self, packets: int) -> None:
        """Make sure that one more tick with so many packets has room."""
        full = self._launched == len(self._flights.start) or self._end + packets > len(self._pool.at)
        if full or self._closed == self._launched:
            self._drop_closed()
        if self._launched == len(self._flights.start):
            self._flights = _grown(self._flights, self._launched + 1)
        if self._end + packets > len(self._pool.at):
            self._pool = _grown(self._pool, self._end + packets)

    def _drop_closed(self) -> None:
        """Move open ticks and their packets to the beginning of their ranges."""
        ticks, end = self._closed, self._end
        if ticks < self._launched:
            packets = int(self._flights.bounds[ticks, 0])
            for column in self._pool:
                column[: end - packets] = column[packets:end].copy()
            for row in self._flights:
                row[: self._launched - ticks] = row[ticks : self._launched].copy()
            self._flights.bounds[:] -= packets
            buffers = self._buffers
            for numbers in (self._pool.following, buffers.head, buffers.tail, self._cores.packet):
                numbers[numbers != NOBODY] -= packets
        self._cores.walk[:] -= ticks
        self._launched -= ticks
        self._closed = 0
        self._moved += ticks


def _grown(rows: _Rows, least: int) -> _Rows:
    """Return longer copies of arrays; longer by half at least, so that this happens seldom."""
    return type(rows)(*(_longer(array, max(least, len(array) * 3 // 2)) for array in rows))


def _longer(array: NDArray[Any], length: int) -> NDArray[Any]:
    result = np.zeros((length, *array.shape[1:]), array.dtype)
    result[: len(array)] = array
    return result
