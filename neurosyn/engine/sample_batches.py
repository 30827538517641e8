"""Simulation of independent samples: many ticks of input each, with the potentials set again before every sample.

Samples share nothing, so copies of the program stand side by side and integrate one sample each: all processors have
work, and crossbars are read from the cache. Samples that are timed or traced are played one after the other on the
placed program: between two, all potentials are set again and spikes under way are dropped, which takes no time [A].
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import get_backend
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.engine.chip_function import ChipFunction, Outcome
from neurosyn.engine.clock import Clock, PlayedTick
from neurosyn.engine.event_counts import EventCounter, EventCounts
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.host_inputs import HostSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.probe import Probe, RunInfo
from neurosyn.engine.results import FramesResult, TimingResult
from neurosyn.engine.stepping import check_board
from neurosyn.engine.stopwatch import Stopwatch
from neurosyn.errors import DataError
from neurosyn.support.processors import usable_processors

__all__ = ["Observer", "SamplesResult", "simulate_samples"]

_CORES_TOGETHER = 2_048
_SAMPLES_TOGETHER = 256

Observer = Callable[[int, int, NDArray[np.int64], NDArray[np.int64]], None]
"""Called with the first sample of a batch, the tick, and sample (within the batch) and neuron of each spike."""


@dataclass(frozen=True)
class SamplesResult(FramesResult):
    """Results of samples: those of frames whose ``ticks_per_frame`` is all ticks of a sample, to its last output.

    Attributes
    ----------
    differing_samples : int
        Samples played in order whose output spikes differ from those of the batch: packets were late at cores.
    """

    differing_samples: int

    @property
    def by_sample(self) -> NDArray[np.uint8]:
        """The spikes of each sample, uint8 (samples, ticks, pins)."""
        return self.spikes.reshape(-1, self.ticks_per_frame, self.spikes.shape[1])


def simulate_samples(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    inputs: NDArray[np.uint8],
    ticks: int,
    *,
    timed: int = 0,
    probes: Sequence[Probe] | ProbeDispatcher = (),
    observe: Observer | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> SamplesResult:
    """Simulate a program on samples.

    If packets are late at cores, which only a given tick period allows, all samples are played in order, and the
    results are those of the packets as they came.

    Parameters
    ----------
    program
    placement, chip
        The board.
    options
        ``timing``, ``tick`` and ``backend`` are used.
    inputs : uint8 array (T, samples, elements)
        Input spikes stamped with ticks 0 … T − 1. Not 0: the element spikes.
    ticks
        Ticks to play for each sample.
    timed
        Samples, from the first on, that are played in order: in time, and for probes that see ticks.
    probes
    observe
        Called with the spikes of all neurons (core × N + neuron).
    jobs
        Ticks that the compiled timing may compute at once; by default the number of processors.
    progress

    Raises
    ------
    DataError
        If inputs, placement and program do not belong together.
    """
    check_board(program, placement, chip, timing=options.timing if timed else "none")
    _check_inputs(program, inputs)
    backend = get_backend(options.backend)
    routes = Routes.of(program, placement, chip)
    samples = inputs.shape[1]
    spikes = np.zeros((samples, ticks, program.pins), np.uint8)
    tally = _Tally(program)
    began = time.perf_counter()
    together = max(1, min(samples, _CORES_TOGETHER // program.cores, _SAMPLES_TOGETHER))
    batch = _Batch(program, together, backend)
    for start in range(0, samples, together):
        block = program.lines_of(inputs[:, start : start + together])
        batch.play(block, ticks, spikes[start : start + together], start, tally, observe)
        progress(start + block.shape[1], samples, "samples")
    wall_s = time.perf_counter() - began
    dispatcher = ProbeDispatcher.of(probes)
    in_order = _InOrder(program, placement, chip, options, inputs, ticks, routes)
    played = min(timed, samples) if options.timing != "none" or dispatcher.wants_ticks else 0
    late = in_order.play(played, dispatcher, jobs, progress) if played else False
    of_batch = spikes.reshape(-1, program.pins)
    differs = (in_order.spikes != of_batch[: len(in_order.spikes)]).any(axis=1)[: (samples if late else played) * ticks]
    timing = in_order.timing()
    return SamplesResult(
        spikes=in_order.spikes if late else of_batch,
        counts=in_order.counts() if late else tally.counts(routes, samples * ticks),
        depth=1,
        ticks_per_frame=ticks,
        timing=timing,
        timed_frames=np.arange(0 if timing is None else len(timing.makespans_ps) // ticks),
        batched=not late,
        ticks=(samples if late else played) * ticks,
        timing_name=options.timing,
        backend=backend.name,
        wall_s=wall_s,
        differing_samples=int(differs.reshape(-1, ticks).any(axis=1).sum()),
    )


def _check_inputs(program: Program, inputs: NDArray[np.uint8]) -> None:
    needed = int(program.input_line.max(initial=-1)) + 1
    if inputs.ndim != 3 or inputs.dtype != np.uint8 or inputs.shape[2] < needed or not inputs.shape[0]:
        raise DataError(
            f"samples: {inputs.dtype} {inputs.shape}, not uint8 (ticks, samples, at least {needed} elements); "
            "give the spikes that the network was made for"
        )


class _Tally:
    """Sums of events over samples, as of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.fired = np.zeros(program.cores * program.neurons, np.int64)
        self.synaptic_events = np.zeros(program.cores, np.int64)
        self.collisions = np.zeros(program.cores, np.int64)
        self.lines = np.zeros(len(program.input_line), np.int64)

    def counts(self, routes: Routes, ticks: int) -> EventCounts:
        program = self._program
        fired = self.fired.reshape(program.cores, program.neurons)
        sent = fired * (program.dest_core != -1)
        host = np.zeros(program.cores, np.int64)
        np.add.at(host, program.input_core, self.lines)
        return EventCounts(
            ticks=ticks,
            spikes=fired.sum(axis=1),
            synaptic_events=self.synaptic_events,
            packets=sent.sum(axis=1),
            output_packets=(fired * (program.dest_core == OUTPUT)).sum(axis=1),
            hops=(sent * routes.hops).sum(axis=1),
            crossings=(sent * routes.crossings).sum(axis=1),
            collisions=self.collisions,
            host_packets=host,
            input_hops=int((self.lines * routes.line_hops).sum()),
            input_crossings=int((self.lines * routes.line_crossings).sum()),
            fired=fired,
        )


class _Batch:
    """Copies of a program that integrate one sample each."""

    def __init__(self, program: Program, copies: int, backend: object) -> None:
        self._program = program
        self._loaded = backend.load(_side_by_side(program, copies))  # type: ignore[attr-defined]
        self._pin = _pins(program)

    def play(
        self,
        lines: NDArray[np.bool_],
        ticks: int,
        spikes: NDArray[np.uint8],
        first: int,
        tally: _Tally,
        observe: Observer | None,
    ) -> None:
        """Play a block of samples, inputs bool (T, samples, lines), from the initial potentials on."""
        program, loaded = self._program, self._loaded
        potential, rng = loaded.initial_state()
        schedulers = loaded.schedulers()
        size, samples = self._pin.size, lines.shape[1]
        cores = samples * program.cores
        for tick in range(ticks):
            active, merged = schedulers.pop(tick)
            result = loaded.step(active, potential, rng)
            fired = result.spikes()
            schedulers.send(tick, fired)
            if tick < len(lines):
                sample, line = np.nonzero(lines[tick])
                core = (sample * program.cores + program.input_core[line]).astype(np.int32)
                schedulers.deliver(tick + 1, core, program.input_axon[line])
                tally.lines += np.bincount(line, minlength=len(tally.lines))
            fired = fired[fired < samples * size]
            sample, neuron = np.divmod(fired, size)
            pin = self._pin[neuron]
            leaving = pin >= 0
            np.add.at(spikes[:, tick], (sample[leaving], pin[leaving]), 1)
            tally.fired += np.bincount(neuron, minlength=size)
            tally.synaptic_events += result.events_of_cores()[:cores].reshape(samples, -1).sum(axis=0)
            tally.collisions += merged[:cores].reshape(samples, -1).sum(axis=0)
            if observe is not None:
                observe(first, tick, sample, neuron)


def _side_by_side(program: Program, copies: int) -> Program:
    """Return a program with so many copies of its cores; copies send to cores of their own copy."""
    shift = np.repeat(np.arange(copies, dtype=np.int32) * program.cores, program.cores)[:, None]
    dest = np.tile(program.dest_core, (copies, 1))

    def tiled(array: NDArray[Any]) -> Any:
        return np.tile(array, (copies,) + (1,) * (array.ndim - 1))

    names = (
        "crossbar",
        "axon_types",
        "neuron_type",
        "initial_potential",
        "dest_axon",
        "delay",
        "seeds",
        "core_layer",
        "activity",
    )
    return dataclasses.replace(
        program,
        dest_core=np.where(dest >= 0, dest + shift, dest).astype(np.int32),
        **{name: tiled(getattr(program, name)) for name in names},
    )


class _InOrder:
    """Samples one after the other on the placed program, a sample's ticks together, with time and probes."""

    def __init__(
        self,
        program: Program,
        placement: Placement,
        chip: ChipOptions,
        options: SimulateOptions,
        inputs: NDArray[np.uint8],
        ticks: int,
        routes: Routes,
    ) -> None:
        self._program, self._placement, self._chip, self._options = program, placement, chip, options
        self._inputs, self._ticks, self._routes = _SampleInputs(program, inputs, ticks, routes), ticks, routes
        self._counter, self._stopwatch = EventCounter(program, routes), Stopwatch(program, placement, chip)
        self._samples = inputs.shape[1]
        self._pin = _pins(program)
        self.spikes = np.zeros((0, program.pins), np.uint8)

    def play(
        self, samples: int, probes: ProbeDispatcher, jobs: int | None, progress: Callable[[int, int, str], None]
    ) -> bool:
        """Play so many samples, or all if a packet is late at a core; return whether one was."""
        options, chip, ends = self._options, self._chip, samples * self._ticks
        # Only with a given period can packets be late.
        whole = ends if options.tick_ps is None else self._samples * self._ticks
        self.spikes = np.zeros((whole, self._program.pins), np.uint8)

        def stepped(outcome: Outcome) -> None:
            self._counter.add(outcome)
            self._counter.add_host(outcome.host)
            pin = self._pin[outcome.spikes]
            np.add.at(self.spikes[outcome.tick], pin[pin >= 0], 1)

        def played(tick: PlayedTick) -> None:
            self._stopwatch.add(tick)
            probes.tick(lambda: tick.columns(chip))
            total = whole if engine.late else ends
            progress(min(tick.outcome.tick + 1, total), total, "ticks")

        function = ChipFunction(get_backend(options.backend).load(self._program), self._routes, self._ticks)
        engine = Clock(
            function, self._inputs, self._placement, chip, options.timing, options.tick_ps, played,
            threads=jobs or usable_processors(), stepped=stepped,
        )  # fmt: skip
        probes.started(RunInfo(self._program, self._placement, chip, options.timing))
        try:
            engine.run(ends, range(ends if options.timing != "none" else 0), if_late=whole)
        finally:
            probes.finished()
        return engine.late

    def counts(self) -> EventCounts:
        """Return the events of all samples, if all were played."""
        return self._counter.result(self._samples * self._ticks)

    def timing(self) -> TimingResult | None:
        """Return the statistics of the timed ticks."""
        return self._stopwatch.result(self._options.tick_ps)


class _SampleInputs:
    """Spikes that the host injects in each tick, sample after sample; none in the ticks after a sample's last step."""

    def __init__(self, program: Program, inputs: NDArray[np.uint8], ticks: int, routes: Routes) -> None:
        self._program, self._inputs, self._ticks = program, inputs, ticks
        lines = np.arange(len(program.input_line), dtype=np.int32)
        self._lines = HostSpikes(lines, program.input_core, program.input_axon, routes.line_hops, routes.line_crossings)

    def at(self, tick: int) -> HostSpikes:
        sample, step = divmod(tick, self._ticks)
        if step >= len(self._inputs):
            return self._lines[:0]
        return self._lines[np.flatnonzero(self._program.lines_of(self._inputs[step, sample]))]


def _pins(program: Program) -> NDArray[np.int64]:
    """Return the output pin of each neuron, int64 (C · N,); −1 for none."""
    leaves = program.dest_core.ravel() == OUTPUT
    pins: NDArray[np.int64] = np.where(leaves, program.dest_axon.ravel(), -1).astype(np.int64)
    return pins
