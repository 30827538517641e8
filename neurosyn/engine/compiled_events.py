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

The tables are those of `neurosyn.engine.compiled_tables`.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from neurosyn.engine.compiled_queue import LAST, open_window, pull, put
from neurosyn.engine.compiled_tables import (
    ARRIVAL,
    AT,
    BLOCKED,
    BUSY,
    DUE,
    END,
    ENTRY,
    FINISH,
    FIRST,
    FOLLOWING,
    FREE,
    HEAD,
    INSIDE,
    LAG,
    LET_GO,
    LONG_AGO,
    LONGEST_WAIT,
    NEXT,
    NOBODY,
    ONWARD,
    PACKET,
    READY,
    RELEASED,
    REST,
    RETURNED,
    RETURNED_BEFORE,
    RIPE,
    SEND,
    TAIL,
    TICK,
    TURN,
    WAITED_AT,
    WAITING,
    WORK,
)
from neurosyn.engine.compiled_ways import NEVER, PER_ROUTER, PORTS, inlined, kernel, module_at, router_beyond

__all__ = ["launch", "play"]

_LEAVES = -1


@kernel
def launch(layout, tables, tick):
    """Begin an open tick: the host's packets queue at its ports, and idle token controllers set out."""
    servers, heads, buffers, levels, packets = tables[:5]
    sending, cores, starts, bounds, walks, total = tables[5:]
    for p in range(bounds[tick, 0], bounds[tick, 1]):
        sending[p, SEND] = starts[tick]
        _append(layout, servers, heads, buffers, levels, packets, sending[p, FIRST], p, starts[tick])
    total[INSIDE] += bounds[tick, -1] - bounds[tick, 0]
    for core in range(len(cores)):
        if cores[core, TICK] == tick:
            _walk(
                layout,
                servers,
                heads,
                buffers,
                levels,
                packets,
                sending,
                cores,
                starts,
                bounds,
                walks,
                core,
                tick + 1,
            )


@kernel
def play(layout, tables, launched, end):
    """Let happen what happens before `end`.

    Parameters
    ----------
    layout : Layout
    tables : Tables
    launched : int
        Ticks that have begun.
    end : int
        In picoseconds.
    """
    servers, heads, buffers, levels, packets = tables[:5]
    sending, cores, starts, bounds, walks, total = tables[5:]
    while open_window(layout, servers, levels, end):
        window_end = min((levels[LAST] + 1) << layout.window_bits, end)
        server = levels[0]
        while server != NOBODY:
            following = servers[server, NEXT]
            if servers[server, DUE] < end:
                pull(servers, levels, server)
                buffer = _depart(layout, servers, heads, buffers, levels, packets, total, server, window_end)
                if buffer != NOBODY:
                    waiting = -2 - buffers[buffer, WAITING]
                    buffers[buffer, WAITING] = NOBODY
                    _walk(
                        layout,
                        servers,
                        heads,
                        buffers,
                        levels,
                        packets,
                        sending,
                        cores,
                        starts,
                        bounds,
                        walks,
                        waiting,
                        launched,
                    )
            server = following
        if levels[0] != NOBODY:
            return


@inlined
def _server_of(layout, buffer):
    if buffer < layout.edge_buffers:
        return buffer // PORTS
    if buffer < layout.host_buffers:
        return layout.edges + (buffer - layout.edge_buffers) // layout.side
    return layout.host_inputs + buffer - layout.host_buffers


@inlined
def _append(layout, servers, heads, buffers, levels, packets, buffer, p, at):
    """Put a packet in a buffer, where it arrives at `at`."""
    packets[p, AT] = at
    packets[p, FOLLOWING] = NOBODY
    if heads[buffer] == NEVER:
        buffers[buffer, HEAD] = p
        heads[buffer] = at
        server = _server_of(layout, buffer)
        if not servers[server, BLOCKED]:
            put(layout, servers, levels, server, max(servers[server, READY], at))
    else:
        packets[buffers[buffer, TAIL], FOLLOWING] = p
    buffers[buffer, TAIL] = p


@inlined
def _place_at(buffers, buffer):
    """Return when the oldest of a buffer's places is (or was) free; `NEVER`: nobody knows yet."""
    free = buffers[buffer, FREE]
    if free == 0:
        return NEVER
    if free == 1:
        return buffers[buffer, RETURNED]
    if free == 2:
        return buffers[buffer, RETURNED_BEFORE]
    return LONG_AGO


@kernel
def _walk(layout, servers, heads, buffers, levels, packets, sending, cores, starts, bounds, walks, core, launched):
    """Let a token controller go on until it has to wait for a place, or has ended the walks of all ticks launched."""
    while cores[core, TICK] < launched:
        tick = cores[core, TICK]
        start, first, last = starts[tick], bounds[tick, core + 1], bounds[tick, core + 2]
        if cores[core, PACKET] == NOBODY:
            begin = max(start, cores[core, BUSY])
            cores[core, PACKET], cores[core, LAG] = first, begin
            if first == last:
                cores[core, RELEASED] = start if cores[core, RELEASED] <= start else begin
        p, lag = cores[core, PACKET], cores[core, LAG]
        while p < last:
            buffer = sending[p, FIRST]
            send = sending[p, RIPE] + lag
            sending[p, SEND] = send
            place = _place_at(buffers, buffer)
            if place == NEVER:
                buffers[buffer, WAITING] = -2 - core
                cores[core, PACKET], cores[core, LAG] = p, lag
                return
            enters = max(send, place)
            packets[p, LONGEST_WAIT] = enters - send
            lag += enters - send
            buffers[buffer, FREE] -= 1
            _append(layout, servers, heads, buffers, levels, packets, buffer, p, enters)
            cores[core, RELEASED] = enters
            p += 1
        cores[core, BUSY] = walks[tick, core, FINISH] = walks[tick, core, WORK] + lag
        walks[tick, core, LET_GO] = cores[core, RELEASED]
        cores[core, PACKET] = NOBODY
        cores[core, TICK] += 1


@inlined
def _next_buffer(layout, servers, packets, server, port, p):
    """Return the buffer that a packet goes to from a server; `_LEAVES` for a core's scheduler and for the host."""
    if server < layout.edges:
        router, direction = servers[server, ONWARD], server % PORTS
        if router >= layout.routers:
            return layout.edge_buffers + router - layout.routers
    elif server < layout.host_inputs:
        router, direction = router_beyond(layout, server, port), (server - layout.edges) % 4
    else:
        router, direction = packets[p, ENTRY], layout.entry
    if router < 0:
        return _LEAVES
    return PER_ROUTER * router + PORTS * module_at(direction, router, packets[p, TURN], packets[p, END]) + direction


@inlined
def _depart(layout, servers, heads, buffers, levels, packets, total, server, window_end):
    """Send the first packet of a server, or find out when it can go.

    Returns
    -------
    int
        The buffer that it leaves if a token controller waits for the place; else `NOBODY`.
    """
    cycle, latency = layout.cycle, layout.latency
    begin, ports = PORTS * server, PORTS
    if server >= layout.edges:
        cycle, latency = layout.edge_cycle, layout.edge_latency
        begin, ports = layout.edge_buffers + layout.side * (server - layout.edges), layout.side
        if server >= layout.host_inputs:
            begin, ports = layout.host_buffers + server - layout.host_inputs, 1
    # The oldest packet; of those, the one at the lowest port. And when the first one of the other ports arrives.
    port, arrived, others = 0, heads[begin], NEVER
    for other in range(1, ports):
        if heads[begin + other] < arrived:
            port, arrived, others = other, heads[begin + other], arrived
        else:
            others = min(others, heads[begin + other])
    buffer = begin + port
    p = buffers[buffer, HEAD]
    now = servers[server, DUE]
    target = _next_buffer(layout, servers, packets, server, port, p)
    if target != _LEAVES:
        place = _place_at(buffers, target)
        if place >= window_end:
            servers[server, BLOCKED] = 1
            if place == NEVER:
                buffers[target, WAITING] = server
            else:
                put(layout, servers, levels, server, place)
            return NOBODY
        now = max(now, place)
        buffers[target, FREE] -= 1
    servers[server, BLOCKED] = 0
    free = now + cycle
    servers[server, READY] = free
    total[REST] = max(total[REST], free, now + latency)
    if now - arrived > packets[p, LONGEST_WAIT]:
        packets[p, LONGEST_WAIT], packets[p, WAITED_AT] = now - arrived, server

    following = packets[p, FOLLOWING]
    heads[buffer] = NEVER if following == NOBODY else packets[following, AT]
    first_at = min(others, heads[buffer])
    if first_at != NEVER:
        put(layout, servers, levels, server, max(free, first_at))
    buffers[buffer, HEAD] = following
    buffers[buffer, FREE] += 1
    buffers[buffer, RETURNED_BEFORE] = buffers[buffer, RETURNED]
    buffers[buffer, RETURNED] = free

    if target == _LEAVES:
        packets[p, ARRIVAL] = now + latency
        total[INSIDE] -= 1
    else:
        _append(layout, servers, heads, buffers, levels, packets, target, p, now + latency)
    waiting = buffers[buffer, WAITING]
    if waiting == NOBODY:
        return NOBODY
    if waiting < 0:
        return buffer
    buffers[buffer, WAITING] = NOBODY
    put(layout, servers, levels, waiting, free)
    return NOBODY
