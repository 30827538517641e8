"""Simulation of programs: the function of all frames or ticks, and the time of those that are timed.

One frame enters at each tick, so layer k works on frame t − k at tick t. If the program keeps nothing from tick to
tick, all frames are integrated at once; the timed ticks are then a window of their own, played when every stage holds a
frame. Both give the same spikes and counts, unless a given tick period is so short that packets are late at cores:
then frames affect the next ones depending on time, and all are played and timed one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.frame_parts import FrameSimulator, Interim, Progress
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.results import FramesResult, TicksResult
from neurosyn.engine.state import Checkpoint
from neurosyn.engine.stepping import TickSimulation

__all__ = ["Progress", "simulate_frames", "simulate_ticks"]


def _silent(done: int, total: int, what: str) -> None:
    pass


def simulate_frames(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    frames: NDArray[np.uint8],
    *,
    probes: Sequence[Probe] | ProbeDispatcher = (),
    progress: Progress = _silent,
    jobs: int | None = None,
    ticks_per_frame: int = 1,
    checkpoint: Checkpoint | None = None,
    interim: Interim | None = None,
) -> FramesResult:
    """Simulate a program on frames.

    Timed are the ticks of `SimulateOptions.frames_to_time` frames, from the first that enters when every stage is busy;
    if there are fewer frames than that takes, they are fed over and over. Probes see the ticks that are played one by
    one.

    Parameters
    ----------
    program
        A pipeline (`neurosyn.chip.stateless.pipeline`).
    placement, chip
        The board.
    options
    frames : uint8 array (F·T, elements)
        Input of each tick, frame after frame. Not 0: the element spikes.
    probes
    progress
    jobs
        Ticks that the compiled timing may compute at once, if they do not overlap; by default the number of
        processors. Results do not depend on it.
    ticks_per_frame
        T. To the chip each tick is an input of its own.
    checkpoint
        Storage of the state, from which an interrupted simulation goes on with the same outcome.
    interim
        Called after each timed tick with the results so far, if those of the frames are known before: the program keeps
        no state, and no tick period is given.

    Raises
    ------
    DataError
        If the program is no pipeline, or frames, placement and program do not belong together.
    ChipLimitError
        If a packet would have to travel further than a packet reaches.
    BackendError
        If the backend does not work on this machine.
    """
    dispatcher = ProbeDispatcher.of(probes)
    simulator = FrameSimulator(
        program,
        placement,
        chip,
        options,
        len(frames),
        ticks_per_frame,
        jobs=jobs,
        recorded=dispatcher.wants_ticks,
    )
    return simulator.simulate(frames, simulator.whole, dispatcher, progress, checkpoint, interim).result


def simulate_ticks(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    spikes: InputSpikes,
    ticks: int,
    *,
    probes: Sequence[Probe] | ProbeDispatcher = (),
    progress: Progress = _silent,
    jobs: int | None = None,
    checkpoint: Checkpoint | None = None,
) -> TicksResult:
    """Simulate a program for a number of ticks; all of them are timed, unless ``options.timing`` is ``none``.

    Parameters
    ----------
    program
    placement, chip
        The board.
    options
        ``frames`` and ``timed_frames`` have no effect.
    spikes
        Spikes that the host injects; those stamped `ticks` or later never enter.
    ticks
    probes
    progress
    jobs
        Ticks that the compiled timing may compute at once, if they do not overlap; by default the number of
        processors. Results do not depend on it.
    checkpoint
        Storage of the state, from which an interrupted simulation goes on with the same outcome.

    Raises
    ------
    DataError
        If a spike goes to no axon of the program, or placement and program do not belong together.
    ChipLimitError
        If a packet would have to travel further than a packet reaches.
    BackendError
        If the backend does not work on this machine.
    """
    simulation = TickSimulation(program, placement, chip, options, probes=probes, jobs=jobs)
    try:
        simulation.inject(spikes)
        state = None if checkpoint is None else checkpoint.load()
        if state is not None:
            simulation.restore(state)
        simulation.step(ticks - simulation.tick, progress, checkpoint)
        return simulation.finish()
    finally:
        simulation.close()
