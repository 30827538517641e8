"""The network of routers and links as SimPy processes: the reference for the time at which each packet arrives."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable

from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric, Position
from neurosyn.engine.reference.link import Link
from neurosyn.engine.reference.packet import Packet, Stage
from neurosyn.engine.reference.router import Fifo, Merge

__all__ = ["Destination", "PacketNetwork"]


class Destination:
    """End of all routes, the schedulers of the cores and the host: has room at any time.

    Attributes
    ----------
    received : int
        Packets that have arrived.
    """

    server = -1

    def __init__(self, env: ChipEnvironment) -> None:
        self.received = 0
        self._env = env

    def reserve(self) -> Iterable[Event]:
        """Return at once."""
        return ()

    def put(self, packet: Packet) -> None:
        """Receive a packet."""
        packet.arrived_ps = self._env.now
        self.received += 1
        packet.landed(packet)


class PacketNetwork:
    """The merges, FIFOs and links of a fabric, each made when a route first leads through it.

    Parameters
    ----------
    env
    fabric
        Numbers and times of the servers, and the routes through them.

    Attributes
    ----------
    merges : dict of int to Merge
        Merges by number of the server.
    sent : int
        Packets that have entered.
    """

    def __init__(self, env: ChipEnvironment, fabric: Fabric) -> None:
        self.merges: dict[int, Merge] = {}
        self.sent = 0
        self._env = env
        self._fabric = fabric
        self._fifos: dict[int, Fifo] = {}
        self._destination = Destination(env)

    @property
    def delivered(self) -> int:
        """Packets that have reached their destinations."""
        return self._destination.received

    @property
    def rest_ps(self) -> int:
        """End of the last cycle of all merges, if no packet is under way."""
        return max((merge.rest_ps for merge in self.merges.values()), default=0)

    def route(self, source: Position | None, destination: Position | None) -> tuple[Stage, ...]:
        """Return the stages of the route between two positions; None stands for the host."""
        return *map(self._fifo, self._fabric.route(source, destination)), self._destination

    def send(self, packet: Packet) -> Generator[Event, None, None]:
        """Send a packet that is ready now, as soon as the first FIFO of its route has a slot."""
        packet.send_ps = self._env.now
        yield from packet.next_stage.reserve()
        self.enter(packet)

    def enter(self, packet: Packet) -> None:
        """Put a packet into the first FIFO of its route, in which it has a slot."""
        self.sent += 1
        packet.note_wait(self._env.now - packet.send_ps, packet.next_stage.server)
        packet.next_stage.put(packet)

    def _fifo(self, number: int) -> Fifo:
        if number not in self._fifos:
            fabric, server = self._fabric, self._fabric.server_of(number)
            if server not in self.merges:
                link = Link(self._env, fabric.latency_ps(server))
                self.merges[server] = Merge(self._env, server, fabric.cycle_ps(server), link)
            slots = fabric.slots(number)
            self._fifos[number] = Fifo(self._env, self.merges[server], number, math.inf if slots is None else slots)
        return self._fifos[number]
