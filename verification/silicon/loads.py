"""Loads of a network: the counts from which its tick and its power follow, for any times of the chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.usage import used_neurons
from neurosyn.engine.fabric.fabric import Fabric
from neurosyn.engine.fabric.link_loads import server_loads
from neurosyn.engine.options import SimulateOptions, TimingName
from neurosyn.engine.probes.probe import Probe, TickColumns
from neurosyn.engine.simulation import simulate_frames

__all__ = ["Limit", "NetworkLoads", "measure"]

_GRAIN = 1e6
"""Fractions of events are kept to a millionth, since the energy model counts whole events."""


@dataclass(frozen=True)
class Limit:
    """A tick period in ps, and the part that sets it: ``core`` or the name of a link."""

    tick_ps: int
    name: str


@dataclass(frozen=True)
class NetworkLoads:
    """Counts of a network on its board.

    Attributes
    ----------
    cores, chips, neurons
        Used cores, chips of the board, and used neurons.
    core_neurons
        Neurons of a core: all are evaluated.
    busiest_cores
        Pairs: most synaptic events of a core in a tick, and its synapses, which they cannot exceed. No pair is smaller
        than another in both numbers.
    busiest_links
        Packets of the busiest tick by name of the link: host ports and links from chip to chip.
    spikes, synaptic_events, hops, crossings, ports
        Means of a tick; the host's packets are among them.
    ticks
        Number of ticks that were counted.
    timed_tick_ps, synaptic_event_time_ps
        Tick period that timing every packet gave, with this time of a synaptic event; None if it was not timed.
    """

    cores: int
    chips: int
    neurons: int
    core_neurons: int
    busiest_cores: tuple[tuple[int, int], ...]
    busiest_links: Mapping[str, float]
    spikes: float
    synaptic_events: float
    hops: float
    crossings: float
    ports: float
    ticks: int
    timed_tick_ps: int | None = None
    synaptic_event_time_ps: int | None = None

    @property
    def activity(self) -> float:
        """Share of the used neurons that spike in a tick."""
        return self.spikes / self.neurons

    def busiest_events(self, scale: float = 1.0) -> float:
        """Return the most synaptic events of a core in a tick if every load is `scale` times as large."""
        return max(min(scale * events, synapses) for events, synapses in self.busiest_cores)

    def limit(self, chip: ChipOptions, scale: float = 1.0) -> Limit:
        """Return the tick period as the longest of the scans and of the links' service times.

        Packets that wait for each other elsewhere are left out, so the tick is a lower bound; see ``timed_tick_ps``.

        Parameters
        ----------
        chip
            Times of the chip.
        scale
            Factor on all spikes, synaptic events and packets. A core has no more events than synapses.
        """
        events = self.busiest_events(scale)
        scan = self.core_neurons * chip.neuron_time_ps + events * chip.synaptic_event_time_ps
        candidates = [(scan, "core")]
        for name, packets in self.busiest_links.items():
            candidates.append((chip.edge_latency_ps + (scale * packets - 1) * chip.edge_cycle_ps, name))
        longest, name = max(candidates)
        return Limit(round(longest), name)

    def power_mw(self, tick_ps: float, scale: float = 1.0, *, voltage: float = 1.0) -> float:
        """Return the power with a tick period, and with loads `scale` times as large."""
        count = round(_GRAIN)
        names = ("synaptic_events", "hops", "crossings", "ports")
        events = Events(count, **{name: round(count * scale * getattr(self, name)) for name in names})
        return EnergyModel(voltage).power_mw(events, self.cores, round(tick_ps)).total

    def scale_for(self, power_mw: float, tick_ps: float, cores: int) -> float:
        """Return the factor on the loads that gives a power, for the same network on another number of cores. [D]"""
        share = cores / self.cores
        idle, full = (share * self.power_mw(tick_ps, scale) for scale in (0.0, 1.0))
        return (power_mw - idle) / (full - idle)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> NetworkLoads:
        """Return the counts of `to_json`.

        Raises
        ------
        KeyError, TypeError
            If the document is no such counts.
        """
        values = {field.name: document[field.name] for field in fields(cls)}
        return cls(**values | {"busiest_cores": tuple((int(a), int(b)) for a, b in values["busiest_cores"])})


class _Counts(Probe):
    """Most synaptic events of each core, and the host's packets, over the ticks with a full pipeline."""

    def __init__(self, fill: int) -> None:
        self._fill = fill
        self.most: NDArray[np.int64] | None = None
        self.most_input = 0
        self.input_packets = 0
        self.ticks = 0

    def tick(self, columns: TickColumns) -> None:
        if columns.tick < self._fill:
            return
        events = columns.synaptic_events
        self.most = events.copy() if self.most is None else np.maximum(self.most, events)
        self.most_input = max(self.most_input, columns.input_packets)
        self.input_packets += columns.input_packets
        self.ticks += 1


def measure(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    frames: NDArray[np.uint8],
    *,
    ticks_per_frame: int = 1,
    timing: TimingName = "compiled",
    jobs: int | None = None,
) -> NetworkLoads:
    """Return the loads of a program that classifies frames.

    Parameters
    ----------
    program, placement, chip
        The program on its board.
    frames : uint8 array (frames · ticks per frame, inputs)
        Input spikes, tick by tick.
    ticks_per_frame
    timing
        ``none`` leaves ``timed_tick_ps`` empty.
    jobs
        Ticks to time at once.
    """
    from neurosyn.chip.stateless import pipeline

    stages = pipeline(program)
    assert stages is not None
    counts = _Counts(-(-int(stages.stage.max()) // ticks_per_frame) * ticks_per_frame)
    options = SimulateOptions(timing=timing, timed_frames="all")
    result = simulate_frames(
        program, placement, chip, options, frames, probes=[counts], jobs=jobs, ticks_per_frame=ticks_per_frame
    )
    events, ticks = result.counts.events(), result.counts.ticks
    fabric = Fabric(placement.mesh, chip)
    loads = server_loads(fabric, program, placement, result.counts.fired, result.counts.host_packets)
    # Links are counted in sum: the busiest tick of each is taken to exceed its mean as that of the host's packets does.
    peak = counts.most_input / max(counts.input_packets / max(counts.ticks, 1), 1)
    used = (np.flatnonzero(loads[fabric.edges :]) + fabric.edges).tolist()
    assert counts.most is not None
    return NetworkLoads(
        cores=program.cores,
        chips=placement.mesh.chips,
        neurons=int(used_neurons(program).sum()),
        core_neurons=program.neurons,
        busiest_cores=_outermost(counts.most, synapses_of(program)),
        busiest_links={fabric.name(server): float(loads[server]) / ticks * peak for server in used},
        spikes=float(result.counts.spikes.sum()) / ticks,
        synaptic_events=events.synaptic_events / ticks,
        hops=events.hops / ticks,
        crossings=events.crossings / ticks,
        ports=events.ports / ticks,
        ticks=counts.ticks,
        timed_tick_ps=None if result.timing is None else result.timing.tick_period_ps,
        synaptic_event_time_ps=None if result.timing is None else chip.synaptic_event_time_ps,
    )


def synapses_of(program: Program) -> NDArray[np.int64]:
    """Return the synapses of each core, int64 (C,): its events if all axons were active."""
    per_crossbar = np.bitwise_count(program.crossbars).sum(axis=(1, 2), dtype=np.int64)
    synapses: NDArray[np.int64] = per_crossbar[program.crossbar]
    return synapses


def _outermost(events: NDArray[np.int64], synapses: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Return the pairs that no other pair exceeds in both numbers, in falling order of events."""
    pairs = sorted(set(zip(events.tolist(), synapses.tolist(), strict=True)), reverse=True)
    kept: list[tuple[int, int]] = []
    for pair in pairs:
        if not kept or pair[1] > kept[-1][1]:
            kept.append(pair)
    return tuple(kept)
