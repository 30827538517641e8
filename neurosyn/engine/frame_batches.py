"""Evaluation of many frames of a stateless program at once, stage by stage.

Frames are taken 64 at a time. Within such a block a neuron's spikes are one word, bit f for frame f, so that sending
them to their axons moves whole words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import LoadedProgram
from neurosyn.backend.blocks import BLOCK
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.stateless import Pipeline
from neurosyn.engine.event_counts import EventCounter
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.state import State, fill, number

__all__ = ["FrameBatches"]

_SUMS = ("line_spikes", "integrated", "events", "spikes")
"""Sums over the blocks so far."""


@dataclass(frozen=True)
class _Scatter:
    """Scatter of words from `source` to `target` elements; `shared` if two of them have the same target."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    shared: bool

    @classmethod
    def of(cls, source: NDArray[np.int64], target: NDArray[np.int64]) -> _Scatter:
        return cls(source, target, bool((np.bincount(target, minlength=1) > 1).any()))

    def apply(self, loaded: LoadedProgram, words: NDArray[np.uint64], into: NDArray[np.uint64]) -> None:
        loaded.send_words(words, self.source, self.target, into, shared=self.shared)


class _Stage:
    """Cores that integrate a frame at the same tick, and the destinations of their spikes."""

    def __init__(self, program: Program, cores: NDArray[np.int32]) -> None:
        self.cores = cores
        dest, axon = program.dest_core[cores].ravel(), program.dest_axon[cores].ravel()
        inside = np.flatnonzero(dest >= 0)
        self.scatter = _Scatter.of(inside, dest[inside] * np.int64(program.axons) + axon[inside])
        outputs = np.flatnonzero(dest == OUTPUT)
        # In order of their pins, so that the neurons of a pin are added in one go.
        self.outputs = outputs[np.argsort(axon[outputs], kind="stable")]
        self.pins, self.first_of_pin = np.unique(axon[self.outputs], return_index=True)


class FrameBatches:
    """Evaluation of a pipeline of stateless cores for frames, a block at a time; equal to playing it tick by tick.

    Parameters
    ----------
    loaded
        The program on a backend.
    pipeline
        Its stages.
    routes
        Lengths of the routes of the host's packets.
    frames : uint8 array (F, elements)

    Attributes
    ----------
    done : int
        Frames that have been evaluated.
    """

    def __init__(self, loaded: LoadedProgram, pipeline: Pipeline, routes: Routes, frames: NDArray[np.uint8]) -> None:
        program = loaded.program
        self.done = 0
        self._loaded = loaded
        self._routes = routes
        self._frames = frames
        self._stages = [
            _Stage(program, np.flatnonzero(pipeline.stage == stage).astype(np.int32))
            for stage in np.unique(pipeline.stage)
        ]
        self._entry = _Scatter.of(
            np.arange(len(program.input_core)), program.input_core * np.int64(program.axons) + program.input_axon
        )
        self._active = np.empty((program.cores, program.axons), np.uint64)
        self._outputs = np.zeros((len(frames), program.pins), np.uint8)
        self._line_spikes = np.zeros(len(program.input_core), np.int64)
        self._integrated, self._events = np.zeros((2, program.cores), np.int64)
        self._spikes = np.zeros((program.cores, program.neurons), np.int64)

    def advance(self) -> None:
        """Evaluate the next block of frames."""
        program, loaded, active = self._loaded.program, self._loaded, self._active
        block = program.lines_of(self._frames[self.done : self.done + BLOCK])
        lines = np.zeros((block.shape[1], 8), np.uint8)
        packed = np.packbits(block, axis=0, bitorder="little")
        lines[:, : len(packed)] = packed.T
        words = lines.view("<u8").astype(np.uint64, copy=False).ravel()
        self._line_spikes += np.bitwise_count(words)
        active[:] = 0
        self._entry.apply(loaded, words, active.reshape(-1))
        for stage in self._stages:
            fired, events, axons = loaded.evaluate_block(stage.cores, active, len(block))
            self._integrated[stage.cores] += axons
            self._events[stage.cores] += events
            self._spikes[stage.cores] += np.bitwise_count(fired)
            flat = fired.reshape(-1)
            stage.scatter.apply(loaded, flat, active.reshape(-1))
            if len(stage.outputs):
                _collect(flat[stage.outputs], stage, self._outputs[self.done : self.done + len(block)])
        self.done += len(block)

    def result(self, counter: EventCounter) -> NDArray[np.uint8]:
        """Return the output spikes of the frames, and add their events to a counter: one tick of every core for each.

        Returns
        -------
        uint8 array (F, pins)
            Spikes that each output pin sends for each frame; 255 means that many or more.
        """
        program, routes, line_spikes = self._loaded.program, self._routes, self._line_spikes
        counter.spikes[...] += self._spikes
        counter.synaptic_events += self._events
        np.add.at(counter.host_packets, program.input_core, line_spikes)
        counter.input_hops += int((line_spikes * routes.line_hops).sum())
        counter.input_crossings += int((line_spikes * routes.line_crossings).sum())
        counter.collisions += _received(program, counter.spikes, line_spikes) - self._integrated
        return self._outputs

    def state(self) -> State:
        """Return outputs and sums of the blocks so far."""
        arrays = {name: getattr(self, f"_{name}") for name in _SUMS}
        return {"done": np.array(self.done, np.int64), "outputs": self._outputs[: self.done], **arrays}

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned for the same frames."""
        self.done = number(state, "done")
        fill(self._outputs[: self.done], state, "outputs")
        for name in _SUMS:
            fill(getattr(self, f"_{name}"), state, name)


def _collect(words: NDArray[np.uint64], stage: _Stage, outputs: NDArray[np.uint8]) -> None:
    """Add the spikes of a stage's output neurons, frame words (n,), to their pins (F, pins)."""
    octets = words.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    spikes = np.unpackbits(octets, axis=1, count=len(outputs), bitorder="little")
    counts = np.add.reduceat(spikes, stage.first_of_pin, axis=0, dtype=np.uint32)
    outputs[:, stage.pins] = np.minimum(outputs[:, stage.pins] + counts.T, 255)


def _received(program: Program, spikes: NDArray[np.int64], line_spikes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the spikes that each core received."""
    received = np.zeros(program.cores, np.int64)
    inside = program.dest_core >= 0
    np.add.at(received, program.dest_core[inside], spikes[inside])
    np.add.at(received, program.input_core, line_spikes)
    return received
