"""The network in SimPy against closed forms: routes, zero-load latency, saturation throughput, queueing.

With unbounded FIFOs a network of XY routes is stable at every load at which no link carries more than one packet per
cycle, so its saturation throughput is that of the busiest link; FIFOs of finite depth can only have less, because
packets wait behind others that wait for room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from verification.mesh.load import DEEP, Measurement, mean_wait, measure
from verification.mesh.patterns import PATTERNS, Pattern, link_load, uniform
from verification.mesh.routes import Lonely, count_wrong_routes, link_loads, send_alone
from verification.outcome import Outcome, Row

__all__ = ["Curves", "verify"]

FRACTIONS = (0.02, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1, 1.25, 1.5)
"""Loads as parts of the saturation throughput; the first stands for no load, the last for overload."""
UTILISATIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_BELOW = 0.9
_ZERO_LOAD_TOLERANCE = 0.02
_SATURATION_TOLERANCE = 0.03
_ACCEPTED_TOLERANCE = 0.02
_WAIT_TOLERANCE = 0.05


@dataclass(frozen=True)
class Curves:
    """A pattern's measurements, one for each of `FRACTIONS`.

    Attributes
    ----------
    pattern : Pattern
    shallow, deep : list of Measurement
        With the chip's FIFO depth, and with FIFOs that never fill.
    """

    pattern: Pattern
    shallow: list[Measurement]
    deep: list[Measurement]


def verify(side: int = 8, packets: int = 640, wider: int = 16, wait_packets: int = 60_000) -> Outcome:
    """Check routes and lonely packets, then load each pattern until it saturates.

    Parameters
    ----------
    side
        k; a second mesh of `wider` checks that the forms hold for another k.
    packets
        Packets of each core for each load.
    wait_packets
        Packets of the single server.
    """
    from verification.mesh.figure import draw_latencies, draw_loads

    outcome = Outcome()
    board = Mesh(2, 2, side // 2)
    outcome.rows += _route_rows(Mesh(side=side), board)
    alone, over_edges = send_alone(Mesh(side=side)), send_alone(board)
    outcome.rows += [_alone_row(alone, f"one chip of {side} × {side}"), _alone_row(over_edges, "2 × 2 chips")]
    profile = _profile(side)
    outcome.rows.append(_profile_row(profile, side))

    depth = ChipOptions().fifo_depth
    curves = [
        Curves(pattern, *([measure(pattern, part * pattern.saturation, packets=packets, depth=places)
                           for part in FRACTIONS] for places in (depth, DEEP)))
        for pattern in (kind(side) for kind in PATTERNS)
    ]  # fmt: skip
    for one in curves:
        outcome.rows += _pattern_rows(one, depth)
    outcome.rows.append(_wider_row(uniform(wider)))

    waits = [mean_wait(utilisation, packets=wait_packets) for utilisation in UTILISATIONS]
    outcome.rows.append(_wait_row(waits))
    outcome.figures["mesh_load"] = draw_loads(curves, depth)
    outcome.figures["mesh_latency"] = draw_latencies(alone, over_edges, profile, waits, UTILISATIONS)
    return outcome


def _route_rows(*meshes: Mesh) -> list[Row]:
    rows = []
    for mesh in meshes:
        pairs, wrong = count_wrong_routes(mesh)
        board = f"{mesh.rows} × {mesh.columns} chips of {mesh.side} × {mesh.side}"
        rows.append(
            Row(
                "mesh",
                f"routes of all {pairs:,} pairs of cores, {board}",
                "along x, then along y, then the local port",
                f"{pairs - wrong:,} of {pairs:,}",
                "exact",
                wrong == 0,
            )
        )
    return rows


def _alone_row(alone: Lonely, board: str) -> Row:
    chip = ChipOptions()
    equal = int(np.count_nonzero(alone.latency_ps == alone.expected_ps))
    edges = f" + {chip.edge_latency_ps / 1e3:g} ns per chip edge" if alone.crossings.any() else ""
    return Row(
        "mesh",
        f"zero-load latency of every pair, {board}",
        f"(hops + 1) · {chip.hop_latency_ps / 1e3:g} ns{edges}; mean {alone.expected_ps.mean() / 1e3:.2f} ns",
        f"{equal:,} of {len(alone.hops):,} equal; mean {alone.latency_ps.mean() / 1e3:.2f} ns",
        "exact",
        equal == len(alone.hops),
    )


def _profile(side: int) -> list[tuple[float, float]]:
    """The closed form and the count of what the links between two columns, or rows, carry under uniform traffic."""
    loads = link_loads(uniform(side), side * side)
    # Module m of router r is server 5·r + m; 0 sends eastwards.
    return [
        (link_load(side, column), max(loads.get(5 * (row * side + column), 0.0) for row in range(side)))
        for column in range(side - 1)
    ]


def _profile_row(profile: list[tuple[float, float]], side: int) -> Row:
    return Row(
        "mesh",
        f"packets over the links of a row, uniform traffic, k = {side}",
        "(i + 1)(k − 1 − i)/k: " + ", ".join(f"{expected:.3g}" for expected, _ in profile),
        ", ".join(f"{counted:.3g}" for _, counted in profile),
        "exact",
        all(abs(expected - counted) < 1e-9 for expected, counted in profile),
    )


def _pattern_rows(curves: Curves, depth: int) -> list[Row]:
    pattern = curves.pattern
    saturation, zero_load = pattern.saturation, pattern.mean_hops + 1
    idle, overloaded = curves.deep[0], curves.deep[-1]
    below = curves.deep[FRACTIONS.index(_BELOW)]
    shallow = curves.shallow[-1]
    lost = sum(one.lost for one in (*curves.shallow, *curves.deep))
    mesh = f"{pattern.name}, {pattern.side} × {pattern.side}"
    return [
        Row(
            "mesh",
            f"{mesh}: mean latency at {FRACTIONS[0]:.0%} of saturation",
            f"mean hops + 1 = {zero_load:.3f} cycles",
            f"{idle.latency:.3f} cycles ({idle.latency / zero_load - 1:+.1%})",
            f"±{_ZERO_LOAD_TOLERANCE:.0%}",
            abs(idle.latency / zero_load - 1) <= _ZERO_LOAD_TOLERANCE,
        ),
        Row(
            "mesh",
            f"{mesh}: saturation throughput, FIFOs that never fill",
            f"{saturation:.4f} packets per core and cycle",
            f"{overloaded.drained:.4f} ({overloaded.drained / saturation - 1:+.1%}); at {_BELOW:.0%} of it "
            f"{below.accepted / below.load:.1%} are accepted",
            f"±{_SATURATION_TOLERANCE:.0%}; ±{_ACCEPTED_TOLERANCE:.0%}",
            abs(overloaded.drained / saturation - 1) <= _SATURATION_TOLERANCE
            and abs(below.accepted / below.load - 1) <= _ACCEPTED_TOLERANCE,
        ),
        Row(
            "mesh",
            f"{mesh}: throughput under overload, FIFOs of {depth}",
            f"at most {saturation:.4f}; no packet lost",
            f"{shallow.drained:.4f} ({shallow.drained / saturation:.0%} of the bound); {lost} lost",
            "bound",
            shallow.drained <= saturation and lost == 0,
        ),
    ]


def _wider_row(pattern: Pattern) -> Row:
    saturation = pattern.saturation
    packets = 2 * pattern.cores
    measured = measure(pattern, FRACTIONS[-1] * saturation, packets=packets, depth=DEEP).drained
    return Row(
        "mesh",
        f"{pattern.name}, {pattern.side} × {pattern.side}: saturation throughput, FIFOs that never fill",
        f"{saturation:.4f} packets per core and cycle",
        f"{measured:.4f} ({measured / saturation - 1:+.1%})",
        f"±{_SATURATION_TOLERANCE:.0%}",
        abs(measured / saturation - 1) <= _SATURATION_TOLERANCE,
    )


def _wait_row(waits: list[float]) -> Row:
    shown = (0.5, 0.8)
    pairs = [(rho / (2 * (1 - rho)), waits[UTILISATIONS.index(rho)]) for rho in shown]
    return Row(
        "mesh",
        "mean wait of Poisson packets at one server used " + " and ".join(f"{rho:.0%}" for rho in shown),
        "M/D/1, ρ/(2(1 − ρ)): " + " and ".join(f"{expected:.3f}" for expected, _ in pairs) + " cycles",
        " and ".join(f"{measured:.3f} ({measured / expected - 1:+.1%})" for expected, measured in pairs),
        f"±{_WAIT_TOLERANCE:.0%}",
        all(abs(measured / expected - 1) <= _WAIT_TOLERANCE for expected, measured in pairs),
    )
