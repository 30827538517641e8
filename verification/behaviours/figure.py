"""Plot of all behaviours: output spikes, potential and current of each."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from verification.behaviours.behaviour import Behaviour
from verification.behaviours.circuit import OUT, CircuitRecording
from verification.style import BLUE, GRID, INK, MUTED, ORANGE, RED, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_COLUMNS = 4
_SPIKES, _POTENTIAL, _CURRENT = (1.32, 1.5), (0.42, 1.2), (0.0, 0.26)
"""Bottom and top of the bands of a panel."""


def draw(played: Sequence[tuple[Behaviour, CircuitRecording, bool]]) -> Figure:
    """Draw behaviours with their recordings and whether the criteria hold."""
    rows = -(-len(played) // _COLUMNS)
    with drawing(12.2, 0.5 + 1.72 * rows) as figure:
        for axes in figure.subplots(rows, _COLUMNS, squeeze=False).flat[len(played) :]:
            axes.remove()
        for letter, axes, (behaviour, recording, shown) in zip(ascii_uppercase, figure.axes, played, strict=False):
            _panel(axes, behaviour, recording)
            title = f"{letter}  {behaviour.name}"
            axes.set_title(title if shown else f"{title}: not shown", color=INK if shown else RED, pad=3, fontsize=9)
        figure.supxlabel(
            "time in ticks (1 ms).  In each panel, from the top: output spikes; potential V with α (dotted) and "
            "0 (dashed); current, inhibitory below the line",
            fontsize=8.5,
            color=MUTED,
        )
        return figure


def _panel(axes: Axes, behaviour: Behaviour, recording: CircuitRecording) -> None:
    ticks = np.arange(len(recording))
    out = behaviour.circuit.neurons[OUT]
    lowest = min(0, int(recording.potential.min()))
    highest = max(out.threshold, int(recording.potential.max()))
    scale = (_POTENTIAL[1] - _POTENTIAL[0]) / (highest - lowest)
    rest = _POTENTIAL[0] - lowest * scale

    axes.axhline(rest, color=GRID, linewidth=0.8, linestyle="--", zorder=0)
    axes.axhline(rest + out.threshold * scale, color=MUTED, linewidth=0.7, linestyle=":", zorder=0)
    # A potential that reaches the threshold is reset within the tick; the plot shows the threshold.
    time = np.repeat(ticks, 2)
    values = np.repeat(recording.potential, 2).astype(np.float64)
    values[0::2] = np.concatenate([[0], recording.potential[:-1]])
    values[2 * recording.spikes] = out.threshold
    axes.plot(time, rest + values * scale, color=BLUE, linewidth=0.9)
    axes.vlines(recording.spikes, *_SPIKES, color=INK, linewidth=1.0)

    low, high = _CURRENT
    strongest, weakest = max(0, int(recording.current.max())), min(0, int(recording.current.min()))
    zero = low + (high - low) * -weakest / (strongest - weakest)
    level = zero + recording.current / (strongest - weakest) * (high - low)
    axes.fill_between(ticks, zero, level, step="mid", color=ORANGE, linewidth=0.8, edgecolor=ORANGE)
    axes.axhline(zero, color=ORANGE, linewidth=0.8)

    axes.set_xlim(0, len(recording))
    axes.set_ylim(-0.05, 1.55)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7, length=2, pad=2)
    size = len(behaviour.circuit.neurons)
    axes.text(
        0.995, 1.02, "1 neuron" if size == 1 else f"{size} neurons", transform=axes.transAxes,
        ha="right", va="bottom", fontsize=7, color=MUTED,
    )  # fmt: skip
