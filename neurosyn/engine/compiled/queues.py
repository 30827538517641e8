"""Queues of the wave: memory of all FIFOs of a tick, and the two operations on them, to merge and to serve.

All queues are stretches of two long arrays, ``keys`` and ``tags``, in order of arrival. A *key* is the arrival of a
packet in ps, times 8, plus the port where it came in: packets of a module are served in the order of their keys. Times
are multiplied by 8 everywhere here. A *tag* is the destination code of a packet and its number in one word.

A FIFO has one upstream, so its queue is written at one go when that is served, and no memory has to be set aside for
it: the queues of one *segment* of the arrays follow each other as they are made.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.layout import (
    NEVER,
    PORTS,
    Layout,
    RouteCodes,
    inlined,
    kernel,
    position_of,
)
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = [
    "LANES",
    "LONG_AGO",
    "NUMBER",
    "OF_CORES",
    "OF_SERVERS",
    "OVERFLOW",
    "PORT",
    "SCALE",
    "SCRATCH",
    "SOLVED",
    "WaveSpace",
    "append",
    "first_lane",
    "merge",
    "note_wait",
    "overflows",
    "serve",
]

SCALE = 3
"""Keys are times shifted by so many bits, plus a port."""
PORT = np.int64(7)
NUMBER = np.int64(0xFFFF_FFFF)
"""The bits of a tag that are the number of the packet."""
LONG_AGO = -NEVER
SOLVED = -1
"""Returned in place of a server of which a FIFO overflows, if there is none."""
OVERFLOW = NEVER
"""Returned by `serve` in place of a time if a FIFO overflows."""

# Segments of the arrays: queues of the cores' packets by module, queues that other servers fill by module, lanes of the
# links on the sides of chips, and room for queues that are read at once.
OF_CORES, OF_SERVERS, LANES, SCRATCH = 0, PORTS, 2 * PORTS, 2 * PORTS + 1
_SCRATCHES = 4
_SEGMENTS = SCRATCH + _SCRATCHES


class WaveSpace(NamedTuple):
    """Working memory of a wave.

    Attributes
    ----------
    begin, end : int32 arrays (buffers,)
        Stretch of each buffer's queue.
    fill : int64 array (segments,)
        End of what has been written in each segment; of the scratches, their begin.
    keys, tags : int64 arrays (entries,)
    lane, heads : int64 arrays (side,)
        The next packet of each lane of a link on the side of a chip, and its key.
    blocked : bool array (links on the sides of chips,)
        Links that are solved together with the modules before them (`neurosyn.engine.compiled.blocked_links`).
    host_free : int64 array (chips,)
        End of the last cycle of each link from the host.
    """

    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    fill: NDArray[np.int64]
    keys: NDArray[np.int64]
    tags: NDArray[np.int64]
    lane: NDArray[np.int64]
    heads: NDArray[np.int64]
    blocked: NDArray[np.bool_]
    host_free: NDArray[np.int64]

    @classmethod
    def of(cls, layout: Layout) -> WaveSpace:
        """Allocate memory for no packets."""
        nothing = np.zeros(0, np.int64)
        return cls(
            *np.zeros((2, layout.buffers), np.int32),
            np.zeros(_SEGMENTS, np.int64),
            nothing,
            nothing,
            *np.zeros((2, layout.side), np.int64),
            np.zeros(layout.host_inputs - layout.edges, np.bool_),
            np.zeros(layout.buffers - layout.host_buffers, np.int64),
        )

    def prepared(self, layout: Layout, routes: RouteCodes) -> WaveSpace:
        """Return this space, or a larger one, with empty queues for packets with these routes."""
        self.begin[:] = self.end[:] = 0
        sizes = np.zeros(_SEGMENTS, np.int64)
        _count_entries(layout, routes, sizes)
        ends = np.cumsum(sizes)
        self.fill[:] = ends - sizes
        if ends[-1] <= len(self.keys):
            return self
        keys, tags = np.empty((2, int(ends[-1]) * 5 // 4), np.int64)
        return self._replace(keys=keys, tags=tags)


@kernel
def _count_entries(layout, routes, sizes):
    """Compute sizes (segments,) that are enough for packets with these routes."""
    side, one_chip = layout.side, layout.width == layout.side and layout.height == layout.side
    packets = len(routes.first)
    for p in range(packets):
        x, y = position_of(routes.entry[p])
        x_end, y_end = position_of(routes.destination[p])
        inside = 0 <= x_end < layout.width and 0 <= y_end < layout.height
        if not (one_chip and inside):
            crossings = abs(x_end // side - x // side) + abs(y_end // side - y // side)
            sizes[LANES] += crossings
            for module in (EAST, WEST, NORTH, SOUTH):
                sizes[OF_SERVERS + module] += crossings
        if routes.first[p] < layout.edge_buffers:
            sizes[OF_CORES + routes.first[p] // PORTS % PORTS] += 1
            turns = x != x_end and y != y_end
        else:
            sizes[OF_SERVERS + EAST] += 1
            sizes[OF_SERVERS + WEST] += 1
            turns = True
        if turns:
            sizes[OF_SERVERS + (NORTH if y_end > y else SOUTH)] += 1
    sizes[OF_SERVERS + LOCAL] = packets
    # One more entry, because packets are written before it is known which of two queues they go to.
    for segment in range(_SEGMENTS):
        sizes[segment] += 1
    for scratch in range(_SCRATCHES):
        sizes[SCRATCH + scratch] = packets + 1


@inlined
def append(space, segment, key, tag):
    """Put a packet at the end of the queue that is being written in a segment."""
    k = space.fill[segment]
    space.fill[segment] = k + 1
    space.keys[k], space.tags[k] = key, tag


@inlined
def note_wait(tag, wait, server, longest_wait, waited_at):
    """Note a packet's wait at a server, if it is the longest so far."""
    p = tag & NUMBER
    if wait >> SCALE > longest_wait[p]:
        longest_wait[p], waited_at[p] = wait >> SCALE, server


@inlined
def first_lane(heads):
    """Return the lane of a link whose next packet arrives first; of several, the lowest."""
    lane, key = 0, heads[0]
    for other in range(1, len(heads)):
        if heads[other] < key:
            lane, key = other, heads[other]
    return lane


@inlined
def merge(keys, tags, a, a_end, b, b_end, into):
    """Merge two queues into a scratch, or none if one of them is empty; return the stretch of the result."""
    if a == a_end:
        return b, b_end
    if b == b_end:
        return a, a_end
    begin = into
    while a < a_end and b < b_end:
        if keys[b] < keys[a]:
            keys[into], tags[into] = keys[b], tags[b]
            b += 1
        else:
            keys[into], tags[into] = keys[a], tags[a]
            a += 1
        into += 1
    while a < a_end:
        keys[into], tags[into] = keys[a], tags[a]
        a += 1
        into += 1
    while b < b_end:
        keys[into], tags[into] = keys[b], tags[b]
        b += 1
        into += 1
    return begin, into


@inlined
def _latency_before(layout, port, x, y):
    """Return the latency of the link to a port of the router at (x, y) of a chip."""
    if port == CORE:
        return 0
    last = layout.side - 1
    at_side = (x == 0, x == last, y == 0, y == last)
    return layout.edge_latency if at_side[port] else layout.latency


@kernel
def overflows(layout, keys, k, end, port, free, x, y):
    """Return True if a FIFO needs more slots than it has, until a packet's slot is free again at `free`.

    `keys[k]` is the next packet that comes to the module, at this or another port.
    """
    put_in_before = free + (np.int64(_latency_before(layout, port, x, y)) << SCALE)
    count = 0
    while k < end and keys[k] < put_in_before:
        count += keys[k] & PORT == port
        k += 1
    return count >= layout.depth


@inlined
def serve(
    layout, slack, keys, tags, a, a_end, b, b_end, x, y, server, onward, code, mask, on, out, longest_wait, waited_at
):
    """Serve the packets of a module, which come in two queues.

    Parameters
    ----------
    slack
        Longest wait after which no FIFO can overflow; below 0 where even packets that do not wait can be too many.
    a, a_end, b, b_end
        The two queues.
    x, y
        The router's position on its chip.
    onward
        What is added to a departure: latency and port of the next FIFO.
    code, mask
        Packets whose destination has these bits leave the row or column.
    on, out
        Begins of the queues of those that go on, and of those that leave.

    Returns
    -------
    on, out
        The ends of both.
    free
        End of the last cycle; `OVERFLOW` if a FIFO overflows.
    """
    cycle, free = np.int64(layout.cycle) << SCALE, LONG_AGO
    code, mask = np.int64(code) << 32, np.int64(mask) << 32
    watched = min(slack, 0)
    while True:
        key_a = keys[a] if a < a_end else NEVER
        key_b = keys[b] if b < b_end else NEVER
        if key_a < key_b:
            key, tag, k, end = key_a, tags[a], a, a_end
            a += 1
        elif key_b != NEVER:
            key, tag, k, end = key_b, tags[b], b, b_end
            b += 1
        else:
            return on, out, free
        arrives = key & ~PORT
        departs = max(arrives, free)
        free = departs + cycle
        wait = departs - arrives
        if wait > watched:
            note_wait(tag, wait, server, longest_wait, waited_at)
            if wait > slack and overflows(layout, keys, k + 1, end, key & PORT, free, x, y):
                return on, out, OVERFLOW
        # Written to both queues, and kept in one: faster than a branch that cannot be predicted.
        keys[on] = keys[out] = departs + onward
        tags[on] = tags[out] = tag
        leaves = np.int64((tag ^ code) & mask == 0)
        out += leaves
        on += 1 - leaves
