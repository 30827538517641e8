"""Probes: instruments that observe a simulation, and the columns that they receive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program

__all__ = ["PacketColumns", "Probe", "RunInfo", "TickColumns"]


@dataclass(frozen=True)
class RunInfo:
    """Subject of the simulation; passed to every probe before the first tick."""

    program: Program
    placement: Placement
    chip: ChipOptions
    timing: str


@dataclass(frozen=True)
class PacketColumns:
    """The packets of one tick, ordered by (source core, source neuron); host packets come first, in injection order.

    Attributes
    ----------
    source_core, source_neuron : int32 arrays (packets,)
        Core −1 for packets that the host injects; the neuron is then the input line.
    dest_core, dest_axon : int32 arrays (packets,)
        Core `OUTPUT` (−2) for packets that leave the board; the axon is then the pin.
    delivery_tick : int64 array (packets,)
        Tick in which the target should integrate the spike.
    send_ps, arrival_ps : int64 arrays (packets,)
        When the packet was ready to enter its router, and when it was in its target's scheduler (or with the host).
    hops : int32 array (packets,)
        Links between routers.
    crossings : int32 array (packets,)
        Chip-to-chip links among them.
    blocked_ps : int64 array (packets,)
        Time spent waiting: in FIFOs beyond the unloaded travel time, and in the core for a slot in the router.
    longest_wait_ps, waited_at : int64 arrays (packets,)
        The longest wait at one place, and the server where that was (`neurosyn.engine.fabric`): the first one of those
        with equal waits, the first on the route if there was none. Waiting in the core counts for the module that had
        no slot.
    late : bool array (packets,)
        Arrived after the delivery tick had begun.
    """

    source_core: NDArray[np.int32]
    source_neuron: NDArray[np.int32]
    dest_core: NDArray[np.int32]
    dest_axon: NDArray[np.int32]
    delivery_tick: NDArray[np.int64]
    send_ps: NDArray[np.int64]
    arrival_ps: NDArray[np.int64]
    hops: NDArray[np.int32]
    crossings: NDArray[np.int32]
    blocked_ps: NDArray[np.int64]
    longest_wait_ps: NDArray[np.int64]
    waited_at: NDArray[np.int64]
    late: NDArray[np.bool_]


@dataclass(frozen=True)
class TickColumns:
    """One simulated tick.

    Attributes
    ----------
    tick : int
    start_ps : int or None
        When it began; None without timing.
    spike_core, spike_neuron : int32 arrays (spikes,)
        Neurons that fired, ordered by core and neuron.
    synaptic_events : int64 array (cores,)
        Synaptic events of each core.
    packets, input_packets, output_packets, hops, crossings, collisions : int
        Packets sent by neurons; by the host; to the host; links taken in sum; chip-to-chip links in sum; spikes that
        merged with another one to the same axon and tick.
    late_packets, core_overruns : int
        Arrivals after the delivery tick had begun; cores that had not finished when the tick ended.
    makespan_ps : int or None
        From the start of the tick to the last core finished and the last packet arrived; None without timing.
    core_finish_ps : int64 array (cores,) or None
        When each core's token controller had finished, relative to the start of the tick.
    columns : PacketColumns or None
        Each packet, if the tick was timed.
    """

    tick: int
    start_ps: int | None
    spike_core: NDArray[np.int32]
    spike_neuron: NDArray[np.int32]
    synaptic_events: NDArray[np.int64]
    packets: int
    input_packets: int
    output_packets: int
    hops: int
    crossings: int
    collisions: int
    late_packets: int
    core_overruns: int
    makespan_ps: int | None
    core_finish_ps: NDArray[np.int64] | None
    columns: PacketColumns | None


class Probe:
    """Base of probes (group ``probes``). Hooks that a probe does not override cost nothing.

    A probe that raises is switched off with a warning that names it; it never kills a run.
    """

    def started(self, info: RunInfo) -> None:
        """Called once before the first tick."""

    def tick(self, columns: TickColumns) -> None:
        """Called after every simulated tick."""

    def finished(self) -> None:
        """Called once after the last tick, also when the run ends in an error."""

    def state(self) -> dict[str, NDArray[Any]] | None:
        """Return all that was gathered so far, as arrays by name, for a checkpoint between two ticks.

        Numbers and texts become arrays without dimensions; arrays of Python objects cannot be stored. None, the
        default, means that the probe cannot be resumed: runs in which it listens to ticks have no checkpoints.
        """
        return None

    def resumed(self, info: RunInfo, state: dict[str, NDArray[Any]]) -> None:
        """Called in place of `started` when an interrupted run goes on after the tick at which `state` was made."""
