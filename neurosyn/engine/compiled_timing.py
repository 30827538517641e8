"""Cores, host and network in compiled code: a tick in one wave if no FIFO overflows in it, else by events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.compiled_network import Departure, EventNetwork, TickState
from neurosyn.engine.compiled_tables import new_cores
from neurosyn.engine.compiled_wave import SOLVED, WaveSpace, solve
from neurosyn.engine.compiled_ways import Layout, Ways
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric import Fabric, Position
from neurosyn.engine.play import Flight, Timing
from neurosyn.engine.timing import TickTimes
from neurosyn.engine.traffic import Packets, Walks

__all__ = ["CompiledFlight", "CompiledTiming"]


@dataclass(frozen=True)
class _Wave:
    """How a tick ends if nothing is launched before the network rests.

    Attributes
    ----------
    state : TickState
    rest_ps : int
        When the network rests.
    busy_ps, released_ps : int64 arrays (C,)
        Columns of the token controllers' table as they were before the tick.
    """

    state: TickState
    rest_ps: int
    busy_ps: NDArray[np.int64]
    released_ps: NDArray[np.int64]


class CompiledFlight(Flight):
    """The packets and walks of one tick: solved by a wave, or else in the hands of the network."""

    def __init__(self, env: ChipEnvironment, network: EventNetwork, departure: Departure) -> None:
        self.departure = departure
        self.wave: _Wave | None = None
        self._env = env
        self._network = network
        self._number: int | None = None
        self._over: TickState | None = None
        self._seen_ps = departure.start_ps - 1

    def enter_network(self) -> None:
        """Let events decide."""
        self.wave = None
        self._number = self._network.launch(self.departure)

    def state(self) -> TickState:
        """Return all times that are known; those up to now are."""
        if self.wave is not None:
            return self.wave.state
        if self._over is not None:
            return self._over
        assert self._number is not None
        self._network.play(self._env.now)
        return self._network.tick(self._number)

    def landed(self) -> NDArray[np.intp] | slice:
        """Return the numbers of the packets that have landed since the last call."""
        now, seen = self._env.now, self._seen_ps
        self._seen_ps = now
        arrival = self.state().times.arrival_ps
        if seen < self.departure.start_ps and arrival.max(initial=0) <= now:
            return slice(None)
        return np.flatnonzero((arrival > seen) & (arrival <= now))

    @property
    def over(self) -> bool:
        """Whether all packets have landed, and nothing can hold up a core any more."""
        times, released = self.state()
        return bool(max(times.arrival_ps.max(initial=0), released.max(initial=0)) <= self._env.now)

    def times(self) -> TickTimes:
        """Return what came of it, once it is over; the first open flight comes first."""
        if self.wave is None and self._over is None:
            assert self._number is not None
            self._over = self._network.close(self._number)
        return self.state().times


class CompiledTiming(Timing):
    """Plays ticks in time.

    Parameters
    ----------
    env
        Where they are played.
    fabric
        The board.
    positions
        Position of each core.
    waves
        Whether to try a wave first; it changes nothing but the time that this takes.

    Attributes
    ----------
    solved, played : int
        Ticks that a wave has solved so far, and those that were played by events.
    """

    def __init__(
        self, env: ChipEnvironment, fabric: Fabric, positions: Sequence[Position], *, waves: bool = True
    ) -> None:
        self.solved = self.played = 0
        self._env = env
        self._layout = Layout.of(fabric)
        self._xy = np.array(positions, np.int32).reshape(-1, 2)
        self._cores = new_cores(len(positions))
        self._network = EventNetwork(self._layout, self._cores)
        self._space = WaveSpace.of(self._layout)
        self._waves = waves
        self._last: CompiledFlight | None = None

    def launch(self, packets: Packets, walks: Walks) -> CompiledFlight:
        """Begin a tick, in one wave if that is possible."""
        now = self._env.now
        self._disturb(now)
        self._network.play(now)
        flight = CompiledFlight(self._env, self._network, self._departure(packets, walks))
        if self._waves and self._network.rests(now):
            flight.wave = self._solve(flight.departure)
        if flight.wave is None:
            flight.enter_network()
            self.played += 1
        else:
            self.solved += 1
        self._last = flight
        return flight

    def rest(self) -> Event:
        """Return the event that everything launched so far has ended."""
        self._network.play_out()
        end = max(self._env.now, int(self._cores["busy"].max(initial=0)), self._network.rest_ps)
        if self._last is not None and self._last.wave is not None:
            end = max(end, self._last.wave.rest_ps)
        return self._env.timeout(end - self._env.now)

    def _disturb(self, now: int) -> None:
        """Leave the last tick to events if a wave solved it and it is still under way."""
        last = self._last
        if last is not None and last.wave is not None and last.wave.rest_ps > now:
            self._cores["busy"], self._cores["released"] = last.wave.busy_ps, last.wave.released_ps
            last.enter_network()
            self.solved -= 1
            self.played += 1

    def _departure(self, packets: Packets, walks: Walks) -> Departure:
        cores, host = len(self._xy), packets.from_host
        bounds = np.zeros(cores + 2, np.int64)
        bounds[1:] = np.searchsorted(packets.source_core, np.arange(cores + 1))
        ready = np.zeros(len(packets), np.int64)
        ready[host:] = walks.ready_ps
        ways = Ways.of(packets, self._xy, self._layout)
        return Departure(self._env.now, ways, bounds, ready, walks.work_ps)

    def _solve(self, departure: Departure) -> _Wave | None:
        """Return how a tick goes that begins while the network rests; None if a FIFO overflows."""
        start, bounds, cores = departure.start_ps, departure.bounds, self._cores
        begin = np.maximum(cores["busy"], start)
        send = departure.ready_ps.copy()
        send[: bounds[1]] = start
        send[bounds[1] :] += np.repeat(begin, np.diff(bounds[1:]))
        self._space = self._space.prepared(self._layout, departure.ways)
        arrival, longest_wait = np.zeros((2, len(send)), np.int64)
        waited_at = departure.ways.first_servers(self._layout)
        overflows, rest = solve(self._layout, departure.ways, self._space, send, arrival, longest_wait, waited_at)
        if overflows != SOLVED:
            return None
        finish = begin + departure.work_ps
        # A walk without packets is out of everybody's hands when its turn has come.
        released = np.where(cores["released"] <= start, start, begin)
        sends = bounds[1:-1] < bounds[2:]
        released[sends] = send[bounds[2:][sends] - 1]
        wave = _Wave(
            TickState(TickTimes(start, send, arrival, finish, longest_wait, waited_at), released),
            int(rest),
            cores["busy"].copy(),
            cores["released"].copy(),
        )
        cores["busy"], cores["released"] = finish, released
        return wave
