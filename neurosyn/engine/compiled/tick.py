"""A tick as the compiled network gets it, and as it gives it back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.engine.compiled.layout import Layout, Ways
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Walks

__all__ = ["Departure", "TickState"]


class Departure(NamedTuple):
    """What a tick sends into the network.

    Attributes
    ----------
    start_ps : int
    ways : Ways
    bounds : int64 array (C + 2,)
        The first packet of the host, then that of each core, then the end.
    ready_ps : int64 array (packets,)
        `Walks.ready_ps`, behind as many zeros as the host has packets.
    work_ps : int64 array (C,)
        `Walks.work_ps`.
    """

    start_ps: int
    ways: Ways
    bounds: NDArray[np.int64]
    ready_ps: NDArray[np.int64]
    work_ps: NDArray[np.int64]

    @classmethod
    def of(cls, start_ps: int, packets: Packets, walks: Walks, xy: NDArray[np.int32], layout: Layout) -> Departure:
        """Prepare a tick for cores at positions (C, 2)."""
        bounds = np.zeros(len(xy) + 2, np.int64)
        bounds[1:] = np.searchsorted(packets.source_core, np.arange(len(xy) + 1))
        ready = np.zeros(len(packets), np.int64)
        ready[bounds[1] :] = walks.ready_ps
        return cls(start_ps, Ways.of(packets, xy, layout), bounds, ready, walks.work_ps)


class TickState(NamedTuple):
    """What is known about a tick; times that are not are later than any time.

    Attributes
    ----------
    times : TickTimes
    released_ps : int64 array (C,)
        When nothing can hold up the walks any more.
    """

    times: TickTimes
    released_ps: NDArray[np.int64]
