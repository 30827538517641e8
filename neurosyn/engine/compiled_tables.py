"""What the compiled network remembers from event to event: tables of int64, a row for each server, buffer, packet, …

A row holds what an event needs at once; for servers and packets it is a line of the processor's cache. Times are in
picoseconds, numbers are those of `neurosyn.engine.fabric`, and `NOBODY` stands for none. Packets and ticks are numbered
over all ticks that are open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled_ways import NEVER, Layout
from neurosyn.engine.fabric import EAST, NORTH, SOUTH, WEST

__all__ = ["LONG_AGO", "NOBODY", "Tables", "new_cores", "new_tables"]

NOBODY = -1
LONG_AGO = -NEVER

# Columns of `servers`.
READY = 0  # end of the cycle
BLOCKED = 1  # 1: the first packet could go but for a place
ONWARD = 2  # where a module leads: a router; beyond the last one: a buffer at the side of the chip; NOBODY: the core
DUE, LEVEL, PREVIOUS, NEXT = 3, 4, 5, 6  # of `neurosyn.engine.compiled_queue`

# Columns of `buffers`. Packets are in a buffer from the moment at which their arrival is known.
HEAD, TAIL = 0, 1  # first and last packet
FREE = 2  # places that are free or known to become free
RETURNED, RETURNED_BEFORE = 3, 4  # when the last one was or will be free, and the one before
WAITING = 5  # the server that waits for a place, or −2 − core for a token controller

# Columns of `packets`.
ENTRY, TURN, END = 0, 1, 2  # of `neurosyn.engine.compiled_ways.Ways`
FOLLOWING = 3  # the next packet in the same buffer
AT = 4  # when it arrives in the buffer that it is in
LONGEST_WAIT, WAITED_AT, ARRIVAL = 5, 6, 7  # of `neurosyn.engine.timing.TickTimes`

# Columns of `sending`.
FIRST = 0  # of `Ways`
RIPE = 1  # ready, from the beginning of the walk, without stalls
SEND = 2  # of `TickTimes`

# Columns of `cores`.
TICK = 0  # whose walk is under way or comes next
PACKET = 1  # the next one of the walk that is under way
LAG = 2  # what to add to the times of this walk
BUSY = 3  # end of the last walk
RELEASED = 4  # when nothing could hold up the last walk any more

# Columns of `walks`.
WORK = 0  # of `neurosyn.engine.traffic.Walks`
FINISH = 1  # of `TickTimes`
LET_GO = 2  # when nothing can hold up the walk any more

# Places in `total`.
REST = 0  # when all packets will have arrived and all cycles have ended, as far as is known
INSIDE = 1  # packets that have not left their last server


class Tables(NamedTuple):
    """The state of the network and of the ticks that are open.

    Attributes
    ----------
    servers : (servers, 8)
    heads : (buffers,)
        When the first packet of each buffer arrives; `NEVER` if there is none. Apart from `buffers`, because a server
        looks at all its ports.
    buffers : (buffers, 6)
    levels : (66,)
        Of the queue.
    packets : (packets, 8)
    sending : (packets, 3)
    cores : (C, 5)
    starts : (ticks,)
    bounds : (ticks, C + 2)
        The first packet of the host, then that of each core, then the end of the tick's packets.
    walks : (ticks, C, 3)
    total : (2,)
    """

    servers: NDArray[np.int64]
    heads: NDArray[np.int64]
    buffers: NDArray[np.int64]
    levels: NDArray[np.int64]
    packets: NDArray[np.int64]
    sending: NDArray[np.int64]
    cores: NDArray[np.int64]
    starts: NDArray[np.int64]
    bounds: NDArray[np.int64]
    walks: NDArray[np.int64]
    total: NDArray[np.int64]


def new_cores(cores: int) -> NDArray[np.int64]:
    """Return idle token controllers."""
    table = np.zeros((cores, 5), np.int64)
    table[:, PACKET] = NOBODY
    return table


def new_tables(layout: Layout, cores: NDArray[np.int64]) -> Tables:
    """Return a network at rest, without ticks."""
    servers = np.full((layout.servers, 8), NOBODY, np.int64)
    servers[:, [READY, BLOCKED]] = 0
    servers[: layout.edges, ONWARD] = _onward(layout)
    buffers = np.full((layout.buffers, 6), NOBODY, np.int64)
    buffers[:, FREE] = layout.depth
    buffers[:, [RETURNED, RETURNED_BEFORE]] = LONG_AGO
    levels = np.full(66, NOBODY, np.int64)
    levels[64:] = 0
    return Tables(
        servers=servers,
        heads=np.full(layout.buffers, NEVER),
        buffers=buffers,
        levels=levels,
        packets=np.zeros((0, 8), np.int64),
        sending=np.zeros((0, 3), np.int64),
        cores=cores,
        starts=np.zeros(0, np.int64),
        bounds=np.zeros((0, len(cores) + 2), np.int64),
        walks=np.zeros((0, len(cores), 3), np.int64),
        total=np.zeros(2, np.int64),
    )


def _onward(layout: Layout) -> NDArray[np.int64]:
    side, router = layout.side, np.arange(layout.routers)
    x, y = router % layout.width, router // layout.width
    chip = y // side * (layout.width // side) + x // side
    onward = np.full((layout.routers, 5), NOBODY, np.int64)
    for direction, step, place, lane in (
        (EAST, 1, x, y),
        (WEST, -1, x, y),
        (NORTH, layout.width, y, x),
        (SOUTH, -layout.width, y, x),
    ):
        leaves_chip = place % side == (side - 1 if step > 0 else 0)
        to_edge = layout.routers + side * (4 * chip + direction) + lane % side
        onward[:, direction] = np.where(leaves_chip, to_edge, router + step)
    return onward.ravel()
