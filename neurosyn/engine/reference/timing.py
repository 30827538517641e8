"""Cores and host in SimPy: who sends the packets of a tick, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import HOST, Fabric, Position
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Walks
from neurosyn.engine.reference.packet_network import Buffer, Packet, PacketNetwork
from neurosyn.engine.timing import Flight, Timing

__all__ = ["SimpyFlight", "SimpyTiming", "TokenController", "Walk"]

_WAYS = 1 << 16
"""Ways kept in memory."""


class SimpyFlight(Flight):
    """The packets and walks of one tick, until the last of them has ended.

    Attributes
    ----------
    start_ps : int
        When the tick began.
    pending : int
        Packets that have not arrived and walks that have not ended.
    done : Event
        When nothing is pending any more.
    """

    def __init__(self, env: ChipEnvironment, cores: int) -> None:
        self.start_ps = env.now
        self.pending = 0
        self.done = env.event()
        self._env = env
        self._packets: list[Packet] = []
        self._finish_ps = [self.start_ps] * cores
        self._landed: list[int] = []

    def expect(self, packets: list[Packet], walks: int) -> None:
        """Take note of what will come."""
        self._packets = packets
        self.pending = len(packets) + walks
        self._settle()

    def land(self, packet: Packet) -> None:
        """Take note of an arrival."""
        self._landed.append(packet.number)
        self.pending -= 1
        self._settle()

    def finish(self, core: int, at_ps: int) -> None:
        """Take note of when a walk ends; this may lie ahead if nothing can hold it up any more."""
        self._finish_ps[core] = at_ps
        self.pending -= 1
        self._settle()

    def _settle(self) -> None:
        if not self.pending:
            self.done.succeed()

    @property
    def over(self) -> bool:
        """Whether nothing is pending any more."""
        return not self.pending

    def landed(self) -> NDArray[np.intp]:
        """Return the numbers of the packets that have landed since the last call."""
        landed, self._landed = self._landed, []
        return np.array(landed, np.intp)

    def times(self) -> TickTimes:
        """Return what came of it, once nothing is pending."""
        packets = self._packets
        return TickTimes(
            start_ps=self.start_ps,
            send_ps=_column([packet.send_ps for packet in packets]),
            arrival_ps=_column([packet.arrived_ps for packet in packets]),
            core_finish_ps=_column(self._finish_ps),
            longest_wait_ps=_column([packet.longest_wait_ps for packet in packets]),
            waited_at=_column([packet.waited_at.number for packet in packets]),
        )


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


@dataclass(frozen=True)
class Walk:
    """One tick's work of a token controller.

    Attributes
    ----------
    packets : sequence of Packet
    ready_ps : sequence of int
        When each of them can be sent, from the beginning of the walk, if none has to wait.
    work_ps : int
        The time of the whole walk, if none has to wait.
    flight : SimpyFlight
    """

    packets: Sequence[Packet]
    ready_ps: Sequence[int]
    work_ps: int
    flight: SimpyFlight


class TokenController:
    """Walks the neurons of one core, one tick after the other, and sends the packets of those that fire.

    As long as there is no room for a packet in the core's router, it stands still.

    Attributes
    ----------
    busy_until_ps : int
        When its last walk ended or, if nothing can hold it up any more, when it will.
    """

    def __init__(self, env: ChipEnvironment, network: PacketNetwork, core: int) -> None:
        self._env = env
        self._network = network
        self._core = core
        self._walks: deque[Walk] = deque()
        self._walking = False
        self.busy_until_ps = 0

    def begin(self, walk: Walk) -> None:
        """Walk now, or as soon as earlier walks have ended."""
        if not self._walking and not walk.packets:
            # Nothing can hold it up, so nobody needs to watch.
            self._end(walk, max(self._env.now, self.busy_until_ps) + walk.work_ps)
            return
        self._walks.append(walk)
        if not self._walking:
            self._walking = True
            self._env.process(self._walk())

    def _walk(self) -> Generator[Event, None, None]:
        env, network = self._env, self._network
        while self._walks:
            walk = self._walks.popleft()
            if self.busy_until_ps > env.now:
                yield env.timeout(self.busy_until_ps - env.now)
            done = 0
            for packet, ready in zip(walk.packets, walk.ready_ps, strict=True):
                if ready > done:
                    yield env.timeout(ready - done)
                    done = ready
                packet.send_ps = env.now
                while (room := network.room(packet.way[-1])) is not None:
                    yield room
                network.enter(packet)
            self._end(walk, env.now + walk.work_ps - done)
        self._walking = False

    def _end(self, walk: Walk, at_ps: int) -> None:
        self.busy_until_ps = at_ps
        walk.flight.finish(self._core, at_ps)


class SimpyTiming(Timing):
    """Plays ticks in time.

    Parameters
    ----------
    env
        Where they are played.
    fabric
        The board.
    positions
        Position of each core.
    """

    def __init__(self, env: ChipEnvironment, fabric: Fabric, positions: Sequence[Position]) -> None:
        self.env = env
        self.network = PacketNetwork(env, fabric)
        self._fabric = fabric
        self._positions = positions
        # Cores send along the same ways again and again.
        self._way = lru_cache(_WAYS)(self._find_way)
        self._controllers = [TokenController(env, self.network, core) for core in range(len(positions))]
        self._flights: list[SimpyFlight] = []

    def launch(self, packets: Packets, walks: Walks) -> SimpyFlight:
        """Begin a tick: the host's packets queue at its ports, and the token controllers set out."""
        env, cores = self.env, len(self._positions)
        flight = SimpyFlight(env, cores)
        self._flights = [*(open_ for open_ in self._flights if not open_.over), flight]
        ends = zip(packets.source_core.tolist(), packets.dest_core.tolist(), strict=True)
        made = [Packet(env, self._way(*pair), number, flight.land) for number, pair in enumerate(ends)]
        flight.expect(made, cores)
        from_host = packets.from_host
        for packet in made[:from_host]:
            packet.send_ps = env.now
            self.network.enter(packet)
        last = np.searchsorted(packets.source_core, np.arange(cores), side="right").tolist()
        ready, work = walks.ready_ps.tolist(), walks.work_ps.tolist()
        begin = from_host
        for core, end in enumerate(last):
            some = slice(begin - from_host, end - from_host)
            self._controllers[core].begin(Walk(made[begin:end], ready[some], work[core], flight))
            begin = end
        return flight

    def _find_way(self, source: int, target: int) -> tuple[Buffer, ...]:
        """Return the way from core to core; negative numbers stand for the host."""
        position = self._positions
        start, end = (position[core] if core >= 0 else HOST for core in (source, target))
        return self.network.way(self._fabric.path(start, end))

    def rest(self) -> Event:
        """Return the event that everything launched so far has ended."""
        return self.env.process(self._wait())

    def _wait(self) -> Generator[Event, None, None]:
        env = self.env
        for flight in self._flights:
            yield flight.done
        end = max(self.network.rest_ps(), *(controller.busy_until_ps for controller in self._controllers))
        if end > env.now:
            yield env.timeout(end - env.now)
