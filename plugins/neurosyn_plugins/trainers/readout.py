"""Trainers ``ridge`` and ``logistic``: a linear read-out on fixed features, by scikit-learn. The smallest trainers.

All layers but the last keep fixed weights: their own, random ones, or those of a model that is given. The last layer
is the read-out: for each class scikit-learn fits real weights w and b such that d = w·u + b separates the class from
the others by the spikes u of the layer before. The chip has trinary weights and integer leaks, so the neurons m of a
class divide the work:

    weights   trinary(w/Δ + δ_m)     rounded to −1, 0, 1 with an offset −½ < δ_m < ½ that differs from neuron to
                                     neuron: in the mean over many they are w/Δ, as far as |w| ≤ Δ
    spikes    Σ trinary·u ≥ ⌈θ_m⌉    where θ_m is what that sum is in the mean when d = τ_m; the levels τ_m lie where
                                     the d of the two best classes are, so that the number of spikes grows with d

Losses: weights beyond Δ are cut off, thresholds are integers, and m neurons count d in m steps. The model's
provenance has the accuracy of scikit-learn's solution, ``accuracy_real``, beside that of the neurons,
``accuracy_trinary``, both on the training images; the more neurons a class has, the smaller the difference.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from neurosyn.plugins import (
    DataError,
    LayerParameters,
    Model,
    Network,
    ScenarioError,
    Trainer,
    TrainingContext,
    TrainingData,
)
from neurosyn.plugins.inference import classify, infer, load_model, measure, transduce
from neurosyn.plugins.wiring import flat_rows, wire_layers
from neurosyn_plugins.trainers.loss_weights import ClassWeight, check_class_weight, loss_weights, require_positive

__all__ = ["Logistic", "Ridge"]

Weights = NDArray[np.float64] | None
"""Weight of each sample in the fit; None for equal weights."""


class _Readout(Trainer):
    fixed_layers: ClassVar[bool] = True
    sample_weights: ClassVar[bool] = True

    features: str = Field("", description="model file of the same network to take the other layers from; empty: random")
    zeros: float = Field(0.45, ge=0, lt=1, description="share of zeros among random trinary weights")
    cut: float = Field(0.9, gt=0, le=1, description="share of the read-out's real weights that are not cut off")
    rows: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="samples at most to fit on, drawn by seed: an image at a position is one",
    )
    class_weight: ClassWeight = Field(
        None,
        description='weights of the classes in the fit: `"balanced"`, inversely to their number of images, or a table '
        "by class name, in which absent classes weigh 1",
    )

    @field_validator("class_weight")
    @classmethod
    def _check_weights(cls, weights: ClassWeight) -> ClassWeight:
        return require_positive(weights)

    def unused(self) -> dict[str, str]:
        """Return `zeros` if no weights are drawn."""
        return dict.fromkeys(self.changed("zeros"), "features come from a model") if self.features else {}

    def check(self, network: Network, classes: Sequence[str], *, held_out: bool) -> None:  # noqa: ARG002
        """Refuse weights of unknown classes."""
        check_class_weight(self.class_weight, classes)

    @abstractmethod
    def solve(self, spikes: NDArray[np.float32], labels: NDArray[np.int32], weights: Weights) -> Any:
        """Return scikit-learn's classifier, fitted to spikes (rows, inputs), their labels and their weights."""

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Fit the last layer; see `neurosyn.plugins.trainers.Trainer.train`."""
        rng = np.random.default_rng(context.seed)
        self.check_labels(network, data.train.labels)
        encoded = data.encoder.encode(data.train.images)
        before = self._fixed(network, encoded, rng)
        times = len(encoded) // len(data.train)
        classes = np.repeat(data.train.labels, times)
        weights = loss_weights(data, self.class_weight, network.n_classes)
        weights = None if weights is None else np.repeat(weights, times)
        last, accuracy = self._last(network, before, encoded, classes, weights, rng)
        provenance = {"seed": context.seed, "training_images": len(data.train), "accuracy_real": accuracy}
        model = Model(network, (*before[:-1], last), dict(data.encoder_spec), provenance)
        chosen = classify(model, data.encoder, data.train.images)
        provenance["accuracy_trinary"] = float((chosen == data.train.labels).mean())
        context.report({"epoch": 1, "epochs": 1, "accuracy": provenance["accuracy_trinary"]})
        return model

    def _fixed(self, network: Network, encoded: NDArray[np.float32], rng: np.random.Generator) -> list[LayerParameters]:
        """Return the parameters of all layers; those of the last are still to be found."""
        if self.features:
            given = load_model(Path(self.features))
            if given.network.describe() | {"seed": 0} != network.describe() | {"seed": 0}:
                raise DataError(f"{self.features}: holds another network; `features` takes a model of the same layers")
            if given.network.seed != network.seed:
                raise DataError(
                    f"{self.features}: its layers are wired by another seed; train both with the scenario's same `seed`"
                )
            return list(given.parameters)
        weights, biases = [], []
        for layer in network.layers:
            wiring = layer.connectivity
            shape = (wiring.n_banks, wiring.fan_in, wiring.features)
            if layer.off_chip:
                weights.append(rng.standard_normal(shape, np.float32))
            else:
                share = (1 - self.zeros) / 2
                weights.append(rng.choice(np.array([-1, 0, 1], np.float32), shape, p=(share, self.zeros, share)))
            # Spread biases let the features divide their inputs at different places.
            biases.append(rng.uniform(-0.5, 0.5, (wiring.n_banks, wiring.features)).astype(np.float32))
        return measure(network, weights, biases, encoded)

    def _last(
        self,
        network: Network,
        parameters: list[LayerParameters],
        encoded: NDArray[np.float32],
        labels: NDArray[np.int32],
        weights_of: Weights,
        rng: np.random.Generator,
    ) -> tuple[LayerParameters, float]:
        """Return the read-out's parameters and the accuracy with real weights."""
        model = Model(network, tuple(parameters), {})
        source = _spikes_before_last(model, transduce(model, encoded))
        wiring = wire_layers(network.on_chip)[-1]
        output_class = np.empty(wiring.size, np.int32)
        output_class[wiring.rows] = network.readout
        weights = np.zeros_like(parameters[-1].weights)
        leak = np.zeros((len(wiring.banks), wiring.features), np.int32)
        votes = np.zeros((len(labels), network.n_classes))
        for bank in wiring.banks:
            neuron_class = output_class[bank.rows].reshape(bank.features, bank.sites)
            if (neuron_class != neuron_class[:, :1]).any():
                raise ScenarioError(
                    "trainer: the last layer has filters that stand for different classes at different positions; "
                    "use read-out 'readout'"
                )
            # Row s·images + i: what site s sees of image i.
            seen = source[bank.index].reshape(len(bank.index), -1).T
            targets = np.tile(labels, bank.sites)
            chosen = rng.permutation(len(seen))[: self.rows]
            of_chosen = None if weights_of is None else np.tile(weights_of, bank.sites)[chosen]
            solution = self.solve(seen[chosen], targets[chosen], of_chosen)
            real, constant = _per_class(solution, network.n_classes)
            decisions = seen @ real + constant
            votes += decisions.reshape(bank.sites, len(labels), -1).sum(axis=0)
            trinary, threshold = _neurons(seen[chosen], real, decisions[chosen], neuron_class[:, 0], self.cut)
            weights[bank.number], leak[bank.number] = trinary, 1 - threshold
        return replace(
            parameters[-1], weights=weights, leak=leak, normalisation=None, hidden=None, activity=None
        ), float((votes.argmax(axis=1) == labels).mean())

    def check_labels(self, network: Network, labels: NDArray[np.int32]) -> None:
        """Refuse labels as every trainer does, and those of a single class."""
        super().check_labels(network, labels)
        if labels.min() == labels.max():
            raise DataError(
                f"train: all training images are of class {labels[0]}; a read-out needs images of at least two of the "
                f"network's classes 0…{network.n_classes - 1}"
            )


class Ridge(_Readout):
    """Least squares towards ±1 for each class with a penalty on large weights; closed form, no iterations."""

    alpha: float = Field(30.0, gt=0, description="penalty on the squares of the weights")

    def solve(self, spikes: NDArray[np.float32], labels: NDArray[np.int32], weights: Weights) -> Any:
        """Return the fitted ridge classifier."""
        from sklearn.linear_model import RidgeClassifier

        return RidgeClassifier(alpha=self.alpha).fit(spikes, labels, sample_weight=weights)


class Logistic(_Readout):
    """Logistic regression over all classes together."""

    penalty: float = Field(30.0, gt=0, description="penalty on the squares of the weights, scikit-learn's 1/C")
    iterations: int = Field(300, ge=1, le=100_000, description="most iterations of the solver")

    def solve(self, spikes: NDArray[np.float32], labels: NDArray[np.int32], weights: Weights) -> Any:
        """Return the fitted logistic regression."""
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        with warnings.catch_warnings():
            # The weights are rounded to trinary ones: the last digits of the solution do not matter.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return LogisticRegression(C=1 / self.penalty, max_iter=self.iterations).fit(spikes, labels, weights)


def _spikes_before_last(model: Model, bits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the inputs of the last layer, (rows + 1, images): what its wiring refers to."""
    layers = model.network.on_chip
    wirings = wire_layers(layers)
    if len(layers) == 1:
        rows, spikes = flat_rows(bits.shape[1]), bits
    else:
        rows = wirings[-2].rows
        kept: list[NDArray[np.uint8]] = []

        def observe(layer: int, _frames: slice, spikes: NDArray[np.uint8]) -> None:
            if layer == len(layers) - 2:
                kept.append(spikes)

        infer(model, bits, observe)
        spikes = np.concatenate(kept)
    source = np.zeros((spikes.shape[1] + 1, len(spikes)), np.float32)
    source[rows] = spikes.T
    return source


def _per_class(solution: Any, n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (inputs, classes) and constants (classes,); a class that never came is never chosen."""
    coefficients, constants = np.atleast_2d(solution.coef_), np.atleast_1d(solution.intercept_)
    if len(coefficients) == 1:  # two classes: one decision
        coefficients, constants = np.vstack([-coefficients, coefficients]), np.concatenate([-constants, constants])
    real = np.zeros((coefficients.shape[1], n_classes))
    constant = np.full(n_classes, -1e6)
    real[:, solution.classes_], constant[solution.classes_] = coefficients.T, constants
    return real, constant


def _neurons(
    seen: NDArray[np.float32],
    real: NDArray[np.float64],
    decisions: NDArray[np.float64],
    classes: NDArray[np.int32],
    cut: float,
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return trinary weights (inputs, neurons) and integer thresholds (neurons,); see the module.

    Parameters
    ----------
    seen : float32 array (rows, inputs)
        Spikes of the training samples.
    real : float64 array (inputs, classes)
        w of each class.
    decisions : float64 array (rows, classes)
        d of the training samples.
    classes : int32 array (neurons,)
        Class of each neuron, −1 for none.
    cut
        Share of the weights that are not beyond Δ.
    """
    fan_in = len(real)
    delta = max(float(np.quantile(np.abs(real), cut)), float(np.abs(real).max()) / 16, 1e-12)
    best = np.sort(decisions, axis=1)[:, -2:]
    weights = np.zeros((fan_in, len(classes)), np.int8)
    threshold = np.full(len(classes), fan_in + 1, np.int32)  # never spikes
    for number in np.unique(classes[classes >= 0]):
        if not real[:, number].any():
            continue  # a class that never came
        neurons = np.flatnonzero(classes == number)
        count = np.arange(len(neurons))
        # Golden steps go through the offsets in another order than the levels: neighbouring levels differ in both.
        offset = (count + 0.5) * GOLDEN % 1 - 0.5
        weights[:, neurons] = np.clip(np.rint(real[:, number][:, None] / delta + offset), -1, 1)
        level = np.quantile(best, (count + 0.5) / len(neurons))
        sums = seen @ weights[:, neurons].astype(np.float32)
        threshold[neurons] = np.clip(np.ceil(_expected(sums, decisions[:, number], level)), -fan_in, fan_in + 1)
    return weights, threshold


def _expected(
    sums: NDArray[np.float32], decision: NDArray[np.float64], level: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each neuron's sums are in the mean where d is at its level: the line of least squares."""
    centred = decision - decision.mean()
    mean = sums.mean(axis=0)
    slope = centred @ (sums - mean) / max(float(centred @ centred), 1e-12)
    return np.asarray(mean + slope * (level - decision.mean()))


GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it fill the unit interval evenly, however many there are."""
