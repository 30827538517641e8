"""Simulation of programs: the function of all frames or ticks, and the time of those that are timed.

One frame enters at each tick, so layer k works on frame t − k at tick t. If the program keeps nothing from tick to
tick, all frames are integrated at once; the timed ticks are then a window of their own, played when every stage holds a
frame. Both give the same spikes and counts, unless a given tick period is so short that packets are late at cores:
then frames affect the next ones depending on time, and all are played and timed one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import get_backend
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.chip.stateless import Pipeline, pipeline
from neurosyn.engine.chip_function import ChipFunction
from neurosyn.engine.clock import Clock, PlayedTick
from neurosyn.engine.event_counts import EventCounter
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.frame_batches import evaluate_frames
from neurosyn.engine.host_inputs import FrameInputs
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import Probe, RunInfo
from neurosyn.engine.results import FramesResult, TicksResult
from neurosyn.engine.stepping import TickSimulation, check_board
from neurosyn.engine.stopwatch import Stopwatch
from neurosyn.errors import DataError
from neurosyn.support.processors import usable_processors

__all__ = ["Progress", "simulate_frames", "simulate_ticks"]

Progress = Callable[[int, int, str], None]
"""Called with the amount done, the total, and the unit."""


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

    Raises
    ------
    DataError
        If the program is no pipeline, or frames, placement and program do not belong together.
    ChipLimitError
        If a packet would have to travel further than a packet reaches.
    BackendError
        If the backend does not work on this machine.
    """
    began = time.perf_counter()
    stages = pipeline(program)
    if stages is None:
        raise DataError(
            "program: paths from its inputs to a core take different times, so frames cannot follow each other; "
            "play it tick by tick with `neurosyn run`"
        )
    check_board(program, placement, chip)
    if options.timing != "none":
        chip.require_times()
    backend = get_backend(options.backend)
    loaded = backend.load(program)
    routes = Routes.of(program, placement, chip)
    dispatcher = ProbeDispatcher.of(probes)
    inputs = FrameInputs(program, frames, routes)
    if len(frames) % ticks_per_frame:
        raise DataError(
            f"frames: {len(frames)} ticks are no whole number of frames of {ticks_per_frame} ticks; encode them again"
        )

    fill = -(-int(stages.stage.max()) // ticks_per_frame) * ticks_per_frame
    to_time = options.frames_to_time(len(frames) // ticks_per_frame)
    window = range(fill, fill + to_time * ticks_per_frame)
    timed = window if options.timing != "none" else range(0)
    whole = len(frames) + fill
    played_ticks = window.stop if timed or dispatcher.wants_ticks else 0
    ticks = played_ticks if loaded.stateless else max(whole, played_ticks)
    stopwatch = Stopwatch(program, placement, chip)
    record = _FrameRecord(program, routes, stages, len(frames))
    # Only with a given period can packets be late, and the frames leave the batch.
    recorded = not loaded.stateless or options.tick_ps is not None

    def played(tick: PlayedTick) -> None:
        if recorded:
            record.add(tick)
        stopwatch.add(tick)
        dispatcher.tick(lambda: tick.columns(chip))
        total = max(ticks, whole) if engine.late else ticks
        progress(min(tick.outcome.tick + 1, total), total, "ticks")

    function = ChipFunction(loaded, routes)
    engine = Clock(
        function,
        inputs,
        placement,
        chip,
        options.timing,
        options.tick_ps,
        played,
        threads=jobs or usable_processors(),
    )
    try:
        dispatcher.started(RunInfo(program, placement, chip, options.timing))
        count = engine.run(ticks, timed, if_late=whole)
    finally:
        dispatcher.finished()
    batched = loaded.stateless and not engine.late
    spikes, counter = record.spikes, record.counter
    if batched:
        counter = EventCounter(program, routes)
        spikes = evaluate_frames(loaded, stages, routes, frames, counter, progress)
    return FramesResult(
        spikes=spikes,
        counts=counter.result(len(frames)),
        depth=stages.depth,
        timing=stopwatch.result(options.tick_ps),
        ticks_per_frame=ticks_per_frame,
        timed_frames=(stopwatch.ticks() % len(frames) // ticks_per_frame)[::ticks_per_frame],
        batched=batched,
        ticks=count,
        timing_name=options.timing,
        backend=backend.name,
        wall_s=time.perf_counter() - began,
    )


class _FrameRecord:
    """Spikes and events of frames that pass through the chip tick by tick."""

    def __init__(self, program: Program, routes: Routes, stages: Pipeline, frames: int) -> None:
        self._program = program
        self._stage = stages.stage.astype(np.int64)
        self._frames = frames
        self.counter = EventCounter(program, routes)
        self.spikes = np.zeros((frames, program.pins), np.uint8)

    def add(self, tick: PlayedTick) -> None:
        """Give the spikes of a tick to the frames that each core was working on."""
        outcome, program = tick.outcome, self._program
        frame = outcome.tick - self._stage
        busy = (frame >= 0) & (frame < self._frames)
        self.counter.add(outcome, busy)
        if outcome.tick < self._frames:
            self.counter.add_host(outcome.host)
        core, neuron = outcome.spike_core, outcome.spike_neuron
        leaves = busy[core] & (program.dest_core[core, neuron] == OUTPUT)
        core, neuron = core[leaves], neuron[leaves]
        element, times = np.unique(frame[core] * program.pins + program.dest_axon[core, neuron], return_counts=True)
        flat = self.spikes.reshape(-1)
        flat[element] = np.minimum(flat[element] + times, 255)


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
        simulation.step(ticks, progress)
        return simulation.finish()
    finally:
        simulation.close()
