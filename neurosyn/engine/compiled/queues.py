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

_0, _1 = np.uint64(0), np.uint64(1)

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
def _count_crossings(layout, routes):
    """Count the links on the sides of chips that packets with these routes take."""
    side, crossings = layout.side, 0
    for p in range(len(routes.first)):
        x, y = position_of(routes.entry[p])
        x_end, y_end = position_of(routes.destination[p])
        crossings += abs(x_end // side - x // side) + abs(y_end // side - y // side)
    return crossings


@kernel
def _count_entries(layout, routes, sizes):
    """Compute sizes (segments,) that are enough for packets with these routes."""
    packets = len(routes.first)
    # Counters and no branches, so that the loop becomes vector instructions.
    of_host = east = west = north = south = local = turned_north = turned_south = leaving = 0
    for p in range(packets):
        x, y = position_of(routes.entry[p])
        x_end, y_end = position_of(routes.destination[p])
        of_host += routes.first[p] >= layout.edge_buffers
        east += x_end > x
        west += x_end < x
        north += (x_end == x) & (y_end > y)
        south += (x_end == x) & (y_end < y)
        local += (x_end == x) & (y_end == y)
        turned_north += (x_end != x) & (y_end > y)
        turned_south += (x_end != x) & (y_end < y)
        leaving += (x_end < 0) | (x_end >= layout.width) | (y_end < 0) | (y_end >= layout.height)
    sizes[OF_CORES + EAST], sizes[OF_CORES + WEST], sizes[OF_CORES + LOCAL] = east, west, local
    sizes[OF_CORES + NORTH], sizes[OF_CORES + SOUTH] = north, south
    sizes[OF_SERVERS + NORTH], sizes[OF_SERVERS + SOUTH] = turned_north, turned_south
    crossings = leaving
    if layout.width > layout.side or layout.height > layout.side:
        crossings = _count_crossings(layout, routes)
    sizes[LANES] = crossings
    for module in (EAST, WEST, NORTH, SOUTH):
        sizes[OF_SERVERS + module] += crossings + of_host
    sizes[OF_SERVERS + LOCAL] = packets
    for scratch in range(_SCRATCHES):
        sizes[SCRATCH + scratch] = packets


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
    # Unsigned, because an index that might be negative costs a test.
    a, a_end, b, b_end, k = np.uint64(a), np.uint64(a_end), np.uint64(b), np.uint64(b_end), np.uint64(into)
    while a < a_end and b < b_end:
        # Selected without branches, since which queue is next cannot be predicted.
        key_a, key_b = keys[a], keys[b]
        is_second = np.uint64(key_b < key_a)
        keys[k] = min(key_a, key_b)
        tags[k] = tags[a ^ ((a ^ b) & (_0 - is_second))]
        b += is_second
        a += _1 - is_second
        k += _1
    while a < a_end:
        keys[k], tags[k] = keys[a], tags[a]
        a += _1
        k += _1
    while b < b_end:
        keys[k], tags[k] = keys[b], tags[b]
        b += _1
        k += _1
    return into, np.int64(k)


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
    # Unsigned, because an index that might be negative costs a test.
    a, a_end, b, b_end = np.uint64(a), np.uint64(a_end), np.uint64(b), np.uint64(b_end)
    on, out = np.uint64(on), np.uint64(out)
    for _ in range(a_end - a + b_end - b):
        # Selected without branches, since which queue is next cannot be predicted.
        key_a = keys[a] if a < a_end else NEVER
        key_b = keys[b] if b < b_end else NEVER
        is_first = np.uint64(key_a < key_b)
        key, tag = min(key_a, key_b), tags[b ^ ((a ^ b) & (_0 - is_first))]
        a += is_first
        b += _1 - is_first
        arrives = key & ~PORT
        departs = max(arrives, free)
        free = departs + cycle
        wait = departs - arrives
        if wait > watched:
            note_wait(tag, wait, server, longest_wait, waited_at)
            if wait > slack:
                k, end = (a, a_end) if is_first else (b, b_end)
                if overflows(layout, keys, np.int64(k), np.int64(end), key & PORT, free, x, y):
                    return np.int64(on), np.int64(out), OVERFLOW
        leaves = np.uint64((tag ^ code) & mask == 0)
        k = on ^ ((on ^ out) & (_0 - leaves))
        keys[k], tags[k] = departs + onward, tag
        out += leaves
        on += _1 - leaves
    return np.int64(on), np.int64(out), free
