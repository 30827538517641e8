"""Trainer ``eedn``: convolutional networks of trinary weights and binary neurons (Esser et al. 2016)."""

from __future__ import annotations

from typing import ClassVar

from neurosyn.plugins import (
    Model,
    Network,
    ScenarioError,
    Trainer,
    TrainingContext,
    TrainingData,
    did_you_mean,
)
from neurosyn_plugins.trainers.eedn.options import EednOptions

__all__ = ["Eedn"]


class Eedn(EednOptions, Trainer):
    """Backpropagation through binary neurons, in plain NumPy with compiled inner loops, or on a GPU.

    Normalisation over batch and positions, the triangle max(0, 1 − |r|) as the neuron's derivative, trinary weights
    with hysteresis whose gradient goes straight through to clipped hidden weights, and normalisation statistics
    measured again at the end. It trains any layer that keeps the layer contract.
    """

    sample_weights: ClassVar[bool] = True

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network`; see `neurosyn.plugins.trainers.Trainer.train`."""
        from neurosyn_plugins.trainers.eedn.training import Training

        names = [layer.name for layer in network.layers]
        for name in self.dropout:
            if name not in names:
                raise ScenarioError(
                    f"trainer eedn: dropout: there is no layer '{name}'{did_you_mean(name, names)} "
                    f"(there are: {', '.join(names)})"
                )
        if self.patience and not data.validation:
            raise ScenarioError("trainer eedn: patience has nothing to go by; hold images out with train.validation")
        self.check_labels(network, data.train.labels)
        return Training(self, network, data, context).run()
