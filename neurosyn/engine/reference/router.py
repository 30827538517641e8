"""The parts of a router: input FIFOs with slots, and the merge behind them."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count

from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.reference.link import Link
from neurosyn.engine.reference.packet import Packet

__all__ = ["Fifo", "Merge"]


class Merge:
    """Merge of several FIFOs onto a link: a module of a router, the merge–split link of a chip, a port of the host.

    The packet that arrived first departs first; of packets that arrived at the same instant, the one at the lowest
    port. If the next stage has no slot for it, those behind it wait, too. Departures are at least one cycle apart.

    Parameters
    ----------
    env
    server
        Number of this merge and its link in the fabric.
    cycle_ps
        Time between departures.
    link
        Link onto which packets depart.

    Attributes
    ----------
    rest_ps : int
        End of the last cycle, before which nothing departs.
    """

    def __init__(self, env: ChipEnvironment, server: int, cycle_ps: int, link: Link) -> None:
        self.server = server
        self.rest_ps = 0
        self._env = env
        self._cycle_ps = cycle_ps
        self._link = link
        self._queue: list[tuple[int, int, int, Packet, Fifo]] = []  # by time of arrival, port, and order at the port
        self._arrivals = count()
        self._request: Event | None = None
        env.process(self._run())

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, packet: Packet, fifo: Fifo) -> None:
        """Receive a packet in one of the FIFOs."""
        heappush(self._queue, (packet.arrived_ps, fifo.port, next(self._arrivals), packet, fifo))
        if self._request is not None:
            self._request.succeed()
            self._request = None

    def get(self) -> Event:
        """Return the event of the decision that the first packet in the queue departs next.

        It falls at the end of an instant, when all packets of that instant have arrived.
        """
        decision = self._env.arbitration()
        if self._queue:
            decision.succeed()
        else:
            self._request = decision
        return decision

    def _run(self) -> Generator[Event, None, None]:
        env = self._env
        while True:
            yield self.get()
            _, _, _, packet, fifo = self._queue[0]
            if self.rest_ps > env.now:
                yield env.timeout(self.rest_ps - env.now)
            yield from packet.next_stage.reserve()
            heappop(self._queue)
            packet.note_wait(env.now - packet.arrived_ps, self.server)
            self._link.put(packet)
            self.rest_ps = env.now + self._cycle_ps
            fifo.release(self.rest_ps)


class Fifo:
    """Input FIFO of one port of a merge, as seen by the one sender upstream.

    The sender reserves a slot before a packet departs, so that there is room when the packet arrives. The slot comes
    free one cycle after the packet has left the FIFO, so at most one slot is on its way back.

    Parameters
    ----------
    env
    merge
    port
        Number of the port.
    slots
        Packets that fit in; infinite for the host's ports.
    """

    def __init__(self, env: ChipEnvironment, merge: Merge, port: int, slots: float) -> None:
        self.server = merge.server
        self.port = port
        self._env = env
        self._merge = merge
        self._free = slots
        self._freed_ps = 0
        self._request: Event | None = None

    def reserve(self) -> Generator[Event, None, None]:
        """Take a slot, after waiting for one if there is none."""
        if not self._free:
            self._request = self._env.event()
            yield self._request
        if self._free == 1 and self._freed_ps > self._env.now:
            yield self._env.timeout(self._freed_ps - self._env.now)
        self._free -= 1

    def release(self, at_ps: int) -> None:
        """Give a slot back, which comes free at `at_ps`."""
        self._free += 1
        self._freed_ps = at_ps
        if self._request is not None:
            self._request.succeed()
            self._request = None

    def put(self, packet: Packet) -> None:
        """Receive a packet for which a slot was reserved."""
        packet.advance(self._env.now)
        self._merge.put(packet, self)
