"""Plain model of the fabric, stepped one picosecond at a time.

It shares the rules of `neurosyn.engine.reference` and no code with it: there is no event queue, and every packet, core
and server is looked at in every picosecond. Slow, and written to be read; tests compare all times of the SimPy network
and of the compiled engine with it.

A *server* sends packets on: one of the five modules of a router, the merge–split link at one side of a chip, or the
host's link into a chip. A *buffer* is the input FIFO of one port of a server. Positions are (x, y) on the board, x
grows eastwards and y northwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions

__all__ = ["NaiveMesh", "Neuron", "Packet"]

STEP = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}
"""Change of position along each direction."""
PORTS = ["east", "west", "north", "south", "core"]
"""Ports of a router's modules: the direction in which a packet enters. The first of these wins a tie."""
OPPOSITE = {"east": "west", "west": "east", "north": "south", "south": "north"}
"""Direction back."""

Position = tuple[int, int]


class Server(NamedTuple):
    """Identity of a server.

    Attributes
    ----------
    kind : str
        "router", "edge" (a link at a side of a chip) or "host in".
    x, y : int
        Position of the router; column and row of the chip for the other kinds.
    direction : str
        Direction in which packets leave; "local" for the module that serves the router's core.
    """

    kind: str
    x: int
    y: int
    direction: str


class Buffer(NamedTuple):
    """Identity of an input FIFO: a server and the number of its port."""

    server: Server
    port: int


@dataclass
class Packet:
    """A packet and what happened to it; all times in ps, −1 for not yet.

    Attributes
    ----------
    source, destination : (int, int) or None
        Positions of the cores; None for the host.
    send : int
        When it was ready to be sent.
    arrival : int
        When it reached the destination's scheduler or the host.
    buffered : int
        When it entered its present buffer.
    longest_wait : int
        The longest time that it waited at one place.
    """

    source: Position | None
    destination: Position | None
    send: int = -1
    arrival: int = -1
    buffered: int = -1
    longest_wait: int = 0


@dataclass
class Neuron:
    """A neuron's evaluation: its duration in ps and the packet that is ready at its end, if the neuron fires."""

    time: int
    packet: Packet | None = None


@dataclass
class Scan:
    """One tick of a token controller: its neurons in order, not before `begin` (ps)."""

    tick: int
    begin: int
    neurons: list[Neuron]


@dataclass
class Core:
    """A token controller.

    Attributes
    ----------
    scans : list of Scan
        Scans that have not begun.
    finish : dict of int to int
        Time (ps) at which the scan of each tick ended.
    scan : Scan or None
        The present scan, with the neurons that are left.
    evaluated_at : int
        Time (ps) at which the evaluation of its first neuron ends.
    ready : Packet or None
        The packet of this neuron, while it waits for a slot in the router.
    """

    scans: list[Scan] = field(default_factory=list)
    finish: dict[int, int] = field(default_factory=dict)
    scan: Scan | None = None
    evaluated_at: int = 0
    ready: Packet | None = None


class NaiveMesh:
    """Cores, routers, links and the host of a board, stepped one picosecond at a time.

    Parameters
    ----------
    mesh
        Chips and cores of the board; small, for speed.
    chip
        Times, FIFO depth and the host's sides.

    Attributes
    ----------
    cores : dict of (int, int) to Core
        Cores with scans, by position.
    """

    def __init__(self, mesh: Mesh, chip: ChipOptions) -> None:
        self.cores: dict[Position, Core] = {}
        self._mesh, self._chip = mesh, chip
        self._fifos: dict[Server, dict[int, list[Packet]]] = {}  # by port
        self._slots_taken: dict[Buffer, int] = {}
        self._slot_returns: list[tuple[int, Buffer]] = []  # time, buffer
        self._flying: list[tuple[int, Packet, Buffer | None]] = []  # time and place of arrival; None: destination
        self._departed: dict[Server, int] = {}  # time of the last departure
        self._injections: list[tuple[int, Packet]] = []
        self._pending = 0  # packets that have not arrived and scans that have not ended

    # Work to play.

    def inject(self, at: int, packet: Packet) -> None:
        """Have the host send a packet at `at` (ps)."""
        self._injections.append((at, packet))
        self._pending += 1

    def scan(self, tick: int, at: int, position: Position, neurons: list[Neuron]) -> None:
        """Have the core at `position` evaluate neurons (at least one) from `at` (ps) on, or after earlier scans."""
        self.cores.setdefault(position, Core()).scans.append(Scan(tick, at, neurons.copy()))
        self._pending += 1 + sum(neuron.packet is not None for neuron in neurons)

    def play(self, limit: int = 200_000) -> None:
        """Step until all packets have arrived and all scans have ended.

        Raises
        ------
        RuntimeError
            If this takes more than `limit` ps.
        """
        now = 0
        while self._pending:
            if now >= limit:
                raise RuntimeError(f"naive mesh: {self._pending} packets and scans are left after {limit} ps")
            self._step(now)
            now += 1

    # One picosecond: slots come free, packets arrive, cores send, servers choose.

    def _step(self, now: int) -> None:
        for time, buffer in self._slot_returns:
            if time == now:
                self._slots_taken[buffer] -= 1
        self._slot_returns = [entry for entry in self._slot_returns if entry[0] > now]
        for time, packet, next_buffer in self._flying:
            if time == now:
                if next_buffer is None:
                    packet.arrival = now
                    self._pending -= 1
                else:
                    self._put(packet, next_buffer, now)
        self._flying = [entry for entry in self._flying if entry[0] > now]
        for time, packet in self._injections:
            if time == now:
                packet.send = now
                self._put(packet, self._host_buffer(packet), now)
        for position, core in self.cores.items():
            self._run_core(position, core, now)
        for server in sorted(self._fifos, key=str):
            self._arbitrate(server, now)

    def _put(self, packet: Packet, buffer: Buffer, now: int) -> None:
        packet.buffered = now
        self._fifos.setdefault(buffer.server, {}).setdefault(buffer.port, []).append(packet)

    def _is_full(self, buffer: Buffer) -> bool:
        return self._slots_taken.get(buffer, 0) >= self._chip.fifo_depth

    def _take_slot(self, buffer: Buffer) -> None:
        self._slots_taken[buffer] = self._slots_taken.get(buffer, 0) + 1

    def _run_core(self, position: Position, core: Core, now: int) -> None:
        while True:
            if core.scan is None:
                if not core.scans or core.scans[0].begin > now:
                    return
                core.scan = core.scans.pop(0)
                core.evaluated_at = now + core.scan.neurons[0].time
            if core.ready is not None:
                buffer = self._buffer_at(core.ready, position, "core")
                if self._is_full(buffer):
                    return
                self._take_slot(buffer)
                core.ready.longest_wait = now - core.ready.send
                self._put(core.ready, buffer, now)
                core.ready = None
                self._next_neuron(core, core.scan, now)
            elif core.evaluated_at <= now:
                packet = core.scan.neurons[0].packet
                if packet is not None:
                    packet.send = now
                    core.ready = packet
                else:
                    self._next_neuron(core, core.scan, now)
            else:
                return

    def _next_neuron(self, core: Core, scan: Scan, now: int) -> None:
        scan.neurons.pop(0)
        if scan.neurons:
            core.evaluated_at = now + scan.neurons[0].time
        else:
            core.finish[scan.tick] = now
            core.scan = None
            self._pending -= 1

    def _arbitrate(self, server: Server, now: int) -> None:
        """Send the server's oldest packet on, if its cycle is over and the next buffer has a slot."""
        chip = self._chip
        cycle, latency = (
            (chip.link_cycle_ps, chip.hop_latency_ps)
            if server.kind == "router"
            else (chip.edge_cycle_ps, chip.edge_latency_ps)
        )
        if server in self._departed and now < self._departed[server] + cycle:
            return
        oldest = [(fifo[0].buffered, port) for port, fifo in self._fifos[server].items() if fifo]
        if not oldest:
            return
        _, port = min(oldest)
        packet = self._fifos[server][port][0]
        next_buffer = self._next_buffer(packet, Buffer(server, port))
        if next_buffer is not None:
            if self._is_full(next_buffer):
                return
            self._take_slot(next_buffer)
        self._fifos[server][port].pop(0)
        self._departed[server] = now
        packet.longest_wait = max(packet.longest_wait, now - packet.buffered)
        if server.kind != "host in":
            self._slot_returns.append((now + cycle, Buffer(server, port)))
        self._flying.append((now + latency, packet, next_buffer))

    # Routes.

    def _buffer_at(self, packet: Packet, position: Position, port: str) -> Buffer:
        """Return the buffer that a packet enters at the router at `position`, coming in by `port`."""
        x, y = position
        if packet.destination is None:
            direction: str = self._chip.output_side
        else:
            to_x, to_y = packet.destination
            if to_x != x:
                direction = "east" if to_x > x else "west"
            elif to_y != y:
                direction = "north" if to_y > y else "south"
            else:
                direction = "local"
        return Buffer(Server("router", x, y, direction), PORTS.index(port))

    def _border(self, packet: Packet) -> Position:
        """Return the border position at which a packet of the host enters the board."""
        if packet.destination is None:
            raise ValueError("naive mesh: a packet from the host to the host has no route")
        x, y = packet.destination
        return {
            "west": (0, y),
            "east": (self._mesh.width - 1, y),
            "south": (x, 0),
            "north": (x, self._mesh.height - 1),
        }[self._entry_side(x // self._mesh.side, y // self._mesh.side)]

    def _entry_side(self, column: int, row: int) -> str:
        """Return the side of the board on which packets of the host enter a chip, or enter for it."""
        touching = []
        if row == 0:
            touching.append("south")
        if row == self._mesh.rows - 1:
            touching.append("north")
        if column == 0:
            touching.append("west")
        if column == self._mesh.columns - 1:
            touching.append("east")
        if self._chip.host_ports == "side" or not touching or self._chip.input_side in touching:
            return self._chip.input_side
        return touching[0]

    def _host_buffer(self, packet: Packet) -> Buffer:
        """Return the first buffer of a packet of the host."""
        x, y = self._border(packet)
        side = self._mesh.side
        column, row = x // side, y // side
        return Buffer(Server("host in", column, row, OPPOSITE[self._entry_side(column, row)]), 0)

    def _next_buffer(self, packet: Packet, buffer: Buffer) -> Buffer | None:
        """Return the buffer that follows `buffer` on a packet's route; None for its destination."""
        kind, x, y, direction = buffer.server
        side = self._mesh.side
        if kind == "host in":
            return self._buffer_at(packet, self._border(packet), direction)
        if direction == "local":
            return None
        dx, dy = STEP[direction]
        if kind == "router":
            chip = (x // side, y // side)
            if ((x + dx) // side, (y + dy) // side) != chip:
                return Buffer(Server("edge", *chip, direction), (y if dx else x) % side)
            return self._buffer_at(packet, (x + dx, y + dy), direction)
        if not (0 <= x + dx < self._mesh.columns and 0 <= y + dy < self._mesh.rows):
            return None
        first_x, first_y, lane = x * side, y * side, buffer.port
        last_x, last_y = first_x + side - 1, first_y + side - 1
        leaving_x, leaving_y = {
            "east": (last_x, first_y + lane),
            "west": (first_x, first_y + lane),
            "north": (first_x + lane, last_y),
            "south": (first_x + lane, first_y),
        }[direction]
        return self._buffer_at(packet, (leaving_x + dx, leaving_y + dy), direction)
