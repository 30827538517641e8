"""The network in SimPy: the reference for when each packet arrives.

Every hop of a packet is an event of its own, and so is every time at which a server that had to wait may go on. At each
instant all arrivals come first; then the servers choose, in order of their numbers (`neurosyn.engine.environment`).

A packet that departs from a server at time t takes a place in its next buffer at once and gives its old one back at
t + cycle, when the handshake ends; that is also when the server may send again. The oldest packet in all buffers of a
server goes first (ties: the lowest port); if there is no room for it, those behind it wait too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from simpy import Event

from neurosyn.engine.environment import ARBITRATION, ARRIVAL, ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric

__all__ = ["Buffer", "Packet", "PacketNetwork", "Server"]

_BY_NUMBER = attrgetter("number")
_Callbacks = list[Callable[[Any], None]]


class Packet(Event):
    """A packet on its way; as an event, its next arrival.

    Attributes
    ----------
    way : list of Buffer
        What lies before it, the next buffer last.
    buffer : Buffer
        Where it is.
    send_ps, arrived_ps : int
        When it was ready to be sent; when it came to where it is.
    longest_wait_ps, waited_at : int, Server
        Its longest wait so far and where that was; waiting in the core counts for the module that had no room.
    landed : callable
        Called with the packet when it is in its target's scheduler or with the host.
    number : int
        What the sender calls it.
    """

    __slots__ = ("arrived_ps", "buffer", "landed", "longest_wait_ps", "number", "send_ps", "waited_at", "way")

    buffer: Buffer
    _ok = True
    _value = None

    def __init__(
        self, env: ChipEnvironment, way: Iterable[Buffer], number: int, landed: Callable[[Packet], None]
    ) -> None:
        self.env = env
        self.way = list(way)
        self.number = number
        self.landed = landed
        self.send_ps = self.arrived_ps = self.longest_wait_ps = 0
        self.waited_at = self.way[-1].server


class Server(Event):
    """A merge and what it drives; as an event, the next time at which it may go on.

    It is idle (`queue` is empty), contends at this instant, or waits: for its cycle to end, or for room in the buffer
    that its oldest packet goes to. Only while it waits is it scheduled, or named by that buffer.

    Attributes
    ----------
    number : int
    cycle_ps, latency_ps : int
    queue : deque of Packet
        The packets in all its buffers, in the order in which they will go.
    ready_ps : int
        End of its cycle.
    """

    __slots__ = ("cycle_ps", "latency_ps", "number", "queue", "ready_ps")

    _ok = True
    _value = None

    def __init__(self, env: ChipEnvironment, number: int, cycle_ps: int, latency_ps: int) -> None:
        self.env = env
        self.number = number
        self.cycle_ps = cycle_ps
        self.latency_ps = latency_ps
        self.queue: deque[Packet] = deque()
        self.ready_ps = 0


class Buffer:
    """The input FIFO of one port of a server, as its upstream sees it.

    Attributes
    ----------
    number : int
        Within a server, buffers are numbered as its ports.
    server : Server
    free : int
        Places that are free or being freed: at most one is still being freed, until `freed_ps`.
    freed_ps : int
    waiting : Event or None
        Who waits for a place.
    """

    __slots__ = ("free", "freed_ps", "number", "server", "waiting")

    def __init__(self, number: int, server: Server, places: int) -> None:
        self.number = number
        self.server = server
        self.free = places
        self.freed_ps = 0
        self.waiting: Event | None = None


class PacketNetwork:
    """The servers of a fabric, made when a packet first needs them.

    Attributes
    ----------
    sent, delivered : int
        Packets that entered, and that arrived.
    """

    def __init__(self, env: ChipEnvironment, fabric: Fabric) -> None:
        self.env = env
        self.fabric = fabric
        self.sent = self.delivered = 0
        self._servers: dict[int, Server] = {}
        self._buffers = _Buffers(self._buffer)
        self._contenders: list[Server] = []
        self._arbitration = env.moment()
        self._arbitration_called = False
        # SimPy takes the callbacks off an event when it happens; ours happen again and again.
        self._on_arrival: _Callbacks = [self._arrive]
        self._on_wake: _Callbacks = [self._wake]
        self._on_arbitration: _Callbacks = [self._arbitrate_at_last]

    def way(self, path: Iterable[int]) -> tuple[Buffer, ...]:
        """Return the buffers of a path of `Fabric.path`, the first one last."""
        return tuple(map(self._buffers.__getitem__, path))[::-1]

    def rest_ps(self) -> int:
        """Return when the cycles of all servers end, if nothing is on its way."""
        return max((server.ready_ps for server in self._servers.values()), default=0)

    def packets_inside(self) -> int:
        """Count the packets in buffers, for checks: it looks at every server."""
        return sum(len(server.queue) for server in self._servers.values())

    def room(self, buffer: Buffer) -> Event | None:
        """Return None if `buffer` has a place for its upstream, or the event that it has."""
        now = self.env.now
        if buffer.free > 1 or (buffer.free == 1 and buffer.freed_ps <= now):
            return None
        if buffer.free:
            return self.env.moment_in(buffer.freed_ps - now, ARRIVAL)
        buffer.waiting = self.env.moment()
        return buffer.waiting

    def enter(self, packet: Packet) -> None:
        """Let a packet into its first buffer, which has room, at this instant."""
        self.sent += 1
        now = self.env.now
        wait = now - packet.send_ps
        if wait > packet.longest_wait_ps:
            packet.longest_wait_ps = wait
        packet.arrived_ps = now
        packet.way[-1].free -= 1
        self._queue_up(packet, now)
        if self._contenders and not self._arbitration_called:
            self._call_arbitration()

    def _buffer(self, number: int) -> Buffer:
        fabric = self.fabric
        of = fabric.server_of(number)
        server = self._servers.get(of)
        if server is None:
            server = self._servers[of] = Server(self.env, of, fabric.cycle_ps(of), fabric.latency_ps(of))
            server.callbacks = self._on_wake
        places = fabric.places(number)
        # The host's own queue has no end; so many places are never used up.
        return Buffer(number, server, 1 << 62 if places is None else places)

    # Arrivals.

    def _arrive(self, packet: Packet) -> None:
        now = self.env.now
        packet.arrived_ps = now
        if packet.way:
            self._queue_up(packet, now)
        else:
            self.delivered += 1
            packet.landed(packet)
        if self._contenders:
            # If nothing else happens at this instant, the servers can choose at once; this saves half of the events.
            if self.env.peek() > now:
                self._arbitrate()
            elif not self._arbitration_called:
                self._call_arbitration()

    def _queue_up(self, packet: Packet, now: int) -> None:
        buffer = packet.buffer = packet.way.pop()
        server = buffer.server
        queue = server.queue
        if not queue:
            queue.append(packet)
            if server.ready_ps > now:
                self.env.schedule(server, ARRIVAL, server.ready_ps - now)
            else:
                self._contenders.append(server)
        elif queue[-1].arrived_ps < now:
            queue.append(packet)
        else:
            place = len(queue)
            while place and queue[place - 1].arrived_ps == now and queue[place - 1].buffer.number > buffer.number:
                place -= 1
            queue.insert(place, packet)

    def _wake(self, server: Server) -> None:
        server.callbacks = self._on_wake
        self._contenders.append(server)
        if not self._arbitration_called:
            self._call_arbitration()

    def _call_arbitration(self) -> None:
        self._arbitration_called = True
        self._arbitration.callbacks = self._on_arbitration
        self.env.schedule(self._arbitration, ARBITRATION)

    # Departures.

    def _arbitrate_at_last(self, _: Event) -> None:
        self._arbitration_called = False
        self._arbitrate()

    def _arbitrate(self) -> None:
        now = self.env.now
        schedule = self.env.schedule
        contenders = self._contenders
        if len(contenders) > 1:
            contenders.sort(key=_BY_NUMBER)
        for server in contenders:
            packet = server.queue[0]
            if packet.way:
                target = packet.way[-1]
                free = target.free
                if free == 1 and target.freed_ps > now:
                    schedule(server, ARRIVAL, target.freed_ps - now)
                    continue
                if not free:
                    target.waiting = server
                    continue
                target.free = free - 1
            queue = server.queue
            queue.popleft()
            cycle = server.cycle_ps
            left = packet.buffer
            left.free += 1
            server.ready_ps = left.freed_ps = now + cycle
            if left.waiting is not None:
                schedule(left.waiting, ARRIVAL, cycle)
                left.waiting = None
            if queue:
                schedule(server, ARRIVAL, cycle)
            wait = now - packet.arrived_ps
            if wait > packet.longest_wait_ps:
                packet.longest_wait_ps = wait
                packet.waited_at = server
            packet.callbacks = self._on_arrival
            schedule(packet, ARRIVAL, server.latency_ps)
        contenders.clear()


class _Buffers(dict[int, Buffer]):
    """Buffers by number, made on demand."""

    def __init__(self, make: Callable[[int], Buffer]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, number: int) -> Buffer:
        buffer = self[number] = self._make(number)
        return buffer
