"""Traffic of a tick without times: packets in columns, and the scans of the cores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import OUTPUT

__all__ = ["HOST_CORE", "Packets", "Scans"]

HOST_CORE = -1
"""``source_core`` of packets that the host injects."""


@dataclass(frozen=True)
class Packets:
    """The packets of one tick: the host's in injection order, then those of neurons by (core, neuron).

    The columns are those of `neurosyn.engine.probes.probe.PacketColumns`, without times.
    """

    source_core: NDArray[np.int32]
    source_neuron: NDArray[np.int32]
    dest_core: NDArray[np.int32]
    dest_axon: NDArray[np.int32]
    delivery_tick: NDArray[np.int64]
    hops: NDArray[np.int32]
    crossings: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.source_core)

    @property
    def from_host(self) -> int:
        """Number of packets of the host."""
        return int(np.searchsorted(self.source_core, HOST_CORE, side="right"))

    @property
    def to_host(self) -> int:
        """Number of packets that leave the board."""
        return int(np.count_nonzero(self.dest_core == OUTPUT))

    def unloaded_ps(self, chip: ChipOptions) -> NDArray[np.int64]:
        """Return the travel time of each packet if it never waits, in ps, int64 (packets,)."""
        travel: NDArray[np.int64] = (self.hops + np.int64(1)) * chip.hop_latency_ps
        # Few packets take links to the host or to other chips.
        travel[: self.from_host] += chip.edge_latency_ps
        travel[self.dest_core == OUTPUT] += chip.edge_latency_ps
        if self.crossings.any():
            travel += self.crossings * np.int64(chip.edge_latency_ps)
        return travel

    def total_unloaded_ps(self, chip: ChipOptions, *, of_host: bool = False) -> int:
        """Return the sum of `unloaded_ps`, over all packets or those of the host alone."""
        end = self.from_host if of_host else len(self)
        modules = int(self.hops[:end].sum(dtype=np.int64)) + end
        links = int(self.crossings[:end].sum(dtype=np.int64)) + self.from_host
        links += int(np.count_nonzero(self.dest_core[:end] == OUTPUT))
        return modules * chip.hop_latency_ps + links * chip.edge_latency_ps


@dataclass(frozen=True)
class Scans:
    """Scans of the token controllers in one tick: each evaluates the neurons of its core in order.

    Attributes
    ----------
    ready_ps : int64 array (packets of neurons,)
        End of the evaluation of each sending neuron, from the beginning of its core's scan, without stalls.
    work_ps : int64 array (C,)
        Duration of each core's scan, without stalls.
    """

    ready_ps: NDArray[np.int64]
    work_ps: NDArray[np.int64]

    @classmethod
    def of(cls, packets: Packets, synaptic_events: NDArray[np.uint16], chip: ChipOptions) -> Scans:
        """Time the scans from the synaptic events (C, N) of the neurons."""
        cores, neurons = synaptic_events.shape
        events = synaptic_events.cumsum(axis=1, dtype=np.int64)
        sent = slice(packets.from_host, None)
        core, neuron = packets.source_core[sent], packets.source_neuron[sent]
        # One flat index: with two, NumPy takes several times longer.
        before = events.reshape(-1).take(core * np.int64(neurons) + neuron)
        ready = (neuron + np.int64(1)) * chip.neuron_time_ps + before * chip.synaptic_event_time_ps
        work = neurons * chip.neuron_time_ps + events[:, -1] * chip.synaptic_event_time_ps
        return cls(ready, np.asarray(work, np.int64).reshape(cores))
