"""Simulation of a program step by step: spikes can be injected between ticks."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import get_backend
from neurosyn.chip.fit import require_core
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.reach import check_placement_reach
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.chip_function import ChipFunction, Outcome
from neurosyn.engine.clock import Clock, PlayedTick
from neurosyn.engine.event_counts import EventCounter, EventCounts
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.host_inputs import InputQueue, host_inputs
from neurosyn.engine.options import SimulateOptions, TimingName
from neurosyn.engine.output_log import OutputLog
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import Probe, RunInfo
from neurosyn.engine.results import TicksResult, TimingResult
from neurosyn.engine.state import Checkpoint, Resumable, State, gather_all, never_due, part_of, restore_all
from neurosyn.engine.stopwatch import Stopwatch
from neurosyn.errors import DataError
from neurosyn.support.processors import usable_processors

__all__ = ["TickSimulation", "check_board"]


class TickSimulation:
    """Simulation of a program on a board, a number of ticks at a time.

    The outcome does not depend on the portions in which ticks are played and spikes are injected.

    Parameters
    ----------
    program
    placement, chip
        The board.
    options
        ``frames`` and ``timed_frames`` mean nothing here: all ticks are timed, unless ``timing`` is ``none``.
    probes
    jobs
        Ticks that the compiled timing may compute at once, if they do not overlap; by default the number of
        processors. Results do not depend on it.
    stepped
        Called with the outcome of each tick, in order, before the tick is timed.

    Raises
    ------
    DataError
        If placement and program do not belong together.
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
        *,
        probes: Sequence[Probe] | ProbeDispatcher = (),
        jobs: int | None = None,
        stepped: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        began = time.perf_counter()
        check_board(program, placement, chip, timing=options.timing)
        backend = get_backend(options.backend)
        routes = Routes.of(program, placement, chip)
        self._program, self._placement, self._chip, self._options = program, placement, chip, options
        self._backend = backend.name
        self._function = ChipFunction(backend.load(program), routes)
        self._inputs = InputQueue()
        self._probes = ProbeDispatcher.of(probes)
        self._stopwatch = Stopwatch(program, placement, chip)
        self._counter = EventCounter(program, routes)
        self._outputs = OutputLog(program)
        self._is_running = False
        self._on_step = stepped
        self._progress: Callable[[int], None] = lambda _: None
        # The engine must not keep this object, or a chip's memory would stay until cycles are collected.
        me = weakref.proxy(self)
        self._engine = Clock(
            self._function,
            self._inputs,
            placement,
            chip,
            options.timing,
            options.tick_ps,
            lambda tick: me._played(tick),
            threads=jobs or usable_processors(),
            stepped=lambda outcome: me._stepped(outcome),
        )
        self._wall_s = time.perf_counter() - began

    @property
    def tick(self) -> int:
        """The next tick."""
        return self._engine.tick

    @property
    def potential(self) -> NDArray[np.int32]:
        """The potentials V before the next tick, int32 (C, N); a copy."""
        return self._function.potential

    @property
    def counts(self) -> EventCounts:
        """Counts of events of the ticks up to now."""
        return self._counter.result(self.tick)

    @property
    def timing(self) -> TimingResult | None:
        """Statistics of the timed ticks that are over; None if there are none."""
        return self._stopwatch.result(self._options.tick_ps)

    def inject(self, spikes: InputSpikes) -> None:
        """Inject spikes of the host, after those of the same tick that were injected before.

        Parameters
        ----------
        spikes
            Stamped with the next tick or a later one; before the first tick also with −1.

        Raises
        ------
        DataError
            If a spike goes to no axon of the program, or its tick is over.
        ChipLimitError
            If a packet would have to travel further than a packet reaches.
        """
        inputs = host_inputs(spikes, self._program, self._placement, self._chip)
        if not len(spikes.tick):
            return
        first, last = int(spikes.tick.min()), int(spikes.tick.max())
        if first < self.tick and self.tick > 0:
            raise DataError(
                f"input spikes: one is stamped {first}; the next tick is {self.tick}; inject it before that is played"
            )
        if first < 0:
            early = inputs.at(-1)
            self._function.start(early)
            self._counter.add_host(early)
        self._inputs.add(inputs, first, last)

    def step(
        self,
        ticks: int = 1,
        progress: Callable[[int, int, str], None] = lambda *_: None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Play a number of ticks.

        With a given tick period the last packets may still be under way then; a tick reaches probes and `timing` when
        all of its packets have arrived.

        Parameters
        ----------
        ticks
        progress
            Called with the ticks done, all ticks, and the unit.
        checkpoint
            Storage of the state; it is saved between ticks when that is due.
        """
        began, end = time.perf_counter(), self.tick + ticks
        self._progress = lambda done: progress(done, end, "ticks")
        self._start()
        timed = range(end if self._options.timing != "none" else 0)
        is_due = never_due if checkpoint is None else checkpoint.is_due
        while not self._engine.advance(end, timed, pause=is_due):
            assert checkpoint is not None
            checkpoint.save(self.state())
        self._wall_s += time.perf_counter() - began

    def state(self) -> State | None:
        """Return the state between two ticks while nothing is under way; None if a probe cannot be resumed."""
        return gather_all(self._members(), self._probes.state())

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned for the same program, board, options and injected spikes.

        Called before the first tick, after all spikes stamped before the next one have been injected.

        Raises
        ------
        DataError
            If it is not such a state.
        """
        restore_all(self._members(), state)
        self._is_running = True
        self._probes.resumed(self._info, part_of(state, "probes"))

    def finish(self) -> TicksResult:
        """Let all packets arrive, and return the outcome. No tick can follow."""
        began = time.perf_counter()
        self._start()
        self._engine.rest()
        self.close()
        return TicksResult(
            output_spikes=self._outputs.take(),
            counts=self.counts,
            timing=self.timing,
            ticks=self.tick,
            timing_name=self._options.timing,
            backend=self._backend,
            wall_s=self._wall_s + time.perf_counter() - began,
        )

    def close(self) -> None:
        """Close the clock, and call the probes' `finished`."""
        self._engine.close()
        if self._is_running:
            self._is_running = False
            self._probes.finished()

    def _members(self) -> dict[str, Resumable]:
        return {
            "clock": self._engine,
            "function": self._function,
            "counter": self._counter,
            "outputs": self._outputs,
            "stopwatch": self._stopwatch,
        }

    @property
    def _info(self) -> RunInfo:
        return RunInfo(self._program, self._placement, self._chip, self._options.timing)

    def _start(self) -> None:
        if not self._is_running:
            self._is_running = True
            self._probes.started(self._info)

    def _stepped(self, outcome: Outcome) -> None:
        self._counter.add(outcome)
        self._counter.add_host(outcome.host)
        if self._program.pins:
            leaves = self._program.dest_core[outcome.spike_core, outcome.spike_neuron] == OUTPUT
            self._outputs.add(outcome.tick, outcome.spike_core[leaves], outcome.spike_neuron[leaves])
        self._on_step(outcome)

    def _played(self, tick: PlayedTick) -> None:
        self._stopwatch.add(tick)
        self._probes.tick(lambda: tick.columns(self._chip))
        self._progress(tick.outcome.tick + 1)


def check_board(program: Program, placement: Placement, chip: ChipOptions, *, timing: TimingName = "none") -> None:
    """Refuse a program and a placement that do not belong together or to the chip.

    Raises
    ------
    DataError
        If the placement is for another board or program, or the program has the limits of another chip.
    ChipLimitError
        If a core is larger than the chip's, packets cannot reach, or times that are needed are not known.
    """
    require_core(program, chip.description)
    if program.limits != chip.description.limits:
        raise DataError(
            f"program: has the limits of another chip than {chip.description.title}; compile it for this chip, or fit "
            "it with neurosyn.chip.fit.fit_program"
        )
    mesh = placement.mesh
    if (mesh.rows, mesh.columns) != (chip.mesh.rows, chip.mesh.columns):
        raise DataError(
            f"placement: is for a board of {mesh.rows} × {mesh.columns} chips, `chip.chips` says "
            f"{chip.mesh.rows} × {chip.mesh.columns}; place the program again"
        )
    if len(placement.xy) != program.cores:
        raise DataError(
            f"placement: has positions for {len(placement.xy):,} cores, the program has {program.cores:,}; "
            "place the program again"
        )
    check_placement_reach(program, placement, chip.board_of(mesh))
    if timing != "none":
        chip.require_times()
