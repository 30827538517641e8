"""Folding of a filter's normalisation and threshold into one integer leak.

A neuron spikes iff r ≥ 0 with r = (s − μ)/(σ + ε) + b, where s = Σ u·w is an integer. With θ = μ − b·(σ + ε)

    r ≥ 0  ⇔  s ≥ θ  ⇔  s + λ ≥ 1,   λ = 1 − ⌈θ⌉                                        (Esser et al. 2016)

In floating point, r and θ may disagree where θ is within a rounding error of an integer. Therefore ⌈θ⌉ is computed as
the smallest s for which the float64 expression of r is not negative (`spike_thresholds`): rounded subtraction, division
by a positive number and addition are monotone, so this s is unique and the leak decides every sum exactly as r does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError, DataError
from neurosyn.model.inference import spike_thresholds
from neurosyn.model.model import LayerParameters, Model, Normalisation
from neurosyn.network.layer import LEAK_LIMIT

__all__ = ["fold"]


def fold(model: Model, leak_limit: int = LEAK_LIMIT) -> Model:
    """Return the deployed model: on-chip layers have integer leaks in place of normalisation and hidden weights.

    The leaks of a model that is already deployed are checked and kept.

    Raises
    ------
    ChipLimitError
        If the magnitude of a leak exceeds `leak_limit`, 255 on TrueNorth.
    DataError
        If a normalisation has values that are not finite, or a negative σ.
    """
    parameters = []
    for layer, trained in zip(model.network.layers, model.parameters, strict=True):
        if layer.off_chip:
            parameters.append(LayerParameters(trained.weights, trained.normalisation, activity=trained.activity))
            continue
        if trained.normalisation is not None:
            _check_normalisation(trained.normalisation, layer.name)
        leak = 1 - spike_thresholds(trained, layer.connectivity.fan_in)
        _check_leaks(leak, layer.name, leak_limit)
        parameters.append(LayerParameters(trained.weights, leak=leak, activity=trained.activity))
    return Model(model.network, tuple(parameters), model.encoder, model.provenance)


def _check_normalisation(normalisation: Normalisation, name: str) -> None:
    mean, std, bias = normalisation.mean, normalisation.std, normalisation.bias
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and np.isfinite(bias).all() and (std >= 0).all()):
        raise DataError(
            f"model: layer {name}: normalisation has values that are not finite, or a negative σ; train the model again"
        )


def _check_leaks(leak: NDArray[np.int32], name: str, limit: int) -> None:
    beyond = np.argwhere(np.abs(leak) > limit)
    if len(beyond):
        bank, feature = map(int, beyond[0])
        raise ChipLimitError(
            f"layer {name}: filter {feature} of bank {bank} needs a leak of {leak[bank, feature]}, a neuron's leak is "
            f"−{limit}…{limit} ({len(beyond)} such filters); keep biases nearer to the means in training or "
            "give the layer fewer inputs"
        )
