"""Links on the sides of chips whose lanes fill up, solved together with the modules that lead to them.

A link to the next chip or to the host is slower than a router's, and all lanes of a side merge into it, so it is the
first server of which FIFOs overflow. Its packets then wait in the modules before it: those of its rows (columns), one
after the other. These still are a tree, whose branches are the lanes and whose root is the link, and a tree is solved
without events: the link takes the oldest of the lanes' first packets, and *pulls* the next one of that lane. A module
pulls from the module before it, until it knows the first packet of that FIFO, too. When a packet is pulled, the one
before it has left the FIFO that it goes to, so the time of the slot that it takes is known.

Packets that leave the row at some router go to queues that are assumed to have room, as in any wave, and that is tested
when these are served.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.lanes import sweep_lane
from neurosyn.engine.compiled.layout import (
    COLUMN,
    NEVER,
    PER_ROUTER,
    PORTS,
    Layout,
    code_of,
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
    OF_SERVERS,
    PORT,
    SCALE,
    SCRATCH,
    SOLVED,
    first_lane,
    merge,
    note_wait,
    overflows,
)
from neurosyn.engine.fabric.fabric import CORE, EAST, NORTH, SOUTH, WEST

__all__ = ["MOST_SLOTS", "LaneState", "serve_blocked_link"]

MOST_SLOTS = 64
"""Slots of a FIFO up to which blocked links are solved here; deeper ones hardly ever overflow."""

_MODULE = np.dtype(
    [
        ("through", np.int64),  # stretch of the packets that come straight on, for the first module of the lane
        ("through_end", np.int64),
        ("others", np.int64),  # stretch of all other packets
        ("others_end", np.int64),
        ("key", np.int64),  # of the packet that came straight on and is next; NEVER: not known
        ("tag", np.int64),
        ("free", np.int64),  # end of the last cycle
        ("served", np.int64),  # packets that came straight on and have departed
        ("packets", np.int64),  # that go to the link, for its FIFO
        ("is_done", np.bool_),  # no packet is to come
    ],
    align=True,
)


class LaneState(NamedTuple):
    """State of the lanes of one link.

    Attributes
    ----------
    modules : `_MODULE` (side, side + 1)
        The modules of each lane in the direction of the link, then the lane's FIFO at the link.
    slots : int64 array (side, side + 1, depth)
        When each slot of the FIFO for straight packets is free again.
    """

    modules: NDArray[Any]
    slots: NDArray[np.int64]

    @classmethod
    def of(cls, layout: Layout) -> LaneState:
        """Allocate the state, or none if FIFOs are too deep."""
        side = layout.side if layout.depth <= MOST_SLOTS else 0
        return cls(np.zeros((side, side + 1), _MODULE), np.zeros((side, side + 1, layout.depth), np.int64))


@kernel
def serve_blocked_link(layout, slack, space, state, edge, arrival, longest_wait, waited_at):
    """Serve the link on a side of a chip, and all modules that lead to it.

    Returns `SOLVED` or the server of which another FIFO overflows, and the ends of the last cycles of modules and of
    the link.
    """
    end, keys, tags, heads = space.end, space.keys, space.tags, space.heads
    side, depth = layout.side, layout.depth
    cycle = np.int64(layout.edge_cycle) << SCALE
    buffer = layout.edge_buffers + side * (edge - layout.edges)
    to_host = router_beyond(layout, edge, 0)[0] < 0
    modules_end = free = LONG_AGO
    for lane in range(side):
        heads[lane] = NEVER
        packets = _count_lane(layout, space, edge, lane)
        state.modules[lane, side].packets = packets
        if packets == 0:
            overflowing, lane_end = sweep_lane(layout, slack, space, edge, lane, longest_wait, waited_at)
            if overflowing != SOLVED:
                return overflowing, modules_end, free
            modules_end = max(modules_end, lane_end)
    _begin_lanes(layout, space, state, edge)
    for lane in range(side):
        if state.modules[lane, side].packets > 0:
            overflowing = _pull(layout, slack, space, state, edge, lane, longest_wait, waited_at)
            if overflowing != SOLVED:
                return overflowing, modules_end, free
    while True:
        lane = first_lane(heads)
        if heads[lane] == NEVER:
            break
        fifo, k = state.modules[lane, side], end[buffer + lane]
        arrives, tag = heads[lane] & ~PORT, fifo.tag
        departs = max(arrives, free)
        free = departs + cycle
        state.slots[lane, side, fifo.served % depth] = free
        fifo.served += 1
        keys[k], tags[k] = departs, tag
        end[buffer + lane] = k + 1
        if departs > arrives:
            note_wait(tag, departs - arrives, edge, longest_wait, waited_at)
        if to_host:
            arrival[tag & NUMBER] = (departs >> SCALE) + layout.edge_latency
        overflowing = _pull(layout, slack, space, state, edge, lane, longest_wait, waited_at)
        if overflowing != SOLVED:
            return overflowing, modules_end, free
    for lane in range(side):
        if state.modules[lane, side].packets > 0:
            for number in range(side):
                modules_end = max(modules_end, state.modules[lane, number].free)
    return SOLVED, modules_end, free


@inlined
def _position(layout, edge, lane, number):
    """Return the position on the board of a module of a lane."""
    chip, direction = (edge - layout.edges) // 4, (edge - layout.edges) % 4
    x_chip, y_chip = chip % layout.columns * layout.side, chip // layout.columns * layout.side
    offset = number if direction in (EAST, NORTH) else layout.side - 1 - number
    return (x_chip + offset, y_chip + lane) if direction in (EAST, WEST) else (x_chip + lane, y_chip + offset)


@kernel
def _count_lane(layout, space, edge, lane):
    """Count a lane's packets in the ends of the queues that they leave it for; return how many go to the link."""
    begin, end, direction = space.begin, space.end, (edge - layout.edges) % 4
    to_link = 0
    for number in range(layout.side):
        x, y = _position(layout, edge, lane, number)
        fifos = PER_ROUTER * (y * layout.width + x) + PORTS * direction
        for port in range(PORTS):
            # Packets that come straight on are counted where they enter the lane.
            if number == 0 or port != direction:
                to_link += _count(layout, space, edge, lane, begin[fifos + port], end[fifos + port])
    return to_link


@kernel
def _begin_lanes(layout, space, state, edge):
    """Set the state before the first packet, and set aside the queues of all packets that leave the lanes."""
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    side, direction = layout.side, (edge - layout.edges) % 4
    into, into_too = fill[SCRATCH], fill[SCRATCH + 1]
    state.slots[:] = LONG_AGO
    for lane in range(side):
        link_fifo, buffer = state.modules[lane, side], layout.edge_buffers + side * (edge - layout.edges) + lane
        if link_fifo.packets == 0:
            continue
        begin[buffer] = end[buffer] = fill[LANES]
        fill[LANES] += link_fifo.packets
        link_fifo.served = 0
        for number in range(side):
            module = state.modules[lane, number]
            module.key, module.free, module.served, module.is_done = NEVER, LONG_AGO, 0, 0
            x, y = _position(layout, edge, lane, number)
            router = PER_ROUTER * (y * layout.width + x)
            fifos = router + PORTS * direction
            module.through, module.through_end = begin[fifos + direction], end[fifos + direction]
            others, others_end = begin[fifos + CORE], end[fifos + CORE]
            if direction in (NORTH, SOUTH):
                a, a_end = begin[fifos + EAST], end[fifos + EAST]
                b, b_end = begin[fifos + WEST], end[fifos + WEST]
                turned, turned_end = merge(keys, tags, a, a_end, b, b_end, into)
                others, others_end = merge(keys, tags, turned, turned_end, others, others_end, into_too)
                into += a_end - a + b_end - b
                into_too += others_end - others
            module.others, module.others_end = others, others_end
            if number == 0:
                continue
            module.through = module.through_end = 0
            for target in range(PORTS):
                fifo = router + PORTS * target + direction
                begin[fifo] = fill[OF_SERVERS + target]
                fill[OF_SERVERS + target] += end[fifo]
                end[fifo] = begin[fifo]


@kernel
def _count(layout, space, edge, lane, k, k_end):
    """Count packets of a queue in the ends of the queues that they leave the lane for; return how many leave none."""
    direction = (edge - layout.edges) % 4
    x_last, y_last = _position(layout, edge, lane, layout.side - 1)
    count = 0
    while k < k_end:
        destination = space.tags[k] >> 32
        x, y = position_of(destination)
        if direction in (EAST, WEST):
            is_beyond, y = (x > x_last) if direction == EAST else (x < x_last), y_last
        else:
            is_beyond, x = (y > y_last) if direction == NORTH else (y < y_last), x_last
        if is_beyond:
            count += 1
        else:
            module = module_at(direction, code_of(x, y), destination)
            space.end[PER_ROUTER * (y * layout.width + x) + PORTS * module + direction] += 1
        k += 1
    return count


@kernel
def _pull(layout, slack, space, state, edge, lane, longest_wait, waited_at):
    """Serve modules of a lane until the next packet comes to the link, and set its key; `NEVER` if none is to come.

    Returns `SOLVED` or the server of which a FIFO overflows.
    """
    end, keys, tags = space.end, space.keys, space.tags
    side, depth, direction = layout.side, layout.depth, (edge - layout.edges) % 4
    cycle, onward = np.int64(layout.cycle) << SCALE, np.int64(layout.latency) << SCALE | direction
    mask = np.int64(COLUMN if direction in (EAST, WEST) else NUMBER)
    number = side - 1
    while True:
        module = state.modules[lane, number]
        if module.key == NEVER:
            if number > 0 and not state.modules[lane, number - 1].is_done:
                number -= 1
                continue
            if module.through < module.through_end:
                module.key, module.tag = keys[module.through], tags[module.through]
                module.through += 1
        other_key = keys[module.others] if module.others < module.others_end else NEVER
        came_straight = module.key < other_key
        if came_straight:
            key, tag = module.key, module.tag
            k, k_end = module.through, module.through_end
            module.key = NEVER
        elif other_key != NEVER:
            key, tag = other_key, tags[module.others]
            module.others += 1
            k, k_end = module.others, module.others_end
        else:
            module.is_done = 1
            if number == side - 1:
                space.heads[lane] = NEVER
                return SOLVED
            number += 1
            continue

        x, y = _position(layout, edge, lane, number)
        server = PORTS * (y * layout.width + x) + direction
        following = state.modules[lane, number + 1]
        arrives = key & ~PORT
        departs = max(arrives, module.free)
        leaves = False
        if number < side - 1:
            x_on, y_on = _position(layout, edge, lane, number + 1)
            code = code_of(x_on, y_on)
            leaves = (tag >> 32 ^ code) & mask == 0
        if not leaves:
            departs = max(departs, state.slots[lane, number + 1, following.served % depth])
        module.free = departs + cycle
        if came_straight:
            state.slots[lane, number, module.served % depth] = module.free
            module.served += 1
        wait = departs - arrives
        if wait > min(slack, 0):
            note_wait(tag, wait, server, longest_wait, waited_at)
            x, y = x % side, y % side
            if wait > slack and overflows(layout, keys, k, k_end, key & PORT, module.free, x, y):
                return server
        if leaves:
            target = module_at(direction, code, tag >> 32)
            fifo = PER_ROUTER * (y_on * layout.width + x_on) + PORTS * target + direction
            keys[end[fifo]], tags[end[fifo]] = departs + onward, tag
            end[fifo] += 1
            continue
        following.tag = tag
        number += 1
        if number == side:
            space.heads[lane] = departs + onward
            return SOLVED
        following.key = departs + onward
