"""Input and output of the compiled network for one tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.layout import Layout, RouteCodes
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans

__all__ = ["Departure", "TickState"]


class Departure(NamedTuple):
    """Packets and scans of a tick.

    Attributes
    ----------
    start_ps : int
    routes : RouteCodes
    bounds : int64 array (C + 2,)
        The first packet of the host, then that of each core, then the end.
    ready_ps : int64 array (packets,)
        `Scans.ready_ps`, behind as many zeros as the host has packets.
    work_ps : int64 array (C,)
        `Scans.work_ps`.
    """

    start_ps: int
    routes: RouteCodes
    bounds: NDArray[np.int64]
    ready_ps: NDArray[np.int64]
    work_ps: NDArray[np.int64]

    @classmethod
    def of(cls, start_ps: int, packets: Packets, scans: Scans, xy: NDArray[np.int32], layout: Layout) -> Departure:
        """Prepare a tick for cores at positions (C, 2)."""
        bounds = np.zeros(len(xy) + 2, np.int64)
        bounds[1:] = np.searchsorted(packets.source_core, np.arange(len(xy) + 1))
        ready = np.zeros(len(packets), np.int64)
        ready[bounds[1] :] = scans.ready_ps
        return cls(start_ps, RouteCodes.of(packets, xy, layout), bounds, ready, scans.work_ps)


class TickState(NamedTuple):
    """Times of a tick as far as they are known; the others are `NEVER`.

    Attributes
    ----------
    times : TickTimes
    released_ps : int64 array (C,)
        Times from which on the scans cannot stall any more.
    """

    times: TickTimes
    released_ps: NDArray[np.int64]
