"""Folding of a filter's normalisation and threshold into one integer leak.

A neuron spikes iff r ≥ 0 with r = (s − μ)/(σ + ε) + b, where s = Σ u·w is an integer. With θ = μ − b·(σ + ε)

    r ≥ 0  ⇔  s ≥ θ  ⇔  s + λ ≥ 1,   λ = 1 − ⌈θ⌉                                        (Esser et al. 2016)

In floating point, r and θ may disagree where θ is within a rounding error of an integer. Therefore ⌈θ⌉ is computed as
the smallest s for which the float64 expression of r is not negative: rounded subtraction, division by a positive number
and addition are monotone, so this s is unique and the leak decides every sum exactly as r does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError, DataError
from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.network.layer import LEAK_LIMIT

__all__ = ["find_leaks", "fold"]


def find_leaks(normalisation: Normalisation, fan_in: int) -> NDArray[np.int32]:
    """Return the leaks that give the same firing decision as the normalisation for every possible sum.

    Parameters
    ----------
    normalisation
        μ, σ and b, each (banks, features).
    fan_in
        Number of inputs of a neuron; sums are −fan_in … fan_in.

    Returns
    -------
    int32 array (banks, features)
        λ, from −fan_in (never fires) to fan_in + 1 (always fires).

    Raises
    ------
    DataError
        If the normalisation has values that are not finite, or a negative σ.
    """
    mean, std, bias = (np.asarray(a, np.float64) for a in (normalisation.mean, normalisation.std, normalisation.bias))
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and np.isfinite(bias).all() and (std >= 0).all()):
        raise DataError("normalisation has values that are not finite, or a negative σ; train the model again")
    silent_sums = np.zeros(mean.shape, np.int32)
    for total in range(-fan_in, fan_in + 1):
        silent_sums += (total - mean) / (std + NORMALISATION_EPSILON) + bias < 0
    smallest = silent_sums - fan_in
    return (1 - smallest).astype(np.int32)


def fold(model: Model) -> Model:
    """Return the deployed model: on-chip layers have integer leaks in place of normalisation and hidden weights.

    The leaks of a model that is already deployed are checked and kept.

    Raises
    ------
    ChipLimitError
        If a leak is outside −255…255.
    DataError
        If a normalisation has values that are not finite, or a negative σ.
    """
    parameters = []
    for layer, trained in zip(model.network.layers, model.parameters, strict=True):
        if layer.off_chip:
            parameters.append(LayerParameters(trained.weights, trained.normalisation, activity=trained.activity))
            continue
        leak = trained.leak
        if leak is None:
            assert trained.normalisation is not None  # Model requires one of the two
            try:
                leak = find_leaks(trained.normalisation, layer.connectivity.fan_in)
            except DataError as error:
                raise DataError(f"model: layer {layer.name}: {error}") from error
        _check_leaks(leak, layer.name)
        parameters.append(LayerParameters(trained.weights, leak=leak, activity=trained.activity))
    return Model(model.network, tuple(parameters), model.encoder, model.provenance)


def _check_leaks(leak: NDArray[np.int32], name: str) -> None:
    beyond = np.argwhere(np.abs(leak) > LEAK_LIMIT)
    if len(beyond):
        bank, feature = map(int, beyond[0])
        raise ChipLimitError(
            f"layer {name}: filter {feature} of bank {bank} needs a leak of {leak[bank, feature]}, a neuron's leak is "
            f"−{LEAK_LIMIT}…{LEAK_LIMIT} ({len(beyond)} such filters); keep biases nearer to the means in training or "
            "give the layer fewer inputs"
        )
