"""Behaviours of a single TrueNorth neuron."""

from __future__ import annotations

from itertools import pairwise

from verification.behaviours.behaviour import Behaviour, intervals, ramp, spikes_in, steps
from verification.behaviours.circuit import OUT, Circuit, CircuitNeuron, CircuitRecording

__all__ = ["ONE_NEURON"]


def _alone(**parameters: object) -> Circuit:
    return Circuit({OUT: CircuitNeuron(**parameters)})  # type: ignore[arg-type]


def _is_tonic_spiking(recording: CircuitRecording) -> bool:
    gaps = intervals(spikes_in(recording, 20, 180))
    return len(gaps) >= 10 and len(set(gaps)) == 1 and len(recording.spikes) == len(gaps) + 1


def _is_class_1(recording: CircuitRecording) -> bool:
    gaps = intervals(spikes_in(recording, 20, 240))
    falling = all(earlier >= later for earlier, later in pairwise(gaps))
    return len(gaps) >= 10 and falling and gaps[0] >= 4 * gaps[-1]


def _is_spike_latency(recording: CircuitRecording) -> bool:
    pulses = [20, 90, 150]
    latencies = [[tick - pulse for tick in spikes_in(recording, pulse, pulse + 50)] for pulse in pulses]
    if len(recording.spikes) != 3 or [len(ticks) for ticks in latencies] != [1, 1, 1]:
        return False
    first, second, third = (ticks[0] for ticks in latencies)
    return first > second > third >= 5


def _is_integrator(recording: CircuitRecording) -> bool:
    return len(spikes_in(recording, 80, 90)) == 1 and len(recording.spikes) == 1


def _is_threshold_variability(recording: CircuitRecording) -> bool:
    return recording.spikes.tolist() == spikes_in(recording, 153, 155) and len(recording.spikes) == 1


def _is_bistability(recording: CircuitRecording) -> bool:
    gaps = intervals(spikes_in(recording, 40, 160))
    return len(gaps) >= 8 and len(set(gaps)) == 1 and len(recording.spikes) == len(gaps) + 1


def _is_after_potential(recording: CircuitRecording) -> bool:
    strong, weak = spikes_in(recording, 80, 81), spikes_in(recording, 84, 85)
    after = recording.potential[81:84]
    return len(strong) == 1 and len(weak) == 1 and len(recording.spikes) == 2 and bool((after > 0).all())


def _is_inhibition_induced_spiking(recording: CircuitRecording) -> bool:
    gaps = intervals(spikes_in(recording, 40, 178))
    return len(gaps) >= 10 and len(set(gaps[1:])) == 1 and len(recording.spikes) == len(gaps) + 1


ONE_NEURON = (
    Behaviour(
        "tonic spiking",
        "spikes at one interval as long as the current lasts, none before or after",
        _alone(weights=(3, 0, 0, 0), leak=-1, threshold=20),
        steps(200, (20, 180, 1)),
        _is_tonic_spiking,
    ),
    Behaviour(
        "class 1 excitability",
        "under a rising current the rate sets in low and rises: intervals fall to a quarter and less",
        _alone(weights=(1, 0, 0, 0), leak=-1, threshold=40),
        ramp(260, (20, 240, 12)),
        _is_class_1,
    ),
    # A leak that drives V away from 0: after a pulse V climbs by itself.
    Behaviour(
        "spike latency",
        "one spike after each brief pulse, the later the weaker the pulse",
        _alone(weights=(1, 0, 0, 0), leak=1, leak_reversal=True, threshold=40),
        steps(200, (20, 21, 8), (90, 91, 18), (150, 151, 28)),
        _is_spike_latency,
    ),
    Behaviour(
        "integrator",
        "two pulses make a spike if they are close together, none if they are far apart",
        _alone(weights=(12, 0, 0, 0), leak=-1, leak_reversal=True, threshold=20),
        steps(160, (20, 21, 1), (40, 41, 1), (80, 81, 1), (83, 84, 1), (120, 121, 1)),
        _is_integrator,
    ),
    # V below −β is reset to −R: past the negative threshold V jumps above rest.
    Behaviour(
        "threshold variability",
        "a pulse alone makes no spike, after brief inhibition it does",
        _alone(
            weights=(14, -14, 0, 0),
            leak=-1,
            leak_reversal=True,
            threshold=20,
            reset=-9,
            negative_threshold=10,
            negative_saturation=False,
        ),
        steps(200, (30, 31, 1), (90, 91, -1), (151, 152, -1), (153, 154, 1)),
        _is_threshold_variability,
    ),
    # 0 is a point of rest between a leak that drives V up and a floor; R = 1 keeps it climbing after each spike.
    Behaviour(
        "bistability",
        "one pulse switches regular spiking on, another one off; nothing flows in between",
        _alone(weights=(1, -20, 0, 0), leak=1, leak_reversal=True, threshold=12, reset=1),
        steps(200, (40, 41, 1), (160, 161, -1)),
        _is_bistability,
    ),
    Behaviour(
        "depolarising after-potential",
        "a pulse that is too weak alone makes a spike shortly after another spike",
        _alone(weights=(14, 0, 0, 0), leak=-1, leak_reversal=True, threshold=20, reset=12),
        steps(200, (30, 31, 1), (80, 81, 2), (84, 85, 1), (150, 151, 1)),
        _is_after_potential,
    ),
    Behaviour(
        "inhibition-induced spiking",
        "regular spikes as long as inhibition lasts, none without",
        _alone(
            weights=(0, -2, 0, 0),
            leak=-1,
            leak_reversal=True,
            threshold=12,
            reset=-15,
            negative_threshold=20,
            negative_saturation=False,
        ),
        steps(220, (40, 178, -1)),
        _is_inhibition_induced_spiking,
    ),
)
"""Behaviours of a single neuron."""
