"""A tick solved server by server, for ticks in which no FIFO overflows.

*Why it is exact.* If no packet ever finds its next FIFO full, a server does not depend on those after it. Packets go
along x, then along y, then to the core, so servers can be solved in that order, all arrivals at each being known:
merged by arrival time and port, packet i departs at dᵢ = max(aᵢ, dᵢ₋₁ + cycle). That is the solution as well for FIFOs
with so many slots, if each packet k that is put into a FIFO finds one of them free: if packet k − slots of the same
FIFO has departed by then, a cycle ago. This is tested for every packet at every server, the token controllers' packets
included, so none of those stands still either. If one test fails, the tick has to be played by events
(`neurosyn.engine.compiled.events`).

*Few tests suffice.* Packets come to a FIFO at least a cycle of its upstream apart. So as many of them as it has slots
take a known time to come, and none of them can find it full before a packet has waited for longer than that: the
*slack* of the tick.

Queues are those of `neurosyn.engine.compiled.queues`. While packets run straight on, from module to module of a row or
column, they are in a queue of their own that is read and written from end to end.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

import numpy as np

from neurosyn.engine.compiled.blocked_links import serve_blocked_link
from neurosyn.engine.compiled.lanes import sweep_lane
from neurosyn.engine.compiled.layout import (
    NEVER,
    PER_ROUTER,
    PORTS,
    code_of,
    entry_direction,
    inlined,
    kernel,
    module_at,
    position_of,
    router_beyond,
)
from neurosyn.engine.compiled.queues import (
    LANES,
    LONG_AGO,
    NUMBER,
    OF_CORES,
    OF_SERVERS,
    OVERFLOW,
    PORT,
    SCALE,
    SCRATCH,
    SOLVED,
    append,
    first_lane,
    merge,
    note_wait,
    serve,
)
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = ["SOLVED", "solve"]


@kernel
def solve(layout, routes, bounds, space, lanes, send, arrival, longest_wait, waited_at):
    """Compute the arrivals of packets that are sent as soon as they are ready.

    Parameters
    ----------
    layout : Layout
    routes : RouteCodes
    bounds : int64 array (C + 2,)
        The first packet of the host, then that of each core, then the end.
    space : WaveSpace
        With empty queues.
    lanes : LaneState
        For links of `WaveSpace.blocked`.
    send : int64 array (packets,)
        For each core and for the host in order of time.
    arrival, longest_wait, waited_at : int64 arrays (packets,)
        Filled in; the last with the server of the longest wait, or the first server.

    Returns
    -------
    overflows : int
        `SOLVED`, or a server of which a FIFO overflows.
    rest : int
        Time at which all packets have arrived and all cycles have ended.
    """
    slack = _enter_from_cores(layout, routes, bounds, space, send, longest_wait, waited_at)
    modules_end = LONG_AGO
    edges_end = _enter_from_host(layout, routes, bounds, space, send, longest_wait, waited_at)
    for direction in (EAST, WEST, NORTH, SOUTH):
        overflows, last_of_modules, last_of_edges = _sweep(
            layout, slack, space, lanes, direction, arrival, longest_wait, waited_at
        )
        modules_end, edges_end = max(modules_end, last_of_modules), max(edges_end, last_of_edges)
        if overflows != SOLVED:
            return overflows, 0
    overflows, last_of_modules = _arrive(layout, slack, space, arrival, longest_wait, waited_at)
    modules_end = max(modules_end, last_of_modules) >> SCALE
    rest = modules_end + max(layout.latency - layout.cycle, 0)
    return overflows, max(rest, (edges_end >> SCALE) + max(layout.edge_latency - layout.edge_cycle, 0))


@kernel
def _enter_from_cores(layout, routes, bounds, space, send, longest_wait, waited_at):
    """Put the cores' packets into the queues of their first modules; return the slack."""
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    pause = NEVER
    for core in range(len(bounds) - 2):
        first, last = np.uint64(bounds[core + 1]), np.uint64(bounds[core + 2])
        if first == last:
            continue
        core_port = routes.first[first] // PER_ROUTER * PER_ROUTER + CORE
        for module in range(PORTS):
            begin[core_port + PORTS * module] = fill[OF_CORES + module]
        before = LONG_AGO
        for p in range(first, last):
            server = np.uint32(routes.first[p]) // np.uint32(PORTS)
            segment = np.int64(server) - core_port // PORTS
            k = fill[OF_CORES + segment]
            fill[OF_CORES + segment] = k + 1
            keys[np.uint64(k)], tags[np.uint64(k)] = send[p] << SCALE | CORE, _tag(routes, p)
            pause, before = min(pause, send[p] - before), send[p]
            longest_wait[p], waited_at[p] = 0, server
        for module in range(PORTS):
            end[core_port + PORTS * module] = fill[OF_CORES + module]
    depth, cycle = layout.depth, layout.cycle
    of_cores = depth * min(pause, 1 << 32) - cycle
    of_modules = (depth - 1) * cycle - layout.latency
    of_edges = depth * layout.edge_cycle - cycle - layout.edge_latency
    return min(of_cores, of_modules, of_edges) << SCALE


@kernel
def _enter_from_host(layout, routes, bounds, space, send, longest_wait, waited_at):
    """Serve the links from the host into the chips; return the end of the last cycle."""
    begin, end, free = space.begin, space.end, space.host_free
    cycle, latency = np.int64(layout.edge_cycle) << SCALE, np.int64(layout.edge_latency) << SCALE
    packets = range(bounds[0], bounds[1])
    free[:] = LONG_AGO
    # Packets for different rows mix, so the queues behind the links are measured first.
    for p in packets:
        end[_fifo_from_host(layout, routes, p)] += 1
    for p in packets:
        fifo = _fifo_from_host(layout, routes, p)
        if begin[fifo] == 0:
            segment = OF_SERVERS + fifo // PORTS % PORTS
            begin[fifo] = space.fill[segment]
            space.fill[segment] += end[fifo]
            end[fifo] = begin[fifo]
    for p in packets:
        chip = routes.first[p] - layout.host_buffers
        arrives = send[p] << SCALE
        departs = max(arrives, free[chip])
        free[chip] = departs + cycle
        longest_wait[p], waited_at[p] = (departs - arrives) >> SCALE, layout.host_inputs + chip
        fifo = _fifo_from_host(layout, routes, p)
        space.keys[end[fifo]], space.tags[end[fifo]] = departs + latency + fifo % PORTS, _tag(routes, p)
        end[fifo] += 1
    last_end = LONG_AGO
    for chip in range(len(free)):
        last_end = max(last_end, free[chip])
    return last_end


@inlined
def _fifo_from_host(layout, routes, p):
    """Return the buffer that a packet of the host comes to behind the link from the host."""
    x, y = position_of(routes.entry[p])
    direction = entry_direction(layout, x, y)
    return _fifo(layout, x, y, module_at(direction, routes.entry[p], routes.destination[p]), direction)


@inlined
def _fifo(layout, x, y, module, port):
    return PER_ROUTER * (y * layout.width + x) + PORTS * module + port


@inlined
def _tag(routes, p):
    return np.int64(routes.destination[p]) << 32 | p


@kernel
def _sweep(layout, slack, space, lanes, direction, arrival, longest_wait, waited_at):
    """Serve all modules of one direction, and the links on the sides of chips, in the order in which packets go.

    Returns `SOLVED` or the server that overflows, and the ends of the last cycles of modules and links.
    """
    side = layout.side
    along_x, forward = direction in (EAST, WEST), direction in (EAST, NORTH)
    columns, rows = layout.width // side, layout.height // side
    along, across = (columns, rows) if along_x else (rows, columns)
    modules_end = edges_end = LONG_AGO
    for number in range(along):
        a = number if forward else along - 1 - number
        for b in range(across):
            row, column = (b, a) if along_x else (a, b)
            edge = layout.edges + 4 * (row * columns + column) + direction
            if space.blocked[edge - layout.edges]:
                overflows, last_of_modules, last_of_edge = serve_blocked_link(
                    layout, slack, space, lanes, edge, arrival, longest_wait, waited_at
                )
                if overflows != SOLVED:
                    return overflows, modules_end, edges_end
                modules_end, edges_end = max(modules_end, last_of_modules), max(edges_end, last_of_edge)
                _enter_beyond(layout, space, edge)
                continue
            for lane in range(side):
                overflows, end = sweep_lane(layout, slack, space, edge, lane, longest_wait, waited_at)
                if overflows != SOLVED:
                    return overflows, modules_end, edges_end
                modules_end = max(modules_end, end)
            end = _serve_edge(layout, space, edge, arrival, longest_wait, waited_at)
            if end == OVERFLOW:
                return edge, modules_end, edges_end
            edges_end = max(edges_end, end)
            _enter_beyond(layout, space, edge)
    return SOLVED, modules_end, edges_end


@kernel
def _serve_edge(layout, space, edge, arrival, longest_wait, waited_at):
    """Serve the link on a side of a chip, where all lanes merge; return the end of its last cycle, or `OVERFLOW`."""
    begin, end, keys, tags, heads = space.begin, space.end, space.keys, space.tags, space.heads
    side, depth = layout.side, layout.depth
    cycle, latency = np.int64(layout.edge_cycle) << SCALE, np.int64(layout.latency) << SCALE
    buffer = layout.edge_buffers + side * (edge - layout.edges)
    to_host = router_beyond(layout, edge, 0)[0] < 0
    for lane in range(side):
        heads[lane] = keys[begin[buffer + lane]] if begin[buffer + lane] < end[buffer + lane] else NEVER
    next_ = space.lane
    for lane in range(side):
        next_[lane] = begin[buffer + lane]
    free = LONG_AGO
    while True:
        lane = first_lane(heads)
        key = heads[lane]
        if key == NEVER:
            return free
        k = next_[lane]
        next_[lane] = k + 1
        heads[lane] = keys[k + 1] if k + 1 < end[buffer + lane] else NEVER
        arrives = key & ~PORT
        if k - depth >= begin[buffer + lane] and keys[k - depth] + cycle > arrives - latency:
            return OVERFLOW
        departs = max(arrives, free)
        free = departs + cycle
        keys[k] = departs
        if departs > arrives:
            note_wait(tags[k], departs - arrives, edge, longest_wait, waited_at)
        if to_host:
            arrival[tags[k] & NUMBER] = (departs >> SCALE) + layout.edge_latency


@kernel
def _enter_beyond(layout, space, edge):
    """Put packets that a link on the side of a chip has served into the queues behind it."""
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    side, direction = layout.side, (edge - layout.edges) % 4
    onward = np.int64(layout.edge_latency) << SCALE | direction
    for lane in range(side):
        buffer = layout.edge_buffers + side * (edge - layout.edges) + lane
        x, y = router_beyond(layout, edge, lane)
        if x < 0 or begin[buffer] == end[buffer]:
            continue
        code, router = code_of(x, y), _fifo(layout, x, y, 0, direction)
        for module in range(PORTS):
            begin[router + PORTS * module] = fill[OF_SERVERS + module]
        for k in range(begin[buffer], end[buffer]):
            module = module_at(direction, code, tags[k] >> 32)
            append(space, OF_SERVERS + module, keys[k] + onward, tags[k])
        for module in range(PORTS):
            end[router + PORTS * module] = fill[OF_SERVERS + module]


@kernel
def _arrive(layout, slack, space, arrival, longest_wait, waited_at):
    """Serve all modules that lead to cores; return `SOLVED` or the server that overflows, and the end of all cycles."""
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    last_end = LONG_AGO
    for router in range(layout.routers):
        server = PORTS * router + LOCAL
        fifos = PORTS * server
        x, y = router % layout.width % layout.side, router // layout.width % layout.side
        # In a balanced tree, so that few packets are merged more than once.
        a, a_end = merge(
            keys, tags, begin[fifos + EAST], end[fifos + EAST], begin[fifos + WEST], end[fifos + WEST], fill[SCRATCH]
        )
        a, a_end = merge(keys, tags, a, a_end, begin[fifos + CORE], end[fifos + CORE], fill[SCRATCH + 1])
        b, b_end = merge(
            keys,
            tags,
            begin[fifos + NORTH],
            end[fifos + NORTH],
            begin[fifos + SOUTH],
            end[fifos + SOUTH],
            fill[SCRATCH + 2],
        )
        _, out_end, free = serve(
            layout,
            slack,
            keys,
            tags,
            a,
            a_end,
            b,
            b_end,
            x,
            y,
            server,
            np.int64(layout.latency) << SCALE,
            0,
            0,
            fill[LANES],
            fill[SCRATCH + 3],
            longest_wait,
            waited_at,
        )
        if free == OVERFLOW:
            return server, last_end
        last_end = max(last_end, free)
        for k in range(fill[SCRATCH + 3], out_end):
            arrival[tags[k] & NUMBER] = keys[k] >> SCALE
    return SOLVED, last_end
