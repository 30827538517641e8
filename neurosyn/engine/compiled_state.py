"""What the compiled network remembers from event to event, and from tick to tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled_queue import NOBODY, EventQueue
from neurosyn.engine.compiled_ways import NEVER, Layout
from neurosyn.engine.fabric import EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = [
    "BEFORE",
    "FREE",
    "INSIDE",
    "LONG_AGO",
    "REST",
    "RETURNED",
    "Buffers",
    "Cores",
    "Flights",
    "Pool",
    "Servers",
    "State",
]

FREE, RETURNED, BEFORE = range(3)
"""Columns of `Buffers.places`."""
REST, INSIDE = range(2)
"""Places in `Servers.total`."""
LONG_AGO = -NEVER


class Servers(NamedTuple):
    """The servers.

    Attributes
    ----------
    ready : int64 array (servers,)
        End of the cycle.
    blocked : bool array (servers,)
        Whether the first packet could go, but for a place.
    onward : int32 array (5 · routers,)
        The router that a module leads to; `NOBODY` for the core. From `Layout.routers` on: the buffer of a link on the
        side of a chip, counted from the first one.
    total : int64 array (2,)
        `REST`: when all packets have arrived and all cycles have ended that are known; `INSIDE`: packets that have not
        left their last server.
    """

    ready: NDArray[np.int64]
    blocked: NDArray[np.bool_]
    onward: NDArray[np.int32]
    total: NDArray[np.int64]

    @classmethod
    def of(cls, layout: Layout) -> Servers:
        """Return servers at rest."""
        ready, blocked = np.zeros(layout.servers, np.int64), np.zeros(layout.servers, np.bool_)
        return cls(ready, blocked, _onward(layout), np.zeros(2, np.int64))


def _onward(layout: Layout) -> NDArray[np.int32]:
    side, router = layout.side, np.arange(layout.routers)
    x, y = router % layout.width, router // layout.width
    chip = y // side * (layout.width // side) + x // side
    onward = np.full((layout.routers, 5), NOBODY, np.int32)
    for direction, step, place, lane in (
        (EAST, 1, x, y),
        (WEST, -1, x, y),
        (NORTH, layout.width, y, x),
        (SOUTH, -layout.width, y, x),
    ):
        leaves_chip = place % side == (side - 1 if step > 0 else 0)
        to_edge = layout.routers + side * (4 * chip + direction) + lane % side
        onward[:, direction] = np.where(leaves_chip, to_edge, router + step)
    assert (onward[:, LOCAL] == NOBODY).all()
    return onward.ravel()


class Buffers(NamedTuple):
    """The buffers.

    Attributes
    ----------
    head, tail : int32 arrays (buffers,)
        First and last packet; packets are in a buffer from the moment at which their arrival is known.
    head_at : int64 array (buffers,)
        When the first one arrives; `NEVER` if there is none.
    places : int64 array (buffers, 3)
        `FREE`: how many are free or known to become so; `RETURNED`: when the last one was or will be; `BEFORE`: the one
        before.
    waiting : int32 array (buffers,)
        The server that waits for a place, or −2 − core for a token controller.
    """

    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    head_at: NDArray[np.int64]
    places: NDArray[np.int64]
    waiting: NDArray[np.int32]

    @classmethod
    def of(cls, layout: Layout) -> Buffers:
        """Return empty buffers."""
        places = np.full((layout.buffers, 3), LONG_AGO)
        places[:, FREE] = layout.depth
        nobody = np.full((3, layout.buffers), NOBODY, np.int32)
        return cls(nobody[0], nobody[1], np.full(layout.buffers, NEVER), places, nobody[2])


class Cores(NamedTuple):
    """The token controllers; arrays (cores,).

    Attributes
    ----------
    walk : int64
        The open tick whose walk is under way or comes next.
    packet : int64
        The next packet of the walk that is under way, or `NOBODY`.
    lag : int64
        What to add to times of this walk.
    busy : int64
        End of the last walk.
    released : int64
        When nothing could hold up the last walk any more.
    """

    walk: NDArray[np.int64]
    packet: NDArray[np.int64]
    lag: NDArray[np.int64]
    busy: NDArray[np.int64]
    released: NDArray[np.int64]

    @classmethod
    def of(cls, cores: int) -> Cores:
        """Return idle token controllers."""
        walk, lag, busy, released = np.zeros((4, cores), np.int64)
        return cls(walk, np.full(cores, NOBODY, np.int64), lag, busy, released)


class Flights(NamedTuple):
    """Open ticks.

    Attributes
    ----------
    start : int64 array (ticks,)
    bounds : int64 array (ticks, C + 2)
        The first packet of the host, then that of each core, then the end of the tick's packets.
    work, finish : int64 arrays (ticks, C)
        What each core has to do, and when it will have finished.
    released : int64 array (ticks, C)
        When nothing can hold up the walk of a core any more.
    """

    start: NDArray[np.int64]
    bounds: NDArray[np.int64]
    work: NDArray[np.int64]
    finish: NDArray[np.int64]
    released: NDArray[np.int64]

    @classmethod
    def of(cls, ticks: int, cores: int) -> Flights:
        """Make room for so many ticks."""
        work, finish, released = np.zeros((3, ticks, cores), np.int64)
        return cls(np.zeros(ticks, np.int64), np.zeros((ticks, cores + 2), np.int64), work, finish, released)


class Pool(NamedTuple):
    """The packets of open ticks; arrays (packets,).

    Attributes
    ----------
    entry, turn, end, first : int32
        `Ways`.
    following : int32
        The next packet in the same buffer.
    at : int64
        When the packet arrives in the buffer that it is in.
    ready, send, arrival, longest_wait, waited_at : int64
        As in `Walks` and `TickTimes`.
    """

    entry: NDArray[np.int32]
    turn: NDArray[np.int32]
    end: NDArray[np.int32]
    first: NDArray[np.int32]
    following: NDArray[np.int32]
    at: NDArray[np.int64]
    ready: NDArray[np.int64]
    send: NDArray[np.int64]
    arrival: NDArray[np.int64]
    longest_wait: NDArray[np.int64]
    waited_at: NDArray[np.int64]

    @classmethod
    def of(cls, packets: int) -> Pool:
        """Make room for so many packets."""
        numbers, times = np.zeros((5, packets), np.int32), np.zeros((6, packets), np.int64)
        return cls(*numbers, *times)


class State(NamedTuple):
    """All of it."""

    layout: Layout
    servers: Servers
    buffers: Buffers
    cores: Cores
    flights: Flights
    pool: Pool
    queue: EventQueue
