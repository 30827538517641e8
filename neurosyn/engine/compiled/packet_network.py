"""The compiled network over many ticks: the tables of those that are open, and their results."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.events import launch, play
from neurosyn.engine.compiled.layout import NEVER, Layout
from neurosyn.engine.compiled.tables import INSIDE, NONE, REST, Tables, new_tables
from neurosyn.engine.compiled.tick import Departure, TickState
from neurosyn.engine.fabric.tick_times import TickTimes

__all__ = ["EventNetwork"]


class EventNetwork:
    """The network, its state changed by events.

    Ticks are *open* from `launch` to `close`, and are closed in that order. Their packets are numbered in one range;
    those of open ticks are moved to its beginning from time to time.

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
        """End of all cycles so far, in ps."""
        return int(self._tables.total[REST])

    def rests(self, now_ps: int) -> bool:
        """Return True if no packet is inside, the network having been played until now."""
        return not self._tables.total[INSIDE] and self.rest_ps <= now_ps

    def launch(self, departure: Departure) -> int:
        """Open a tick, before anything at or after its beginning has been played; return its number."""
        self._make_room(len(departure.ready_ps))
        tables, tick, first = self._tables, self._launched, self._end
        of_tick = slice(first, first + len(departure.ready_ps))
        tables.starts[tick] = departure.start_ps
        tables.bounds[tick] = first + departure.bounds
        scans = tables.scans[tick]
        scans["work"] = departure.work_ps
        scans["finish"] = scans["released"] = NEVER
        packets, travels, routes = tables.packets[of_tick], tables.travels[of_tick], departure.routes
        packets["entry"], packets["destination"] = routes.entry, routes.destination
        packets["longest_wait"] = 0
        packets["waited_at"] = routes.first_servers(self._layout)
        travels["first"], travels["ready"] = routes.first, departure.ready_ps
        travels["send"] = travels["arrival"] = NEVER
        self._launched += 1
        launch(self._layout, tables, tick)
        return self._dropped + tick

    def play(self, end_ps: int) -> None:
        """Play all events before `end_ps`."""
        if not self._launched + self._dropped:
            return  # A run of waves alone needs no compiled events.
        play(self._layout, self._tables, self._launched, end_ps)

    def play_out(self) -> None:
        """Play all events."""
        self.play(int(NEVER))

    def tick(self, number: int) -> TickState:
        """Return the state of an open tick; its arrays are views that later events change."""
        tables, tick = self._tables, number - self._dropped
        of_tick = slice(tables.bounds[tick, 0], tables.bounds[tick, -1])
        packets, travels, scans = tables.packets[of_tick], tables.travels[of_tick], tables.scans[tick]
        times = TickTimes(
            start_ps=int(tables.starts[tick]),
            send_ps=travels["send"],
            arrival_ps=travels["arrival"],
            core_finish_ps=scans["finish"],
            longest_wait_ps=packets["longest_wait"],
            waited_at=packets["waited_at"],
        )
        return TickState(times, scans["released"])

    def close(self, number: int) -> TickState:
        """Return the times of the first open tick, which is over, and drop it."""
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
        """Make room for one more tick with a number of packets."""
        full = self._launched == len(self._tables.starts) or self._end + packets > len(self._tables.packets)
        if full or self._closed == self._launched:
            self._drop_closed()
        tables = self._tables
        if self._launched == len(tables.starts):
            tables = _longer(tables, ("starts", "bounds", "scans"), self._launched + 1)
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
            for table in (tables.starts, tables.bounds, tables.scans):
                table[: self._launched - ticks] = table[ticks : self._launched].copy()
            tables.bounds[:] -= dropped
            for numbers in (
                tables.packets["following"],
                tables.buffers["head"],
                tables.buffers["tail"],
                tables.cores["packet"],
            ):
                numbers[numbers != NONE] -= dropped
        tables.cores["tick"] -= ticks
        self._launched -= ticks
        self._closed = 0
        self._dropped += ticks


def _longer(tables: Tables, names: tuple[str, ...], least: int) -> Tables:
    """Return tables, those with the given names enlarged by half or more, so that this happens seldom."""
    longer = {}
    for name in names:
        old = getattr(tables, name)
        longer[name] = np.zeros((max(least, len(old) * 3 // 2), *old.shape[1:]), old.dtype)
        longer[name][: len(old)] = old
    return tables._replace(**longer)
