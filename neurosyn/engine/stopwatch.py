"""Statistics of the timed ticks."""

from __future__ import annotations

from array import array
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.engine.clock import PlayedTick
from neurosyn.engine.fabric.tick_times import Limit, find_limit
from neurosyn.engine.results import TimingResult
from neurosyn.engine.state import State, fill, number, stored

__all__ = ["Stopwatch"]

_NUMBERS = (
    "first_tick",
    "longest_ps",
    "late",
    "overruns",
    "packets",
    "travel",
    "blocked",
    "stalled",
    "host_packets",
    "host_travel",
    "host_blocked",
)
_LIMIT = tuple(field.name for field in fields(Limit))


class Stopwatch:
    """Statistics of timed ticks: the longest one, and sums over all.

    Parameters
    ----------
    program, placement, chip
        For the name of the limit of the longest tick.
    """

    def __init__(self, program: Program, placement: Placement, chip: ChipOptions) -> None:
        self._program = program
        self._placement = placement
        self._chip = chip
        self._first_tick = 0
        # Eight bytes a tick: runs have millions of them.
        self._makespans = array("q")
        self._longest_ps = -1
        self._longest: PlayedTick | None = None
        self._limit: Limit | None = None
        self._busy = np.zeros(program.cores, np.int64)
        self._finished = np.zeros(program.cores, np.int64)
        self._late = self._overruns = self._packets = self._travel = self._blocked = self._stalled = 0
        self._host_packets = self._host_travel = self._host_blocked = 0

    def add(self, tick: PlayedTick) -> None:
        """Add a tick, if it was timed."""
        timed = tick.timed
        if timed is None:
            return
        times, packets = timed.times, tick.outcome.packets
        makespan_ps = times.makespan_ps
        if makespan_ps > self._longest_ps:
            self._longest_ps, self._longest, self._limit = makespan_ps, tick, None
        if not self._makespans:
            self._first_tick = tick.outcome.tick
        self._makespans.append(makespan_ps)
        np.maximum(self._busy, times.core_finish_ps - times.start_ps, out=self._busy)
        travel = int(times.arrival_ps.sum() - times.send_ps.sum())
        # A scan begins with its tick, or when the one before has ended.
        begin = np.maximum(times.start_ps, self._finished)
        self._stalled += int((times.core_finish_ps - begin - timed.scans.work_ps).sum())
        self._finished = times.core_finish_ps
        self._late += int(np.count_nonzero(timed.late))
        self._overruns += timed.overruns
        self._packets += len(packets)
        self._travel += travel
        self._blocked += travel - packets.total_unloaded_ps(self._chip)
        host = slice(packets.from_host)
        host_travel = int(times.arrival_ps[host].sum() - times.send_ps[host].sum())
        self._host_packets += packets.from_host
        self._host_travel += host_travel
        self._host_blocked += host_travel - packets.total_unloaded_ps(self._chip, of_host=True)

    @property
    def longest_ps(self) -> int:
        """The longest makespan so far; −1 if no tick was timed."""
        return self._longest_ps

    def ticks(self) -> NDArray[np.int64]:
        """Return the ticks that were timed."""
        return np.arange(self._first_tick, self._first_tick + len(self._makespans), dtype=np.int64)

    def result(self, period_ps: int | None) -> TimingResult | None:
        """Return the statistics; None if no tick was timed.

        Parameters
        ----------
        period_ps
            The given tick period; None: the longest makespan is.
        """
        limit = self._find_limit()
        if limit is None:
            return None
        return TimingResult(
            tick_period_ps=self._longest_ps if period_ps is None else period_ps,
            first_tick=self._first_tick,
            makespans_ps=np.array(self._makespans, np.int64),
            limit=limit,
            core_busy_ps=self._busy,
            late_packets=self._late,
            core_overruns=self._overruns,
            packets=self._packets,
            packet_travel_ps=self._travel,
            packet_blocked_ps=self._blocked,
            host_packets=self._host_packets,
            host_travel_ps=self._host_travel,
            host_blocked_ps=self._host_blocked,
            core_stalled_ps=self._stalled,
        )

    def _find_limit(self) -> Limit | None:
        """Return the limit of the longest tick; None if no tick was timed."""
        if self._limit is None and self._longest is not None and self._longest.timed is not None:
            outcome, timed = self._longest.outcome, self._longest.timed
            self._limit = find_limit(
                outcome.tick,
                outcome.packets,
                timed.scans,
                timed.times,
                program=self._program,
                placement=self._placement,
                chip=self._chip,
            )
        return self._limit

    def state(self) -> State:
        """Return the statistics; of the longest tick, its limit alone."""
        limit = self._find_limit()
        numbers = {name: np.array(getattr(self, f"_{name}"), np.int64) for name in _NUMBERS}
        texts = {} if limit is None else {f"limit_{name}": np.array(text) for name, text in vars(limit).items()}
        arrays = {"makespans": np.array(self._makespans, np.int64), "busy": self._busy, "finished": self._finished}
        return {**numbers, **texts, **arrays}

    def restore(self, state: State) -> None:
        """Go to statistics that `state` returned."""
        for name in _NUMBERS:
            setattr(self, f"_{name}", number(state, name))
        self._makespans = array("q", stored(state, "makespans").astype(np.int64).tobytes())
        self._finished = np.zeros(self._program.cores, np.int64)
        fill(self._busy, state, "busy")
        fill(self._finished, state, "finished")
        if self._makespans:
            self._longest, self._limit = None, Limit(**{name: stored(state, f"limit_{name}").item() for name in _LIMIT})
