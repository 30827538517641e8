"""The function of the chip tick by tick, without time: spikes, packets and the contents of the schedulers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import LoadedProgram
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.fabric.traffic import HOST_CORE, Packets
from neurosyn.engine.host_inputs import HostSpikes
from neurosyn.engine.state import State, fill

__all__ = ["ChipFunction", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """Outcome of one tick, without times.

    Attributes
    ----------
    tick : int
    spikes : intp array (spikes,)
        Neurons that fired, in order, by the number core × N + neuron.
    synaptic_events : uint16 array (C, N)
    events_of_cores : int64 array (C,)
        Their sums.
    collisions : int64 array (C,)
        Spikes for this tick that found their axon's bit set.
    host : HostSpikes
        Spikes that the host injected.
    """

    tick: int
    spikes: NDArray[np.intp]
    synaptic_events: NDArray[np.uint16]
    events_of_cores: NDArray[np.int64]
    collisions: NDArray[np.int64]
    host: HostSpikes
    _table: _PacketTable

    @cached_property
    def spike_core(self) -> NDArray[np.int32]:
        """The cores of the neurons that fired, int32 (spikes,)."""
        cores: NDArray[np.int32] = (self.spikes // self.synaptic_events.shape[1]).astype(np.int32)
        return cores

    @cached_property
    def spike_neuron(self) -> NDArray[np.int32]:
        """Their numbers within the cores, int32 (spikes,)."""
        # The remainder of a division takes several times longer.
        neurons: NDArray[np.int32] = (self.spikes - self.spike_core * np.int64(self.synaptic_events.shape[1])).astype(
            np.int32
        )
        return neurons

    @cached_property
    def packets(self) -> Packets:
        """Packets of the host and the neurons; made at the first access."""
        return self._table.packets(self)


class _PacketTable:
    """Table of the packet that each neuron sends: rows (C × N, 5), in which spikes are looked up."""

    def __init__(self, loaded: LoadedProgram, routes: Routes) -> None:
        self._loaded = loaded
        self._routes = routes

    @cached_property
    def _rows(self) -> NDArray[np.int32]:
        program, routes = self._loaded.program, self._routes
        columns = program.dest_core, program.dest_axon, program.delay, routes.hops, routes.crossings
        return np.stack([np.asarray(column, np.int32).reshape(-1) for column in columns], axis=1)

    def packets(self, outcome: Outcome) -> Packets:
        """Return the packets of a tick."""
        host = outcome.host
        values = self._loaded.look_up_packets(outcome.spikes, self._rows, len(host))
        of_host = HOST_CORE, host.line, host.core, host.axon, 1, host.hops, host.crossings
        for row, values_of_host in zip(values, of_host, strict=True):
            row[: len(host)] = values_of_host
        source_core, source_neuron, dest_core, dest_axon, delay, hops, crossings = values
        delivery_tick = delay.astype(np.int64)
        delivery_tick += outcome.tick
        return Packets(source_core, source_neuron, dest_core, dest_axon, delivery_tick, hops, crossings)


class ChipFunction:
    """Function of the chip: potentials, random number registers and schedulers of all cores.

    Parameters
    ----------
    loaded
        The program on a backend.
    routes
        Lengths of the routes of its packets.
    period
        Ticks of a sample: before each, potentials and registers are set again, and what is under way is dropped. None:
        one run without end.
    """

    def __init__(self, loaded: LoadedProgram, routes: Routes, period: int | None = None) -> None:
        program = loaded.program
        self.program = program
        self._period, self._sample = period, 0
        self._loaded = loaded
        self._table = _PacketTable(loaded, routes)
        self._potential, self._rng = loaded.initial_state()
        self._schedulers = loaded.schedulers()

    @property
    def potential(self) -> NDArray[np.int32]:
        """The potentials V after the last tick, int32 (C, N); a copy."""
        return self._loaded.read(self._potential)

    def state(self) -> State:
        """Return potentials, registers and the contents of the schedulers."""
        return {
            "potential": self._loaded.read(self._potential),
            "registers": self._loaded.read(self._rng),
            "ring": self._schedulers.ring,
            "received": self._schedulers.received,
        }

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned."""
        for name, array in (("potential", self._potential), ("registers", self._rng)):
            values = self._loaded.read(array)
            fill(values, state, name)
            self._loaded.write(array, values)
        fill(self._schedulers.ring, state, "ring")
        fill(self._schedulers.received, state, "received")

    def start(self, host: HostSpikes) -> None:
        """Put spikes that are integrated in tick 0 into the schedulers."""
        self._schedulers.deliver(0, host.core, host.axon)

    def step(self, tick: int, host: HostSpikes) -> Outcome:
        """Integrate the spikes that the schedulers hold for `tick`, and return the outcome.

        Nothing is delivered yet: the times of arrival depend on the network.
        """
        if self._period is not None and tick // self._period != self._sample:
            self._sample = tick // self._period
            self._potential, self._rng = self._loaded.initial_state()
            self._schedulers = self._loaded.schedulers()
        active, merged = self._schedulers.pop(tick)
        result = self._loaded.step(active, self._potential, self._rng)
        return Outcome(
            tick, result.spikes(), result.synaptic_events, result.events_of_cores(), merged, host, self._table
        )

    def deliver_at_once(self, outcome: Outcome) -> None:
        """Put all packets of a tick into the targets' schedulers, as if they took no time."""
        host = outcome.host
        if len(host):
            self._schedulers.deliver(outcome.tick + 1, host.core, host.axon)
        self._schedulers.send(outcome.tick, outcome.spikes)

    def deliver(self, outcome: Outcome, numbers: NDArray[np.intp] | slice = slice(None)) -> None:
        """Put the packets of a tick with the given numbers into their targets' schedulers, except those to the host."""
        if self._period is not None and outcome.tick // self._period != self._sample:
            return
        packets = outcome.packets
        core, axon = packets.dest_core[numbers], packets.dest_axon[numbers]
        ticks = packets.delivery_tick[numbers]
        inside = core >= 0
        self._schedulers.deliver(ticks[inside], core[inside], axon[inside])
