"""Record of frames that pass through the chip tick by tick."""

from __future__ import annotations

import numpy as np

from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.stateless import Pipeline
from neurosyn.engine.clock import PlayedTick
from neurosyn.engine.event_counts import EventCounter
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.state import State, fill, gather, part_of

__all__ = ["FrameRecord"]


class FrameRecord:
    """Spikes and events of frames that pass through the chip tick by tick, in a range of ticks."""

    def __init__(self, program: Program, routes: Routes, stages: Pipeline, rows: int, ticks: range) -> None:
        self._program = program
        self._stage = stages.stage.astype(np.int64)
        self._rows = rows
        self.first_row = min(max(ticks.start - int(self._stage.max()), 0), rows)
        self.counter = EventCounter(program, routes)
        self.spikes = np.zeros((min(ticks.stop, rows) - self.first_row, program.pins), np.uint8)

    def state(self) -> State:
        """Return spikes and counts."""
        return {"spikes": self.spikes, **gather(counter=self.counter.state())}

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned."""
        fill(self.spikes, state, "spikes")
        self.counter.restore(part_of(state, "counter"))

    def add(self, tick: PlayedTick) -> None:
        """Give the spikes of a tick to the frames that each core was working on."""
        outcome, program = tick.outcome, self._program
        row = outcome.tick - self._stage
        busy = (row >= 0) & (row < self._rows)
        self.counter.add(outcome, busy)
        if outcome.tick < self._rows:
            self.counter.add_host(outcome.host)
        core, neuron = outcome.spike_core, outcome.spike_neuron
        leaves = busy[core] & (program.dest_core[core, neuron] == OUTPUT)
        core, neuron = core[leaves], neuron[leaves]
        place = (row[core] - self.first_row) * program.pins + program.dest_axon[core, neuron]
        element, times = np.unique(place, return_counts=True)
        flat = self.spikes.reshape(-1)
        flat[element] = np.minimum(flat[element] + times, 255)
