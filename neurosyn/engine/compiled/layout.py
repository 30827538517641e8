"""The fabric and the routes of packets as numbers for the compiled kernels.

A *router code* is the row and column of a router in one number, both counted from 1, so that positions one step outside
of the board have codes, too. A packet's route is given by the code of the router where it enters and by its destination
code: that of its last router or, for a packet to the host, of the position outside that its row (or column) leads to.
`module_at` compares the two. All other numbers are those of `neurosyn.engine.fabric.fabric.Fabric`.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, PER_ROUTER, PORTS, SOUTH, WEST, Fabric
from neurosyn.engine.fabric.traffic import Packets
from neurosyn.support.numba_cache import compiled

__all__ = [
    "COLUMN",
    "NEVER",
    "PER_ROUTER",
    "PORTS",
    "Layout",
    "RouteCodes",
    "code_of",
    "entry_direction",
    "inlined",
    "kernel",
    "module_at",
    "position_of",
    "router_beyond",
    "server_of",
]

COLUMN = 0x1FFF
"""The bits of a router code that are the column: enough for 64 chips in a row."""
_COLUMN_BITS = 13
NEVER = np.int64(1) << 62
"""Later than any time."""


_OPTIONS = {"nogil": True, "boundscheck": False, "_nrt": False}
kernel = compiled(**_OPTIONS)
"""Decorator of kernels, which allocate nothing: Numba's reference counts of arrays, which would take most of the time,
are switched off."""
inlined = compiled(forceinline=True, **_OPTIONS)
"""Decorator of small functions that become part of their callers. Numba does not notice when such a function, or a
constant, changes in another file: the cached callers are then outdated until ``__pycache__`` is deleted."""


class Layout(NamedTuple):
    """The numbers of a fabric, named as in `Fabric` where they are the same; times in ps.

    Attributes
    ----------
    routers : int
        Routers of the board.
    exit, entry : int
        Directions in which packets leave for the host, and in which they come from it on the input side.
    all_borders : bool
        Whether the host has a link into each chip at the border of the board.
    cycle, latency, edge_cycle, edge_latency : int
        Times of router modules and, with ``edge``, of links between chips and to the host.
    depth : int
        Slots of a FIFO.
    window_bits : int
        Windows of time in which no event has an effect are 2 to this power of picoseconds long.
    """

    width: int
    height: int
    side: int
    columns: int
    routers: int
    servers: int
    buffers: int
    edges: int
    host_inputs: int
    edge_buffers: int
    host_buffers: int
    exit: int
    entry: int
    all_borders: bool
    cycle: int
    edge_cycle: int
    latency: int
    edge_latency: int
    depth: int
    window_bits: int

    @classmethod
    def of(cls, fabric: Fabric) -> Layout:
        """Gather the numbers of a fabric."""
        mesh, chip = fabric.mesh, fabric.chip
        shortest = min(chip.link_cycle_ps, chip.edge_cycle_ps, chip.hop_latency_ps, chip.edge_latency_ps)
        return cls(
            width=mesh.width,
            height=mesh.height,
            side=mesh.side,
            columns=mesh.columns,
            routers=mesh.cores,
            servers=fabric.servers,
            buffers=fabric.buffers,
            edges=fabric.edges,
            host_inputs=fabric.host_inputs,
            edge_buffers=fabric.edge_buffers,
            host_buffers=fabric.host_buffers,
            exit=fabric.exit_direction,
            entry=fabric.entry_direction,
            all_borders=fabric.board.host_ports == "border",
            cycle=chip.link_cycle_ps,
            edge_cycle=chip.edge_cycle_ps,
            latency=chip.hop_latency_ps,
            edge_latency=chip.edge_latency_ps,
            depth=chip.fifo_depth,
            window_bits=shortest.bit_length() - 1,
        )


class RouteCodes(NamedTuple):
    """The routes of packets.

    Attributes
    ----------
    first : int32 array (packets,)
        First buffer.
    entry, destination : int32 arrays (packets,)
        Codes of the first router, and of the last one or of the position outside of the board.
    """

    first: NDArray[np.int32]
    entry: NDArray[np.int32]
    destination: NDArray[np.int32]

    @classmethod
    def of(cls, packets: Packets, xy: NDArray[np.int32], layout: Layout) -> RouteCodes:
        """Find the routes of packets between cores at positions (C, 2)."""
        routes = cls(*(np.empty(len(packets), np.int32) for _ in cls._fields))
        codes = code_of.py_func(xy[:, 0], xy[:, 1])
        _find_routes(layout, xy, codes, packets.source_core, packets.dest_core, *routes)
        return routes

    def first_servers(self, layout: Layout) -> NDArray[np.int64]:
        """Return the server that each packet comes to first: a module, or a link from the host."""
        first = self.first.astype(np.int64)
        return np.where(first < layout.edge_buffers, first // PORTS, layout.host_inputs + first - layout.host_buffers)


@inlined
def code_of(x, y):
    """Return the code of the router at (x, y)."""
    return (y + 1) << _COLUMN_BITS | x + 1


@inlined
def position_of(code):
    """Return the position (x, y) of a code."""
    return (code & COLUMN) - 1, (code >> _COLUMN_BITS) - 1


@inlined
def module_at(port, code, destination):
    """Return the module that a packet goes into, which came in at `port` of the router at `code`."""
    if port != NORTH and port != SOUTH:
        column, destination_column = code & COLUMN, destination & COLUMN
        if column != destination_column:
            return EAST if destination_column > column else WEST
    if code != destination:
        return NORTH if destination > code else SOUTH
    return LOCAL


server_of = inlined(Fabric.server_of)
router_beyond = inlined(Fabric.router_beyond)


@inlined
def entry_direction(layout, x, y):
    """Return the direction in which packets of the host for the chip of (x, y) enter the board."""
    side = layout.side
    west, east = x < side, x >= layout.width - side
    south, north = y < side, y >= layout.height - side
    entry = layout.entry
    if not layout.all_borders or (
        (entry == EAST and west) or (entry == WEST and east) or (entry == NORTH and south) or (entry == SOUTH and north)
    ):
        return entry
    if south:
        return NORTH
    if north:
        return SOUTH
    if west:
        return EAST
    return WEST if east else entry


@kernel
def _find_routes(layout, xy, codes, source_core, dest_core, first, entry, destination):
    for p in range(len(source_core)):
        source, dest = source_core[p], dest_core[p]
        if source >= 0 and dest >= 0:
            # Selected without branches: directions cannot be predicted.
            begin, end = codes[source], codes[dest]
            dx, dy = (end & COLUMN) - (begin & COLUMN), (end >> _COLUMN_BITS) - (begin >> _COLUMN_BITS)
            module = (NORTH if dy > 0 else SOUTH) if dy != 0 else LOCAL
            module = (EAST if dx > 0 else WEST) if dx != 0 else module
            router = ((begin >> _COLUMN_BITS) - 1) * layout.width + (begin & COLUMN) - 1
            entry[p], destination[p] = begin, end
            first[p] = PER_ROUTER * router + PORTS * module + CORE
            continue
        if source >= 0:
            x, y = xy[source, 0], xy[source, 1]
        else:
            x, y = xy[dest, 0], xy[dest, 1]
            direction = entry_direction(layout, x, y)
            if direction in (EAST, WEST):
                x = 0 if direction == EAST else layout.width - 1
            else:
                y = 0 if direction == NORTH else layout.height - 1
        if dest == OUTPUT:
            x_end, y_end = x, y
            if layout.exit in (EAST, WEST):
                x_end = layout.width if layout.exit == EAST else -1
            else:
                y_end = layout.height if layout.exit == NORTH else -1
        else:
            x_end, y_end = xy[dest, 0], xy[dest, 1]
        entry[p], destination[p] = code_of(x, y), code_of(x_end, y_end)
        if source >= 0:
            module = module_at(CORE, entry[p], destination[p])
            first[p] = PER_ROUTER * (y * layout.width + x) + PORTS * module + CORE
        else:
            first[p] = layout.host_buffers + y // layout.side * layout.columns + x // layout.side
