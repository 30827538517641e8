"""A tick solved server by server, for ticks in which no FIFO overflows.

*Why it is exact.* If no packet ever finds its next FIFO full, a server does not depend on those after it. Packets go
along x, then along y, then to the core, so servers can be solved in the order of that way, each knowing all its
arrivals: merged by arrival time and port, packet i departs at dᵢ = max(aᵢ, dᵢ₋₁ + cycle). That is the solution as well
for FIFOs with so many places, if each packet k that is put into a FIFO finds one of them free: if packet k − places of
the same FIFO has departed by then, a cycle ago. This is tested for every packet at every server, the token controllers'
packets included, so none of those stands still either. If one test fails, the tick has to be played by events
(`neurosyn.engine.compiled_events`).

*Layout.* Between servers, the packets of a buffer are a list in order of arrival, linked through an array of the next
packet. While packets run straight on, from module to module of a row or column, they are not put in lists: they stay
in the row of a table that belongs to the port, as arrival and *tag*. A tag is the router at which the packet will leave
the row or column, and its number, in one word. When a packet has been served, its departure takes the place of its
arrival, for the test above.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled_ways import NEVER, PER_ROUTER, PORTS, Layout, kernel, module_at, router_beyond
from neurosyn.engine.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = ["SOLVED", "WaveSpace", "solve"]

SOLVED = -1
"""What `solve` returns if no FIFO overflows."""
_LONG_AGO = -NEVER
_NUMBER = np.int64(0xFFFF_FFFF)


class WaveSpace(NamedTuple):
    """Room to work in.

    Attributes
    ----------
    head, tail : int32 arrays (buffers,)
        First and last packet of each buffer's list; −1 for none.
    following : int32 array (packets,)
        The next packet in the same list.
    at : int64 array (packets,)
        When each packet arrived where it is.
    port_at, port_tag : int64 arrays (5, packets)
        Arrivals, later departures, and tags of the packets at each port of a module.
    out_at, out_tag : int64 arrays (packets,)
        Departures from a server, in order.
    counts, done, before : int64 arrays (5,)
        Packets at each port of a module; how many of them have been served; how long they were on their way to it.
    begin, reached : int64 arrays (side + 1,)
        First packet of each lane of a link on the side of a chip, and the next one to be served.
    """

    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    following: NDArray[np.int32]
    at: NDArray[np.int64]
    port_at: NDArray[np.int64]
    port_tag: NDArray[np.int64]
    out_at: NDArray[np.int64]
    out_tag: NDArray[np.int64]
    counts: NDArray[np.int64]
    done: NDArray[np.int64]
    before: NDArray[np.int64]
    begin: NDArray[np.int64]
    reached: NDArray[np.int64]

    @classmethod
    def of(cls, layout: Layout, packets: int) -> WaveSpace:
        """Make room for so many packets."""
        return cls(
            np.full(layout.buffers, -1, np.int32),
            np.full(layout.buffers, -1, np.int32),
            np.empty(packets, np.int32),
            np.empty(packets, np.int64),
            np.empty((PORTS, packets), np.int64),
            np.empty((PORTS, packets), np.int64),
            np.empty(packets, np.int64),
            np.empty(packets, np.int64),
            *np.zeros((3, PORTS), np.int64),
            *np.zeros((2, layout.side + 1), np.int64),
        )

    @property
    def capacity(self) -> int:
        """Packets that there is room for."""
        return len(self.at)

    def empty(self) -> None:
        """Empty all lists."""
        self.head[:] = -1


@kernel
def solve(layout, ways, space, send, arrival, longest_wait, waited_at):
    """Find out when packets arrive that are sent when they are ready.

    Parameters
    ----------
    layout : Layout
    ways : Ways
    space : WaveSpace
        With empty lists; they are empty again afterwards, unless a FIFO overflows.
    send : int64 array (packets,)
        For each core and for the host in order of time.
    arrival, longest_wait : int64 arrays (packets,)
        Filled in.
    waited_at : int64 array (packets,)
        Where the longest wait was, if there was any; the first server must be there already.

    Returns
    -------
    overflows : int
        `SOLVED`; or a server in front of which there would have been no place.
    rest : int
        When all packets have arrived and all cycles have ended.
    """
    rest = _LONG_AGO
    for p in range(len(send)):
        _append(space, ways.first[p], p, send[p])
    for server in range(layout.host_inputs, layout.servers):
        count = _serve_host_input(layout, ways, space, server, longest_wait, waited_at)
        if count:
            rest = max(rest, space.out_at[count - 1] + layout.edge_cycle)
    for direction in (EAST, WEST, NORTH, SOUTH):
        overflows, last = _sweep(layout, ways, space, direction, arrival, longest_wait, waited_at)
        rest = max(rest, last)
        if overflows != SOLVED:
            return overflows, rest
    counts, before = space.counts, space.before
    for router in range(layout.routers):
        server = PORTS * router + LOCAL
        for port in range(PORTS):
            counts[port] = _take(space, PORTS * server + port, port, ways.end)
        _set_latencies(layout, router, before)
        count = _serve(space, server, CORE, counts, before, layout.cycle, layout.depth, longest_wait, waited_at)
        if count < 0:
            return server, rest
        for k in range(count):
            arrival[space.out_tag[k] & _NUMBER] = space.out_at[k] + layout.latency
        if count:
            rest = max(rest, space.out_at[count - 1] + max(layout.cycle, layout.latency))
    return SOLVED, rest


@kernel
def _append(space, buffer, p, at):
    """Put packet `p` at the end of a buffer's list."""
    space.at[p] = at
    space.following[p] = -1
    if space.head[buffer] < 0:
        space.head[buffer] = p
    else:
        space.following[space.tail[buffer]] = p
    space.tail[buffer] = p


@kernel
def _take(space, buffer, port, leaves_at):
    """Move a buffer's list to the row of a port and return how many packets that are."""
    count = 0
    p = space.head[buffer]
    while p >= 0:
        space.port_at[port, count] = space.at[p]
        space.port_tag[port, count] = (np.int64(leaves_at[p]) << 32) | p
        count += 1
        p = space.following[p]
    space.head[buffer] = -1
    return count


@kernel
def _set_latencies(layout, router, before):
    """Say how long packets are on their way to a router's ports."""
    y, x = divmod(router, layout.width)
    last = layout.side - 1
    before[EAST] = layout.edge_latency if x % layout.side == 0 else layout.latency
    before[WEST] = layout.edge_latency if x % layout.side == last else layout.latency
    before[NORTH] = layout.edge_latency if y % layout.side == 0 else layout.latency
    before[SOUTH] = layout.edge_latency if y % layout.side == last else layout.latency
    before[CORE] = 0


@kernel
def _serve(space, server, straight, counts, before, cycle, depth, longest_wait, waited_at):
    """Serve the packets in the rows of a module's ports.

    Parameters
    ----------
    straight
        The port with the most packets.
    counts, before
        Packets at each port, and how long they were on their way to it.

    Returns
    -------
    int
        How many departures are in ``space.out_at`` and ``space.out_tag``; −1 if a FIFO overflows.
    """
    at, tag, out_at, out_tag = space.port_at, space.port_tag, space.out_at, space.out_tag
    done = space.done
    done[:] = 0
    n, free, i = 0, _LONG_AGO, 0
    straight_count = counts[straight]
    while True:
        # The first packet of all ports but the straight one.
        other, other_at = -1, NEVER
        for port in range(PORTS):
            if port != straight and done[port] < counts[port] and at[port, done[port]] < other_at:
                other, other_at = port, at[port, done[port]]
        while True:
            port, j, arrived = straight, i, NEVER
            if i < straight_count:
                arrived = at[straight, i]
            if other >= 0 and (other_at < arrived or (other_at == arrived and other < straight)):
                port, j, arrived = other, done[other], other_at
            elif arrived == NEVER:
                return n
            put_in = arrived - before[port]
            if free > put_in and j >= depth and at[port, j - depth] + cycle > put_in:
                return -1
            departs = max(arrived, free)
            free = departs + cycle
            at[port, j] = departs
            out_at[n] = departs
            out_tag[n] = tag[port, j]
            n += 1
            if departs > arrived:
                p = tag[port, j] & _NUMBER
                if departs - arrived > longest_wait[p]:
                    longest_wait[p] = departs - arrived
                    waited_at[p] = server
            if port != straight:
                done[port] += 1
                break
            i += 1


@kernel
def _serve_host_input(layout, ways, space, server, longest_wait, waited_at):
    """Serve what the host sends into a chip, and return how many packets that are."""
    count, free = 0, _LONG_AGO
    buffer = layout.host_buffers + server - layout.host_inputs
    p = space.head[buffer]
    space.head[buffer] = -1
    while p >= 0:
        following = space.following[p]
        arrived = space.at[p]
        departs = max(arrived, free)
        free = departs + layout.edge_cycle
        if departs > arrived:
            longest_wait[p], waited_at[p] = departs - arrived, server
        _enter(ways, space, ways.entry[p], layout.entry, p, departs + layout.edge_latency)
        space.out_at[count] = departs
        count += 1
        p = following
    return count


@kernel
def _enter(ways, space, router, port, p, at):
    """Let a packet arrive at a router."""
    module = module_at(port, router, ways.turn[p], ways.end[p])
    _append(space, PER_ROUTER * router + PORTS * module + port, p, at)


@kernel
def _sweep(layout, ways, space, direction, arrival, longest_wait, waited_at):
    """Serve all modules of one direction, and the links on the sides of chips, in the order in which packets go."""
    side, width = layout.side, layout.width
    along_x = direction in (EAST, WEST)
    forward = direction in (EAST, NORTH)
    along = width // side if along_x else layout.height // side
    across = layout.height // side if along_x else width // side
    step = (1 if along_x else width) * (1 if forward else -1)
    leaves_at = ways.turn if along_x else ways.end
    counts, before = space.counts, space.before
    rest = _LONG_AGO
    for number in range(along):
        a = number if forward else along - 1 - number
        for b in range(across):
            row, column = (b, a) if along_x else (a, b)
            edge = layout.edges + 4 * (row * (width // side) + column) + direction
            edge_buffer = layout.edge_buffers + side * (edge - layout.edges)
            near = 0 if forward else side - 1
            for lane in range(side):
                x = column * side + (near if along_x else lane)
                y = row * side + (lane if along_x else near)
                router = y * width + x
                counts[:] = 0
                counts[direction] = _take(space, PER_ROUTER * router + (PORTS + 1) * direction, direction, leaves_at)
                for place in range(side):
                    server = PORTS * router + direction
                    for port in range(PORTS):
                        if port != direction:
                            counts[port] = _take(space, PORTS * server + port, port, leaves_at)
                    _set_latencies(layout, router, before)
                    count = _serve(
                        space, server, direction, counts, before, layout.cycle, layout.depth, longest_wait, waited_at
                    )
                    if count < 0:
                        return server, rest
                    if count:
                        rest = max(rest, space.out_at[count - 1] + layout.cycle)
                    router += step
                    if place < side - 1:
                        counts[direction] = _go_on(layout, ways, space, direction, router, count)
                    else:
                        for k in range(count):
                            p = space.out_tag[k] & _NUMBER
                            _append(space, edge_buffer + lane, p, space.out_at[k] + layout.latency)
            count = _serve_edge(layout, ways, space, edge, arrival, longest_wait, waited_at)
            if count < 0:
                return edge, rest
            if count:
                rest = max(rest, space.out_at[count - 1] + max(layout.edge_cycle, layout.edge_latency))
    return SOLVED, rest


@kernel
def _go_on(layout, ways, space, direction, router, count):
    """Let what departs arrive at the next router: straight on in the row of `direction`, or into another module."""
    straight = 0
    for k in range(count):
        tag, at = space.out_tag[k], space.out_at[k] + layout.latency
        if tag >> 32 != router:
            space.port_tag[direction, straight] = tag
            space.port_at[direction, straight] = at
            straight += 1
        else:
            _enter(ways, space, router, direction, tag & _NUMBER, at)
    return straight


@kernel
def _serve_edge(layout, ways, space, edge, arrival, longest_wait, waited_at):
    """Serve the link on a side of a chip: all lanes merge, and split on the next chip or leave for the host.

    Returns how many packets passed; −1 if a FIFO overflows.
    """
    side, cycle = layout.side, layout.edge_cycle
    direction = (edge - layout.edges) % 4
    buffer = layout.edge_buffers + side * (edge - layout.edges)
    # The lanes' packets one behind the other: those of a lane begin at `start`.
    at, number = space.port_at[0], space.port_tag[0]
    start, following = space.begin, space.reached
    n = 0
    for lane in range(side):
        start[lane] = following[lane] = n
        p = space.head[buffer + lane]
        space.head[buffer + lane] = -1
        while p >= 0:
            at[n], number[n] = space.at[p], p
            n += 1
            p = space.following[p]
    start[side] = n
    free = _LONG_AGO
    for k in range(n):
        first, arrived = -1, NEVER
        for lane in range(side):
            i = following[lane]
            if i < start[lane + 1] and at[i] < arrived:
                first, arrived = lane, at[i]
        i = following[first]
        following[first] += 1
        put_in = arrived - layout.latency
        if i - layout.depth >= start[first] and at[i - layout.depth] + cycle > put_in:
            return -1
        departs = max(arrived, free)
        free = departs + cycle
        at[i] = departs
        p = number[i]
        if departs - arrived > longest_wait[p]:
            longest_wait[p], waited_at[p] = departs - arrived, edge
        router = router_beyond(layout, edge, first)
        if router < 0:
            arrival[p] = departs + layout.edge_latency
        else:
            _enter(ways, space, router, direction, p, departs + layout.edge_latency)
        space.out_at[k] = departs
    return n
