"""The network by events, with FIFOs that fill up: the compiled twin of `neurosyn.engine.simpy_network`.

Servers, packets and token controllers obey the rules of the SimPy network; what differs is who is asked, and when.

*Known in advance.* When a packet departs, its next arrival is certain, so it is put in its next buffer at once, with
that time. A token controller depends on nothing but places in its router's buffers: as long as the time of the next
place is known, so is that of its next packet, which goes to the buffer at once, too. So departures are the only events:
a server is due when its cycle has ended and the first of its packets is there. If the buffer that this packet goes to
gets a place at a known time, that is when it departs; else it waits until that buffer's server says when.

*Windows.* Within a window (`neurosyn.engine.compiled_queue`) servers are asked in any order. What departs in a window
arrives after it, and the place that it leaves is free after it, so all that a server can see of the window's other
departures are places that are known to become free later. As a server departs at most once in a window, the times of
the last two such places are enough to tell which one is taken: the oldest; all but these two are free in any case.

Times are int64 picoseconds. Packets are numbered over all ticks that are open, as are these ticks.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from neurosyn.engine.compiled_queue import NOBODY, open_window, pull, put
from neurosyn.engine.compiled_state import BEFORE, FREE, INSIDE, LONG_AGO, REST, RETURNED
from neurosyn.engine.compiled_ways import NEVER, PER_ROUTER, PORTS, compiled, inlined, module_at, router_beyond

__all__ = ["launch", "play"]

_LEAVES = -1


@compiled
def launch(state, tick):
    """Begin an open tick: the host's packets queue at its ports, and idle token controllers set out."""
    flights, pool = state.flights, state.pool
    cores = len(state.cores.walk)
    start = flights.start[tick]
    for p in range(flights.bounds[tick, 0], flights.bounds[tick, 1]):
        pool.send[p] = start
        _append(state, pool.first[p], p, start)
    state.servers.total[INSIDE] += flights.bounds[tick, cores + 1] - flights.bounds[tick, 0]
    for core in range(cores):
        if state.cores.walk[core] == tick:
            _walk(state, core, tick + 1)


@compiled
def play(state, launched, end):
    """Let happen what happens before `end`.

    Parameters
    ----------
    state : State
    launched
        Ticks that have begun.
    end
        In picoseconds.
    """
    queue = state.queue
    while open_window(queue, end):
        window_end = min((queue.state[0] + 1) << queue.shift, end)
        server = queue.first[0]
        while server != NOBODY:
            after = queue.after[server]
            if queue.due[server] < end:
                pull(queue, server)
                _depart(state, server, queue.due[server], window_end, launched)
            server = after
        if queue.first[0] != NOBODY:
            return


@inlined
def _server_of(layout, buffer):
    if buffer < layout.edge_buffers:
        return buffer // PORTS
    if buffer < layout.host_buffers:
        return layout.edges + (buffer - layout.edge_buffers) // layout.side
    return layout.host_inputs + buffer - layout.host_buffers


@inlined
def _append(state, buffer, p, at):
    """Put a packet in a buffer, where it arrives at `at`."""
    buffers, pool = state.buffers, state.pool
    pool.at[p] = at
    pool.following[p] = NOBODY
    if buffers.head[buffer] == NOBODY:
        buffers.head[buffer] = p
        buffers.head_at[buffer] = at
        server = _server_of(state.layout, buffer)
        if not state.servers.blocked[server]:
            put(state.queue, server, max(state.servers.ready[server], at))
    else:
        pool.following[buffers.tail[buffer]] = p
    buffers.tail[buffer] = p


@inlined
def _place_at(buffers, buffer):
    """Return when the oldest of a buffer's places is (or was) free; `NEVER`: nobody knows yet."""
    free = buffers.places[buffer, FREE]
    if free == 0:
        return NEVER
    if free == 1:
        return buffers.places[buffer, RETURNED]
    if free == 2:
        return buffers.places[buffer, BEFORE]
    return LONG_AGO


@compiled
def _walk(state, core, launched):
    """Let a token controller go on until it has to wait for a place, or has ended the walks of all ticks launched."""
    cores, flights, pool, buffers = state.cores, state.flights, state.pool, state.buffers
    while cores.walk[core] < launched:
        tick = cores.walk[core]
        start, first, last = flights.start[tick], flights.bounds[tick, core + 1], flights.bounds[tick, core + 2]
        if cores.packet[core] == NOBODY:
            begin = max(start, cores.busy[core])
            cores.packet[core] = first
            cores.lag[core] = begin
            if first == last and cores.released[core] <= start:
                cores.released[core] = start
            elif first == last:
                cores.released[core] = begin
        p, lag = cores.packet[core], cores.lag[core]
        while p < last:
            buffer = pool.first[p]
            send = pool.ready[p] + lag
            pool.send[p] = send
            place = _place_at(buffers, buffer)
            if place == NEVER:
                buffers.waiting[buffer] = -2 - core
                cores.packet[core], cores.lag[core] = p, lag
                return
            enters = max(send, place)
            pool.longest_wait[p] = enters - send
            lag += enters - send
            buffers.places[buffer, FREE] -= 1
            _append(state, buffer, p, enters)
            cores.released[core] = enters
            p += 1
        cores.busy[core] = flights.finish[tick, core] = flights.work[tick, core] + lag
        flights.released[tick, core] = cores.released[core]
        cores.packet[core] = NOBODY
        cores.walk[core] += 1


@inlined
def _next_buffer(layout, servers, pool, server, port, p):
    """Return the buffer that a packet goes to from a server; `_LEAVES` for a core's scheduler and for the host."""
    if server < layout.edges:
        onward = servers.onward[server]
        if onward >= layout.routers:
            return layout.edge_buffers + onward - layout.routers
        router, direction = onward, server % PORTS
    elif server < layout.host_inputs:
        router, direction = router_beyond(layout, server, port), (server - layout.edges) % 4
    else:
        router, direction = pool.entry[p], layout.entry
    if router < 0:
        return _LEAVES
    return PER_ROUTER * router + PORTS * module_at(direction, router, pool.turn[p], pool.end[p]) + direction


@inlined
def _depart(state, server, now, window_end, launched):
    """Send the first packet of a server, or find out when it can go."""
    layout, servers, buffers, pool, queue = state.layout, state.servers, state.buffers, state.pool, state.queue
    cycle, latency = layout.cycle, layout.latency
    begin, ports = PORTS * server, PORTS
    if server >= layout.edges:
        cycle, latency = layout.edge_cycle, layout.edge_latency
        begin, ports = layout.edge_buffers + layout.side * (server - layout.edges), layout.side
        if server >= layout.host_inputs:
            begin, ports = layout.host_buffers + server - layout.host_inputs, 1
    port = 0
    for other in range(1, ports):
        if buffers.head_at[begin + other] < buffers.head_at[begin + port]:
            port = other
    buffer = begin + port
    p = buffers.head[buffer]
    target = _next_buffer(layout, servers, pool, server, port, p)
    if target != _LEAVES:
        place = _place_at(buffers, target)
        if place >= window_end:
            servers.blocked[server] = True
            if place == NEVER:
                buffers.waiting[target] = server
            else:
                put(queue, server, place)
            return
        now = max(now, place)
        buffers.places[target, FREE] -= 1
    servers.blocked[server] = False
    free = now + cycle
    servers.ready[server] = free
    servers.total[REST] = max(servers.total[REST], free, now + latency)
    if now - pool.at[p] > pool.longest_wait[p]:
        pool.longest_wait[p] = now - pool.at[p]
        pool.waited_at[p] = server

    following = pool.following[p]
    buffers.head[buffer] = following
    buffers.head_at[buffer] = NEVER if following == NOBODY else pool.at[following]
    buffers.places[buffer, FREE] += 1
    buffers.places[buffer, BEFORE] = buffers.places[buffer, RETURNED]
    buffers.places[buffer, RETURNED] = free
    waiting = buffers.waiting[buffer]
    if waiting != NOBODY:
        buffers.waiting[buffer] = NOBODY
        if waiting >= 0:
            put(queue, waiting, free)
        else:
            _walk(state, -2 - waiting, launched)

    if target == _LEAVES:
        pool.arrival[p] = now + latency
        servers.total[INSIDE] -= 1
    else:
        _append(state, target, p, now + latency)
    first_at = NEVER
    for other in range(ports):
        first_at = min(first_at, buffers.head_at[begin + other])
    if first_at != NEVER:
        put(queue, server, max(free, first_at))
