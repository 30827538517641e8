"""Behaviours in the order of Izhikevich (2004)."""

from __future__ import annotations

from verification.behaviours.behaviour import Behaviour
from verification.behaviours.one_neuron import ONE_NEURON
from verification.behaviours.several_neurons import SEVERAL_NEURONS

__all__ = ["BEHAVIOURS"]

_ORDER = (
    "tonic spiking",
    "phasic spiking",
    "tonic bursting",
    "phasic bursting",
    "mixed mode",
    "spike-frequency adaptation",
    "class 1 excitability",
    "class 2 excitability",
    "spike latency",
    "subthreshold oscillations",
    "resonator",
    "integrator",
    "rebound spike",
    "rebound burst",
    "threshold variability",
    "bistability",
    "depolarising after-potential",
    "accommodation",
    "inhibition-induced spiking",
    "inhibition-induced bursting",
)
_BY_NAME = {behaviour.name: behaviour for behaviour in (*ONE_NEURON, *SEVERAL_NEURONS)}

BEHAVIOURS: tuple[Behaviour, ...] = tuple(_BY_NAME[name] for name in _ORDER)
"""The twenty behaviours."""
