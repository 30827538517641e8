"""Sides of the board at which the host sits, where packets to or from it take a large part of all hops."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.run_summary import Hint
from neurosyn.chip.mesh import Mesh, Side
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.engine.event_counts import EventCounts

__all__ = ["hint_at_sides"]

_LARGE_SHARE = 0.25
"""Share of all hops from which the host's packets are pointed out."""


def hint_at_sides(program: Program, placement: Placement, chip: ChipOptions, counts: EventCounts) -> list[Hint]:
    """Return the sides that would halve the hops of the host's packets, where these are many.

    The placement is taken as it is; a placer that knows the other side may do better still.
    """
    total = counts.events().hops
    sent = (counts.fired * (program.dest_core == OUTPUT)).sum(axis=1)
    hints: list[Hint] = []
    for option, side, packets, words in (
        ("chip.input_side", chip.input_side, counts.host_packets, "from the host"),
        ("chip.output_side", chip.output_side, sent, "to the host"),
    ):
        if option == "chip.input_side" and not chip.board.enters_on_one_side:
            continue  # the host then has links on all sides
        hops = _hops_by_side(placement.mesh, placement.xy, packets, chip.board.reach)
        if side not in hops or hops[side] < _LARGE_SHARE * total:
            continue
        nearest = min(hops, key=hops.__getitem__)
        if 2 * hops[nearest] < hops[side]:
            share = hops[side] / total
            reason = (
                f"{share:.0%} of all hops, {hops[side]:,}, are of packets {words}, on the {side} side; at this "
                f"placement they would take {hops[nearest]:,} on the {nearest} side"
            )
            hints.append({"option": option, "value": nearest, "reason": reason})
    return hints


def _hops_by_side(mesh: Mesh, xy: NDArray[np.int32], packets: NDArray[np.int64], reach: int) -> dict[Side, int]:
    """Return the hops between the cores and each side that packets reach."""
    used = packets > 0
    hops: dict[Side, int] = {}
    for side in get_args(Side):
        distance = mesh.hops(xy[used], mesh.border(xy[used], side))
        if distance.max(initial=0) < reach:
            hops[side] = int((distance * packets[used]).sum())
    return hops
