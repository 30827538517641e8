"""Cores, host and network in compiled code: the same times as in SimPy, without its events."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.compiled.layout import Layout
from neurosyn.engine.compiled.packet_network import EventNetwork
from neurosyn.engine.compiled.solver import Solution, SolverPool, WaveSolver
from neurosyn.engine.compiled.tables import new_cores
from neurosyn.engine.compiled.tick import Departure, TickState, scan_cores
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric, Position
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans
from neurosyn.engine.timing import Flight, Timing

__all__ = ["CompiledFlight", "CompiledTiming"]


class CompiledFlight(Flight):
    """The packets and scans of one tick: solved by itself or, if another tick overlaps it, played by the network."""

    def __init__(self, env: ChipEnvironment, network: EventNetwork) -> None:
        self.solution: Solution | None = None
        self._env = env
        self._network = network
        self._number: int | None = None
        self._over: TickState | None = None
        self._start_ps = env.now
        self._seen_ps = env.now - 1

    def enter_network(self, departure: Departure) -> None:
        """Play the tick by events."""
        self.solution = None
        self._number = self._network.launch(departure)

    def _state(self) -> TickState:
        """Return all times that are known; those up to now are among them."""
        if self.solution is not None:
            return self.solution.state
        if self._over is not None:
            return self._over
        assert self._number is not None
        self._network.play(self._env.now)
        return self._network.tick(self._number)

    def landed(self) -> NDArray[np.intp] | slice:
        """Return the numbers of the packets that have landed since the last call."""
        now, seen = self._env.now, self._seen_ps
        self._seen_ps = now
        arrival = self._state().times.arrival_ps
        if seen < self._start_ps and arrival.max(initial=0) <= now:
            return slice(None)
        return np.flatnonzero((arrival > seen) & (arrival <= now))

    @property
    def over(self) -> bool:
        """True when all packets have landed and no scan can stall any more."""
        times, released = self._state()
        return bool(max(times.arrival_ps.max(initial=0), released.max(initial=0)) <= self._env.now)

    def times(self) -> TickTimes:
        """Return the times of the tick, once it is over; earlier flights must have been read before."""
        if self.solution is None and self._over is None:
            assert self._number is not None
            self._over = self._network.close(self._number)
        return self._state().times


class CompiledTiming(Timing):
    """Timing engine in compiled code.

    A tick that finds the network at rest is solved at once, as if it stayed alone. If another one is launched before
    the network rests again, it is played once more, by events like all ticks that overlap; the times up to then are the
    same.

    Parameters
    ----------
    env
        Environment in which ticks are played.
    fabric
        The board.
    positions
        Position of each core.
    threads
        Number of expected ticks that are solved at the same time.
    waves
        Try waves first; this changes the computing time only.

    Attributes
    ----------
    solved, played : int
        Ticks that a wave has solved so far, and those that were played by events.
    """

    def __init__(
        self,
        env: ChipEnvironment,
        fabric: Fabric,
        positions: Sequence[Position],
        *,
        threads: int = 1,
        waves: bool = True,
    ) -> None:
        self.solved = self.played = 0
        self._env = env
        self._layout = Layout.of(fabric)
        self._chip = fabric.chip
        self._xy = np.array(positions, np.int32).reshape(-1, 2)
        self._cores = new_cores(len(self._xy))
        self._network = EventNetwork(self._layout, self._cores)
        self._wave = WaveSolver(self._layout) if waves else None
        self._pool = SolverPool(self._layout, self._xy, threads, waves)
        self._expected: dict[int, tuple[Packets, Future[Solution]]] = {}
        self._last: _Last | None = None
        self._threads = threads

    def scans(self, packets: Packets, synaptic_events: NDArray[np.uint16]) -> Scans:
        """Return the scans of a tick."""
        return scan_cores(packets, synaptic_events, self._chip)

    @property
    def ahead(self) -> int:
        """Number of ticks that are worth expecting: one waits for each that is being solved."""
        return 2 * self._threads

    def expect(self, packets: Packets, scans: Scans) -> None:
        """Begin to solve a tick that will be launched at rest."""
        self._expected[id(packets)] = packets, self._pool.solve(packets, scans)

    def launch(self, packets: Packets, scans: Scans) -> CompiledFlight:
        """Begin a tick, which is solved at once if the network is at rest."""
        now, cores = self._env.now, self._cores
        self._disturb(now)
        self._network.play(now)
        flight = CompiledFlight(self._env, self._network)
        departure = None
        _, future = self._expected.pop(id(packets), (packets, None))
        rests = self._network.rests(now)
        if rests and future is not None and cores["busy"].max(initial=0) <= now:
            flight.solution = future.result().shifted(now)
        else:
            departure = Departure.of(now, packets, scans, self._xy, self._layout)
            if rests and self._wave is not None:
                flight.solution = self._wave.solve(departure, cores)
        self._last = _Last(flight, departure, packets, scans, cores["busy"].copy(), cores["released"].copy())
        if flight.solution is None:
            assert departure is not None
            flight.enter_network(departure)
        else:
            cores["busy"] = flight.solution.state.times.core_finish_ps
            cores["released"] = flight.solution.state.released_ps
        by_wave = flight.solution is not None and flight.solution.by_wave
        self.solved += by_wave
        self.played += not by_wave
        return flight

    def rest(self) -> Event:
        """Return the event that everything launched so far has ended."""
        self._network.play_out()
        end = max(self._env.now, int(self._cores["busy"].max(initial=0)), self._network.rest_ps)
        if self._last is not None and self._last.flight.solution is not None:
            end = max(end, self._last.flight.solution.rest_ps)
        return self._env.timeout(end - self._env.now)

    @property
    def is_at_rest(self) -> bool:
        """True if no packet is under way and all cores and links are idle now."""
        now, last = self._env.now, self._last
        if last is not None and last.flight.solution is not None and last.flight.solution.rest_ps > now:
            return False
        self._network.play(now)
        return self._network.rests(now) and int(self._cores["busy"].max(initial=0)) <= now

    def close(self) -> None:
        """Shut down the threads."""
        self._pool.close()

    def _disturb(self, now: int) -> None:
        """Hand the last tick over to events if it is solved and still under way."""
        last = self._last
        if last is None or last.flight.solution is None or last.flight.solution.rest_ps <= now:
            return
        solution = last.flight.solution
        self._cores["busy"], self._cores["released"] = last.busy_ps, last.released_ps
        departure = last.departure
        if departure is None:
            start = solution.state.times.start_ps
            departure = Departure.of(start, last.packets, last.scans, self._xy, self._layout)
        last.flight.enter_network(departure)
        self.solved -= solution.by_wave
        self.played += solution.by_wave


@dataclass(frozen=True)
class _Last:
    """The last tick launched, and the token controllers before it: columns of their table."""

    flight: CompiledFlight
    departure: Departure | None
    packets: Packets
    scans: Scans
    busy_ps: NDArray[np.int64]
    released_ps: NDArray[np.int64]
