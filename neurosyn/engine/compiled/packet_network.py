"""The compiled network over many ticks: room for the packets of those that are open, and what became of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.events import launch, play
from neurosyn.engine.compiled.layout import NEVER, Layout
from neurosyn.engine.compiled.tables import INSIDE, NOBODY, REST, Tables, new_tables
from neurosyn.engine.compiled.tick import Departure, TickState
from neurosyn.engine.fabric.tick_times import TickTimes

__all__ = ["EventNetwork"]


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

    def __init__(self, layout: Layout, cores: NDArray[Any]) -> None:
        self._layout = layout
        self._tables = new_tables(layout, cores)
        # Open ticks, closed ones that have not been dropped yet, and ticks that have been dropped.
        self._launched = self._closed = self._dropped = 0

    @property
    def rest_ps(self) -> int:
        """When all cycles so far have ended."""
        return int(self._tables.total[REST])

    def rests(self, now_ps: int) -> bool:
        """Return whether nothing is inside, if the network has been played until now."""
        return not self._tables.total[INSIDE] and self.rest_ps <= now_ps

    def launch(self, departure: Departure) -> int:
        """Open a tick, before anything at or after its beginning has been played; return its number."""
        self._make_room(len(departure.ready_ps))
        tables, tick, first = self._tables, self._launched, self._end
        some = slice(first, first + len(departure.ready_ps))
        tables.starts[tick] = departure.start_ps
        tables.bounds[tick] = first + departure.bounds
        walks = tables.walks[tick]
        walks["work"] = departure.work_ps
        walks["finish"] = walks["released"] = NEVER
        packets, travels, ways = tables.packets[some], tables.travels[some], departure.ways
        packets["entry"], packets["goal"] = ways.entry, ways.goal
        packets["longest_wait"] = 0
        packets["waited_at"] = ways.first_servers(self._layout)
        travels["first"], travels["ready"] = ways.first, departure.ready_ps
        travels["send"] = travels["arrival"] = NEVER
        self._launched += 1
        launch(self._layout, tables, tick)
        return self._dropped + tick

    def play(self, end_ps: int) -> None:
        """Let happen what happens before `end_ps`."""
        play(self._layout, self._tables, self._launched, end_ps)

    def play_out(self) -> None:
        """Let everything happen."""
        self.play(int(NEVER))

    def tick(self, number: int) -> TickState:
        """Return what is known about an open tick; the arrays change with what is played."""
        tables, tick = self._tables, number - self._dropped
        some = slice(tables.bounds[tick, 0], tables.bounds[tick, -1])
        packets, travels, walks = tables.packets[some], tables.travels[some], tables.walks[tick]
        times = TickTimes(
            start_ps=int(tables.starts[tick]),
            send_ps=travels["send"],
            arrival_ps=travels["arrival"],
            core_finish_ps=walks["finish"],
            longest_wait_ps=packets["longest_wait"],
            waited_at=packets["waited_at"],
        )
        return TickState(times, walks["released"])

    def close(self, number: int) -> TickState:
        """Return what came of the first open tick, which is over, and forget it."""
        if number != self._dropped + self._closed:
            raise ValueError(f"tick {number} is not the first open one, {self._dropped + self._closed}")
        times, released = self.tick(number)
        copies = {name: value.astype(np.int64) for name, value in vars(times).items() if name != "start_ps"}
        self._closed += 1
        return TickState(TickTimes(start_ps=times.start_ps, **copies), released.copy())

    @property
    def _end(self) -> int:
        return int(self._tables.bounds[self._launched - 1, -1]) if self._launched else 0

    def _make_room(self, packets: int) -> None:
        """Make sure that one more tick with so many packets has room."""
        full = self._launched == len(self._tables.starts) or self._end + packets > len(self._tables.packets)
        if full or self._closed == self._launched:
            self._drop_closed()
        tables = self._tables
        if self._launched == len(tables.starts):
            tables = _longer(tables, ("starts", "bounds", "walks"), self._launched + 1)
        if self._end + packets > len(tables.packets):
            tables = _longer(tables, ("packets", "travels"), self._end + packets)
        self._tables = tables

    def _drop_closed(self) -> None:
        """Move open ticks and their packets to the beginning of their tables."""
        tables, ticks, end = self._tables, self._closed, self._end
        if ticks < self._launched:
            dropped = int(tables.bounds[ticks, 0])
            for table in (tables.packets, tables.travels):
                table[: end - dropped] = table[dropped:end].copy()
            for table in (tables.starts, tables.bounds, tables.walks):
                table[: self._launched - ticks] = table[ticks : self._launched].copy()
            tables.bounds[:] -= dropped
            for numbers in (
                tables.packets["following"],
                tables.buffers["head"],
                tables.buffers["tail"],
                tables.cores["packet"],
            ):
                numbers[numbers != NOBODY] -= dropped
        tables.cores["tick"] -= ticks
        self._launched -= ticks
        self._closed = 0
        self._dropped += ticks


def _longer(tables: Tables, names: tuple[str, ...], least: int) -> Tables:
    """Return tables of which some have more rows; half as many more at least, so that this happens seldom."""
    longer = {}
    for name in names:
        old = getattr(tables, name)
        longer[name] = np.zeros((max(least, len(old) * 3 // 2), *old.shape[1:]), old.dtype)
        longer[name][: len(old)] = old
    return tables._replace(**longer)
