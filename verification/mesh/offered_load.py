"""Measurement of latency and throughput at an offered load, and of the wait at a single server."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.fabric.fabric import Fabric
from verification.mesh.injection import inject
from verification.mesh.patterns import Pattern

__all__ = ["DEEP", "Measurement", "cycle_ps", "mean_wait", "measure", "positions"]

DEEP = 4096
"""FIFO depth that no queue of these experiments reaches: in effect unbounded."""
_WARM_UP = 0.25
"""Share of the packets that are not measured, while the fabric fills."""


@dataclass(frozen=True)
class Measurement:
    """Measurement at one offered load.

    Attributes
    ----------
    load : float
        Offered packets per core and link cycle.
    latency : float
        Mean latency of the packets after the warm-up, in link cycles.
    accepted : float
        Packets per core and link cycle that arrived after the warm-up while packets were offered.
    drained : float
        All packets per core divided by all link cycles until the last arrival. Under overload with unbounded FIFOs the
        busiest link is never idle, so this is the saturation throughput.
    lost : int
        Packets that did not arrive.
    """

    load: float
    latency: float
    accepted: float
    drained: float
    lost: int


def cycle_ps(chip: ChipOptions) -> int:
    """Return the link cycle, the unit of loads and latencies."""
    return chip.link_cycle_ps


def positions(side: int) -> list[tuple[int, int]]:
    """Return the position of each core, row by row."""
    return [(core % side, core // side) for core in range(side * side)]


def measure(pattern: Pattern, load: float, *, packets: int, depth: int, seed: int = 0) -> Measurement:
    """Offer `packets` packets of each core, created at random times at a load, and wait until all have arrived."""
    random = np.random.default_rng(seed)
    chip = ChipOptions(fifo_depth=depth)
    cycle = cycle_ps(chip)
    end_ps = round(packets / load * cycle)
    made = np.sort(random.integers(0, end_ps, (pattern.cores, packets)), axis=1)
    fabric = Fabric(Mesh(side=pattern.side), chip)
    delivery = inject(fabric, positions(pattern.side), pattern.destinations(packets, random), made)
    begin_ps = _WARM_UP * end_ps
    arrived = delivery.arrived_ps
    in_window = np.count_nonzero((arrived >= begin_ps) & (arrived < end_ps))
    return Measurement(
        load=load,
        latency=float(delivery.latency_ps[made >= begin_ps].mean()) / cycle,
        accepted=float(in_window / pattern.cores / ((end_ps - begin_ps) / cycle)),
        drained=float(packets / (arrived.max() / cycle)),
        lost=made.size - delivery.delivered + int((arrived < 0).sum()),
    )


def mean_wait(utilisation: float, *, packets: int, seed: int = 0) -> float:
    """Return the mean wait, in link cycles, of Poisson packets of a core to itself: an M/D/1 queue."""
    random = np.random.default_rng(seed)
    chip = ChipOptions(fifo_depth=DEEP)
    cycle = cycle_ps(chip)
    gaps: NDArray[np.float64] = random.exponential(cycle / utilisation, packets)
    made = np.rint(np.cumsum(gaps)).astype(np.int64)[None]
    delivery = inject(Fabric(Mesh(side=1), chip), [(0, 0)], np.zeros((1, packets), np.int64), made)
    return float((delivery.latency_ps - chip.hop_latency_ps).mean()) / cycle
