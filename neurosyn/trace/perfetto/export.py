"""Export of a window of a trace as a Perfetto protobuf, which https://ui.perfetto.dev opens.

Tracks, in groups: the run's ticks; each core's scan of its neurons, with an instant for each packet that it sends;
each router, with the packets that its local port delivers; each link, with the packets that pass it; the host's ports;
and counters of spikes, packets, packets under way and power. A flow leads from a packet's departure to its arrival.

Events of a track are exact to the picosecond (Perfetto's clock has nanoseconds; the picoseconds are in the
arguments): a packet leaves the last server of its route one latency before its arrival, and if it waited at one place
only, or nowhere, all times on its route follow from that. Packets that waited at several places are left out on the
links in between, and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.program import OUTPUT
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.errors import DataError
from neurosyn.support.files import atomic_path
from neurosyn.trace.perfetto.writer import Group, PerfettoWriter, require_perfetto
from neurosyn.trace.reader import Trace
from neurosyn.trace.row_filter import Ticks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PerfettoExport", "export_perfetto"]

_PACKETS = 100_000
_STEPS = 2_000
"""Points of the counter of packets under way."""


@dataclass
class PerfettoExport:
    """Result of an export.

    Attributes
    ----------
    path : Path
    ticks : (int, int)
        First and last tick.
    packets, packets_left_out : int
        Packets in the file, and those beyond the limit.
    inexact_packets : int
        Packets that waited at several places, so that the links in between are not shown.
    events : int
        Slices, instants and counter values.
    """

    path: Path
    ticks: tuple[int, int]
    packets: int = 0
    packets_left_out: int = 0
    inexact_packets: int = 0
    events: int = 0


def export_perfetto(
    trace: Trace,
    path: Path,
    *,
    ticks: Ticks = None,
    cores: list[int] | None = None,
    max_packets: int = _PACKETS,
) -> PerfettoExport:
    """Write a window of a trace to `path` in Perfetto's format.

    Parameters
    ----------
    trace
    path
    ticks
        A tick or a window (first, last). By default the longest tick, if its packets were recorded; else the first one
        whose packets were.
    cores
        Only these cores, and packets that they send or receive.
    max_packets
        Largest number of packets shown, in the order of their readiness; the others count among those under way.

    Raises
    ------
    DataError
        If nothing of that window was timed and recorded, or the package ``perfetto`` is not installed.
    """
    require_perfetto(path)
    if not trace.has("ticks") or not trace.ticks_timed:
        raise DataError(f"{trace.folder}: has no timed ticks to show; simulate with timing and a higher `trace.level`")
    window = _window(trace, ticks)
    rows = trace.ticks(ticks=window)
    rows = rows[rows["start_ps"].notna()]
    if rows.empty:
        raise DataError(f"{trace.folder}: no tick from {window[0]} to {window[1]} was timed; choose others")
    export = PerfettoExport(path, window)
    with atomic_path(path) as temporary, PerfettoWriter(temporary) as writer:
        _Window(trace, rows, writer, export, cores, max_packets).write()
        export.events = writer.events
    return export


def _window(trace: Trace, ticks: Ticks) -> tuple[int, int]:
    if isinstance(ticks, int):
        return ticks, ticks
    if ticks is not None:
        return ticks
    recorded = next(trace.batches("packets", ["tick"], rows=1), None) if trace.has("packets") else None
    longest = trace.longest_tick
    assert longest is not None
    if recorded is None or not recorded.num_rows:
        return longest, longest
    if next(trace.batches("packets", ["tick"], ticks=longest, rows=1), None) is not None:
        return longest, longest
    first = int(recorded.column("tick")[0].as_py())
    return first, first


@dataclass
class _Window:
    """Window of a trace, written group by group."""

    trace: Trace
    ticks: Any
    writer: PerfettoWriter
    export: PerfettoExport
    cores: list[int] | None
    max_packets: int
    _names: dict[int, str] = field(default_factory=dict)
    _start: dict[int, int] = field(default_factory=dict)

    def write(self) -> None:
        positions = self.trace.cores(["core", "layer", "x", "y"])
        layer = positions["layer"].astype(str)
        self._names = {core: f"core {core} ({name})" for core, name in zip(positions["core"], layer, strict=True)}
        starts = self.ticks[["tick", "start_ps"]].itertuples(index=False)
        self._start = {int(tick): int(start) for tick, start in starts}
        self._run()
        self._counters()
        self._scans()
        if self.trace.has("packets"):
            packets = self.trace.packets(ticks=self.export.ticks, cores=self.cores)
            self._under_way(packets)
            self.export.packets_left_out = max(0, len(packets) - self.max_packets)
            packets = packets.sort_values("send_ps", kind="stable").head(self.max_packets)
            self.export.packets = len(packets)
            self._packets(packets, positions[["x", "y"]].to_numpy().tolist())

    def _run(self) -> None:
        track = self.writer.track(Group.RUN, "ticks")
        for row in self.ticks.itertuples(index=False):
            arguments = {"makespan_ps": row.makespan_ps, "spikes": row.spikes, "packets": row.packets}
            self.writer.piece(track, f"tick {row.tick}", row.start_ps, row.start_ps + row.makespan_ps, arguments)

    def _counters(self) -> None:
        leakage_mw = EnergyModel.of(self.trace.chip).leakage_pj(1_000_000) * 1e-3 * self.trace.n_cores
        kinds: list[tuple[str, str, Callable[[Any], float]]] = [
            ("spikes", "spikes a tick", lambda row: row.spikes),
            ("synaptic events", "events a tick", lambda row: row.synaptic_events),
            ("packets", "packets a tick", lambda row: row.packets + row.input_packets),
            # 1 pJ/ps = 1 W
            ("power", "mW", lambda row: leakage_mw + 1e3 * row.energy_pj / max(row.makespan_ps, 1)),
        ]
        rows = list(self.ticks.itertuples(index=False))
        for name, unit, value in kinds:
            track = self.writer.counter(name, unit)
            for row in rows:
                self.writer.value(track, int(row.start_ps), float(value(row)))
            self.writer.value(track, int(rows[-1].start_ps + rows[-1].makespan_ps), 0.0)

    def _scans(self) -> None:
        if not self.trace.has("core_ticks"):
            return
        scans: Any = self.trace.core_ticks(ticks=self.export.ticks, cores=self.cores)
        scans = scans[scans["finish_ps"].notna()].sort_values(["core", "tick"], kind="stable")
        columns = ["tick", "core", "finish_ps", "spikes", "synaptic_events", "packets", "energy_pj"]
        for tick, core, finish, spikes, events, packets, energy in scans[columns].itertuples(index=False):
            start = self._start[tick]
            arguments = {"spikes": spikes, "synaptic_events": events, "packets": packets, "energy_pj": energy}
            track = self.writer.track(Group.CORES, self._names[core])
            self.writer.piece(track, f"scan, tick {tick}", start, start + finish, arguments | {"finish_ps": finish})

    def _under_way(self, packets: pd.DataFrame) -> None:
        """Write the number of packets between readiness and arrival, at instants over the window."""
        if packets.empty:
            return
        send, arrival = np.sort(packets["send_ps"].to_numpy()), np.sort(packets["arrival_ps"].to_numpy())
        times = np.unique(np.linspace(send[0], arrival[-1], _STEPS).astype(np.int64))
        values = np.searchsorted(send, times, side="right") - np.searchsorted(arrival, times, side="right")
        track = self.writer.counter("packets under way", "packets")
        for time, value in zip(times.tolist(), values.tolist(), strict=True):
            self.writer.value(track, time, float(value))

    def _packets(self, packets: pd.DataFrame, positions: list[list[int]]) -> None:
        fabric = Fabric(Mesh(**self.trace.mesh), self.trace.chip)
        routes: dict[tuple[int, int], list[int]] = {}
        passages: list[tuple[int, int, int]] = []
        ends_of = packets[["source_core", "source_neuron", "dest_core", "dest_axon"]]
        names = [_packet_name(*row) for row in ends_of.itertuples(index=False)]
        columns = ["source_core", "dest_core", "send_ps", "arrival_ps", "blocked_ps", "longest_wait_ps", "waited_at"]
        rows = packets[columns].to_numpy().tolist()
        for number, (source, dest, send, arrival, blocked, longest, place) in enumerate(rows):
            route = routes.get((source, dest))
            if route is None:
                ends = [None if core < 0 else (positions[core][0], positions[core][1]) for core in (source, dest)]
                route = routes[source, dest] = [fabric.server_of(buffer) for buffer in fabric.route(*ends)]
            departures = _departures(route, send, arrival, place, longest, exact=blocked == longest, fabric=fabric)
            self.export.inexact_packets += len(departures) < len(route)
            passages += [(server, time, number) for server, time in departures]
        self._sent(packets, names)
        self._passed(fabric, passages, packets, names)

    def _sent(self, packets: pd.DataFrame, names: list[str]) -> None:
        host = self.writer.track(Group.HOST, "host sends")
        order = np.lexsort((packets["send_ps"], packets["source_core"]))
        source, send = packets["source_core"].to_numpy(), packets["send_ps"].to_numpy()
        for number in order.tolist():
            core = int(source[number])
            track = host if core < 0 else self.writer.track(Group.CORES, self._names[core])
            self.writer.instant(track, names[number], int(send[number]), flow=number + 1)

    def _passed(
        self, fabric: Fabric, passages: list[tuple[int, int, int]], packets: pd.DataFrame, names: list[str]
    ) -> None:
        details: Any = packets[["tick", "hops", "blocked_ps", "send_ps", "arrival_ps"]].to_dict("records")
        for server, departure, number in sorted(passages):
            group, track_name = _place(fabric, server)
            # The next packet cannot leave earlier, so pieces on a track do not overlap.
            end = departure + min(fabric.cycle_ps(server), fabric.latency_ps(server))
            arrives = departure + fabric.latency_ps(server) == details[number]["arrival_ps"]
            self.writer.piece(
                self.writer.track(group, track_name),
                names[number],
                departure,
                end,
                details[number] if arrives else {"tick": details[number]["tick"]},
                flow=number + 1 if arrives else None,
                flow_ends=True,
            )


def _packet_name(source: int, neuron: int, dest: int, axon: int) -> str:
    start = f"line {neuron}" if source < 0 else f"core {source} n{neuron}"
    return f"{start} → pin {axon}" if dest == OUTPUT else f"{start} → core {dest} a{axon}"


def _departures(
    route: list[int], send: int, arrival: int, place: int, wait: int, *, exact: bool, fabric: Fabric
) -> list[tuple[int, int]]:
    """Return servers with the times at which a packet left them: all of its route, or only the last if not `exact`."""
    last = route[-1], arrival - fabric.latency_ps(route[-1])
    if not exact:
        return [last]
    time, left = send, []
    for server in route:
        if wait and server == place:
            time += wait
        left.append((server, time))
        time += fabric.latency_ps(server)
    return left


def _place(fabric: Fabric, server: int) -> tuple[Group, str]:
    kind = fabric.kind(server)
    if kind is Kind.LOCAL_PORT:
        router = fabric.router(server)
        assert router is not None
        return Group.ROUTERS, f"router ({router[0]},{router[1]}) to its core"
    group = Group.HOST if kind in (Kind.HOST_INPUT, Kind.HOST_OUTPUT) else Group.LINKS
    return group, fabric.name(server)
