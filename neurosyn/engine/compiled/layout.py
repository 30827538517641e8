"""The fabric and the ways of packets as the compiled kernels see them: numbers, and a rule for every turn.

A *place* is a router's row and column in one number, both counted from 1, so that 0 and the number behind the last one
lie outside of the board. A packet's way is given by where it enters and by its *goal*: the place where it ends, or in
the case of a packet to the host, the place outside that its row (or column) leads to. Comparing the goal with the place
of a router tells which module comes next. All other numbers are those of `neurosyn.engine.fabric.fabric`.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST, Fabric
from neurosyn.engine.fabric.traffic import Packets
from neurosyn.support.numba_cache import compiled

__all__ = [
    "COLUMN",
    "NEVER",
    "PER_ROUTER",
    "PORTS",
    "Layout",
    "Ways",
    "beyond",
    "inlined",
    "kernel",
    "module_at",
    "place_of",
    "position_of",
]

PORTS, PER_ROUTER = 5, 25
"""Ports of a module, and buffers of a router."""
COLUMN = 0x1FFF
"""The bits of a place that are the column: enough for 64 chips in a row."""
_COLUMN_BITS = 13
NEVER = np.int64(1) << 62
"""Later than any time."""


_OPTIONS = {"nogil": True, "boundscheck": False, "_nrt": False}
kernel = compiled(**_OPTIONS)
"""Compiles functions that allocate nothing, so that nobody counts references to arrays; that would cost more than all
else."""
inlined = compiled(forceinline=True, **_OPTIONS)
"""The same for small ones, as parts of those that call them. When such a function, or a constant, changes in another
file, Numba does not notice that what it has kept of the callers is outdated: delete ``__pycache__`` then."""


class Layout(NamedTuple):
    """A fabric's numbers: `Fabric` and `ChipOptions` say what they are.

    Windows of time, in which no event has an effect, are 2 to the power of `window_bits` picoseconds long.
    """

    width: int
    height: int
    side: int
    routers: int
    servers: int
    buffers: int
    edges: int
    host_inputs: int
    edge_buffers: int
    host_buffers: int
    exit: int
    entry: int
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
            routers=mesh.cores,
            servers=fabric.servers,
            buffers=fabric.buffers,
            edges=fabric.edges,
            host_inputs=fabric.host_inputs,
            edge_buffers=fabric.edge_buffers,
            host_buffers=fabric.host_buffers,
            exit=fabric.exit_direction,
            entry=fabric.entry_direction,
            cycle=chip.link_cycle_ps,
            edge_cycle=chip.edge_cycle_ps,
            latency=chip.hop_latency_ps,
            edge_latency=chip.edge_latency_ps,
            depth=chip.fifo_depth,
            window_bits=shortest.bit_length() - 1,
        )


class Ways(NamedTuple):
    """The ways of packets.

    Attributes
    ----------
    first : int32 array (packets,)
        The first buffer.
    entry, goal : int32 arrays (packets,)
        Places of the first router, and of the last one or what lies beyond it.
    """

    first: NDArray[np.int32]
    entry: NDArray[np.int32]
    goal: NDArray[np.int32]

    @classmethod
    def of(cls, packets: Packets, xy: NDArray[np.int32], layout: Layout) -> Ways:
        """Find the ways of packets between cores at positions (C, 2)."""
        ways = cls(*(np.empty(len(packets), np.int32) for _ in cls._fields))
        _find_ways(layout, xy, packets.source_core, packets.dest_core, *ways)
        return ways

    def first_servers(self, layout: Layout) -> NDArray[np.int64]:
        """Return the server that each packet comes to first: a module, or a link from the host."""
        first = self.first.astype(np.int64)
        return np.where(first < layout.edge_buffers, first // PORTS, layout.host_inputs + first - layout.host_buffers)


@inlined
def place_of(x, y):
    """Return the place of the router at (x, y)."""
    return (y + 1) << _COLUMN_BITS | x + 1


@inlined
def position_of(place):
    """Return the position (x, y) of a place."""
    return (place & COLUMN) - 1, (place >> _COLUMN_BITS) - 1


@inlined
def module_at(port, place, goal):
    """Return the module that a packet goes into, which came in at `port` of the router at `place`."""
    if port != NORTH and port != SOUTH:
        column, goal_column = place & COLUMN, goal & COLUMN
        if column != goal_column:
            return EAST if goal_column > column else WEST
    if place != goal:
        return NORTH if goal > place else SOUTH
    return LOCAL


@inlined
def beyond(layout, edge, lane):
    """Return the position (x, y) of the router behind a lane of the link on a side of a chip; x = −1 for the host."""
    chip, direction = divmod(edge - layout.edges, 4)
    row, column = divmod(chip, layout.width // layout.side)
    x, y = column * layout.side, row * layout.side
    if direction in (EAST, WEST):
        x += layout.side if direction == EAST else -1
        y += lane
    else:
        x += lane
        y += layout.side if direction == NORTH else -1
    if x < 0 or y < 0 or x >= layout.width or y >= layout.height:
        x = -1
    return x, y


@kernel
def _find_ways(layout, xy, source_core, dest_core, first, entry, goal):
    for p in range(len(source_core)):
        source, dest = source_core[p], dest_core[p]
        if source >= 0:
            x, y = xy[source, 0], xy[source, 1]
        elif layout.entry in (EAST, WEST):
            x, y = (0 if layout.entry == EAST else layout.width - 1), xy[dest, 1]
        else:
            x, y = xy[dest, 0], (0 if layout.entry == NORTH else layout.height - 1)
        if dest == OUTPUT:
            x_end, y_end = x, y
            if layout.exit in (EAST, WEST):
                x_end = layout.width if layout.exit == EAST else -1
            else:
                y_end = layout.height if layout.exit == NORTH else -1
        else:
            x_end, y_end = xy[dest, 0], xy[dest, 1]
        entry[p], goal[p] = place_of(x, y), place_of(x_end, y_end)
        if source >= 0:
            module = module_at(CORE, entry[p], goal[p])
            first[p] = PER_ROUTER * (y * layout.width + x) + PORTS * module + CORE
        else:
            first[p] = layout.host_buffers + y // layout.side * (layout.width // layout.side) + x // layout.side
