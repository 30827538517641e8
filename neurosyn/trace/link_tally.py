"""Loads of the links over the timed ticks: packets, energy, busy time and waits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neurosyn.chip.energy import EnergyModel
from neurosyn.engine.fabric.fabric import DIRECTIONS, Fabric, Kind
from neurosyn.engine.fabric.link_loads import server_loads
from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns
from neurosyn.trace.schema import Rows

__all__ = ["LinkLedger"]

_KINDS = [kind.value for kind in Kind]
_DIRECTIONS = [*DIRECTIONS, "core"]


class LinkLedger:
    """Sums over timed ticks by link, in arrays whose size does not grow with the run.

    Parameters
    ----------
    info
        The program, its placement and the chip.
    """

    def __init__(self, info: RunInfo) -> None:
        self._info = info
        self._fabric = Fabric(info.placement.mesh, info.chip)
        self._host_packets = np.zeros(info.program.cores, np.int64)
        self._waits = _Waits(self._fabric.servers)
        self._start_ps: int | None = None
        self._end_ps = 0

    def add(self, columns: TickColumns) -> None:
        """Add a timed tick."""
        packets = columns.columns
        assert packets is not None
        assert columns.start_ps is not None
        assert columns.makespan_ps is not None
        np.add.at(self._host_packets, packets.dest_core[: columns.input_packets], 1)
        self._waits.add(packets)
        if self._start_ps is None:
            self._start_ps = columns.start_ps
        self._end_ps = max(self._end_ps, columns.start_ps + columns.makespan_ps)

    def state(self) -> dict[str, NDArray[np.int64]]:
        """Return all sums as arrays by name; a start of −1 stands for no timed tick."""
        start = -1 if self._start_ps is None else self._start_ps
        times = {"start_ps": np.array(start), "end_ps": np.array(self._end_ps)}
        return {"host_packets": self._host_packets, **times, **self._waits.state()}

    def include(self, state: Mapping[str, NDArray[np.int64]], start_ps: int) -> None:
        """Add the sums of later ticks, as `state` returned them, whose times count from `start_ps` on."""
        self._host_packets += state["host_packets"]
        self._waits.include(state["server"], state["held"], state["longest"])
        first_ps = state["start_ps"].item()
        if first_ps >= 0:
            if self._start_ps is None:
                self._start_ps = start_ps + first_ps
            self._end_ps = max(self._end_ps, start_ps + state["end_ps"].item())

    def rows(self, fired: NDArray[np.int64]) -> Rows:
        """Return the rows of table ``links``.

        Parameters
        ----------
        fired : int64 array (C, N)
            Number of spikes of each neuron in timed ticks.
        """
        info, fabric = self._info, self._fabric
        loads = server_loads(fabric, info.program, info.placement, fired, self._host_packets)
        links = np.flatnonzero(loads)
        servers, packets = links.tolist(), loads[links]
        router = [fabric.router(server) or (-1, -1) for server in servers]
        x, y = np.array(router, np.int32).reshape(-1, 2).T
        chip_x, chip_y = np.array([fabric.chip_of(server) for server in servers], np.int32).reshape(-1, 2).T
        hops, crossings, ports = np.array([fabric.counts_as(s) for s in servers], np.int64).reshape(-1, 3).T * packets
        busy = packets * np.array([fabric.cycle_ps(server) for server in servers], np.int64)
        time_ps = self._end_ps - (self._start_ps or 0)
        held, longest = self._waits.at(links)
        return {
            "link": links,
            "kind": _named([_KINDS.index(fabric.kind(server).value) for server in servers], _KINDS),
            "name": [fabric.name(server) for server in servers],
            "x": pa.array(x, mask=x < 0),
            "y": pa.array(y, mask=x < 0),
            "direction": _named([fabric.direction(server) for server in servers], _DIRECTIONS),
            "chip_x": chip_x,
            "chip_y": chip_y,
            "packets": packets,
            "hops": hops,
            "crossings": crossings,
            "energy_pj": EnergyModel.of(info.chip).packets_pj(hops, crossings, ports),
            "busy_ps": busy,
            "busy_share": busy / max(time_ps, 1),
            "held_packets": held,
            "longest_wait_ps": longest,
        }


class _Waits:
    """Number of packets that waited longest at each server, and the longest of these waits.

    Parameters
    ----------
    servers
        Number of servers.
    """

    def __init__(self, servers: int) -> None:
        self._held, self._longest = np.zeros((2, servers), np.int64)

    def add(self, packets: PacketColumns) -> None:
        waited = np.flatnonzero(packets.longest_wait_ps)
        server = packets.waited_at[waited]
        np.add.at(self._held, server, 1)
        np.maximum.at(self._longest, server, packets.longest_wait_ps[waited])

    def state(self) -> dict[str, NDArray[np.int64]]:
        server = np.flatnonzero(self._held)
        return {"server": server, "held": self._held[server], "longest": self._longest[server]}

    def include(self, server: NDArray[np.int64], held: NDArray[np.int64], longest: NDArray[np.int64]) -> None:
        """Add numbers of packets that waited longest at servers, none of them twice, and their longest waits."""
        self._held[server] += held
        self._longest[server] = np.maximum(self._longest[server], longest)

    def at(self, servers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return numbers and longest waits at `servers`."""
        return self._held[servers], self._longest[servers]


def _named(index: list[int], names: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int16()), names)
