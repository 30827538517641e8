"""Results of a simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.spikes import OutputSpikes
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.fabric.tick_times import Limit
from neurosyn.engine.options import TimingName

__all__ = ["FramesResult", "InterimResult", "TicksResult", "TimingResult"]


@dataclass(frozen=True)
class TimingResult:
    """Results of the timed ticks.

    Attributes
    ----------
    tick_period_ps : int
        The given one; else the longest makespan, with which no packet is late and no core overruns.
    first_tick : int
        The first timed tick; they follow each other.
    makespans_ps : int64 array (timed ticks,)
        From the start of each tick to its last core finished and its last packet arrived.
    limit : Limit
        The core, link or port that limits the longest of them.
    core_busy_ps : int64 array (C,)
        The longest time from the start of a tick until each core had finished.
    late_packets, core_overruns : int
        Packets that arrived after their delivery tick had begun; cores that had not finished when their tick ended,
        tick by tick.
    packets, packet_travel_ps, packet_blocked_ps : int
        Timed packets, and in sum over them the time from readiness to arrival and the part of it spent waiting.
    host_packets, host_travel_ps, host_blocked_ps : int
        The same of the host's packets alone, which queue at its ports when a tick begins.
    core_stalled_ps : int
        Sum over timed ticks and cores of the time that scans stalled because a router had no slot: back-pressure.
    """

    tick_period_ps: int
    first_tick: int
    makespans_ps: NDArray[np.int64]
    limit: Limit
    core_busy_ps: NDArray[np.int64]
    late_packets: int
    core_overruns: int
    packets: int
    packet_travel_ps: int
    packet_blocked_ps: int
    host_packets: int
    host_travel_ps: int
    host_blocked_ps: int
    core_stalled_ps: int


@dataclass(frozen=True)
class FramesResult:
    """Results of frames.

    Attributes
    ----------
    spikes : uint8 array (F·T, pins)
        Spikes that each output pin sent for each tick of each frame; 255 means that many or more.
    counts : EventCounts
        Events of these frames: F·T ticks of each core, counted while the frames are in it.
    depth : int
        Ticks from the injection of spikes to the firing of the last output neurons that they can reach; 1 for samples,
        whose ticks include them.
    ticks_per_frame : int
        T, ticks during which a frame enters.
    timing : TimingResult or None
    timed_frames : int64 array
        The frames that entered in the timed ticks, in order; a frame comes up again if there were too few.
    batched : bool
        True if the frames were integrated together, False if tick by tick.
    ticks : int
        Ticks that were played one by one.
    timing_name, backend : str
    wall_s : float
    """

    spikes: NDArray[np.uint8]
    counts: EventCounts
    depth: int
    ticks_per_frame: int
    timing: TimingResult | None
    timed_frames: NDArray[np.int64]
    batched: bool
    ticks: int
    timing_name: TimingName
    backend: str
    wall_s: float

    @property
    def latency_ticks(self) -> int:
        """Ticks from the beginning of a frame's injection to its last output spikes."""
        return self.depth + self.ticks_per_frame - 1


@dataclass(frozen=True)
class InterimResult:
    """Results of frames whose ticks are still being timed.

    Attributes
    ----------
    spikes, counts
        As of `FramesResult`.
    timed_ticks : int
        Ticks that have been timed so far.
    longest_ps : int
        The longest makespan of these.
    """

    spikes: NDArray[np.uint8]
    counts: EventCounts
    timed_ticks: int
    longest_ps: int


@dataclass(frozen=True)
class TicksResult:
    """Results of a program played tick by tick.

    Attributes
    ----------
    output_spikes : OutputSpikes
    counts : EventCounts
    timing : TimingResult or None
    ticks : int
    timing_name, backend : str
    wall_s : float
    """

    output_spikes: OutputSpikes
    counts: EventCounts
    timing: TimingResult | None
    ticks: int
    timing_name: TimingName
    backend: str
    wall_s: float
