"""The fabric and the ways of packets as the compiled kernels see them: numbers, and a rule for every turn.

A packet's way is given by three routers: where it enters, where it turns from x to y, and where it ends; a packet to
the host turns or ends beyond the border of the board. Router numbers grow eastwards within a row and northwards within
a column, so comparing them tells which module comes next. All numbers are those of `neurosyn.engine.fabric`.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT
from neurosyn.compiled import compiled
from neurosyn.engine.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST, Fabric
from neurosyn.engine.traffic import Packets

__all__ = [
    "NEVER",
    "PER_ROUTER",
    "PORTS",
    "Layout",
    "Ways",
    "inlined",
    "kernel",
    "module_at",
    "router_beyond",
]

PORTS, PER_ROUTER = 5, 25
"""Ports of a module, and buffers of a router."""
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
    entry, turn, end : int32 arrays (packets,)
        Routers. Packets to the host turn at −1 (west) or behind the last router (east), or end there (south, north).
    first : int32 array (packets,)
        The first buffer.
    """

    entry: NDArray[np.int32]
    turn: NDArray[np.int32]
    end: NDArray[np.int32]
    first: NDArray[np.int32]

    @classmethod
    def of(cls, packets: Packets, router: NDArray[np.int32], layout: Layout) -> Ways:
        """Find the ways of packets between cores at the given routers (C,)."""
        ways = cls(*(np.empty(len(packets), np.int32) for _ in cls._fields))
        _find_ways(layout, router, packets.source_core, packets.dest_core, *ways)
        return ways

    def first_servers(self, layout: Layout) -> NDArray[np.int64]:
        """Return the server that each packet comes to first: a module, or a link from the host."""
        first = self.first.astype(np.int64)
        return np.where(first < layout.edge_buffers, first // PORTS, layout.host_inputs + first - layout.host_buffers)


@inlined
def module_at(port, router, turn, end):
    """Return the module of `router` that a packet goes into, which came in at `port`."""
    if port != NORTH and port != SOUTH and router != turn:
        return EAST if turn > router else WEST
    if router != end:
        return NORTH if end > router else SOUTH
    return LOCAL


@inlined
def _chip_of(layout, router):
    """Return the chip that a router is on."""
    y, x = divmod(router, layout.width)
    return y // layout.side * (layout.width // layout.side) + x // layout.side


@inlined
def router_beyond(layout, edge, lane):
    """Return the router behind a lane of the link on a side of a chip; −1 for the host."""
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
        return -1
    return y * layout.width + x


@kernel
def _find_ways(layout, router, source_core, dest_core, entry, turn, end, first):
    width = layout.width
    for p in range(len(source_core)):
        if dest_core[p] == OUTPUT:
            at = router[source_core[p]]
            outside = layout.routers if layout.exit == EAST or layout.exit == NORTH else -1
            across = layout.exit == EAST or layout.exit == WEST
            turn[p] = outside if across else at
            end[p] = outside
        else:
            end[p] = router[dest_core[p]]
            y, x = divmod(end[p], width)
            if source_core[p] >= 0:
                at = router[source_core[p]]
            elif layout.entry == EAST or layout.entry == WEST:
                at = y * width + (0 if layout.entry == EAST else width - 1)
            else:
                at = (0 if layout.entry == NORTH else layout.height - 1) * width + x
            turn[p] = at // width * width + x
        entry[p] = at
        if source_core[p] >= 0:
            first[p] = PER_ROUTER * at + PORTS * module_at(CORE, at, turn[p], end[p]) + CORE
        else:
            first[p] = layout.host_buffers + _chip_of(layout, at)
