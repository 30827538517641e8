"""A tick solved server by server, for ticks in which no FIFO overflows.

*Why it is exact.* If no packet ever finds its next FIFO full, a server does not depend on those after it. Packets go
along x, then along y, then to the core, so servers can be solved in that order, all arrivals at each being known:
merged by arrival time and port, packet i departs at dᵢ = max(aᵢ, dᵢ₋₁ + cycle). That is the solution as well for FIFOs
with so many slots, if each packet k that is put into a FIFO finds one of them free: if packet k − slots of the same
FIFO has departed by then, a cycle ago. This is tested for every packet at every server, the token controllers' packets
included, so none of those stands still either. If one test fails, the tick has to be played by events
(`neurosyn.engine.compiled.events`).

*Layout.* The packets that come into a buffer are a *queue*: a stretch of two long arrays, as long as the routes of the
packets require, filled with arrivals and *tags* in order of arrival. A tag is the destination code of a packet and its
number in one word. While packets run straight on, from module to module of a row or column, they are in no queue but in
two arrays of their own, and most of the work is to read these from end to end. When a packet has been served, its
departure replaces its arrival, for the test above.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.layout import (
    COLUMN,
    NEVER,
    PER_ROUTER,
    PORTS,
    Layout,
    RouteCodes,
    code_of,
    entry_direction,
    inlined,
    kernel,
    module_at,
    position_of,
    router_beyond,
)
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = ["SOLVED", "WaveSpace", "solve"]

SOLVED = -1
"""Return value of `solve` if no FIFO overflows."""
_LONG_AGO = -NEVER
_NUMBER = np.int64(0xFFFF_FFFF)


class WaveSpace(NamedTuple):
    """Working memory of `solve`.

    Attributes
    ----------
    begin, end : int32 arrays (buffers + 1,)
        Begin of each buffer's queue, and its end so far.
    at, tag : int64 arrays (entries,)
        The queues.
    straight_at, straight_tag : int64 arrays (packets,)
        Packets that run straight on.
    out_at, out_tag : int64 arrays (packets,)
        Departures from a server, in order.
    next, heads, before : int64 arrays (5,)
        The next packet of each port of a module, its arrival, and the latency of the link to the port.
    lane : int64 array (side,)
        The next packet of each lane of a link on the side of a chip.
    """

    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    at: NDArray[np.int64]
    tag: NDArray[np.int64]
    straight_at: NDArray[np.int64]
    straight_tag: NDArray[np.int64]
    out_at: NDArray[np.int64]
    out_tag: NDArray[np.int64]
    next: NDArray[np.int64]
    heads: NDArray[np.int64]
    before: NDArray[np.int64]
    lane: NDArray[np.int64]

    @classmethod
    def of(cls, layout: Layout) -> WaveSpace:
        """Allocate memory for no packets."""
        ranges = np.zeros((2, layout.buffers + 1), np.int32)
        nothing = np.zeros(0, np.int64)
        return cls(
            *ranges,
            *([nothing] * 6),
            *np.zeros((3, PORTS), np.int64),
            np.zeros(layout.side, np.int64),
        )

    def prepared(self, layout: Layout, routes: RouteCodes) -> WaveSpace:
        """Return this space, or a larger one, with empty queues for packets with these routes."""
        self.begin[:] = 0
        _lay_out(layout, routes.first, routes.entry, routes.destination, self.begin)
        entries, packets = int(self.begin[-1]), len(routes.first)
        space = self
        if entries > len(self.at):
            at, tag = np.empty((2, entries * 5 // 4), np.int64)
            space = space._replace(at=at, tag=tag)
        if packets > len(self.out_at):
            rows = np.empty((4, packets * 5 // 4), np.int64)
            names = ("straight_at", "straight_tag", "out_at", "out_tag")
            space = space._replace(**dict(zip(names, rows, strict=True)))
        space.end[:] = space.begin
        return space


@kernel
def _lay_out(layout, first, entry, destination, begin):
    """Compute the begin of each buffer's queue from the routes of the packets."""
    for p in range(len(first)):
        begin[first[p] + 1] += 1
        x, y = position_of(entry[p])
        port = CORE
        if first[p] >= layout.host_buffers:
            port = entry_direction(layout, x, y)
            begin[_buffer(layout, x, y, module_at(port, entry[p], destination[p]), port) + 1] += 1
        module = module_at(port, entry[p], destination[p])
        while module != LOCAL:
            x, y, edge = _straight_on(layout, module, x, y, destination[p])
            if edge >= 0:
                begin[edge + 1] += 1
                if x < 0 or y < 0 or x >= layout.width or y >= layout.height:
                    break
            port, module = module, module_at(module, code_of(x, y), destination[p])
            begin[_buffer(layout, x, y, module, port) + 1] += 1
    for buffer in range(layout.buffers):
        begin[buffer + 1] += begin[buffer]


@inlined
def _buffer(layout, x, y, module, port):
    return PER_ROUTER * (y * layout.width + x) + PORTS * module + port


@inlined
def _straight_on(layout, module, x, y, destination):
    """Return the position at which a packet turns or leaves the chip, and the buffer at the chip's side or −1."""
    side = layout.side
    x_end, y_end = position_of(destination)
    # The first and last column (row) of the chip; divisions are slow, and most boards have one chip.
    x_first = 0 if layout.width == side else x // side * side
    y_first = 0 if layout.height == side else y // side * side
    x_last, y_last = x_first + side - 1, y_first + side - 1
    chip = y_first // side * (layout.width // side) + x_first // side if layout.edges > PORTS * side * side else 0
    edge = layout.edge_buffers + side * (4 * chip + module)
    if module == EAST:
        return (x_end, y, -1) if x_end <= x_last else (x_last + 1, y, edge + y - y_first)
    if module == WEST:
        return (x_end, y, -1) if x_end >= x_first else (x_first - 1, y, edge + y - y_first)
    if module == NORTH:
        return (x, y_end, -1) if y_end <= y_last else (x, y_last + 1, edge + x - x_first)
    return (x, y_end, -1) if y_end >= y_first else (x, y_first - 1, edge + x - x_first)


@kernel
def solve(layout, routes, space, send, arrival, longest_wait, waited_at):
    """Compute the arrivals of packets that are sent as soon as they are ready.

    Parameters
    ----------
    layout : Layout
    routes : RouteCodes
    space : WaveSpace
        With empty queues.
    send : int64 array (packets,)
        For each core and for the host in order of time.
    arrival, longest_wait : int64 arrays (packets,)
        Filled in; `longest_wait` must be 0.
    waited_at : int64 array (packets,)
        Filled in with the server of the longest wait; holds the first server of each packet before.

    Returns
    -------
    overflows : int
        `SOLVED`, or a server of which a FIFO overflows.
    rest : int
        Time at which all packets have arrived and all cycles have ended.
    """
    at, tag, end = space.at, space.tag, space.end
    first, destination = routes.first, routes.destination
    for p in range(len(send)):
        _append(end, at, tag, first[p], np.int64(destination[p]) << 32 | p, send[p])
    modules_end = edges_end = _LONG_AGO
    for server in range(layout.host_inputs, layout.servers):
        last = _serve_host_input(layout, routes.entry, space, server, longest_wait, waited_at)
        edges_end = max(edges_end, last)
    for direction in (EAST, WEST, NORTH, SOUTH):
        overflows, last_of_modules, last_of_edges = _sweep(layout, space, direction, arrival, longest_wait, waited_at)
        modules_end, edges_end = max(modules_end, last_of_modules), max(edges_end, last_of_edges)
        if overflows != SOLVED:
            return overflows, modules_end
    out_at, out_tag, before = space.out_at, space.out_tag, space.before
    for y in range(layout.height):
        for x in range(layout.width):
            server = PORTS * (y * layout.width + x) + LOCAL
            _set_latencies(layout, before, x % layout.side, y % layout.side)
            count = _serve(layout, space, server, LOCAL, 0, longest_wait, waited_at)
            if count < 0:
                return server, modules_end
            for k in range(count):
                arrival[out_tag[k] & _NUMBER] = out_at[k] + layout.latency
            if count:
                modules_end = max(modules_end, out_at[count - 1])
    rest = modules_end + max(layout.cycle, layout.latency)
    return SOLVED, max(rest, edges_end + max(layout.edge_cycle, layout.edge_latency))


@inlined
def _append(end, at, tag, buffer, packet, arrives):
    """Put a packet, given by its tag, at the end of a buffer's queue."""
    k = end[buffer]
    end[buffer] = k + 1
    at[k], tag[k] = arrives, packet


@inlined
def _note_wait(packet, wait, server, longest_wait, waited_at):
    p = packet & _NUMBER
    if wait > longest_wait[p]:
        longest_wait[p], waited_at[p] = wait, server


@inlined
def _set_latencies(layout, before, x, y):
    """Set the latencies of the links to the ports of the router at (x, y) of a chip, except for straight packets."""
    last = layout.side - 1
    before[EAST] = layout.edge_latency if x == 0 else layout.latency
    before[WEST] = layout.edge_latency if x == last else layout.latency
    before[NORTH] = layout.edge_latency if y == 0 else layout.latency
    before[SOUTH] = layout.edge_latency if y == last else layout.latency
    before[CORE] = 0


@kernel
def _serve(layout, space, server, port, straight, longest_wait, waited_at):
    """Serve the packets of a module: those in its queues, and some that came straight on to one of its ports.

    Returns how many departures are in ``space.out_at`` and ``space.out_tag``; −1 if a FIFO overflows.
    """
    begin, end, at, tag, before = space.begin, space.end, space.at, space.tag, space.before
    next_, heads = space.next, space.heads
    straight_at, straight_tag, out_at, out_tag = space.straight_at, space.straight_tag, space.out_at, space.out_tag
    cycle, depth, latency = layout.cycle, layout.depth, layout.latency
    first = PORTS * server
    for other in range(PORTS):
        next_[other] = begin[first + other]
        heads[other] = at[next_[other]] if next_[other] < end[first + other] else NEVER
    i, n, free = 0, 0, _LONG_AGO
    while True:
        queue, queue_at = 0, heads[0]
        for other in range(1, PORTS):
            if heads[other] < queue_at:
                queue, queue_at = other, heads[other]
        # Straight packets that come before it, or at the same time to a lower port.
        limit = queue_at + (port < queue)
        while i < straight and straight_at[i] < limit:
            arrives, packet = straight_at[i], straight_tag[i]
            put_in = arrives - latency
            if free > put_in and i >= depth and straight_at[i - depth] + cycle > put_in:
                return -1
            departs = max(arrives, free)
            free = departs + cycle
            straight_at[i] = out_at[n] = departs
            out_tag[n] = packet
            if departs > arrives:
                _note_wait(packet, departs - arrives, server, longest_wait, waited_at)
            i += 1
            n += 1
        if queue_at == NEVER:
            return n
        j = next_[queue]
        next_[queue] = j + 1
        heads[queue] = at[j + 1] if j + 1 < end[first + queue] else NEVER
        put_in, packet = queue_at - before[queue], tag[j]
        if free > put_in and j - depth >= begin[first + queue] and at[j - depth] + cycle > put_in:
            return -1
        departs = max(queue_at, free)
        free = departs + cycle
        at[j] = out_at[n] = departs
        out_tag[n] = packet
        if departs > queue_at:
            _note_wait(packet, departs - queue_at, server, longest_wait, waited_at)
        n += 1


@kernel
def _serve_host_input(layout, entry, space, server, longest_wait, waited_at):
    """Serve the packets that the host sends into a chip, and return the last departure."""
    at, tag, end = space.at, space.tag, space.end
    buffer = layout.host_buffers + server - layout.host_inputs
    departs = _LONG_AGO
    for k in range(space.begin[buffer], end[buffer]):
        packet = tag[k]
        departs = max(at[k], departs + layout.edge_cycle)
        if departs > at[k]:
            _note_wait(packet, departs - at[k], server, longest_wait, waited_at)
        code = entry[packet & _NUMBER]
        x, y = position_of(code)
        direction = entry_direction(layout, x, y)
        module = module_at(direction, code, packet >> 32)
        target = _buffer(layout, x, y, module, direction)
        _append(end, at, tag, target, packet, departs + layout.edge_latency)
    return departs


@kernel
def _sweep(layout, space, direction, arrival, longest_wait, waited_at):
    """Serve all modules of one direction, and the links on the sides of chips, in the order in which packets go.

    Returns `SOLVED` or the server that overflows, and the last departures from modules and links.
    """
    at, tag, end, out_at, out_tag = space.at, space.tag, space.end, space.out_at, space.out_tag
    side, before = layout.side, space.before
    along_x, forward = direction in (EAST, WEST), direction in (EAST, NORTH)
    columns, rows = layout.width // side, layout.height // side
    along, across = (columns, rows) if along_x else (rows, columns)
    step = 1 if forward else -1
    modules_end = edges_end = _LONG_AGO
    for number in range(along):
        a = number if forward else along - 1 - number
        for b in range(across):
            row, column = (b, a) if along_x else (a, b)
            edge = layout.edges + 4 * (row * columns + column) + direction
            for lane in range(side):
                straight = 0
                offset = 0 if forward else side - 1
                for _ in range(side):
                    x, y = (offset, lane) if along_x else (lane, offset)
                    _set_latencies(layout, before, x, y)
                    x, y = x + column * side, y + row * side
                    server = PORTS * (y * layout.width + x) + direction
                    count = _serve(layout, space, server, direction, straight, longest_wait, waited_at)
                    if count < 0:
                        return server, modules_end, edges_end
                    if count:
                        modules_end = max(modules_end, out_at[count - 1])
                    offset += step
                    if 0 <= offset < side:
                        x, y = (x + step, y) if along_x else (x, y + step)
                        straight = _go_on(layout, space, direction, x, y, count)
                buffer = layout.edge_buffers + side * (edge - layout.edges) + lane
                for k in range(count):
                    _append(end, at, tag, buffer, out_tag[k], out_at[k] + layout.latency)
            last = _serve_edge(layout, space, edge, arrival, longest_wait, waited_at)
            if last == NEVER:
                return edge, modules_end, edges_end
            edges_end = max(edges_end, last)
    return SOLVED, modules_end, edges_end


@inlined
def _go_on(layout, space, direction, x, y, count):
    """Let what departs arrive at the router at (x, y); return how many packets run straight on."""
    at, tag, end, out_at, out_tag = space.at, space.tag, space.end, space.out_at, space.out_tag
    straight_at, straight_tag = space.straight_at, space.straight_tag
    code = code_of(x, y)
    # Packets leave a row at their destination's column, and a column at their destination.
    mask = COLUMN if direction in (EAST, WEST) else _NUMBER
    router = PER_ROUTER * (y * layout.width + x)
    straight = 0
    for k in range(count):
        packet, arrives = out_tag[k], out_at[k] + layout.latency
        destination = packet >> 32
        if (destination ^ code) & mask:
            straight_at[straight], straight_tag[straight] = arrives, packet
            straight += 1
        else:
            buffer = router + PORTS * module_at(direction, code, destination) + direction
            _append(end, at, tag, buffer, packet, arrives)
    return straight


@kernel
def _serve_edge(layout, space, edge, arrival, longest_wait, waited_at):
    """Serve the link on a side of a chip: all lanes merge, and split on the next chip or leave for the host.

    Returns the last departure; `NEVER` if a FIFO overflows.
    """
    begin, end, at, tag, lanes = space.begin, space.end, space.at, space.tag, space.lane
    side, cycle, direction = layout.side, layout.edge_cycle, (edge - layout.edges) % 4
    buffer = layout.edge_buffers + side * (edge - layout.edges)
    for lane in range(side):
        lanes[lane] = begin[buffer + lane]
    departs = _LONG_AGO
    while True:
        lane, arrives = -1, NEVER
        for other in range(side):
            if lanes[other] < end[buffer + other] and at[lanes[other]] < arrives:
                lane, arrives = other, at[lanes[other]]
        if lane < 0:
            return departs
        k = lanes[lane]
        lanes[lane] = k + 1
        put_in, packet = arrives - layout.latency, tag[k]
        if k - layout.depth >= begin[buffer + lane] and at[k - layout.depth] + cycle > put_in:
            return NEVER
        at[k] = departs = max(arrives, departs + cycle)
        if departs > arrives:
            _note_wait(packet, departs - arrives, edge, longest_wait, waited_at)
        x, y = router_beyond(layout, edge, lane)
        if x < 0:
            arrival[packet & _NUMBER] = departs + layout.edge_latency
        else:
            target = _buffer(layout, x, y, module_at(direction, code_of(x, y), packet >> 32), direction)
            _append(end, at, tag, target, packet, departs + layout.edge_latency)
