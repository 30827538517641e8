"""Trainer ``eedn``: convolutional networks of trinary weights and binary neurons (Esser et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
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
from neurosyn.plugins.gpu import INSTALL
from neurosyn_plugins.trainers.eedn.options import EednOptions
from neurosyn_plugins.trainers.loss_weights import check_class_weight, class_names

__all__ = ["Eedn"]


class Eedn(EednOptions, Trainer):
    """Backpropagation through binary neurons, in plain NumPy with compiled inner loops, or on a GPU.

    Normalisation over batch and positions, the triangle max(0, 1 − |r|) as the neuron's derivative, trinary weights
    with hysteresis whose gradient goes straight through to clipped hidden weights, and normalisation statistics
    measured again at the end. It trains any layer that keeps the layer contract.
    """

    sample_weights: ClassVar[bool] = True

    def missing(self) -> str | None:
        """Return the package that products or kernels need, unless it is here."""
        if self.products == "bfloat16" and not find_spec("torch"):
            return "with products = bfloat16 needs PyTorch; install it with: pip install 'neurosyn[bfloat16]'"
        if self.kernels == "cupy" and not find_spec("cupy"):
            return f"with kernels = cupy needs CuPy; install it with: {INSTALL}"
        return None

    def unused(self) -> dict[str, str]:
        """Return the options that belong to another optimiser, schedule or pressure."""
        names: dict[str, tuple[str, ...]] = {}
        if self.optimiser == "adam":
            names["optimiser adam has none"] = ("momentum",)
        if not self.softness:
            names["softness is 0: neurons are binary from the start"] = ("soft_until",)
        if not self.sparsity:
            names["sparsity is 0: there is no such pressure"] = ("sparsity_from", "spared_activity", "complements")
        if self.schedule == "steps" and not self.decay_at:
            names["decay_at is empty: the rate never falls"] = ("decay",)
        return {name: reason for reason, options in names.items() for name in self.changed(*options)}

    def check(self, network: Network, classes: Sequence[str], *, held_out: bool) -> None:
        """Refuse unknown layers and classes, and patience without held-out images."""
        names = [layer.name for layer in network.layers]
        for name in self.dropout:
            if name not in names:
                raise ScenarioError(
                    f"trainer eedn: dropout: there is no layer '{name}'{did_you_mean(name, names)} "
                    f"(there are: {', '.join(names)})"
                )
        if self.patience and not held_out:
            raise ScenarioError("trainer eedn: patience has nothing to go by; hold images out with train.validation")
        check_class_weight(self.class_weight, classes)

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network`; see `neurosyn.plugins.trainers.Trainer.train`."""
        from neurosyn_plugins.trainers.eedn.training import Training

        self.check(network, class_names(data, network.n_classes), held_out=bool(data.validation))
        self.check_labels(network, data.train.labels)
        return Training(self, network, data, context).run()
