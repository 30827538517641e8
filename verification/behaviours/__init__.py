"""Check of the twenty classic behaviours of neurons (Izhikevich 2004), with TrueNorth neurons.

Cassidy et al. (2013) showed that one to a few TrueNorth neurons have all twenty; the parameters here are different.
"""

from __future__ import annotations

from itertools import pairwise

from verification.outcome import CheckOutcome

__all__ = ["verify"]


def verify() -> CheckOutcome:
    """Simulate every behaviour and compare it with its criterion."""
    from verification.behaviours.catalogue import BEHAVIOURS
    from verification.behaviours.figure import draw

    outcome = CheckOutcome("behaviours")
    played = []
    for behaviour in BEHAVIOURS:
        recording = behaviour.play()
        shown = behaviour.shown(recording)
        played.append((behaviour, recording, shown))
        size = len(behaviour.circuit.neurons)
        outcome.expect(
            f"{behaviour.name} ({size} neuron{'s' if size > 1 else ''})",
            behaviour.criterion,
            _spikes_as_text(recording.spikes.tolist()),
            "criterion",
            shown,
        )
    outcome.figures["behaviours"] = draw(played)
    return outcome


def _spikes_as_text(ticks: list[int]) -> str:
    """Return number and time of spikes as text: the first tick, then the intervals, with equal ones counted."""
    if not ticks:
        return "no spikes"
    runs: list[list[int]] = []
    for earlier, later in pairwise(ticks):
        if runs and runs[-1][0] == later - earlier:
            runs[-1][1] += 1
        else:
            runs.append([later - earlier, 1])
    shown = [f"{gap}×{times}" if times > 1 else str(gap) for gap, times in runs[:6]] + ["…"] * (len(runs) > 6)
    first = f"{len(ticks)} spike{'s' if len(ticks) > 1 else ''}, the first at {ticks[0]}"
    return f"{first}; intervals {', '.join(shown)}" if shown else first
