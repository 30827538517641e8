"""State of the compiled network: tables of records of servers, buffers, packets and cores.

A record holds in few bytes all that an event needs together: events access these tables in no order, and wait for
memory most of the time. Times are in ps, numbers are those of `neurosyn.engine.fabric`, `NONE` is no number. Packets
and ticks are numbered over all ticks that are open.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.layout import NEVER, Layout, code_of
from neurosyn.engine.fabric.fabric import EAST, NORTH, SOUTH, WEST

__all__ = ["INSIDE", "LONG_AGO", "NONE", "REST", "Tables", "new_cores", "new_tables"]

NONE = -1
LONG_AGO = -NEVER

SERVER = np.dtype(
    [
        ("ready", np.int64),  # end of the cycle
        ("due", np.int64),  # this and the rest: `neurosyn.engine.compiled.event_queue`
        ("next", np.int32),
        ("previous", np.int32),
        ("level", np.int16),
        ("blocked", np.int16),  # 1: the first packet waits for a slot only
        # End of a module's link: a router; from the number of routers on, a buffer at the side of the chip; NONE: the
        # core. Other servers have none.
        ("onward", np.int32),
        ("code", np.int32),  # of that router (`neurosyn.engine.compiled.layout`)
    ],
    align=True,
)
BUFFER = np.dtype(
    [
        ("head", np.int32),  # first and last packet; a packet is in a buffer as soon as its arrival is known
        ("tail", np.int32),
        ("free", np.int32),  # slots that are free or known to become free
        ("waiting", np.int32),  # the server that waits for a slot, or −2 − core for a token controller
        ("returned", np.int64),  # when the last slot was or will be free
        ("returned_before", np.int64),  # and the one before
    ],
    align=True,
)
PACKET = np.dtype(
    [
        ("destination", np.int32),  # `neurosyn.engine.compiled.layout.RouteCodes`
        ("following", np.int32),  # the next packet in the same buffer
        ("at", np.int64),  # when it arrives in the buffer that it is in
        ("longest_wait", np.int64),  # `neurosyn.engine.fabric.tick_times.TickTimes`
        ("waited_at", np.int32),
        ("entry", np.int32),
    ],
    align=True,
)
TRAVEL = np.dtype(
    [
        ("first", np.int64),  # the first buffer
        ("ready", np.int64),  # without stalls, from the beginning of the core's scan
        ("send", np.int64),  # `neurosyn.engine.fabric.tick_times.TickTimes`
        ("arrival", np.int64),
    ]
)
CORE = np.dtype(
    [
        ("tick", np.int64),  # tick of the scan that is under way or comes next
        ("packet", np.int64),  # the next one of the scan that is under way
        ("lag", np.int64),  # what to add to the times of this scan
        ("busy", np.int64),  # end of the last scan
        ("released", np.int64),  # when nothing could hold up the last scan any more
    ]
)
SCAN = np.dtype(
    [
        ("work", np.int64),  # `neurosyn.engine.fabric.traffic.Scans`
        ("finish", np.int64),  # `neurosyn.engine.fabric.tick_times.TickTimes`
        ("released", np.int64),  # when nothing can hold up the scan any more
    ]
)

# Elements of `Tables.total`.
REST = 0  # time at which all packets have arrived and all cycles have ended, as far as is known
INSIDE = 1  # packets that have not left their last server


class Tables(NamedTuple):
    """The state of the network and of the ticks that are open.

    Attributes
    ----------
    servers : `SERVER` (servers,)
    heads : int64 (buffers,)
        Arrival of the first packet of each buffer; `NEVER` if there is none. Apart from `buffers`, because a server
        reads those of all its ports.
    buffers : `BUFFER` (buffers,)
    levels : int64 (66,)
        Lists of the event queue.
    packets : `PACKET` (packets,)
    travels : `TRAVEL` (packets,)
        Data of packets that only their send and arrival need.
    cores : `CORE` (C,)
    starts : int64 (ticks,)
    bounds : int64 (ticks, C + 2)
        The first packet of the host, then that of each core, then the end of the tick's packets.
    scans : `SCAN` (ticks, C)
    total : int64 (2,)
    """

    servers: NDArray[Any]
    heads: NDArray[np.int64]
    buffers: NDArray[Any]
    levels: NDArray[np.int64]
    packets: NDArray[Any]
    travels: NDArray[Any]
    cores: NDArray[Any]
    starts: NDArray[np.int64]
    bounds: NDArray[np.int64]
    scans: NDArray[Any]
    total: NDArray[np.int64]


def new_cores(cores: int) -> NDArray[Any]:
    """Return idle token controllers."""
    table = np.zeros(cores, CORE)
    table["packet"] = NONE
    return table


def new_tables(layout: Layout, cores: NDArray[Any]) -> Tables:
    """Return a network at rest, without ticks."""
    servers = np.zeros(layout.servers, SERVER)
    servers["level"] = servers["onward"] = NONE
    servers["onward"][: layout.edges], servers["code"][: layout.edges] = _onward(layout)
    buffers = np.zeros(layout.buffers, BUFFER)
    buffers["waiting"] = NONE
    buffers["free"] = layout.depth
    buffers["returned"] = buffers["returned_before"] = LONG_AGO
    levels = np.full(66, NONE, np.int64)
    levels[64:] = 0
    return Tables(
        servers=servers,
        heads=np.full(layout.buffers, NEVER),
        buffers=buffers,
        levels=levels,
        packets=np.zeros(0, PACKET),
        travels=np.zeros(0, TRAVEL),
        cores=cores,
        starts=np.zeros(0, np.int64),
        bounds=np.zeros((0, len(cores) + 2), np.int64),
        scans=np.zeros((0, len(cores)), SCAN),
        total=np.zeros(2, np.int64),
    )


def _onward(layout: Layout) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return columns ``onward`` and ``code`` of the modules."""
    side, router = layout.side, np.arange(layout.routers)
    x, y = router % layout.width, router // layout.width
    chip = y // side * (layout.width // side) + x // side
    onward, code = np.full((2, layout.routers, 5), NONE, np.int64)
    for direction, dx, dy in ((EAST, 1, 0), (WEST, -1, 0), (NORTH, 0, 1), (SOUTH, 0, -1)):
        along, lane = (x, y) if dx else (y, x)
        leaves_chip = along % side == (side - 1 if dx + dy > 0 else 0)
        to_edge = layout.routers + side * (4 * chip + direction) + lane % side
        onward[:, direction] = np.where(leaves_chip, to_edge, router + dx + dy * layout.width)
        code[:, direction] = code_of.py_func(x + dx, y + dy)
    return onward.ravel(), code.ravel()
