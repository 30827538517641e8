"""Behaviours of circuits of two to four neurons on one core, connected through its crossbar.

A neuron with reset mode 2 stays at its threshold: it fires in every tick until its potential falls. Such a *latch*,
charged by the spikes of the output neuron or by the current, switches a drive off or inhibits for a long time.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from verification.behaviours.behaviour import Behaviour, bursts, intervals, ramp, spikes_in, steps
from verification.behaviours.circuit import OUT, Circuit, CircuitNeuron, CircuitRecording

__all__ = ["SEVERAL_NEURONS"]


def _is_phasic_spiking(recording: CircuitRecording) -> bool:
    first, second = spikes_in(recording, 20, 30), spikes_in(recording, 120, 130)
    return len(first) == len(second) == 1 and len(recording.spikes) == 2


def _is_tonic_bursting(recording: CircuitRecording) -> bool:
    groups = bursts(recording.spikes.tolist(), gap=4)
    pauses = [later[0] - earlier[-1] for earlier, later in pairwise(groups)]
    whole = {len(group) for group in groups[:-1]}
    inside = len(spikes_in(recording, 20, 200)) == len(recording.spikes)
    return inside and len(groups) >= 4 and len(whole) == 1 and min(whole) >= 3 and min(pauses) >= 10


def _is_phasic_bursting(recording: CircuitRecording) -> bool:
    spikes = recording.spikes.tolist()
    return 3 <= len(spikes) <= 10 and spikes[-1] < 50 and len(bursts(spikes, gap=4)) == 1


def _is_mixed_mode(recording: CircuitRecording) -> bool:
    gaps = intervals(recording.spikes.tolist())
    fast, slow = [gap for gap in gaps if gap <= 3], [gap for gap in gaps if gap > 3]
    in_order = gaps == fast + slow
    return in_order and len(fast) >= 3 and len(slow) >= 5 and len(set(slow[1:])) == 1 and slow[-1] >= 3 * fast[0]


def _is_adaptation(recording: CircuitRecording) -> bool:
    gaps = intervals(recording.spikes.tolist())
    rising = all(earlier <= later for earlier, later in pairwise(gaps))
    return len(gaps) >= 15 and rising and len(set(gaps)) >= 4 and gaps[-1] >= 3 * gaps[0] and gaps[-1] == gaps[-3]


def _is_class_2(recording: CircuitRecording) -> bool:
    spikes = spikes_in(recording, 20, 240)
    gaps = intervals(spikes)
    falling = all(earlier >= later for earlier, later in pairwise(gaps))
    return len(gaps) >= 10 and spikes[0] >= 100 and falling and gaps[0] <= 2 * gaps[-1]


def _is_oscillation(recording: CircuitRecording) -> bool:
    if recording.spikes.tolist() != [20]:
        return False
    after = recording.potential[21:]
    swings = [run for run in np.split(after, np.flatnonzero(np.diff(np.sign(after))) + 1) if run[0] != 0]
    heights = [int(np.abs(run).max()) for run in swings]
    alternating = all(np.sign(earlier[0]) == -np.sign(later[0]) for earlier, later in pairwise(swings))
    return len(heights) >= 3 and alternating and heights == sorted(heights, reverse=True) and after[-1] == 0


def _is_resonator(recording: CircuitRecording) -> bool:
    return len(spikes_in(recording, 150, 160)) == 1 and len(recording.spikes) == 1


def _is_rebound_spike(recording: CircuitRecording) -> bool:
    return len(spikes_in(recording, 110, 125)) == 1 and len(recording.spikes) == 1


def _is_rebound_burst(recording: CircuitRecording) -> bool:
    spikes = recording.spikes.tolist()
    return len(spikes) >= 4 and spikes == spikes_in(recording, 110, 130) and len(bursts(spikes, gap=4)) == 1


def _is_accommodation(recording: CircuitRecording) -> bool:
    return len(recording.spikes) == 1 and len(spikes_in(recording, 180, 200)) == 1


def _is_inhibition_induced_bursting(recording: CircuitRecording) -> bool:
    groups = bursts(recording.spikes.tolist(), gap=4)
    pauses = [later[0] - earlier[-1] for earlier, later in pairwise(groups)]
    inside = len(spikes_in(recording, 30, 205)) == len(recording.spikes)
    return inside and len(groups) >= 4 and min(len(group) for group in groups[:-1]) >= 3 and min(pauses) >= 10


def _out(**parameters: object) -> CircuitNeuron:
    """Return a neuron whose potential decays to 0 from both sides."""
    return CircuitNeuron(**{"leak": -1, "leak_reversal": True} | parameters)  # type: ignore[arg-type]


_LATCH_OF_SPIKES = CircuitNeuron((1, 0, 4, 0), 20, leak=-1, reset_mode=2, hears=(OUT,), sends_as=3)
"""Fires from the fifth spike until the current ends."""
_LATCH_OF_INHIBITION = CircuitNeuron((0, 2, 0, 0), 12, leak=-1, reset_mode=2, sends_as=2)
"""Fires after twelve ticks of inhibition until the inhibition ends."""


def _adapting(threshold: int) -> CircuitNeuron:
    """Return a neuron that answers each spike with a spike once its potential has reached the threshold."""
    return CircuitNeuron((0, 0, 14, 0), threshold, leak=-1, reset_mode=2, hears=(OUT,), sends_as=3)


SEVERAL_NEURONS = (
    Behaviour(
        "phasic spiking",
        "one spike when a current begins, none while it lasts",
        Circuit(
            {
                OUT: _out(weights=(11, 0, 0, -40), threshold=20, negative_threshold=10, hears=("latch",)),
                "latch": CircuitNeuron((1, 0, 20, 0), 20, leak=-1, reset_mode=2, hears=(OUT,), sends_as=3),
            }
        ),
        steps(220, (20, 95, 1), (120, 195, 1)),
        _is_phasic_spiking,
    ),
    Behaviour(
        "tonic bursting",
        "bursts of equally many spikes with long pauses, as long as the current lasts",
        Circuit(
            {
                OUT: _out(weights=(8, 0, 0, -90), threshold=20, negative_threshold=90, hears=("pause",)),
                "pause": CircuitNeuron((0, 0, 1, 0), 5, reset_mode=1, hears=(OUT,), sends_as=3),
            }
        ),
        steps(220, (20, 200, 1)),
        _is_tonic_bursting,
    ),
    Behaviour(
        "phasic bursting",
        "one burst when the current begins, nothing while it lasts",
        Circuit(
            {
                OUT: _out(weights=(8, 0, 0, -30), threshold=20, negative_threshold=10, hears=("latch",)),
                "latch": _LATCH_OF_SPIKES,
            }
        ),
        steps(200, (20, 180, 1)),
        _is_phasic_bursting,
    ),
    Behaviour(
        "mixed mode",
        "a burst when the current begins, then regular single spikes",
        Circuit(
            {
                OUT: _out(weights=(9, 0, 0, -7), threshold=16, hears=("latch",)),
                "latch": _LATCH_OF_SPIKES,
            }
        ),
        steps(200, (20, 180, 1)),
        _is_mixed_mode,
    ),
    Behaviour(
        "spike-frequency adaptation",
        "under a constant current intervals grow step by step to three times the first and stay there",
        Circuit(
            {
                OUT: _out(
                    weights=(13, 0, 0, -24), threshold=24, negative_threshold=100, hears=("slow", "slower", "slowest")
                ),
                "slow": _adapting(50),
                "slower": _adapting(90),
                "slowest": _adapting(130),
            }
        ),
        steps(220, (20, 200, 1)),
        _is_adaptation,
    ),
    Behaviour(
        "class 2 excitability",
        "under a rising current the rate sets in at half of its final value or more",
        Circuit(
            {
                OUT: CircuitNeuron((1, 0, 5, 0), 40, leak=-6, hears=("onset",)),
                "onset": CircuitNeuron((1, 0, 0, 0), 1, leak=-6),
            }
        ),
        ramp(260, (20, 240, 12)),
        _is_class_2,
    ),
    Behaviour(
        "subthreshold oscillations",
        "after one spike the potential swings around rest, each time less",
        Circuit(
            {
                OUT: _out(
                    weights=(30, -16, -8, 12),
                    threshold=24,
                    negative_threshold=30,
                    hears=("first", "second", "third"),
                ),
                "first": CircuitNeuron((0, 0, 1, 0), 1, hears=(OUT,), sends_as=1, delay=1),
                "second": CircuitNeuron((0, 1, 0, 0), 1, hears=("first",), sends_as=3, delay=15),
                "third": CircuitNeuron((0, 0, 0, 1), 1, hears=("second",), sends_as=2, delay=11),
            }
        ),
        steps(120, (20, 21, 1)),
        _is_oscillation,
    ),
    Behaviour(
        "resonator",
        "of four pairs of pulses the one at the preferred interval makes a spike, shorter and longer ones do not",
        Circuit(
            {
                OUT: _out(weights=(10, -8, 11, 0), threshold=20, negative_threshold=30, hears=("dip", "peak")),
                "dip": CircuitNeuron((1, 0, 0, 0), 1, sends_as=1, delay=8),
                "peak": CircuitNeuron((0, 1, 0, 0), 1, hears=("dip",), sends_as=2, delay=10),
            }
        ),
        steps(
            270,
            *((first, first + 1, 1) for first in (10, 70, 135, 200)),
            *((second, second + 1, 1) for second in (14, 80, 153, 228)),
        ),
        _is_resonator,
    ),
    Behaviour(
        "rebound spike",
        "one spike when long inhibition ends, none after brief inhibition",
        Circuit(
            {
                OUT: _out(weights=(0, -9, 7, 0), threshold=12, negative_threshold=15, hears=("memory",)),
                "memory": CircuitNeuron((0, 2, 0, 0), 12, leak=-1, reset_mode=2, delay=5),
            }
        ),
        steps(180, (20, 28, -1), (70, 110, -1)),
        _is_rebound_spike,
    ),
    Behaviour(
        "rebound burst",
        "a burst when long inhibition ends, nothing after brief inhibition",
        Circuit(
            {
                OUT: _out(weights=(0, -11, 9, 0), threshold=16, negative_threshold=15, hears=("memory",)),
                "memory": CircuitNeuron((0, 2, 0, 0), 12, leak=-1, reset_mode=2, delay=15),
            }
        ),
        steps(180, (20, 28, -1), (70, 110, -1)),
        _is_rebound_burst,
    ),
    Behaviour(
        "accommodation",
        "a current that rises slowly makes no spike, a smaller one that rises fast does",
        Circuit(
            {
                OUT: CircuitNeuron((1, 0, -10, 0), 50, leak=-2, hears=("copy",)),
                "copy": CircuitNeuron((1, 0, 0, 0), 10, reset_mode=1, delay=10),
            }
        ),
        ramp(240, (20, 140, 10), (180, 183, 9)) + steps(240, (183, 200, 9)),
        _is_accommodation,
    ),
    Behaviour(
        "inhibition-induced bursting",
        "bursts with long pauses as long as inhibition lasts, none without",
        Circuit(
            {
                OUT: _out(
                    weights=(0, -2, 10, -90), threshold=20, negative_threshold=90, hears=("drive", "pause"), sends_as=0
                ),
                "drive": CircuitNeuron((0, 2, 0, 0), 6, leak=-1, reset_mode=2),
                "pause": CircuitNeuron((1, 0, 0, 0), 4, reset_mode=1, hears=(OUT,), sends_as=3),
            }
        ),
        steps(220, (30, 196, -1)),
        _is_inhibition_induced_bursting,
    ),
)
"""Behaviours of several neurons."""
