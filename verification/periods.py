"""Check of the periods and phases of tonic neurons against those of the chip and of IBM's simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosyn.chip.program import NEURON_TYPE
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.probes.probe import Probe, TickColumns
from verification.outcome import CheckOutcome
from verification.small_programs import equal_cores, play
from verification.style import BLUE, GRID, INK, MUTED, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KNOWN", "TonicNeuron", "fire", "verify"]

TICKS = 60


@dataclass(frozen=True)
class TonicNeuron:
    """A neuron that fires in ticks `phase` modulo `period`; the first tick is number 1.

    Attributes
    ----------
    first : int
        First tick in which it fires, computed by hand.
    weight : int
        Weight of the input spike of every tick; the first one has tick 1 and is integrated in tick 2.
    """

    threshold: int
    leak: int
    period: int
    phase: int
    first: int
    initial: int = 0
    weight: int = 0

    def __str__(self) -> str:
        spikes = f"a spike of s = {self.weight} in every tick, " if self.weight else ""
        start = f", V = {self.initial} at the start" if self.initial else ""
        return f"{spikes}λ = {self.leak:+d}, α = {self.threshold}{start}".replace("-", "−")


KNOWN = (
    TonicNeuron(threshold=10, leak=1, period=10, phase=0, first=10),
    TonicNeuron(threshold=10, leak=1, initial=1, period=10, phase=9, first=9),
    TonicNeuron(threshold=11, leak=2, period=6, phase=0, first=6),
    TonicNeuron(threshold=10, leak=-1, weight=3, period=5, phase=1, first=6),
)
"""Periods and phases: [IBM]."""


class _Spikes(Probe):
    """Ticks in which each neuron of the single core fired, counted from 1."""

    def __init__(self, neurons: int) -> None:
        self.ticks: list[list[int]] = [[] for _ in range(neurons)]

    def tick(self, columns: TickColumns) -> None:
        for neuron in columns.spike_neuron.tolist():
            self.ticks[neuron].append(columns.tick + 1)


def fire(neurons: tuple[TonicNeuron, ...] = KNOWN) -> list[list[int]]:
    """Return the ticks, counted from 1, in which each neuron fires; all are on one core."""
    kinds = np.zeros(len(neurons), NEURON_TYPE)
    kinds["weights"][:, 0] = [neuron.weight for neuron in neurons]
    kinds["leak"] = [neuron.leak for neuron in neurons]
    kinds["threshold"] = [neuron.threshold for neuron in neurons]
    kinds["negative_saturation"] = True
    synapses = np.array([[neuron.weight != 0] for neuron in neurons])
    program = equal_cores(kinds, synapses, initial=np.array([neuron.initial for neuron in neurons], np.int32))
    spikes = _Spikes(len(neurons))
    every = InputSpikes.on_lines(program, np.arange(TICKS, dtype=np.int64), np.zeros(TICKS, np.int32))
    play(program, TICKS, spikes=every, probes=[spikes])
    return spikes.ticks


def verify() -> CheckOutcome:
    """Simulate the neurons and compare period and phase."""
    outcome = CheckOutcome("periods")
    fired = fire()
    for known, ticks in zip(KNOWN, fired, strict=True):
        gaps = sorted(set(np.diff(ticks).tolist()))
        phases = sorted({tick % known.period for tick in ticks})
        outcome.expect(
            str(known),
            f"period {known.period}, phase {known.phase}, first spike in tick {known.first}",
            f"period {', '.join(map(str, gaps))}, phase {', '.join(map(str, phases))}, {len(ticks)} spikes, "
            f"the first in tick {ticks[0] if ticks else '–'}",
            "exact",
            gaps == [known.period] and phases == [known.phase] and ticks[0] == known.first,
        )
    outcome.figures["periods"] = _draw(fired)
    return outcome


def _draw(fired: list[list[int]]) -> Figure:
    with drawing(8.0, 2.3) as figure:
        axes = figure.subplots()
        for row, (known, ticks) in enumerate(zip(KNOWN, fired, strict=True)):
            expected = range(known.first, TICKS + 1, known.period)
            axes.plot(expected, [row] * len(expected), "o", color=GRID, markersize=13, markeredgecolor=MUTED)
            axes.plot(ticks, [row] * len(ticks), "|", color=BLUE, markersize=13, markeredgewidth=2)
        axes.plot([], [], "o", color=GRID, markersize=9, markeredgecolor=MUTED, label="known")
        axes.plot([], [], "|", color=BLUE, markersize=9, markeredgewidth=2, label="simulated")
        axes.set_yticks(range(len(KNOWN)), [str(known) for known in KNOWN], color=INK)
        axes.set_ylim(len(KNOWN) - 0.4, -0.6)
        axes.set_xlim(0, TICKS + 2)
        axes.set_xlabel("tick, the first one is 1")
        axes.set_title("Spikes of tonic neurons")
        axes.grid(axis="x", color=GRID)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure
