"""Counts of events: whole numbers, equal however a run was timed or batched."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.energy import Events
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.engine.chip_function import Outcome
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.host_inputs import HostSpikes
from neurosyn.engine.spike_counter import SpikeCounter
from neurosyn.engine.state import State, fill, number

__all__ = ["EventCounter", "EventCounts"]


@dataclass(frozen=True)
class EventCounts:
    """Counts of events in a number of ticks of every core.

    Attributes
    ----------
    ticks : int
        Ticks that each core ran; for frames, their number.
    spikes, synaptic_events : int64 arrays (C,)
    packets, output_packets : int64 arrays (C,)
        Packets that each core sent, and those of them that left the board.
    hops, crossings : int64 arrays (C,)
        Links between routers, and chip-to-chip links among them, that these packets took.
    collisions : int64 array (C,)
        Spikes that merged with another to the same axon and tick, by receiving core.
    host_packets : int64 array (C,)
        Packets that the host sent to each core.
    input_hops, input_crossings : int
        The links that these took.
    fired : int64 array (C, N)
        Spikes of each neuron.
    """

    ticks: int
    spikes: NDArray[np.int64]
    synaptic_events: NDArray[np.int64]
    packets: NDArray[np.int64]
    output_packets: NDArray[np.int64]
    hops: NDArray[np.int64]
    crossings: NDArray[np.int64]
    collisions: NDArray[np.int64]
    host_packets: NDArray[np.int64]
    input_hops: int
    input_crossings: int
    fired: NDArray[np.int64]

    @property
    def input_packets(self) -> int:
        """Packets that the host sent."""
        return int(self.host_packets.sum())

    def events(self) -> Events:
        """Return the sums that determine the energy, the host's packets included."""
        return Events(
            ticks=self.ticks,
            synaptic_events=int(self.synaptic_events.sum()),
            spikes=int(self.spikes.sum()),
            hops=int(self.hops.sum()) + self.input_hops,
            crossings=int(self.crossings.sum()) + self.input_crossings,
            ports=int(self.output_packets.sum()) + self.input_packets,
        )

    def by_layer(self, program: Program) -> dict[str, NDArray[np.int64]]:
        """Return the counts (layers,) of each layer, by name of the count."""
        result = {}
        for field in fields(self):
            counts = getattr(self, field.name)
            if isinstance(counts, np.ndarray) and counts.ndim == 1:
                totals = np.zeros(len(program.layer_names), np.int64)
                np.add.at(totals, program.core_layer, counts)
                result[field.name] = totals
        return result


class EventCounter:
    """Counter of events: a neuron sends the same packet at every spike, so its spikes give its packets and their links.

    Attributes
    ----------
    spikes : int64 array (C, N)
    synaptic_events, collisions, host_packets : int64 arrays (C,)
    input_hops, input_crossings : int
    """

    def __init__(self, program: Program, routes: Routes) -> None:
        self._program = program
        self._routes = routes
        self._spikes = SpikeCounter(program.cores, program.neurons)
        self.synaptic_events = np.zeros(program.cores, np.int64)
        self.collisions = np.zeros(program.cores, np.int64)
        self.host_packets = np.zeros(program.cores, np.int64)
        self.input_hops = self.input_crossings = 0

    @property
    def spikes(self) -> NDArray[np.int64]:
        """Spikes of each neuron."""
        return self._spikes.counts

    def state(self) -> State:
        """Return all counts."""
        return {
            "spikes": self.spikes,
            "synaptic_events": self.synaptic_events,
            "collisions": self.collisions,
            "host_packets": self.host_packets,
            "input_hops": np.array(self.input_hops, np.int64),
            "input_crossings": np.array(self.input_crossings, np.int64),
        }

    def restore(self, state: State) -> None:
        """Go to counts that `state` returned."""
        for name in ("spikes", "synaptic_events", "collisions", "host_packets"):
            fill(getattr(self, name), state, name)
        self.input_hops, self.input_crossings = number(state, "input_hops"), number(state, "input_crossings")

    def add(self, outcome: Outcome, cores: NDArray[np.bool_] | None = None) -> None:
        """Count a tick, of some of the cores or of all."""
        spikes, events, collisions = outcome.spikes, outcome.events_of_cores, outcome.collisions
        if cores is not None:
            spikes, events, collisions = spikes[cores[outcome.spike_core]], events * cores, collisions * cores
        self._spikes.add(spikes)
        self.synaptic_events += events
        self.collisions += collisions

    def add_host(self, host: HostSpikes) -> None:
        """Count the host's packets of a tick."""
        if not len(host):
            return
        np.add.at(self.host_packets, host.core, 1)
        self.input_hops += int(host.hops.sum(dtype=np.int64))
        self.input_crossings += int(host.crossings.sum(dtype=np.int64))

    def result(self, ticks: int) -> EventCounts:
        """Return the counts after so many ticks of every core."""
        program, routes = self._program, self._routes
        sent = self.spikes * (program.dest_core != NO_DESTINATION)
        return EventCounts(
            ticks=ticks,
            spikes=self.spikes.sum(axis=1),
            synaptic_events=self.synaptic_events.copy(),
            packets=sent.sum(axis=1),
            output_packets=(self.spikes * (program.dest_core == OUTPUT)).sum(axis=1),
            hops=(sent * routes.hops).sum(axis=1),
            crossings=(sent * routes.crossings).sum(axis=1),
            collisions=self.collisions.copy(),
            host_packets=self.host_packets.copy(),
            input_hops=self.input_hops,
            input_crossings=self.input_crossings,
            fired=self.spikes.copy(),
        )
