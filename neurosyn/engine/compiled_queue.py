"""The event queue of the compiled network: a radix heap of servers, by windows of time.

Nothing that happens in the network has an effect sooner than the shortest cycle or latency later. So time is cut into
*windows* no longer than that, and what is due within one window may be done in any order: the heap orders windows, and
their numbers are its keys.

A radix heap (Ahuja et al. 1990) holds keys that are never smaller than the last one taken. A key lies on the level of
its highest bit that differs from the last key's; level 0 holds those that are equal. When level 0 is used up, the
lowest level that holds any key is dealt out anew around its smallest one, and all of them come to lie lower. So a key
moves down a few times instead of being compared with others again and again. Each server is in the heap at most once;
levels are linked lists through arrays, both ways, so that a server can be moved to an earlier time.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types
from numba.core.cgutils import false_bit
from numba.extending import intrinsic
from numpy.typing import NDArray

from neurosyn.engine.compiled_ways import compiled, inlined

__all__ = ["NOBODY", "EventQueue", "open_window", "pull", "put"]

NOBODY = -1
_LEVELS = 64
_LAST, _USED = range(2)


class EventQueue(NamedTuple):
    """Servers and when they are due.

    Attributes
    ----------
    due : int64 array (servers,)
        When, for those in the queue.
    level : int8 array (servers,)
        Where a server is; `NOBODY`: not in the queue.
    before, after : int32 arrays (servers,)
        Its neighbours on its level.
    first : int32 array (64,)
        The first server on each level.
    state : int64 array (2,)
        The last key, and a bit for each level that is not empty.
    shift : int
        A key is a time without so many bits.
    """

    due: NDArray[np.int64]
    level: NDArray[np.int8]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    first: NDArray[np.int32]
    state: NDArray[np.int64]
    shift: int

    @classmethod
    def of(cls, servers: int, window_ps: int) -> EventQueue:
        """Return an empty queue with windows no longer than `window_ps`."""
        return cls(
            due=np.zeros(servers, np.int64),
            level=np.full(servers, NOBODY, np.int8),
            before=np.full(servers, NOBODY, np.int32),
            after=np.full(servers, NOBODY, np.int32),
            first=np.full(_LEVELS, NOBODY, np.int32),
            state=np.zeros(2, np.int64),
            shift=window_ps.bit_length() - 1,
        )


@intrinsic
def _highest_bit(_context, _word):
    """Return the place of the highest bit of a word that is not 0, with the processor's instruction."""

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
def put(queue, server, due):
    """Make a server due, or due earlier; a later time than it has means nothing."""
    if queue.level[server] != NOBODY:
        if queue.due[server] <= due:
            return
        pull(queue, server)
    queue.due[server] = due
    _link(queue, server, due >> queue.shift)


@inlined
def _link(queue, server, key):
    differs = key ^ queue.state[_LAST]
    level = _highest_bit(differs) + 1 if differs else 0
    first = queue.first[level]
    queue.level[server] = level
    queue.before[server] = NOBODY
    queue.after[server] = first
    queue.first[level] = server
    if first == NOBODY:
        queue.state[_USED] |= np.int64(1) << level
    else:
        queue.before[first] = server


@inlined
def pull(queue, server):
    """Take a server out."""
    before, after = queue.before[server], queue.after[server]
    if after != NOBODY:
        queue.before[after] = before
    if before != NOBODY:
        queue.after[before] = after
    else:
        level = queue.level[server]
        queue.first[level] = after
        if after == NOBODY:
            queue.state[_USED] &= ~(np.int64(1) << level)
    queue.level[server] = NOBODY


@compiled
def open_window(queue, end):
    """Bring the first window to level 0 and return whether it begins before `end`; else nothing changes."""
    used = queue.state[_USED]
    if not used:
        return False
    last_key = (end - 1) >> queue.shift
    level = _lowest_bit(used)
    if level == 0:
        return queue.state[_LAST] <= last_key
    server = queue.first[level]
    key = queue.due[server] >> queue.shift
    while server != NOBODY:
        key = min(key, queue.due[server] >> queue.shift)
        server = queue.after[server]
    if key > last_key:
        return False
    queue.state[_LAST] = key
    server = queue.first[level]
    queue.first[level] = NOBODY
    queue.state[_USED] &= ~(np.int64(1) << level)
    while server != NOBODY:
        after = queue.after[server]
        _link(queue, server, queue.due[server] >> queue.shift)
        server = after
    return True
