"""How long packets take from their neuron to their target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT
from neurosyn.trace.trace import Trace

__all__ = ["PacketLatencies", "packet_latencies"]

ROUTES = ("between cores", "from the host", "to the host")
"""Kinds of way that a packet can take."""


@dataclass(frozen=True, eq=False)
class PacketLatencies:
    """Latencies of the packets of one kind of way.

    Attributes
    ----------
    route : str
        One of `ROUTES`.
    latency_ps : int64 array (packets,)
        From being ready in the core (or with the host) to arrival, sorted.
    blocked_ps : int
        Time spent waiting, in sum.
    """

    route: str
    latency_ps: NDArray[np.int64]
    blocked_ps: int

    def __len__(self) -> int:
        return len(self.latency_ps)

    def quantile(self, share: float) -> int:
        """Return the latency in ps that this share of the packets does not exceed."""
        if not len(self):
            return 0
        return int(self.latency_ps[max(0, int(np.ceil(share * len(self))) - 1)])

    @property
    def blocked_share(self) -> float:
        """Share of all their travel that is waiting."""
        total = int(self.latency_ps.sum())
        return self.blocked_ps / total if total else 0.0


def packet_latencies(trace: Trace) -> list[PacketLatencies]:
    """Return the latencies of a trace's packets, by kind of way; kinds without a packet are left out.

    Raises
    ------
    DataError
        If the trace has no packets or they cannot be read.
    """
    latency: list[list[NDArray[np.int64]]] = [[] for _ in ROUTES]
    blocked = [0] * len(ROUTES)
    columns = ("source_core", "dest_core", "send_ps", "arrival_ps", "blocked_ps")
    for batch in trace.batches("packets", columns):
        source, dest, send, arrival, waited = (batch.column(name).to_numpy() for name in columns)
        route = np.where(source < 0, 1, np.where(dest == OUTPUT, 2, 0))
        for kind in range(len(ROUTES)):
            of_kind = route == kind
            latency[kind].append((arrival - send)[of_kind])
            blocked[kind] += int(waited[of_kind].sum())
    found = []
    for name, parts, waiting in zip(ROUTES, latency, blocked, strict=True):
        values = np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)
        if len(values):
            found.append(PacketLatencies(name, values, waiting))
    return found
