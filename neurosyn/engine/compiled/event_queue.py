"""The event queue of the compiled network: a radix heap of servers, by windows of time.

No event in the network has an effect sooner than the shortest cycle or latency later. So time is cut into *windows* no
longer than that, and events within one window may be played in any order: the heap orders windows, and their numbers
are its keys.

A radix heap (Ahuja et al. 1990) holds keys that are never smaller than the last one taken. A key lies on the level of
its highest bit that differs from the last key's; level 0 holds those that are equal. When level 0 is used up, the
lowest level that holds any key is distributed again around its smallest one, and all of them move to lower levels. So a
key moves down a few times instead of being compared with others again and again. Each server is in the heap at most
once; levels are linked lists through the table of servers, doubly linked, so that a server can be moved to an earlier
time.

``levels`` holds the first server of each level, then the last key and a word with a bit for each level that is in use.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

import numpy as np
from numba import types
from numba.core.cgutils import false_bit
from numba.extending import intrinsic

from neurosyn.engine.compiled.layout import NEVER, inlined, kernel
from neurosyn.engine.compiled.tables import NONE

__all__ = ["LAST", "open_window", "pull", "put"]

LAST, _USED = 64, 65


@intrinsic
def _highest_bit(_context, _word):
    """Return the position of the highest bit of a word that is not 0, with the processor's instruction."""

    def generate(_context, builder, _signature, arguments):
        return builder.sub(arguments[0].type(63), builder.ctlz(arguments[0], false_bit))

    return types.int64(types.int64), generate


@intrinsic
def _lowest_bit(_context, _word):
    """Likewise, of the lowest bit."""

    def generate(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], false_bit)

    return types.int64(types.int64), generate


@inlined
def put(layout, servers, levels, server, due):
    """Make a server due, or due earlier; a later time than it has is ignored."""
    if servers[server].level != NONE:
        if servers[server].due <= due:
            return
        pull(servers, levels, server)
    servers[server].due = due
    _link(servers, levels, server, due >> layout.window_bits)


@inlined
def _link(servers, levels, server, key):
    differs = key ^ levels[LAST]
    level = _highest_bit(differs) + 1 if differs else 0
    first = levels[level]
    record = servers[server]
    record.level, record.previous, record.next = level, NONE, first
    levels[level] = server
    if first == NONE:
        levels[_USED] |= np.int64(1) << level
    else:
        servers[first].previous = server


@inlined
def pull(servers, levels, server):
    """Take a server out."""
    record = servers[server]
    previous, following = record.previous, record.next
    if following != NONE:
        servers[following].previous = previous
    if previous != NONE:
        servers[previous].next = following
    else:
        levels[record.level] = following
        if following == NONE:
            levels[_USED] &= ~(np.int64(1) << record.level)
    record.level = NONE


@kernel
def open_window(layout, servers, levels, end):
    """Move the first window to level 0 and return True, if it begins before `end`; otherwise change nothing."""
    used = levels[_USED]
    if not used:
        return False
    last_key = (end - 1) >> layout.window_bits
    level = _lowest_bit(used)
    if level == 0:
        return levels[LAST] <= last_key
    server = levels[level]
    key = NEVER
    while server != NONE:
        key = min(key, servers[server].due >> layout.window_bits)
        server = servers[server].next
    if key > last_key:
        return False
    server = levels[level]
    levels[level], levels[LAST] = NONE, key
    levels[_USED] &= ~(np.int64(1) << level)
    while server != NONE:
        following = servers[server].next
        _link(servers, levels, server, servers[server].due >> layout.window_bits)
        server = following
    return True
