"""Routes and zero-load latencies of the fabric for every pair of cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.fabric.fabric import Fabric, Kind, Position
from verification.mesh.injection import inject
from verification.mesh.patterns import Pattern

__all__ = ["IsolatedPackets", "count_wrong_routes", "send_alone", "server_loads"]


def _xy_route(source: Position, target: Position) -> list[Position]:
    """Return the routers along x, then along y, step by step."""
    (x, y), (x_end, y_end) = source, target
    route = [(x, y)]
    while x != x_end:
        x += 1 if x_end > x else -1
        route.append((x, y))
    while y != y_end:
        y += 1 if y_end > y else -1
        route.append((x, y))
    return route


def _positions(mesh: Mesh) -> list[Position]:
    return [(x, y) for y, x in product(range(mesh.height), range(mesh.width))]


def _crossings(mesh: Mesh, source: Position, target: Position) -> int:
    return sum(abs(a // mesh.side - b // mesh.side) for a, b in zip(source, target, strict=True))


def count_wrong_routes(mesh: Mesh) -> tuple[int, int]:
    """Return the number of pairs of cores, and of those whose route is not along x, then along y.

    A route ends at the local port of the destination and has a chip edge wherever it changes chips.
    """
    fabric = Fabric(mesh, ChipOptions(chips=(mesh.rows, mesh.columns)))
    positions = _positions(mesh)
    wrong = 0
    for source, target in product(positions, positions):
        servers = [fabric.server_of(buffer) for buffer in fabric.route(source, target)]
        routers = [fabric.router(server) for server in servers if fabric.router(server) is not None]
        edges = [server for server in servers if fabric.kind(server) is Kind.CHIP_EDGE]
        local = [fabric.kind(server) is Kind.LOCAL_PORT for server in servers]
        wrong += not (
            routers == _xy_route(source, target)
            and len(edges) == _crossings(mesh, source, target)
            and len(servers) == len(routers) + len(edges)
            and local == [False] * (len(servers) - 1) + [True]
        )
    return len(positions) ** 2, wrong


@dataclass(frozen=True)
class IsolatedPackets:
    """Packets sent one at a time; arrays (pairs,).

    Attributes
    ----------
    hops, crossings : int64 arrays
        Links between routers, and chip edges among them.
    expected_ps, latency_ps : int64 arrays
        Latency in closed form, and as measured.
    """

    hops: NDArray[np.int64]
    crossings: NDArray[np.int64]
    expected_ps: NDArray[np.int64]
    latency_ps: NDArray[np.int64]


def send_alone(mesh: Mesh) -> IsolatedPackets:
    """Send a packet from each core to each core, one after the other, and return their latencies."""
    chip = ChipOptions(chips=(mesh.rows, mesh.columns))
    positions: Sequence[Position] = _positions(mesh)
    xy = np.array(positions)
    hops = np.abs(xy[:, None] - xy).sum(axis=-1)
    crossings = np.abs(xy[:, None] // mesh.side - xy // mesh.side).sum(axis=-1)
    expected = (hops + 1) * chip.hop_latency_ps + crossings * chip.edge_latency_ps
    # The interval exceeds the longest latency and the longest cycle, so packets never meet.
    gap_ps = 2 * int(expected.max()) + chip.edge_cycle_ps
    size = len(positions)
    made = (np.arange(size) * size + np.arange(size)[:, None]) * gap_ps
    delivery = inject(Fabric(mesh, chip), positions, np.tile(np.arange(size), (size, 1)), made.astype(np.int64))
    return IsolatedPackets(
        *(array.ravel().astype(np.int64) for array in (hops, crossings, expected, delivery.latency_ps))
    )


def server_loads(pattern: Pattern, packets: int) -> dict[int, float]:
    """Return the load of each server per packet of a core, counted along the route of every packet."""
    mesh = Mesh(side=pattern.side)
    fabric = Fabric(mesh, ChipOptions())
    positions = _positions(mesh)
    target = pattern.destinations(packets, np.random.default_rng(0))
    loads: dict[int, float] = {}
    for source, row in enumerate(target):
        for destination, times in zip(*np.unique(row, return_counts=True), strict=True):
            for buffer in fabric.route(positions[source], positions[int(destination)]):
                server = fabric.server_of(buffer)
                loads[server] = loads.get(server, 0.0) + int(times) / packets
    return loads
