"""Simulation of independent samples: many ticks of input each, with the potentials set again before every sample.

Samples share nothing, so copies of the program stand side by side and integrate one sample each: all processors have
work, and crossbars are read from the cache. Timed samples are played one after the other on the placed program.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import get_backend
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.results import TimingResult
from neurosyn.engine.stepping import TickSimulation, check_board
from neurosyn.errors import DataError

__all__ = ["Observer", "SamplesResult", "simulate_samples"]

_CORES_TOGETHER = 2_048
_SAMPLES_TOGETHER = 256

Observer = Callable[[int, int, NDArray[np.int64], NDArray[np.int64]], None]
"""Called with the first sample of a batch, the tick, and sample (within the batch) and neuron of each spike."""


@dataclass(frozen=True)
class SamplesResult:
    """Results of samples.

    Attributes
    ----------
    spikes : uint8 array (samples, ticks, pins)
        Spikes that each output pin sent.
    counts : EventCounts
        Events of all samples.
    timing : TimingResult or None
        Of the timed samples.
    timed_samples : int
    differing_samples : int
        Timed samples whose output spikes differ from the untimed ones: packets were late.
    backend : str
    wall_s : float
        Duration of the function, without times.
    """

    spikes: NDArray[np.uint8]
    counts: EventCounts
    timing: TimingResult | None
    timed_samples: int
    differing_samples: int
    backend: str
    wall_s: float


def simulate_samples(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    inputs: NDArray[np.uint8],
    ticks: int,
    *,
    timed: int = 0,
    observe: Observer | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> SamplesResult:
    """Simulate a program on samples.

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
        Samples, from the first on, whose packets are timed.
    observe
        Called with the spikes of all neurons (core × N + neuron).
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
    counts = tally.counts(routes, samples * ticks)
    timing, differing = None, 0
    timed = min(timed, samples) if options.timing != "none" else 0
    results: list[TimingResult] = []
    for sample in range(timed):
        result, sent = _play_timed(program, placement, chip, options, inputs[:, sample], ticks)
        results.append(result)
        differing += int(not np.array_equal(sent, spikes[sample]))
        progress(sample + 1, timed, "timed samples")
    if results:
        timing = _joined(results)
    return SamplesResult(spikes, counts, timing, len(results), differing, backend.name, wall_s)


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
        leaves = np.flatnonzero(program.dest_core.ravel() == OUTPUT)
        self._pin = np.full(program.dest_core.size, -1, np.int64)
        self._pin[leaves] = program.dest_axon.ravel()[leaves]

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


def _play_timed(
    program: Program,
    placement: Placement,
    chip: ChipOptions,
    options: SimulateOptions,
    inputs: NDArray[np.uint8],
    ticks: int,
) -> tuple[TimingResult, NDArray[np.uint8]]:
    """Play one sample, inputs (T, elements), in time; return times and the spikes (ticks, pins)."""
    tick, line = np.nonzero(program.lines_of(inputs))
    simulation = TickSimulation(program, placement, chip, options)
    simulation.inject(InputSpikes.on_lines(program, tick.astype(np.int64), line.astype(np.int32)))
    simulation.step(ticks)
    result = simulation.finish()
    spikes = np.zeros((ticks, program.pins), np.uint8)
    np.add.at(spikes, (result.output_spikes.tick, result.output_spikes.dest_axon), 1)
    assert result.timing is not None
    return result.timing, spikes


def _joined(results: list[TimingResult]) -> TimingResult:
    """Return the statistics of samples together: the longest tick limits all."""
    longest = max(results, key=lambda result: result.tick_period_ps)
    return dataclasses.replace(
        longest,
        makespans_ps=np.concatenate([result.makespans_ps for result in results]),
        core_busy_ps=np.max([result.core_busy_ps for result in results], axis=0),
        **{
            name: sum(getattr(result, name) for result in results)
            for name in (
                "late_packets", "core_overruns", "packets", "packet_travel_ps", "packet_blocked_ps", "core_stalled_ps",
            )
        },
    )  # fmt: skip
