"""The chip tick by tick without time: what fires, what that sends, and what the schedulers hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import LoadedProgram
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import NO_DESTINATION, Program
from neurosyn.chip.scheduler import SLOTS, deliver, new_ring, pop_row
from neurosyn.engine.routes import Routes, input_routes
from neurosyn.engine.traffic import HOST_CORE, Packets
from neurosyn.errors import DataError
from neurosyn.placement.placement import Placement

__all__ = ["ChipFunction", "FrameInputs", "HostSpikes", "InputSpikes", "Inputs", "Outcome"]


@dataclass(frozen=True)
class HostSpikes:
    """Spikes that the host injects in one tick, in the order in which it does.

    Attributes
    ----------
    line : int32 array (n,)
        Input line; −1 for spikes that name core and axon themselves.
    core, axon : int32 arrays (n,)
    hops, crossings : int32 arrays (n,)
        Links that the packets take.
    """

    line: NDArray[np.int32]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    hops: NDArray[np.int32]
    crossings: NDArray[np.int32]

    def __getitem__(self, some: Any) -> HostSpikes:
        return HostSpikes(self.line[some], self.core[some], self.axon[some], self.hops[some], self.crossings[some])

    def __len__(self) -> int:
        return len(self.line)


class Inputs(Protocol):
    """What the host injects."""

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes stamped with `tick`; they are integrated in the next one [V]."""


class FrameInputs:
    """A frame at every tick, over and over.

    Parameters
    ----------
    program
    frames : uint8 array (F, elements)
        Not 0: the element spikes.
    routes
    """

    def __init__(self, program: Program, frames: NDArray[np.uint8], routes: Routes) -> None:
        needed = int(program.input_line.max(initial=-1)) + 1
        if frames.ndim != 2 or frames.dtype != np.uint8 or not len(frames) or frames.shape[1] < needed:
            raise DataError(
                f"frames: {frames.dtype} {frames.shape}, not uint8 (at least 1, at least {needed}); "
                "encode them for this program"
            )
        self._frames = frames
        lines = np.arange(len(program.input_line), dtype=np.int32)
        self._elements = program.input_line
        self._lines = HostSpikes(lines, program.input_core, program.input_axon, routes.line_hops, routes.line_crossings)

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes of frame `tick` mod F."""
        frame = self._frames[tick % len(self._frames)]
        return self._lines[np.flatnonzero(frame[self._elements])]


@dataclass(frozen=True)
class InputSpikes:
    """Given spikes; arrays (n,).

    Attributes
    ----------
    tick : int64
        The stamp: a spike is integrated in the tick after it [V]. In any order; spikes of one tick keep theirs. −1:
        it is in its core's scheduler before the first tick, and takes no time.
    core, axon : int32
    line : int32
        Input line, or −1.
    """

    tick: NDArray[np.int64]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    line: NDArray[np.int32]

    @classmethod
    def to_axons(cls, tick: NDArray[np.int64], core: NDArray[np.int32], axon: NDArray[np.int32]) -> InputSpikes:
        """Spikes that name core and axon."""
        return cls(tick, core, axon, np.full(len(tick), -1, np.int32))

    @classmethod
    def on_lines(cls, program: Program, tick: NDArray[np.int64], line: NDArray[np.int32]) -> InputSpikes:
        """Spikes on a program's input lines."""
        _check_range("line", line, len(program.input_core))
        return cls(tick, program.input_core[line], program.input_axon[line], line)

    def inputs(self, program: Program, placement: Placement, chip: ChipOptions) -> Inputs:
        """Return what the host injects into a program on a board.

        Raises
        ------
        DataError
            If a spike goes to no axon of the program.
        """
        _check_range("core", self.core, program.cores)
        _check_range("axon", self.axon, program.axons)
        if (self.tick < -1).any():
            raise DataError(
                f"input spikes: one is stamped {self.tick.min()}; ticks begin at 0, and -1 is before the first"
            )
        order = np.argsort(self.tick, kind="stable")
        hops, crossings = input_routes(placement.xy[self.core], placement.mesh, chip)
        return _SortedSpikes(self.tick[order], HostSpikes(self.line, self.core, self.axon, hops, crossings)[order])


def _check_range(name: str, values: NDArray[np.int32], end: int) -> None:
    wrong = np.flatnonzero((values < 0) | (values >= end))
    if len(wrong):
        raise DataError(f"input spikes: spike {wrong[0]} is for {name} {values[wrong[0]]}; the program has {end:,}")


class _SortedSpikes:
    """Spikes in order of their ticks."""

    def __init__(self, ticks: NDArray[np.int64], spikes: HostSpikes) -> None:
        self._ticks = ticks
        self._spikes = spikes

    def at(self, tick: int) -> HostSpikes:
        return self._spikes[slice(*np.searchsorted(self._ticks, [tick, tick + 1]))]


@dataclass(frozen=True)
class Outcome:
    """What one tick did.

    Attributes
    ----------
    tick : int
    spike_core, spike_neuron : int32 arrays (spikes,)
        Neurons that fired, ordered by core and neuron.
    synaptic_events : uint16 array (C, N)
    collisions : int64 array (C,)
        Spikes for this tick that found their axon's bit set.
    host : HostSpikes
        What the host injected.
    packets : Packets
        What the host and the neurons send.
    """

    tick: int
    spike_core: NDArray[np.int32]
    spike_neuron: NDArray[np.int32]
    synaptic_events: NDArray[np.uint16]
    collisions: NDArray[np.int64]
    host: HostSpikes
    packets: Packets


class ChipFunction:
    """Potentials, random number registers and schedulers of all cores, and what a tick makes of them.

    Parameters
    ----------
    loaded
        The program on a backend.
    routes
        The ways of its packets.
    """

    def __init__(self, loaded: LoadedProgram, routes: Routes) -> None:
        program = loaded.program
        self.program = program
        self._loaded = loaded
        self._routes = routes
        self._potential, self._rng = loaded.initial_state()
        self._ring = new_ring(program)
        # How many spikes each core received for each row, to see how many merged.
        self._received = np.zeros((SLOTS, program.cores), np.int64)

    def start(self, host: HostSpikes) -> None:
        """Put spikes that are integrated in tick 0 into the schedulers."""
        nobody = np.empty(0, np.intp)
        self.deliver(self._packets(-1, nobody, nobody, host))

    def step(self, tick: int, host: HostSpikes) -> Outcome:
        """Integrate what the schedulers hold for `tick`, and return what comes of it.

        Nothing is delivered yet: when the packets arrive is for the network to say.
        """
        row = pop_row(self._ring, tick)
        received = self._received[tick % SLOTS]
        collisions = received - np.bitwise_count(row).sum(axis=1, dtype=np.int64)
        received[:] = 0
        result = self._loaded.step(row, self._potential, self._rng)
        core, neuron = np.nonzero(result.fired)
        return Outcome(
            tick,
            core.astype(np.int32),
            neuron.astype(np.int32),
            result.synaptic_events,
            collisions,
            host,
            self._packets(tick, core, neuron, host),
        )

    def _packets(self, tick: int, core: NDArray[np.intp], neuron: NDArray[np.intp], host: HostSpikes) -> Packets:
        program, routes = self.program, self._routes
        sends = program.dest_core[core, neuron] != NO_DESTINATION
        core, neuron = core[sends], neuron[sends]

        def column(of_host: NDArray[Any] | int, of_neurons: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
            result = np.empty(len(host) + len(core), dtype)
            result[: len(host)] = of_host
            result[len(host) :] = of_neurons
            return result

        return Packets(
            source_core=column(HOST_CORE, core, np.int32),
            source_neuron=column(host.line, neuron, np.int32),
            dest_core=column(host.core, program.dest_core[core, neuron], np.int32),
            dest_axon=column(host.axon, program.dest_axon[core, neuron], np.int32),
            delivery_tick=column(tick + 1, tick + program.delay[core, neuron].astype(np.int64), np.int64),
            hops=column(host.hops, routes.hops[core, neuron], np.int32),
            crossings=column(host.crossings, routes.crossings[core, neuron], np.int32),
        )

    def deliver(self, packets: Packets, some: NDArray[np.intp] | slice = slice(None)) -> None:
        """Put some of the packets into their targets' schedulers; what goes to the host is none of theirs."""
        core, axon = packets.dest_core[some], packets.dest_axon[some]
        ticks = packets.delivery_tick[some]
        inside = core >= 0
        core, axon, ticks = core[inside], axon[inside], ticks[inside]
        deliver(self._ring, ticks, core, axon, self.program.axons)
        np.add.at(self._received, (ticks % SLOTS, core), 1)
