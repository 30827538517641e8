"""Times of a tick's packets and cores, and the core, link or port that limits the tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.engine.fabric.fabric import Fabric, Kind
from neurosyn.engine.fabric.traffic import HOST_CORE, Packets, Scans
from neurosyn.engine.probes.probe import PacketColumns

__all__ = ["Limit", "TickTimes", "blocked_ps", "find_limit", "packet_columns"]

_PS_PER_US = 1e6


@dataclass(frozen=True)
class TickTimes:
    """Times at which the packets of one tick were sent and arrived; equal for all engines.

    Attributes
    ----------
    start_ps : int
        Beginning of the tick.
    send_ps, arrival_ps : int64 arrays (packets,)
    core_finish_ps : int64 array (C,)
        End of each core's scan, from the same zero as the others.
    longest_wait_ps, waited_at : int64 arrays (packets,)
        Each packet's longest wait and the server where that was (the first one, if there were equal ones). Waiting in
        the core counts for the module that had no room.
    """

    start_ps: int
    send_ps: NDArray[np.int64]
    arrival_ps: NDArray[np.int64]
    core_finish_ps: NDArray[np.int64]
    longest_wait_ps: NDArray[np.int64]
    waited_at: NDArray[np.int64]

    @property
    def makespan_ps(self) -> int:
        """From the start of the tick to the last core finished and the last packet arrived."""
        last = max(int(self.core_finish_ps.max(initial=self.start_ps)), int(self.arrival_ps.max(initial=self.start_ps)))
        return last - self.start_ps


def blocked_ps(packets: Packets, times: TickTimes, chip: ChipOptions) -> NDArray[np.int64]:
    """Return how long each packet waited: what it took beyond its unloaded travel."""
    return times.arrival_ps - times.send_ps - packets.unloaded_ps(chip)


def packet_columns(packets: Packets, times: TickTimes, late: NDArray[np.bool_], chip: ChipOptions) -> PacketColumns:
    """Return packets with their times; `late` are those that arrived after their delivery tick had begun."""
    return PacketColumns(
        source_core=packets.source_core,
        source_neuron=packets.source_neuron,
        dest_core=packets.dest_core,
        dest_axon=packets.dest_axon,
        delivery_tick=packets.delivery_tick,
        send_ps=times.send_ps,
        arrival_ps=times.arrival_ps,
        hops=packets.hops,
        crossings=packets.crossings,
        blocked_ps=blocked_ps(packets, times, chip),
        longest_wait_ps=times.longest_wait_ps,
        waited_at=times.waited_at,
        late=late,
    )


@dataclass(frozen=True)
class Limit:
    """The core, link or port that finished last in a tick.

    Attributes
    ----------
    kind : str
        ``core`` or the kind of a server: ``link``, ``local port``, ``chip edge``, ``host output port``, ``host input
        port``.
    id : int
        Number of the core or the server.
    name : str
        Name for people.
    explanation : str
        Its share of the time, in words.
    """

    kind: str
    id: int
    name: str
    explanation: str


def find_limit(
    tick: int,
    packets: Packets,
    scans: Scans,
    times: TickTimes,
    *,
    program: Program,
    placement: Placement,
    chip: ChipOptions,
) -> Limit:
    """Return the limit of a tick.

    If a core finished last, it is that core. If a packet arrived last, it is the server where it waited longest; if it
    never waited, its sender: a core, or the host's port.
    """
    fabric = Fabric(placement.mesh, chip)
    core = int(times.core_finish_ps.argmax())
    if not len(packets) or times.core_finish_ps[core] >= times.arrival_ps.max():
        finish = int(times.core_finish_ps[core]) - times.start_ps
        return Limit(
            "core", core, _core_name(core, program), f"in tick {tick} {_scan(core, finish, scans, program, chip)}"
        )
    last = int(times.arrival_ps.argmax())
    source = int(packets.source_core[last])
    after = _us(times.arrival_ps[last] - times.start_ps)
    arrived = f"in tick {tick} the last packet ({_route(packets, last)}) arrived after {after}"
    blocked = int(blocked_ps(packets, times, chip)[last])
    if blocked == 0 and source != HOST_CORE:
        sent = int(times.send_ps[last]) - times.start_ps
        held = sent - int(scans.ready_ps[last - packets.from_host])
        before = f", for {_us(held)} of which its core was held up," if held else ""
        return Limit(
            "core",
            source,
            _core_name(source, program),
            f"{arrived}; it was sent after {_us(sent)}{before} and waited nowhere",
        )
    if blocked == 0:
        x, y = placement.xy[packets.dest_core[last]].tolist()
        server, why = fabric.server_of(fabric.route(None, (x, y))[0]), "it waited nowhere"
    else:
        server = int(times.waited_at[last])
        why = f"it waited {_us(blocked)} in all, longest here ({_us(times.longest_wait_ps[last])})"
    return Limit(fabric.kind(server).value, server, _server_name(server, fabric, placement), f"{arrived}; {why}")


def _core_name(core: int, program: Program) -> str:
    return f"core {core} (layer {program.layer_names[program.core_layer[core]]})"


def _server_name(server: int, fabric: Fabric, placement: Placement) -> str:
    core = None
    if fabric.kind(server) is Kind.LOCAL_PORT:
        here = np.flatnonzero((placement.xy == fabric.router(server)).all(axis=1))
        core = int(here[0]) if len(here) else None
    return fabric.name(server, core)


def _scan(core: int, finish_ps: int, scans: Scans, program: Program, chip: ChipOptions) -> str:
    neurons = program.neurons * chip.neuron_time_ps
    synapses = int(scans.work_ps[core]) - neurons
    parts = [f"{_us(neurons)} for {program.neurons} neurons"]
    if chip.synaptic_event_time_ps:
        parts.append(f"{_us(synapses)} for {synapses // chip.synaptic_event_time_ps:,} synaptic events")
    stalled = finish_ps - neurons - synapses
    parts.append(f"{_us(stalled)} waiting" if stalled else "no waiting")
    return f"it finished after {_us(finish_ps)}: {', '.join(parts)}"


def _route(packets: Packets, number: int) -> str:
    source, target = int(packets.source_core[number]), int(packets.dest_core[number])
    start = (
        f"line {packets.source_neuron[number]}"
        if source == HOST_CORE
        else (f"core {source} neuron {packets.source_neuron[number]}")
    )
    end = f"pin {packets.dest_axon[number]}" if target == OUTPUT else f"core {target} axon {packets.dest_axon[number]}"
    return f"{start} → {end}, {packets.hops[number]} hops"


def _us(ps: int | np.int64) -> str:
    return f"{ps / _PS_PER_US:,.3f} µs"
