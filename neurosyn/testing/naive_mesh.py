"""The rules of the network once more, with nothing in common with the engines but the rules: time goes on by one
picosecond, and at each of them everybody is asked. Slow, and meant to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions

TOWARDS = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}
PORTS = ["east", "west", "north", "south", "core"]  # how a packet comes into a router; ties go to the first
OPPOSITE = {"east": "west", "west": "east", "north": "south", "south": "north"}


@dataclass
class Packet:
    source: tuple[int, int] | None
    target: tuple[int, int] | None  # None: the host
    send: int = -1
    arrival: int = -1
    arrived_here: int = -1
    longest_wait: int = 0


@dataclass
class Neuron:
    """A neuron's evaluation takes so long; then its packet is ready, if it has one."""

    time: int
    packet: Packet | None = None


@dataclass
class Core:
    x: int
    y: int
    walks: list[tuple[int, int, list[Neuron]]] = field(default_factory=list)  # tick, begin, neurons
    finish: dict[int, int] = field(default_factory=dict)
    walk: tuple[int, list[Neuron]] | None = None
    evaluated_at: int = 0
    ready: Packet | None = None


class NaiveMesh:
    def __init__(self, mesh: Mesh, chip: ChipOptions) -> None:
        self.mesh, self.chip = mesh, chip
        self.width, self.height, self.side = mesh.width, mesh.height, mesh.side
        self.cores: dict[tuple[int, int], Core] = {}
        self.fifos: dict[tuple, dict[int, list[Packet]]] = {}  # server: port: packets
        self.used: dict[tuple, int] = {}  # (server, port): places taken
        self.returns: list[tuple[int, tuple]] = []
        self.flying: list[tuple[int, Packet, tuple | None, int]] = []  # time, packet, server (None: arrived), port
        self.departed: dict[tuple, int] = {}
        self.host: list[tuple[int, Packet]] = []
        self.open = 0

    # What is to be played.

    def inject(self, at: int, packet: Packet) -> None:
        self.host.append((at, packet))
        self.open += 1

    def walk(self, tick: int, at: int, place: tuple[int, int], neurons: list[Neuron]) -> None:
        self.cores.setdefault(place, Core(*place)).walks.append((tick, at, neurons))
        self.open += 1 + sum(neuron.packet is not None for neuron in neurons)

    def play(self, limit: int = 200_000) -> None:
        now = 0
        while self.open:
            self.step(now)
            now += 1
            assert now < limit, "deadlock"

    # One picosecond.

    def step(self, now: int) -> None:
        for time, place in self.returns:
            if time == now:
                self.used[place] -= 1
        self.returns = [entry for entry in self.returns if entry[0] > now]
        for time, packet, server, port in self.flying:
            if time == now:
                if server is None:
                    packet.arrival = now
                    self.open -= 1
                else:
                    self.put(packet, server, port, now)
        self.flying = [entry for entry in self.flying if entry[0] > now]
        for time, packet in self.host:
            if time == now:
                packet.send = now
                server, port = self.host_input(packet)
                self.put(packet, server, port, now)
        for core in self.cores.values():
            self.run_core(core, now)
        for server in sorted(self.fifos, key=str):
            self.arbitrate(server, now)

    def put(self, packet: Packet, server: tuple, port: int, now: int) -> None:
        packet.arrived_here = now
        self.fifos.setdefault(server, {}).setdefault(port, []).append(packet)

    def run_core(self, core: Core, now: int) -> None:
        while True:
            if core.walk is None:
                if not core.walks or core.walks[0][1] > now:
                    return
                tick, _, neurons = core.walks.pop(0)
                core.walk = (tick, list(neurons))
                core.evaluated_at = now + neurons[0].time
            if core.ready is not None:
                server, port = self.first(core.ready)
                if self.used.get((server, port), 0) >= self.chip.fifo_depth:
                    return
                self.used[server, port] = self.used.get((server, port), 0) + 1
                core.ready.longest_wait = now - core.ready.send
                self.put(core.ready, server, port, now)
                core.ready = None
                self.next_neuron(core, now)
            elif core.evaluated_at <= now:
                packet = core.walk[1][0].packet
                if packet is not None:
                    packet.send = now
                    core.ready = packet
                else:
                    self.next_neuron(core, now)
            else:
                return

    def next_neuron(self, core: Core, now: int) -> None:
        tick, neurons = core.walk
        neurons.pop(0)
        if neurons:
            core.evaluated_at = now + neurons[0].time
        else:
            core.finish[tick] = now
            core.walk = None
            self.open -= 1

    def arbitrate(self, server: tuple, now: int) -> None:
        chip = self.chip
        cycle, latency = (
            (chip.link_cycle_ps, chip.hop_latency_ps)
            if server[0] == "router"
            else (chip.edge_cycle_ps, chip.edge_latency_ps)
        )
        if now < self.departed.get(server, -(10**9)) + cycle:
            return
        waiting = [(fifo[0].arrived_here, port) for port, fifo in self.fifos[server].items() if fifo]
        if not waiting:
            return
        _, port = min(waiting)
        packet = self.fifos[server][port][0]
        following = self.following(packet, server, port)
        if following is not None:
            if self.used.get(following, 0) >= chip.fifo_depth:
                return
            self.used[following] = self.used.get(following, 0) + 1
        self.fifos[server][port].pop(0)
        self.departed[server] = now
        packet.longest_wait = max(packet.longest_wait, now - packet.arrived_here)
        if server[0] != "host in":
            self.returns.append((now + cycle, (server, port)))
        if following is None:
            self.flying.append((now + latency, packet, None, 0))
        else:
            self.flying.append((now + latency, packet, *following))

    # Where to.

    def module(self, packet: Packet, x: int, y: int) -> tuple:
        """The module of router (x, y) that a packet goes into."""
        if packet.target is None:
            return ("router", x, y, self.chip.output_side)
        tx, ty = packet.target
        way = "east" if tx > x else "west" if tx < x else "north" if ty > y else "south" if ty < y else "local"
        return ("router", x, y, way)

    def first(self, packet: Packet) -> tuple[tuple, int]:
        return self.module(packet, *packet.source), PORTS.index("core")

    def host_input(self, packet: Packet) -> tuple[tuple, int]:
        x, y = packet.target
        border = {"west": (0, y), "east": (self.width - 1, y), "south": (x, 0), "north": (x, self.height - 1)}
        x, y = border[self.chip.input_side]
        return ("host in", x // self.side, y // self.side), 0

    def following(self, packet: Packet, server: tuple, port: int) -> tuple[tuple, int] | None:
        """The buffer after `server` for a packet that lies at `port`; None for a scheduler or the host."""
        if server[0] == "host in":
            x, y = packet.target
            travel = OPPOSITE[self.chip.input_side]
            border = {"east": (0, y), "west": (self.width - 1, y), "north": (x, 0), "south": (x, self.height - 1)}
            return self.module(packet, *border[travel]), PORTS.index(travel)
        if server[0] == "router":
            _, x, y, way = server
            if way == "local":
                return None
            dx, dy = TOWARDS[way]
            there = (x + dx, y + dy)
            leaves_chip = (there[0] // self.side, there[1] // self.side) != (x // self.side, y // self.side)
            if leaves_chip:
                return ("edge", x // self.side, y // self.side, way), (y if dx else x) % self.side
            return self.module(packet, *there), PORTS.index(way)
        _, column, row, way = server
        dx, dy = TOWARDS[way]
        if not (0 <= column + dx < self.mesh.columns and 0 <= row + dy < self.mesh.rows):
            return None
        first_x, first_y = column * self.side, row * self.side
        far = self.side - 1
        x, y = {
            "east": (first_x + far, first_y + port),
            "west": (first_x, first_y + port),
            "north": (first_x + port, first_y + far),
            "south": (first_x + port, first_y),
        }[way]
        return self.module(packet, x + dx, y + dy), PORTS.index(way)
