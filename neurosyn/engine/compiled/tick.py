"""Input and output of the compiled network for one tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.engine.compiled.layout import Layout, RouteCodes, kernel
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans

__all__ = ["Departure", "TickState", "scan_cores"]


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


def scan_cores(packets: Packets, synaptic_events: NDArray[np.uint16], chip: ChipOptions) -> Scans:
    """Return `Scans.of`, in one pass over the events."""
    sent = slice(packets.from_host, None)
    core, neuron = packets.source_core[sent], packets.source_neuron[sent]
    scans = Scans(np.empty(len(core), np.int64), np.empty(len(synaptic_events), np.int64))
    times = chip.neuron_time_ps, chip.synaptic_event_time_ps
    _scan_cores(synaptic_events, core, neuron, *times, scans.ready_ps, scans.work_ps)
    return scans


@kernel
def _scan_cores(synaptic_events, source_core, source_neuron, neuron_time, event_time, ready, work):  # type: ignore[no-untyped-def]
    cores, neurons = synaptic_events.shape
    p = 0
    for core in range(cores):
        events, scanned = np.int64(0), 0
        while p < len(source_core) and source_core[p] == core:
            while scanned <= source_neuron[p]:
                events += synaptic_events[core, scanned]
                scanned += 1
            ready[p] = scanned * neuron_time + events * event_time
            p += 1
        while scanned < neurons:
            events += synaptic_events[core, scanned]
            scanned += 1
        work[core] = neurons * neuron_time + events * event_time
