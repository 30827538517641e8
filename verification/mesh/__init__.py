"""Check of the fabric in SimPy against closed forms: routes, zero-load latency, saturation throughput, queueing.

With unbounded FIFOs a fabric of XY routes is stable at every load at which no link carries more than one packet per
cycle, so its saturation throughput is that of the busiest link. With FIFOs of finite depth it is lower, because packets
wait behind others that wait for a free slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from verification.mesh.offered_load import DEEP, Measurement, mean_wait, measure
from verification.mesh.patterns import PATTERNS, Pattern, link_load, uniform
from verification.mesh.routes import IsolatedPackets, count_wrong_routes, send_alone, server_loads
from verification.outcome import CheckOutcome, is_within

__all__ = ["Curves", "verify"]

FRACTIONS = (0.02, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1, 1.25, 1.5)
"""Loads as shares of the saturation throughput, from almost no load to overload."""
UTILISATIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_BELOW = 0.9
_ZERO_LOAD_TOLERANCE = 0.02
_SATURATION_TOLERANCE = 0.03
_ACCEPTED_TOLERANCE = 0.02
_WAIT_TOLERANCE = 0.05


@dataclass(frozen=True)
class Curves:
    """Measurements of a pattern, one for each of `FRACTIONS`.

    Attributes
    ----------
    pattern : Pattern
    shallow, deep : list of Measurement
        With the chip's FIFO depth, and with FIFOs that never fill.
    """

    pattern: Pattern
    shallow: list[Measurement]
    deep: list[Measurement]


def verify(side: int = 8, packets: int = 640, wider: int = 16, wait_packets: int = 60_000) -> CheckOutcome:
    """Compare routes and zero-load latencies, then the throughput of each pattern up to saturation.

    Parameters
    ----------
    side
        Side k of the mesh.
    packets
        Packets of each core for each load.
    wider
        Side of a second mesh, for one of the closed forms.
    wait_packets
        Packets of the single server.
    """
    from verification.mesh.figure import draw_latencies, draw_loads

    outcome = CheckOutcome("mesh")
    board = Mesh(2, 2, side // 2)
    _expect_routes(outcome, Mesh(side=side), board)
    alone, over_edges = send_alone(Mesh(side=side)), send_alone(board)
    _expect_zero_load(outcome, alone, f"one chip of {side} × {side}")
    _expect_zero_load(outcome, over_edges, "2 × 2 chips")
    profile = _profile(side)
    _expect_profile(outcome, profile, side)

    depth = ChipOptions().fifo_depth
    curves = [
        Curves(pattern, *([measure(pattern, share * pattern.saturation, packets=packets, depth=slots)
                           for share in FRACTIONS] for slots in (depth, DEEP)))
        for pattern in (kind(side) for kind in PATTERNS)
    ]  # fmt: skip
    for curve in curves:
        _expect_curves(outcome, curve, depth)
    _expect_saturation(outcome, uniform(wider))

    waits = [mean_wait(utilisation, packets=wait_packets) for utilisation in UTILISATIONS]
    _expect_waits(outcome, waits)
    outcome.figures["mesh_load"] = draw_loads(curves, depth)
    outcome.figures["mesh_latency"] = draw_latencies(alone, over_edges, profile, waits, UTILISATIONS)
    return outcome


def _expect_routes(outcome: CheckOutcome, *meshes: Mesh) -> None:
    for mesh in meshes:
        pairs, wrong = count_wrong_routes(mesh)
        board = f"{mesh.rows} × {mesh.columns} chips of {mesh.side} × {mesh.side}"
        outcome.expect(
            f"routes of all {pairs:,} pairs of cores, {board}",
            "along x, then along y, then the local port",
            f"{pairs - wrong:,} of {pairs:,}",
            "exact",
            wrong == 0,
        )


def _expect_zero_load(outcome: CheckOutcome, alone: IsolatedPackets, board: str) -> None:
    chip = ChipOptions()
    equal = int(np.count_nonzero(alone.latency_ps == alone.expected_ps))
    edges = f" + {chip.edge_latency_ps / 1e3:g} ns per chip edge" if alone.crossings.any() else ""
    outcome.expect(
        f"zero-load latency of every pair, {board}",
        f"(hops + 1) · {chip.hop_latency_ps / 1e3:g} ns{edges}; mean {alone.expected_ps.mean() / 1e3:.2f} ns",
        f"{equal:,} of {len(alone.hops):,} equal; mean {alone.latency_ps.mean() / 1e3:.2f} ns",
        "exact",
        equal == len(alone.hops),
    )


def _profile(side: int) -> list[tuple[float, float]]:
    """Return, for the links between adjacent columns, the load in closed form and as counted under uniform traffic."""
    loads = server_loads(uniform(side), side * side)
    # Module m of router r is server 5·r + m; module 0 is the link to the east.
    return [
        (link_load(side, column), max(loads.get(5 * (row * side + column), 0.0) for row in range(side)))
        for column in range(side - 1)
    ]


def _expect_profile(outcome: CheckOutcome, profile: list[tuple[float, float]], side: int) -> None:
    outcome.expect(
        f"packets over the links of a row, uniform traffic, k = {side}",
        "(i + 1)(k − 1 − i)/k: " + ", ".join(f"{expected:.3g}" for expected, _ in profile),
        ", ".join(f"{counted:.3g}" for _, counted in profile),
        "exact",
        all(abs(expected - counted) < 1e-9 for expected, counted in profile),
    )


def _expect_curves(outcome: CheckOutcome, curves: Curves, depth: int) -> None:
    pattern = curves.pattern
    saturation, zero_load = pattern.saturation, pattern.mean_hops + 1
    idle, overloaded = curves.deep[0], curves.deep[-1]
    below = curves.deep[FRACTIONS.index(_BELOW)]
    shallow = curves.shallow[-1]
    lost = sum(measurement.lost for measurement in (*curves.shallow, *curves.deep))
    mesh = f"{pattern.name}, {pattern.side} × {pattern.side}"
    outcome.expect(
        f"{mesh}: mean latency at {FRACTIONS[0]:.0%} of saturation",
        f"mean hops + 1 = {zero_load:.3f} cycles",
        f"{idle.latency:.3f} cycles ({idle.latency / zero_load - 1:+.1%})",
        f"±{_ZERO_LOAD_TOLERANCE:.0%}",
        is_within(idle.latency, zero_load, _ZERO_LOAD_TOLERANCE),
    )
    outcome.expect(
        f"{mesh}: saturation throughput, FIFOs that never fill",
        f"{saturation:.4f} packets per core and cycle",
        f"{overloaded.drained:.4f} ({overloaded.drained / saturation - 1:+.1%}); at {_BELOW:.0%} of it "
        f"{below.accepted / below.load:.1%} are accepted",
        f"±{_SATURATION_TOLERANCE:.0%}; ±{_ACCEPTED_TOLERANCE:.0%}",
        is_within(overloaded.drained, saturation, _SATURATION_TOLERANCE)
        and is_within(below.accepted, below.load, _ACCEPTED_TOLERANCE),
    )
    outcome.expect(
        f"{mesh}: throughput under overload, FIFOs of {depth}",
        f"at most {saturation:.4f}; no packet lost",
        f"{shallow.drained:.4f} ({shallow.drained / saturation:.0%} of the bound); {lost} lost",
        "bound",
        shallow.drained <= saturation and lost == 0,
    )


def _expect_saturation(outcome: CheckOutcome, pattern: Pattern) -> None:
    saturation = pattern.saturation
    packets = 2 * pattern.cores
    measured = measure(pattern, FRACTIONS[-1] * saturation, packets=packets, depth=DEEP).drained
    outcome.expect(
        f"{pattern.name}, {pattern.side} × {pattern.side}: saturation throughput, FIFOs that never fill",
        f"{saturation:.4f} packets per core and cycle",
        f"{measured:.4f} ({measured / saturation - 1:+.1%})",
        f"±{_SATURATION_TOLERANCE:.0%}",
        is_within(measured, saturation, _SATURATION_TOLERANCE),
    )


def _expect_waits(outcome: CheckOutcome, waits: list[float]) -> None:
    shown = (0.5, 0.8)
    pairs = [(rho / (2 * (1 - rho)), waits[UTILISATIONS.index(rho)]) for rho in shown]
    outcome.expect(
        "mean wait of Poisson packets at one server used " + " and ".join(f"{rho:.0%}" for rho in shown),
        "M/D/1, ρ/(2(1 − ρ)): " + " and ".join(f"{expected:.3f}" for expected, _ in pairs) + " cycles",
        " and ".join(f"{measured:.3f} ({measured / expected - 1:+.1%})" for expected, measured in pairs),
        f"±{_WAIT_TOLERANCE:.0%}",
        all(is_within(measured, expected, _WAIT_TOLERANCE) for expected, measured in pairs),
    )
