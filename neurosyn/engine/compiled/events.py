"""The network by events, with FIFOs that fill up: the compiled twin of `neurosyn.engine.reference`.

Servers, packets and token controllers obey the rules of the SimPy network; only the order of evaluation differs.

*Known in advance.* When a packet departs, its next arrival is certain, so it is put in its next buffer at once, with
that time. A token controller depends on nothing but slots in its router's buffers: as long as the time of the next slot
is known, so is that of its next packet, which goes to the buffer at once, too. So departures are the only events: a
server is due when its cycle has ended and the first of its packets has arrived. If the buffer that this packet goes to
gets a slot at a known time, the packet departs then; otherwise it waits until that buffer's server sets a time.

*Windows.* Within a window (`event_queue`) servers are evaluated in any order. A packet that departs in a window arrives
after it, and the slot that it leaves is free after it, so all that a server can observe of the window's other
departures are slots that are known to become free later. As a server departs at most once in a window, the times of the
last two such slots are enough to tell which one is taken: the oldest; all but these two are free in any case.

The tables are those of `neurosyn.engine.compiled.tables`.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from neurosyn.engine.compiled.event_queue import LAST, open_window, pull, put
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
    server_of,
)
from neurosyn.engine.compiled.tables import INSIDE, LONG_AGO, NONE, REST

__all__ = ["launch", "play"]

_LEAVES = -1


@kernel
def launch(layout, tables, tick):
    """Begin an open tick: the host sends its packets, and idle token controllers begin their scans."""
    servers, heads, buffers, levels, packets = tables[:5]
    travels, cores, starts, bounds, scans, total = tables[5:]
    for p in range(bounds[tick, 0], bounds[tick, 1]):
        travels[p].send = starts[tick]
        _append(layout, servers, heads, buffers, levels, packets, travels[p].first, p, starts[tick])
    total[INSIDE] += bounds[tick, -1] - bounds[tick, 0]
    for core in range(len(cores)):
        if cores[core].tick == tick:
            _scan(
                layout,
                servers,
                heads,
                buffers,
                levels,
                packets,
                travels,
                cores,
                starts,
                bounds,
                scans,
                core,
                tick + 1,
            )


@kernel
def play(layout, tables, launched, end):
    """Play all events before `end`.

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
    travels, cores, starts, bounds, scans, total = tables[5:]
    while open_window(layout, servers, levels, end):
        window_end = min((levels[LAST] + 1) << layout.window_bits, end)
        server = levels[0]
        while server != NONE:
            following = servers[server].next
            if servers[server].due < end:
                pull(servers, levels, server)
                buffer = _depart(layout, servers, heads, buffers, levels, packets, travels, total, server, window_end)
                if buffer != NONE:
                    waiting = -2 - buffers[buffer].waiting
                    buffers[buffer].waiting = NONE
                    _scan(
                        layout,
                        servers,
                        heads,
                        buffers,
                        levels,
                        packets,
                        travels,
                        cores,
                        starts,
                        bounds,
                        scans,
                        waiting,
                        launched,
                    )
            server = following
        if levels[0] != NONE:
            return


@inlined
def _append(layout, servers, heads, buffers, levels, packets, buffer, p, at):
    """Put a packet in a buffer, where it arrives at `at`."""
    packets[p].at = at
    packets[p].following = NONE
    if heads[buffer] == NEVER:
        buffers[buffer].head = p
        heads[buffer] = at
        server = server_of(layout, buffer)
        if not servers[server].blocked:
            put(layout, servers, levels, server, max(servers[server].ready, at))
    else:
        packets[buffers[buffer].tail].following = p
    buffers[buffer].tail = p


@inlined
def _slot_at(buffers, buffer):
    """Return when the oldest of a buffer's slots is (or was) free; `NEVER` if this is not known yet."""
    free = buffers[buffer].free
    if free == 0:
        return NEVER
    if free == 1:
        return buffers[buffer].returned
    if free == 2:
        return buffers[buffer].returned_before
    return LONG_AGO


@kernel
def _scan(layout, servers, heads, buffers, levels, packets, travels, cores, starts, bounds, scans, core, launched):
    """Continue a token controller until it waits for a slot or has ended the scans of all ticks launched."""
    while cores[core].tick < launched:
        tick = cores[core].tick
        start, first, last = starts[tick], bounds[tick, core + 1], bounds[tick, core + 2]
        if cores[core].packet == NONE:
            begin = max(start, cores[core].busy)
            cores[core].packet, cores[core].lag = first, begin
            if first == last:
                cores[core].released = start if cores[core].released <= start else begin
        p, lag = cores[core].packet, cores[core].lag
        while p < last:
            buffer = travels[p].first
            send = travels[p].ready + lag
            travels[p].send = send
            slot_at = _slot_at(buffers, buffer)
            if slot_at == NEVER:
                buffers[buffer].waiting = -2 - core
                cores[core].packet, cores[core].lag = p, lag
                return
            enters = max(send, slot_at)
            packets[p].longest_wait = enters - send
            lag += enters - send
            buffers[buffer].free -= 1
            _append(layout, servers, heads, buffers, levels, packets, buffer, p, enters)
            cores[core].released = enters
            p += 1
        cores[core].busy = scans[tick, core].finish = scans[tick, core].work + lag
        scans[tick, core].released = cores[core].released
        cores[core].packet = NONE
        cores[core].tick += 1


@inlined
def _next_buffer(layout, servers, packets, server, port, p):
    """Return the buffer that a packet goes to from a server; `_LEAVES` for a core's scheduler and for the host."""
    if server < layout.edges:
        router, code, direction = servers[server].onward, servers[server].code, server % PORTS
        if router >= layout.routers:
            return layout.edge_buffers + router - layout.routers
        if router < 0:
            return _LEAVES
    elif server < layout.host_inputs:
        x, y = router_beyond(layout, server, port)
        router, code, direction = y * layout.width + x, code_of(x, y), (server - layout.edges) % 4
        if x < 0:
            return _LEAVES
    else:
        code = packets[p].entry
        x, y = position_of(code)
        direction = entry_direction(layout, x, y)
        router = y * layout.width + x
    return PER_ROUTER * router + PORTS * module_at(direction, code, packets[p].destination) + direction


@inlined
def _depart(layout, servers, heads, buffers, levels, packets, travels, total, server, window_end):
    """Send the first packet of a server, or determine when it can depart.

    Returns
    -------
    int
        The buffer that it leaves if a token controller waits for the slot; else `NONE`.
    """
    cycle, latency = layout.cycle, layout.latency
    begin, ports = PORTS * server, PORTS
    if server >= layout.edges:
        cycle, latency = layout.edge_cycle, layout.edge_latency
        begin, ports = layout.edge_buffers + layout.side * (server - layout.edges), layout.side
        if server >= layout.host_inputs:
            begin, ports = layout.host_buffers + server - layout.host_inputs, 1
    # The oldest packet, of several the one at the lowest port; and the first arrival at the other ports.
    port, arrived, others = 0, heads[begin], NEVER
    for other in range(1, ports):
        if heads[begin + other] < arrived:
            port, arrived, others = other, heads[begin + other], arrived
        else:
            others = min(others, heads[begin + other])
    buffer = begin + port
    p = buffers[buffer].head
    now = servers[server].due
    target = _next_buffer(layout, servers, packets, server, port, p)
    if target != _LEAVES:
        slot_at = _slot_at(buffers, target)
        if slot_at >= window_end:
            servers[server].blocked = 1
            if slot_at == NEVER:
                buffers[target].waiting = server
            else:
                put(layout, servers, levels, server, slot_at)
            return NONE
        now = max(now, slot_at)
        buffers[target].free -= 1
    servers[server].blocked = 0
    free = now + cycle
    servers[server].ready = free
    total[REST] = max(total[REST], free, now + latency)
    if now - arrived > packets[p].longest_wait:
        packets[p].longest_wait, packets[p].waited_at = now - arrived, server

    following = packets[p].following
    heads[buffer] = NEVER if following == NONE else packets[following].at
    first_at = min(others, heads[buffer])
    if first_at != NEVER:
        put(layout, servers, levels, server, max(free, first_at))
    buffers[buffer].head = following
    buffers[buffer].free += 1
    buffers[buffer].returned_before = buffers[buffer].returned
    buffers[buffer].returned = free

    if target == _LEAVES:
        travels[p].arrival = now + latency
        total[INSIDE] -= 1
    else:
        _append(layout, servers, heads, buffers, levels, packets, target, p, now + latency)
    waiting = buffers[buffer].waiting
    if waiting == NONE:
        return NONE
    if waiting < 0:
        return buffer
    buffers[buffer].waiting = NONE
    put(layout, servers, levels, waiting, free)
    return NONE
