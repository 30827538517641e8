"""The fabric: a graph of servers between the cores, and the routes through it.

A *server* is a merge over input FIFOs: first come first served, ties by port; it sends one packet per `cycle_ps`, which
is in the next server's FIFO `latency_ps` later. Each pair of a server and one of its upstreams has a FIFO, a *buffer*,
of its own, so the upstream alone uses its slots. There are

- five modules in each router [P]: one for each direction that packets leave in, and LOCAL, which serves the core;
- one merge–split link for each side of each chip [P]: all lanes (rows or columns) of that side merge into it, and split
  at its far end: into the next chip or, on the board's output side, to the host. It has a port for each lane;
- one link from the host into each chip at the board's input side, or at its border [A], with a single port.

Ports of a router's modules: the direction in which packets come in, EAST for those from the west neighbour (or, at a
border, from the merge–split or host link there), and CORE for those of the router's own core.

Everything is numbered without gaps, with closed forms, for R routers on K chips of S × S cores:

======================================  ==================================  =======================
server                                  number                              its buffers
======================================  ==================================  =======================
module m of router r = y·width + x      5·r + m                             5·server + port
link on side d of chip k                5·R + 4·k + d                       25·R + S·(4·k + d) + lane
link from the host into chip k          5·R + 4·K + k                       25·R + 4·S·K + k
======================================  ==================================  =======================

with k = chip row · chip columns + chip column, and d numbered as the directions.
"""

from __future__ import annotations

from enum import Enum

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions

__all__ = [
    "CORE",
    "DIRECTIONS",
    "EAST",
    "HOST",
    "LOCAL",
    "NORTH",
    "PER_ROUTER",
    "PORTS",
    "SOUTH",
    "WEST",
    "Fabric",
    "Kind",
    "Position",
]

EAST, WEST, NORTH, SOUTH, LOCAL = range(5)
"""Modules of a router, and directions."""
CORE = 4
"""Port of a router's modules for packets of the router's own core."""
DIRECTIONS = {"east": EAST, "west": WEST, "north": NORTH, "south": SOUTH}
"""Sides of a chip as directions that packets leave in."""
HOST = None
"""In place of a position: the host."""

Position = tuple[int, int]
"""(x, y) of a core on the board."""

PORTS = 5
"""Ports of a router's module."""
_MODULES = 5
PER_ROUTER = _MODULES * PORTS
"""Buffers of a router."""
_STEP = {EAST: (1, 0), WEST: (-1, 0), NORTH: (0, 1), SOUTH: (0, -1)}
_SIDE_NAMES = {direction: name for name, direction in DIRECTIONS.items()}
_OPPOSITE = {EAST: WEST, WEST: EAST, NORTH: SOUTH, SOUTH: NORTH}


class Kind(Enum):
    """Kind of a server."""

    LINK = "link"
    LOCAL_PORT = "local port"
    CHIP_EDGE = "chip edge"
    HOST_OUTPUT = "host output port"
    HOST_INPUT = "host input port"


class Fabric:
    """Servers and buffers of a board, and the routes through them.

    Parameters
    ----------
    mesh
        The board.
    chip
        Times, FIFO depth and the sides of the host.

    Attributes
    ----------
    servers, buffers : int
        Numbers of servers and buffers. Some at the board's borders are never used.
    edges, host_inputs : int
        The first servers that are links on sides of chips, and links from the host.
    edge_buffers, host_buffers : int
        Their first buffers.
    board : Board
        The mesh with the host at its sides.
    exit_direction, entry_direction : int
        Directions in which packets leave for the host, and come in from it on the input side.
    width, height, side, columns : int
        Routers along x and y, routers along a side of a chip, and chips along x.
    """

    def __init__(self, mesh: Mesh, chip: ChipOptions) -> None:
        self.mesh = mesh
        self.chip = chip
        self.width, self.height, self.side = mesh.width, mesh.height, mesh.side
        self.columns = mesh.columns
        self.exit_direction = DIRECTIONS[chip.output_side]
        self.board = chip.board_of(mesh)
        self.entry_direction = _OPPOSITE[DIRECTIONS[chip.input_side]]
        self.edges = _MODULES * mesh.cores
        self.host_inputs = self.edges + 4 * mesh.chips
        self.edge_buffers = PER_ROUTER * mesh.cores
        self.host_buffers = self.edge_buffers + 4 * mesh.chips * mesh.side
        self.servers = self.host_inputs + mesh.chips
        self.buffers = self.host_buffers + mesh.chips

    # Servers and their buffers.

    def cycle_ps(self, server: int) -> int:
        """Time between two departures from a server."""
        return self.chip.link_cycle_ps if server < self.edges else self.chip.edge_cycle_ps

    def latency_ps(self, server: int) -> int:
        """Time from the departure from a server to the arrival in the next buffer, the scheduler or the host."""
        return self.chip.hop_latency_ps if server < self.edges else self.chip.edge_latency_ps

    def server_of(self, buffer: int) -> int:
        """Return the server that a buffer belongs to."""
        # Compiled for the kernels as well, so it uses numbers only.
        if buffer < self.edge_buffers:
            return buffer // PORTS
        if buffer < self.host_buffers:
            return self.edges + (buffer - self.edge_buffers) // self.side
        return self.host_inputs + buffer - self.host_buffers

    def router_beyond(self, edge: int, lane: int) -> tuple[int, int]:
        """Return the position of the router behind a lane of the link on a side of a chip; x = −1 for the host."""
        # Compiled for the kernels as well, so it uses numbers only.
        chip, direction = divmod(edge - self.edges, 4)
        row, column = divmod(chip, self.columns)
        x, y = column * self.side, row * self.side
        if direction in (EAST, WEST):
            x += self.side if direction == EAST else -1
            y += lane
        else:
            x += lane
            y += self.side if direction == NORTH else -1
        if x < 0 or y < 0 or x >= self.width or y >= self.height:
            x = -1
        return x, y

    def slots(self, buffer: int) -> int | None:
        """Return the slots of a buffer; None for the host's, which are unbounded."""
        return self.chip.fifo_depth if buffer < self.host_buffers else None

    # Routes.

    def route(self, source: Position | None, target: Position | None) -> list[int]:
        """Return the buffers that a packet passes through, in order.

        Parameters
        ----------
        source, target
            Positions of the cores; `HOST` for the host, at one end.
        """
        route: list[int] = []
        if source is not HOST:
            (x, y), port = source, CORE
            x_end, y_end = self._outside(x, y) if target is HOST else target
        else:
            if target is HOST:
                raise ValueError("a packet from the host to the host has no route")
            x_end, y_end = target
            x, y, port = self._entry(x_end, y_end)
            route.append(self.host_buffers + self._chip(x, y))
        if x != x_end:
            port = self._forward(route, EAST if x_end > x else WEST, x, y, abs(x_end - x), port)
        if y != y_end:
            port = self._forward(route, NORTH if y_end > y else SOUTH, x_end, y, abs(y_end - y), port)
        if target is not HOST:
            route.append(PER_ROUTER * (y_end * self.width + x_end) + PORTS * LOCAL + port)
        return route

    def _forward(self, route: list[int], direction: int, x: int, y: int, links: int, port: int) -> int:
        """Append the buffers along some links from router (x, y) on, chip edges included; return the last port."""
        dx, dy = _STEP[direction]
        side = self.side
        stride = PER_ROUTER * (dy * self.width + dx)
        offset = (x if dx else y) % side
        while links:
            to_edge = side - offset if dx + dy > 0 else offset + 1
            count = min(links, to_edge)
            first = PER_ROUTER * (y * self.width + x) + PORTS * direction
            route.append(first + port)
            route.extend(range(first + direction + stride, first + direction + count * stride, stride))
            if count == to_edge:
                lane = (y if dx else x) % side
                route.append(self.edge_buffers + side * (4 * self._chip(x, y) + direction) + lane)
            x, y, port = x + count * dx, y + count * dy, direction
            offset = 0 if dx + dy > 0 else side - 1
            links -= count
        return port

    def _chip(self, x: int, y: int) -> int:
        return y // self.side * self.columns + x // self.side

    def _entry(self, x: int, y: int) -> tuple[int, int, int]:
        """Return the position where packets of the host for (x, y) enter the board, and the direction."""
        direction = self.direction_into(x // self.side, y // self.side)
        position = {EAST: (0, y), WEST: (self.width - 1, y), NORTH: (x, 0), SOUTH: (x, self.height - 1)}[direction]
        return *position, direction

    def direction_into(self, column: int, row: int) -> int:
        """Return the direction in which packets of the host for a chip enter the board."""
        return _OPPOSITE[DIRECTIONS[self.board.entry_side(column, row)]]

    def _outside(self, x: int, y: int) -> Position:
        """Return the position outside of the board to which packets of (x, y) to the host go."""
        return {EAST: (self.width, y), WEST: (-1, y), NORTH: (x, self.height), SOUTH: (x, -1)}[self.exit_direction]

    def unloaded_ps(self, route: list[int]) -> int:
        """Return the travel time (ps) along a route if the packet never waits."""
        return sum(self.latency_ps(self.server_of(buffer)) for buffer in route)

    # Kinds and names of servers.

    def kind(self, server: int) -> Kind:
        """Return the kind of a server."""
        if server < self.edges:
            return Kind.LOCAL_PORT if server % _MODULES == LOCAL else Kind.LINK
        if server >= self.host_inputs:
            return Kind.HOST_INPUT
        return Kind.HOST_OUTPUT if self.router_beyond(server, 0)[0] < 0 else Kind.CHIP_EDGE

    def direction(self, server: int) -> int:
        """Return the direction in which packets leave a server; LOCAL if that is a core's scheduler."""
        if server < self.edges:
            return server % _MODULES
        if server < self.host_inputs:
            return (server - self.edges) % 4
        return self.direction_into(*self.chip_of(server))

    def chip_of(self, server: int) -> Position:
        """Return column and row of the chip that a server is on, or whose side it is at."""
        if server < self.edges:
            y, x = divmod(server // _MODULES, self.width)
            return x // self.side, y // self.side
        chip = (server - self.edges) // 4 if server < self.host_inputs else server - self.host_inputs
        row, column = divmod(chip, self.columns)
        return column, row

    def counts_as(self, server: int) -> tuple[int, int, int]:
        """Return the hops, crossings and board ports that a packet counts for passing through a server."""
        kind = self.kind(server)
        if kind is Kind.LINK:
            return int(self._leads_to(server) is not HOST), 0, 0
        return 0, int(kind is Kind.CHIP_EDGE), int(kind in (Kind.HOST_INPUT, Kind.HOST_OUTPUT))

    def _leads_to(self, server: int) -> Position | None:
        """Return the next router of a forward module."""
        (y, x), (dx, dy) = divmod(server // _MODULES, self.width), _STEP[server % _MODULES]
        inside = 0 <= x + dx < self.width and 0 <= y + dy < self.height
        return (x + dx, y + dy) if inside else HOST

    def router(self, server: int) -> Position | None:
        """Return the position of the router that a server is a module of; None for chip edges and host ports."""
        if server >= self.edges:
            return None
        y, x = divmod(server // _MODULES, self.width)
        return x, y

    def name(self, server: int, core: int | None = None) -> str:
        """Return the name of a server for people; `core` is the core at its router, if there is one."""
        position = self.router(server)
        if position is not None:
            x, y = position
            if server % _MODULES == LOCAL:
                return f"local port of router ({x},{y})" if core is None else f"local port of core {core}"
            to = self._leads_to(server)
            return f"link ({x},{y})→" + ("host" if to is HOST else f"({to[0]},{to[1]})")
        kind, (column, row) = self.kind(server), self.chip_of(server)
        if kind is Kind.CHIP_EDGE:
            dx, dy = _STEP[self.direction(server)]
            return f"{kind.value} ({column},{row})→({column + dx},{row + dy})"
        is_input = kind is Kind.HOST_INPUT
        side = self.board.entry_side(column, row) if is_input else _SIDE_NAMES[self.direction(server)]
        return f"{kind.value} {side} of chip ({column},{row})"
