"""Timed tick of a trace: the ends of its cores and links, and the chain of causes that ends it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.program import OUTPUT
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.errors import DataError
from neurosyn.trace.reader import Trace

__all__ = ["TickView"]

Step = tuple[str, str, int, int, int]
"""A step of a chain: description, place, start, end and duration, in ps from the start of the tick."""


class TickView:
    """A timed tick.

    Parameters
    ----------
    trace
        The trace, with a table of ticks.
    tick
        Number of the tick.

    Attributes
    ----------
    tick, start_ps, makespan_ps : int
    has_cores, has_packets : bool
        Whether its cores and its packets were recorded.
    core_layer : int array (C,)
    finish_ps, synaptic_events : int64 arrays (C,)
        End and synaptic events of each core; where the cores of the tick were not recorded, the longest of all timed
        ticks, and the events that follow from it.

    Raises
    ------
    DataError
        If the tick was not timed.
    """

    def __init__(self, trace: Trace, tick: int) -> None:
        self.trace, self.tick = trace, tick
        rows = trace.ticks(ticks=tick)
        if rows.empty or rows["makespan_ps"].isna().any():
            raise DataError(
                f"{trace.folder}: tick {tick} was not timed; choose one that was (neurosyn trace head RUN ticks)"
            )
        row: Any = rows.iloc[0]
        self.start_ps, self.makespan_ps = int(row["start_ps"]), int(row["makespan_ps"])
        self._last_core, self._last_core_ps = int(row["last_core"]), int(row["last_core_ps"])
        arrival = row["last_arrival_ps"]
        self.last_arrival_ps = None if pd.isna(arrival) else int(arrival)
        self._packet_count = int(row["packets"] + row["input_packets"])
        cores = trace.cores(["layer", "x", "y", "finish_ps"])
        self.core_layer: NDArray[Any] = cores["layer"].cat.codes.to_numpy()
        self._layer_names = cores["layer"].astype(str).to_numpy()
        self._xy = cores[["x", "y"]].to_numpy().tolist()
        core_ticks = trace.core_ticks(ticks=tick) if trace.has("core_ticks") else None
        self.has_cores = core_ticks is not None and len(core_ticks) == trace.n_cores
        chip = trace.chip
        if core_ticks is not None and self.has_cores:
            self.finish_ps = core_ticks["finish_ps"].to_numpy(np.int64)
            self.synaptic_events = core_ticks["synaptic_events"].to_numpy(np.int64)
        else:
            self.finish_ps = cores["finish_ps"].fillna(0).to_numpy(np.int64)
            work = np.maximum(self.finish_ps - trace.neurons * chip.neuron_time_ps, 0)
            self.synaptic_events = work // max(chip.synaptic_event_time_ps, 1)
        self.packets = trace.packets(ticks=tick) if trace.has("packets") else pd.DataFrame()
        self.has_packets = len(self.packets) == self._packet_count > 0

    @property
    def core_is_last(self) -> bool:
        """Whether the tick ends with a core, not with a packet."""
        return self.last_arrival_ps is None or self._last_core_ps >= self.last_arrival_ps

    @cached_property
    def limited_by(self) -> str:
        """Name of the core, link or packet that ends the tick."""
        if self.core_is_last:
            return self._core_name(self._last_core)
        if not self.has_packets:
            return "a packet that was not recorded"
        return self._fabric.name(self._waited_at) if self._last["blocked_ps"] else self._sender()

    @cached_property
    def ends_ps(self) -> NDArray[np.int64]:
        """Time of the last event that depends on each core (C,), from the start of the tick."""
        ends = self.finish_ps.copy()
        if self.has_packets:
            source = self.packets["source_core"].to_numpy()
            sent = source >= 0
            np.maximum.at(ends, source[sent], (self.packets["arrival_ps"].to_numpy() - self.start_ps)[sent])
        return ends

    @cached_property
    def host_end_ps(self) -> int:
        """Time of the host's last arrival, from the start of the tick."""
        if not self.has_packets:
            return 0
        of_host = self.packets["arrival_ps"][self.packets["source_core"] < 0]
        return int(of_host.max()) - self.start_ps if len(of_host) else 0

    def elements(self) -> pd.DataFrame:
        """Return every core, and every link that carried packets, with end and slack; the latest first."""
        chip = self.trace.chip
        synaptic = self.synaptic_events * chip.synaptic_event_time_ps
        neurons = np.full(len(self.finish_ps), self.trace.neurons * chip.neuron_time_ps, np.int64)
        number = np.arange(len(self.finish_ps))
        cores = pd.DataFrame(
            {
                "kind": "core",
                "id": number,
                "name": [self._core_name(core) for core in number.tolist()],
                "end_ps": self.ends_ps,
                "slack_ps": self.makespan_ps - self.ends_ps,
                "finish_ps": self.finish_ps,
                "neurons_ps": neurons,
                "synaptic_ps": synaptic,
                "stalled_ps": np.maximum(self.finish_ps - neurons - synaptic, 0),
            }
        )
        links = self._links.rename(columns={"last_ps": "end_ps"}).drop(columns="least_ps")
        links["slack_ps"] = self.makespan_ps - links["end_ps"]
        whole = dict.fromkeys(("finish_ps", "neurons_ps", "synaptic_ps", "stalled_ps", "packets", "busy_ps"), "Int64")
        both = pd.concat([cores, links], ignore_index=True).astype(whole)
        return both.sort_values("slack_ps", kind="stable", ignore_index=True)

    @property
    def busiest_link_ps(self) -> int:
        """The longest time that a link needs for its packets of the tick: a lower bound of the tick.

        Where the packets of the tick were not recorded, the links' mean loads replace them.
        """
        if not self.has_packets and self.trace.has("links"):
            links = self.trace.links(["link", "packets"])
            ports = links[links["link"] >= self._fabric.edges]
            mean = max([1, *(ports["packets"] // max(self.trace.ticks_timed, 1))])
            return int(mean - 1) * self.trace.chip.edge_cycle_ps
        return int(self._links["least_ps"].max()) if len(self._links) else 0

    def busiest_ps(self, besides: Kind) -> int:
        """Return the longest time that a link of another kind needs for its packets of the tick; 0 if none is known."""
        others = self._links[self._links["kind"] != besides.value]
        return int(others["least_ps"].max()) if len(others) else 0

    @property
    def spread_ports_ps(self) -> int | None:
        """Time that the host's ports need with one into each chip at the border; None if packets are not recorded.

        None, too, if that changes nothing: on one chip, and where the ports are there already.
        """
        chip, mesh = self.trace.chip, self._fabric.mesh
        if not self.has_packets or mesh.chips == 1 or chip.host_ports == "border":
            return None
        targets = self.packets["dest_core"][self.packets["source_core"] < 0].to_numpy()
        if not len(targets):
            return None
        board = chip.model_copy(update={"host_ports": "border"}).board_of(mesh)
        column, row = board.entries(np.array(self._xy, np.int32)[targets]).T // mesh.side
        most = int(np.bincount(row * mesh.columns + column).max())
        return (most - 1) * chip.edge_cycle_ps + chip.edge_latency_ps

    @property
    def busiest_link(self) -> str:
        """Name of that link."""
        return str(self._links["name"].iloc[int(self._links["least_ps"].argmax())]) if len(self._links) else "–"

    def path(self) -> list[Step]:
        """Return the chain of causes that ends the tick, in order of time."""
        if self.core_is_last:
            return self._scan(self._last_core)
        if not self.has_packets:
            assert self.last_arrival_ps is not None
            return [("packets (not recorded)", "", 0, self.last_arrival_ps, self.last_arrival_ps)]
        return [step for step in self._steps_of_last() if step[4] > 0]

    def _scan(self, core: int) -> list[Step]:
        chip, finish = self.trace.chip, self._last_core_ps
        known = self.has_cores
        neurons = self.trace.neurons * chip.neuron_time_ps
        synaptic = int(self.synaptic_events[core]) * chip.synaptic_event_time_ps if known else finish - neurons
        name = self._core_name(core)
        events = f"{int(self.synaptic_events[core]):,} synaptic events" if known else "synaptic events"
        steps, time = [], 0
        for step, length in (
            (f"{self.trace.neurons} neurons", neurons),
            (events, synaptic),
            ("waiting for room in the router", finish - neurons - synaptic),
        ):
            if length > 0:
                steps.append((step, name, time, time + length, length))
                time += length
        return steps

    def _steps_of_last(self) -> list[Step]:
        """Return the scan, the travel and the waits of the packet that arrived last."""
        last, fabric = self._last, self._fabric
        source, sent, arrived = int(last["source_core"]), int(last["send_ps"]) - self.start_ps, self.last_arrival_ps
        assert arrived is not None
        steps: list[Step] = []
        if source >= 0:
            scanned = f"scan to neuron {int(last['source_neuron'])}"
            steps.append((scanned, self._core_name(source), 0, sent, sent))
        blocked, longest = int(last["blocked_ps"]), int(last["longest_wait_ps"])
        target = "the host" if last["dest_core"] == OUTPUT else self._core_name(int(last["dest_core"]))
        time = sent
        if longest:
            # If it waited at several servers, the travel before the longest wait includes the other waits.
            after = self._travel_from(self._waited_at)
            before = max(0, arrived - after - longest - sent)
            steps.append(("route to the queue", fabric.name(self._waited_at), time, time + before, before))
            time += before
            behind = self._queue(time, time + longest) if blocked == longest else ""
            steps.append((f"queue{behind}", fabric.name(self._waited_at), time, time + longest, longest))
            time += longest
        steps.append(("route onward", target, time, arrived, arrived - time))
        return steps

    def _queue(self, from_ps: int, to_ps: int) -> str:
        """Return as text how many packets a server sent while the last packet waited there."""
        cycle = self._fabric.cycle_ps(self._waited_at)
        return f" behind {round((to_ps - from_ps) / cycle):,} packets"

    def _travel_from(self, server: int) -> int:
        """Return the unloaded travel time of the last packet from its departure at a server to its arrival."""
        route = self._route(int(self._last["source_core"]), int(self._last["dest_core"]))
        return sum(self._fabric.latency_ps(later) for later in route[route.index(server) :])

    @cached_property
    def _last(self) -> Any:
        return self.packets.iloc[int(self.packets["arrival_ps"].to_numpy().argmax())]

    @property
    def _waited_at(self) -> int:
        return int(self._last["waited_at"])

    def _sender(self) -> str:
        source = int(self._last["source_core"])
        return self._core_name(source) if source >= 0 else "the host"

    @cached_property
    def _fabric(self) -> Fabric:
        return Fabric(Mesh(**self.trace.mesh), self.trace.chip)

    def _route(self, source: int, dest: int) -> list[int]:
        ends = [None if core < 0 else (self._xy[core][0], self._xy[core][1]) for core in (source, dest)]
        return [self._fabric.server_of(buffer) for buffer in self._fabric.route(*ends)]

    @cached_property
    def _links(self) -> pd.DataFrame:
        """Links with their packets of this tick and the time of the last one's arrival."""
        columns = ["kind", "id", "name", "last_ps", "packets", "busy_ps", "least_ps"]
        if not self.has_packets:
            return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[3:], np.int64))
        pairs: Any = self.packets.groupby(["source_core", "dest_core"], sort=False)["arrival_ps"].agg(["max", "size"])
        count = np.zeros(self._fabric.servers, np.int64)
        last = np.zeros(self._fabric.servers, np.int64)
        for (source, dest), arrival, packets in zip(pairs.index, pairs["max"], pairs["size"], strict=True):
            for server in self._route(int(source), int(dest)):
                count[server] += packets
                last[server] = max(last[server], arrival)
        used = np.flatnonzero(count).tolist()
        fabric = self._fabric
        cycle = np.array([fabric.cycle_ps(server) for server in used], np.int64)
        latency = np.array([fabric.latency_ps(server) for server in used], np.int64)
        return pd.DataFrame(
            {
                "kind": [fabric.kind(server).value for server in used],
                "id": used,
                "name": [fabric.name(server) for server in used],
                "last_ps": last[used] - self.start_ps,
                "packets": count[used],
                "busy_ps": count[used] * cycle,
                # The last packet need not wait for the end of its cycle.
                "least_ps": (count[used] - 1) * cycle + latency,
            },
            columns=columns,
        )

    def _core_name(self, core: int) -> str:
        return f"core {core} ({self._layer_names[core]})"
