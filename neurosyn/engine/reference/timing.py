"""The reference timing: ticks played in time by SimPy processes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import HOST, Fabric, Position
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans
from neurosyn.engine.reference.core import Scan, TokenController
from neurosyn.engine.reference.host import Host
from neurosyn.engine.reference.packet import Packet, Stage
from neurosyn.engine.reference.packet_network import PacketNetwork
from neurosyn.engine.timing import Flight, Timing

__all__ = ["SimpyFlight", "SimpyTiming"]

_ROUTES = 1 << 16
"""Routes kept in memory."""


class SimpyFlight(Flight):
    """The packets and scans of one tick.

    Parameters
    ----------
    env
    cores
        Number of cores.

    Attributes
    ----------
    pending : int
        Packets that have not arrived and scans whose end is not certain.
    done : Event
        Nothing is pending any more.
    """

    def __init__(self, env: ChipEnvironment, cores: int) -> None:
        self.pending = 0
        self.done = env.event()
        self._start_ps = env.now
        self._packets: list[Packet] = []
        self._finish_ps = [self._start_ps] * cores
        self._landed: list[int] = []

    def expect(self, packets: list[Packet], scans: int) -> None:
        """Set the packets and the number of scans that the tick consists of."""
        self._packets = packets
        self._settle(-len(packets) - scans)

    def land(self, packet: Packet) -> None:
        """Note the arrival of a packet."""
        self._landed.append(packet.number)
        self._settle(1)

    def finish(self, core: int, at_ps: int) -> None:
        """Note the end of a core's scan, which may lie ahead."""
        self._finish_ps[core] = at_ps
        self._settle(1)

    def _settle(self, count: int) -> None:
        self.pending -= count
        if not self.pending:
            self.done.succeed()

    @property
    def over(self) -> bool:
        """True when nothing is pending any more."""
        return not self.pending

    def landed(self) -> NDArray[np.intp]:
        """Return the numbers of the packets that have landed since the last call."""
        landed, self._landed = self._landed, []
        return np.array(landed, np.intp)

    def times(self) -> TickTimes:
        """Return the times of the tick, once it is over."""
        packets = self._packets
        return TickTimes(
            start_ps=self._start_ps,
            send_ps=_column([packet.send_ps for packet in packets]),
            arrival_ps=_column([packet.arrived_ps for packet in packets]),
            core_finish_ps=_column(self._finish_ps),
            longest_wait_ps=_column([packet.longest_wait_ps for packet in packets]),
            waited_at=_column([packet.waited_at for packet in packets]),
        )


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


class SimpyTiming(Timing):
    """Timing engine of SimPy processes: one per core, router module, chip link and host link.

    Parameters
    ----------
    env
        Environment in which ticks are played.
    fabric
        The board.
    positions
        Position of each core.
    """

    def __init__(self, env: ChipEnvironment, fabric: Fabric, positions: Sequence[Position]) -> None:
        self._chip = fabric.chip
        self.network = PacketNetwork(env, fabric)
        self._env = env
        self._positions = positions
        self._host = Host(env, self.network)
        self._controllers = [TokenController(env, self.network) for _ in positions]
        self._flights: list[SimpyFlight] = []
        self._route = lru_cache(_ROUTES)(self._find_route)

    def scans(self, packets: Packets, synaptic_events: NDArray[np.uint16]) -> Scans:
        """Return the scans of a tick."""
        return Scans.of(packets, synaptic_events, self._chip)

    def launch(self, packets: Packets, scans: Scans) -> SimpyFlight:
        """Begin a tick now: the host sends its packets, and the token controllers begin their scans."""
        cores = len(self._positions)
        flight = SimpyFlight(self._env, cores)
        self._flights = [*(earlier for earlier in self._flights if not earlier.over), flight]
        ends = zip(packets.source_core.tolist(), packets.dest_core.tolist(), strict=True)
        sent = [Packet(number, self._route(*pair), flight.land) for number, pair in enumerate(ends)]
        flight.expect(sent, cores)
        from_host = packets.from_host
        self._host.put(sent[:from_host])
        bounds = np.searchsorted(packets.source_core, np.arange(cores + 1)).tolist()
        ready_ps = [0] * from_host + scans.ready_ps.tolist()
        for core, (controller, work_ps) in enumerate(zip(self._controllers, scans.work_ps.tolist(), strict=True)):
            of_core = slice(bounds[core], bounds[core + 1])
            controller.put(Scan(sent[of_core], ready_ps[of_core], work_ps, partial(flight.finish, core)))
        return flight

    def _find_route(self, source: int, destination: int) -> tuple[Stage, ...]:
        """Return the route from core to core; negative numbers stand for the host."""
        return self.network.route(*(self._positions[core] if core >= 0 else HOST for core in (source, destination)))

    def rest(self) -> Event:
        """Return the event that all flights are over and that cores and links are at rest."""
        return self._env.process(self._rest())

    def _rest(self) -> Generator[Event, None, None]:
        for flight in self._flights:
            yield flight.done
        end = self._end_ps()
        if end > self._env.now:
            yield self._env.timeout(end - self._env.now)

    @property
    def is_at_rest(self) -> bool:
        """True if no packet is under way and all cores and links are idle now."""
        return all(flight.over for flight in self._flights) and self._end_ps() <= self._env.now

    def _end_ps(self) -> int:
        """Return the end of all cycles and scans so far."""
        return max(self.network.rest_ps, *(controller.rest_ps for controller in self._controllers))
