"""The chip tick by tick without time: what fires, what that sends, and what the schedulers hold."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import LoadedProgram
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import NO_DESTINATION, Program
from neurosyn.engine.routes import Routes, input_routes
from neurosyn.engine.traffic import HOST_CORE, Packets
from neurosyn.errors import DataError
from neurosyn.placement.placement import Placement

__all__ = ["ChipFunction", "FrameInputs", "HostSpikes", "InputQueue", "InputSpikes", "Inputs", "Outcome"]


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

    @classmethod
    def join(cls, some: Sequence[HostSpikes]) -> HostSpikes:
        """Return some spikes and then others."""
        none = np.zeros(0, np.int32)
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([none, *(getattr(one, name) for one in some)]) for name in names))


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
        ChipLimitError
            If one would have to go further than packets can.
        """
        _check_range("core", self.core, program.cores)
        _check_range("axon", self.axon, program.axons)
        if (self.tick < -1).any():
            raise DataError(
                f"input spikes: one is stamped {self.tick.min()}; ticks begin at 0, and -1 is before the first"
            )
        order = np.argsort(self.tick, kind="stable")
        mesh, target = placement.mesh, placement.xy[self.core]
        mesh.check_reach(
            mesh.border(target, chip.input_side),
            target,
            "input spikes: a packet of the host",
            f"send to cores nearer to its side of the board (`chip.input_side` is {chip.input_side})",
        )
        hops, crossings = input_routes(target, mesh, chip)
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


class InputQueue:
    """Spikes that are added while ticks are played; asked for in the order of ticks."""

    def __init__(self) -> None:
        self._coming: list[tuple[int, int, Inputs, int]] = []
        self._present: list[tuple[int, int, Inputs]] = []
        self._added = 0

    def add(self, inputs: Inputs, first: int, last: int) -> None:
        """Add what the host injects from tick `first` to tick `last`; after what was added before."""
        heapq.heappush(self._coming, (first, self._added, inputs, last))
        self._added += 1

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes stamped with `tick`."""
        while self._coming and self._coming[0][0] <= tick:
            _, number, inputs, last = heapq.heappop(self._coming)
            self._present.append((number, last, inputs))
        self._present = sorted(one for one in self._present if one[1] >= tick)
        found = [inputs.at(tick) for _, _, inputs in self._present]
        return found[0] if len(found) == 1 else HostSpikes.join(found)


@dataclass(frozen=True)
class Outcome:
    """What one tick did.

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
        What the host injected.
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
        neurons: NDArray[np.int32] = (self.spikes % self.synaptic_events.shape[1]).astype(np.int32)
        return neurons

    @cached_property
    def packets(self) -> Packets:
        """What the host and the neurons send; made when first asked for."""
        return self._table.packets(self.tick, self.spikes, self.host)


class _PacketTable:
    """What every neuron's packets are, one row (core, neuron, dest_core, dest_axon, delay, hops, crossings) for each.

    Rows, because spikes are few and far between: what a tick needs of a neuron should come from memory at once.
    """

    def __init__(self, program: Program, routes: Routes) -> None:
        self._program = program
        self._routes = routes

    @cached_property
    def _rows(self) -> NDArray[np.int32]:
        program, routes = self._program, self._routes
        rows = np.zeros((program.cores, program.neurons, 8), np.int32)
        rows[..., 0] = np.arange(program.cores)[:, None]
        rows[..., 1] = np.arange(program.neurons)
        rows[..., 2], rows[..., 3], rows[..., 4] = program.dest_core, program.dest_axon, program.delay
        rows[..., 5], rows[..., 6] = routes.hops, routes.crossings
        return rows.reshape(-1, 8)

    def packets(self, tick: int, spikes: NDArray[np.intp], host: HostSpikes) -> Packets:
        """Return the packets of a tick."""
        rows = self._rows.take(spikes, axis=0)
        rows = rows[rows[:, 2] != NO_DESTINATION]
        core, neuron, dest_core, dest_axon, delay, hops, crossings, _ = rows.T
        from_host = np.full(len(host), HOST_CORE, np.int32)
        next_tick = np.full(len(host), tick + 1, np.int64)
        return Packets(
            source_core=np.concatenate([from_host, core]),
            source_neuron=np.concatenate([host.line, neuron]),
            dest_core=np.concatenate([host.core, dest_core]),
            dest_axon=np.concatenate([host.axon, dest_axon]),
            delivery_tick=np.concatenate([next_tick, tick + delay.astype(np.int64)]),
            hops=np.concatenate([host.hops, hops]),
            crossings=np.concatenate([host.crossings, crossings]),
        )


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
        self._table = _PacketTable(program, routes)
        self._potential, self._rng = loaded.initial_state()
        self._schedulers = loaded.schedulers()

    @property
    def potential(self) -> NDArray[np.int32]:
        """The potentials V after the last tick, int32 (C, N); a copy."""
        return self._loaded.read(self._potential)

    def start(self, host: HostSpikes) -> None:
        """Put spikes that are integrated in tick 0 into the schedulers."""
        self._schedulers.deliver(0, host.core, host.axon)

    def step(self, tick: int, host: HostSpikes) -> Outcome:
        """Integrate what the schedulers hold for `tick`, and return what comes of it.

        Nothing is delivered yet: when the packets arrive is for the network to say.
        """
        active, merged = self._schedulers.pop(tick)
        result = self._loaded.step(active, self._potential, self._rng)
        return Outcome(
            tick, result.spikes(), result.synaptic_events, result.events_of_cores(), merged, host, self._table
        )

    def deliver_at_once(self, outcome: Outcome) -> None:
        """Put all that a tick sends into the targets' schedulers, as if it took no time."""
        host = outcome.host
        if len(host):
            self._schedulers.deliver(outcome.tick + 1, host.core, host.axon)
        self._schedulers.send(outcome.tick, outcome.spikes)

    def deliver(self, packets: Packets, some: NDArray[np.intp] | slice = slice(None)) -> None:
        """Put some of the packets into their targets' schedulers; what goes to the host is none of theirs."""
        core, axon = packets.dest_core[some], packets.dest_axon[some]
        ticks = packets.delivery_tick[some]
        inside = core >= 0
        self._schedulers.deliver(ticks[inside], core[inside], axon[inside])
