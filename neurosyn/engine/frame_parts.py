"""Simulation of frames in parts that do not depend on each other, and the joining of their results.

The program of a run of frames is a pipeline. If it is stateless, a tick depends on the frames that are in the pipeline
and on nothing before them, so a part of the run begins with as many ticks of warm-up as the pipeline has stages; the
warm-up is played without time and is not recorded. A program with memory is played from its first tick. A simulator
that has just played the ticks before a part goes on from there. In all cases
a tick that lasts until everything is at rest leaves no trace in the times of the next one, so times count from the
beginning of the part, and the joined run shifts them by what the parts before it took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import get_backend
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.stateless import pipeline
from neurosyn.engine.chip_function import ChipFunction, Outcome
from neurosyn.engine.clock import Clock, PlayedTick
from neurosyn.engine.event_counts import EventCounter, EventCounts
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.frame_batches import FrameBatches
from neurosyn.engine.frame_record import FrameRecord
from neurosyn.engine.host_inputs import FrameInputs, FrameRows
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import RunInfo
from neurosyn.engine.results import FramesResult, InterimResult, TimingResult
from neurosyn.engine.state import (
    Checkpoint,
    Resumable,
    gather_all,
    never_due,
    part_of,
    restore_all,
)
from neurosyn.engine.stepping import check_board
from neurosyn.engine.stopwatch import Stopwatch
from neurosyn.errors import DataError
from neurosyn.support.processors import usable_processors

__all__ = ["FramePart", "FrameSimulator", "Interim", "PartResult", "Progress", "join_parts"]

Progress = Callable[[int, int, str], None]
"""Called with the amount done, the total, and the unit."""
Interim = Callable[[InterimResult], None]
"""Called with the results so far."""


@dataclass(frozen=True)
class FramePart:
    """Part of a run of frames.

    Attributes
    ----------
    number
        Its place in the run, from 0 on.
    rows
        Rows of the frames that are its own.
    ticks
        Ticks that are played one by one for it.
    warm_up
        Ticks that are played before them without time, unrecorded.
    """

    number: int
    rows: range
    ticks: range
    warm_up: range


@dataclass(frozen=True)
class PartResult:
    """Result of a part.

    Attributes
    ----------
    first_row : int
        Row of the whole run that `result.spikes` begins with. In a program that is played tick by tick, a part holds
        the spikes of its ticks: those of a frame then come from several parts.
    duration_ps : int
        From the first tick's start until everything is at rest.
    result : FramesResult
    """

    first_row: int
    duration_ps: int
    result: FramesResult


class FrameSimulator:
    """Simulator of a program on frames: all of them, or a part.

    Parameters
    ----------
    program
        A pipeline (`neurosyn.chip.stateless.pipeline`).
    placement, chip
        The board.
    options
    rows
        F·T, the ticks in which the frames enter.
    ticks_per_frame
        T. To the chip each tick is an input of its own.
    jobs
        Ticks that the compiled timing may compute at once, if they do not overlap; by default the number of
        processors. Results do not depend on it.
    recorded
        False if no probe listens to ticks: those that are not timed need not be played one by one then.

    Raises
    ------
    DataError
        If the program is no pipeline, or placement and program do not belong together.
    ChipLimitError
        If a packet would have to travel further than a packet reaches.
    BackendError
        If the backend does not work on this machine.
    """

    def __init__(
        self,
        program: Program,
        placement: Placement,
        chip: ChipOptions,
        options: SimulateOptions,
        rows: int,
        ticks_per_frame: int = 1,
        *,
        jobs: int | None = None,
        recorded: bool = True,
    ) -> None:
        stages = pipeline(program)
        if stages is None:
            raise DataError(
                "program: paths from its inputs to a core take different times, so frames cannot follow each other; "
                "play it tick by tick with `neurosyn run`"
            )
        check_board(program, placement, chip, timing=options.timing)
        if rows % ticks_per_frame:
            raise DataError(
                f"frames: {rows} ticks are no whole number of frames of {ticks_per_frame} ticks; encode them again"
            )
        self._backend = get_backend(options.backend)
        self._loaded = self._backend.load(program)
        self.routes = Routes.of(program, placement, chip)
        """Lengths of the routes of its packets."""
        self._program, self._placement, self._chip, self._options = program, placement, chip, options
        self._stages, self._rows, self._ticks_per_frame = stages, rows, ticks_per_frame
        self._jobs = jobs
        fill = -(-int(stages.stage.max()) // ticks_per_frame) * ticks_per_frame
        to_time = options.frames_to_time(rows // ticks_per_frame)
        window = range(fill, fill + to_time * ticks_per_frame)
        self.timed = window if options.timing != "none" else range(0)
        """Ticks that are timed."""
        self._whole = rows + fill
        played = window.stop if self.timed or recorded else 0
        self._ticks = played if self._loaded.stateless else max(self._whole, played)
        self._fill = fill
        # End of the last part, from which the next one goes on.
        self._reached: tuple[int, ChipFunction] | None = None

    @property
    def whole(self) -> FramePart:
        """The run in one part."""
        return FramePart(0, range(self._rows), range(self._ticks), range(0))

    def parts(self, frames: int) -> list[FramePart]:
        """Return the parts of a run, each of so many frames; one part if the frames cannot be separated.

        With a given tick period timed ticks overlap, so what happens in one depends on all before.
        """
        if self._options.tick_ps is not None and self.timed:
            return [self.whole]
        step = frames * self._ticks_per_frame
        number = max(-(-self._rows // step), -(-(self._ticks - self._fill) // step), 1)
        # The first part has the ticks in which the pipeline fills.
        edges = [0, *(self._fill + step * k for k in range(1, number)), self._ticks]
        edges = [min(edge, self._ticks) for edge in edges]
        deep = int(self._stages.stage.max()) if self._loaded.stateless else self._ticks
        return [
            FramePart(
                k,
                range(min(k * step, self._rows), min((k + 1) * step, self._rows)),
                range(begin, end),
                range(max(begin - deep, 0), begin) if end > begin else range(0),
            )
            for k, (begin, end) in enumerate(pairwise(edges))
        ]

    def outcomes(self, frames: FrameRows, ticks: range) -> Iterator[Outcome]:
        """Yield the outcomes of ticks without time; the first of them finds an empty pipeline."""
        function = ChipFunction(self._loaded, self.routes)
        inputs = FrameInputs(self._program, frames, self.routes)
        yield from _warmed_up(function, inputs, ticks)

    def simulate(
        self,
        frames: FrameRows,
        part: FramePart,
        probes: ProbeDispatcher,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
        interim: Interim | None = None,
    ) -> PartResult:
        """Simulate a part.

        Parameters
        ----------
        frames : uint8 array (F·T, elements)
            Input of each tick of the whole run; only the rows of the part and of its warm-up are read.
        part
            One of `parts`, or `whole`.
        probes
            See the ticks of the part.
        progress
        checkpoint
            Storage of the state of this part, from which an interrupted simulation goes on with the same outcome.
        interim
            Called after each timed tick, if the results of the frames are known before.
        """
        began = time.perf_counter()
        program, options = self._program, self._options
        inputs = FrameInputs(program, frames, self.routes)
        stopwatch = Stopwatch(program, self._placement, self._chip)
        # Only with a given period can packets be late, and the frames leave the batch.
        recorded = not self._loaded.stateless or options.tick_ps is not None
        if_late = self._whole if part == self.whole else 0
        record = FrameRecord(
            program, self.routes, self._stages, self._rows, range(part.ticks.start, max(part.ticks.stop, if_late))
        )

        def played(tick: PlayedTick) -> None:
            if recorded:
                record.add(tick)
            stopwatch.add(tick)
            if interim is not None and counts is not None and tick.timed is not None:
                interim(InterimResult(spikes, counts, len(stopwatch.ticks()), stopwatch.longest_ps))
            probes.tick(lambda: tick.columns(self._chip))
            end = max(part.ticks.stop, if_late) if engine.late else part.ticks.stop
            total = end - part.ticks.start
            progress(min(tick.outcome.tick + 1 - part.ticks.start, total), total, "ticks")

        function, warm_up = self._function_before(part)
        state = None if checkpoint is None else checkpoint.load()
        for _ in _warmed_up(function, inputs, warm_up if state is None else range(0)):
            pass
        threads = self._jobs or usable_processors()
        board = self._placement, self._chip
        engine = Clock(function, inputs, *board, options.timing, options.tick_ps, played, threads)
        engine.tick = part.ticks.start
        members: dict[str, Resumable] = {"clock": engine, "function": function, "stopwatch": stopwatch}
        if recorded:
            members["record"] = record

        def save() -> None:
            assert checkpoint is not None
            checkpoint.save(gather_all(members, probes.state()))

        is_due = never_due if checkpoint is None else checkpoint.is_due
        info = RunInfo(program, self._placement, self._chip, options.timing)
        first, spikes = record.first_row, record.spikes
        counts: EventCounts | None = None

        def evaluate() -> tuple[NDArray[np.uint8], EventCounts]:
            own = frames[part.rows.start : part.rows.stop]
            batches = members["batches"] = FrameBatches(self._loaded, self._stages, self.routes, own)
            if state is not None and part_of(state, "batches"):
                batches.restore(part_of(state, "batches"))
            while batches.done < len(own):
                batches.advance()
                progress(batches.done, len(own), "frames")
                if is_due():
                    save()
            counter = EventCounter(program, self.routes)
            return batches.result(counter), counter.result(len(part.rows))

        try:
            if state is None:
                probes.started(info)
            else:
                restore_all(members, state)
                probes.resumed(info, part_of(state, "probes"))
            # Without a given period no packet is late, and results are known long before all ticks are timed.
            if not recorded:
                spikes, counts = evaluate()
            count = engine.run(part.ticks.stop, self.timed, if_late=if_late, pause=is_due, paused=save)
            if part.ticks and options.tick_ps is None:
                self._reached = count, function
            batched = self._loaded.stateless and not engine.late
            if batched:
                first = part.rows.start
                if counts is None:
                    spikes, counts = evaluate()
        finally:
            probes.finished()
        result = FramesResult(
            spikes=spikes,
            counts=record.counter.result(len(part.rows)) if counts is None else counts,
            depth=self._stages.depth,
            timing=stopwatch.result(options.tick_ps),
            ticks_per_frame=self._ticks_per_frame,
            timed_frames=(stopwatch.ticks() % self._rows // self._ticks_per_frame)[:: self._ticks_per_frame],
            batched=batched,
            ticks=count - part.ticks.start,
            timing_name=options.timing,
            backend=self._backend.name,
            wall_s=time.perf_counter() - began,
        )
        return PartResult(first, engine.now_ps, result)

    def _function_before(self, part: FramePart) -> tuple[ChipFunction, range]:
        """Return a chip, and the ticks that it has to play before those of the part."""
        reached, self._reached = self._reached, None
        if reached is not None and part.ticks and part.warm_up.start <= reached[0] <= part.ticks.start:
            return reached[1], range(reached[0], part.ticks.start)
        return ChipFunction(self._loaded, self.routes), part.warm_up


def _warmed_up(function: ChipFunction, inputs: FrameInputs, ticks: range) -> Iterator[Outcome]:
    for tick in ticks:
        outcome = function.step(tick, inputs.at(tick))
        function.deliver_at_once(outcome)
        yield outcome


def join_parts(parts: Iterable[PartResult], rows: int) -> FramesResult:
    """Return the result of the whole run from those of all its parts, in their order.

    Parameters
    ----------
    parts
        The results of `FrameSimulator.parts`; each is read once and not kept.
    rows
        F·T, the rows of the run.

    Raises
    ------
    DataError
        If there are no parts.
    """
    first: FramesResult | None = None
    timings = _JoinedTiming()
    timed_frames: list[NDArray[np.int64]] = []
    for part in parts:
        result = part.result
        if first is None:
            first, counts = result, result.counts
            spikes = np.zeros((rows, result.spikes.shape[1]), np.uint8)
            batched, ticks, wall_s = True, 0, 0.0
        else:
            counts = EventCounts(**{name: getattr(counts, name) + getattr(result.counts, name) for name in _COUNTS})
        some = spikes[part.first_row : part.first_row + len(result.spikes)]
        some[:] = np.minimum(some.astype(np.uint16) + result.spikes, 255)
        timings.add(result.timing)
        timed_frames.append(result.timed_frames)
        batched, ticks, wall_s = batched and result.batched, ticks + result.ticks, wall_s + result.wall_s
    if first is None:
        raise DataError("frames: there are no parts to join")
    return replace(
        first,
        spikes=spikes,
        counts=counts,
        timing=timings.result(),
        timed_frames=np.concatenate(timed_frames),
        batched=batched,
        ticks=ticks,
        wall_s=wall_s,
    )


_COUNTS = [field.name for field in fields(EventCounts)]
_SUMS = {field.name for field in fields(TimingResult)} - {
    *("tick_period_ps", "first_tick", "makespans_ps", "limit", "core_busy_ps")
}
"""Statistics that are sums over ticks."""


class _JoinedTiming:
    """Statistics of the timed ticks of all parts."""

    def __init__(self) -> None:
        self._longest: TimingResult | None = None
        self._makespans: list[NDArray[np.int64]] = []
        self._sums = dict.fromkeys(_SUMS, 0)
        self._first_tick = 0

    def add(self, timing: TimingResult | None) -> None:
        """Add the statistics of a part; None if none of its ticks was timed."""
        if timing is None:
            return
        if self._longest is None:
            self._first_tick, self._longest, self._busy = timing.first_tick, timing, timing.core_busy_ps
        # Of equally long ticks the first one counts, as in a run of one part.
        elif timing.makespans_ps.max() > self._longest.makespans_ps.max():
            self._longest = timing
        self._busy = np.maximum(self._busy, timing.core_busy_ps)
        self._makespans.append(timing.makespans_ps)
        self._sums = {name: value + getattr(timing, name) for name, value in self._sums.items()}

    def result(self) -> TimingResult | None:
        """Return the statistics of the run."""
        if self._longest is None:
            return None
        return replace(
            self._longest,
            first_tick=self._first_tick,
            makespans_ps=np.concatenate(self._makespans),
            core_busy_ps=self._busy,
            **cast(Any, self._sums),
        )
