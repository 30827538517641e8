"""A trained network: trinary weights with either their normalisation or integer leaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError
from neurosyn.network.network import Network

__all__ = ["NORMALISATION_EPSILON", "LayerParameters", "Model", "Normalisation"]

NORMALISATION_EPSILON = 1e-4
"""ε in r = (s − μ)/(σ + ε) + b, which keeps a filter without variance finite. [A]"""


@dataclass(frozen=True, eq=False)
class Normalisation:
    """r = (s − μ)/(σ + ε) + b for each filter: the neuron spikes iff r ≥ 0.

    Attributes
    ----------
    mean, std, bias : float64 arrays (banks, features)
        μ, σ and b.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerParameters:
    """Trained parameters of one layer.

    Attributes
    ----------
    weights : array (banks, fan_in, features)
        int8 in {−1, 0, 1} for a layer on the chip, float32 for one before it.
    normalisation : Normalisation or None
        None in a deployed model, whose on-chip layers have leaks instead.
    leak : int32 array (banks, features) or None
        λ of a deployed layer: the neuron spikes iff s + λ ≥ 1.
    hidden : float32 array (banks, fan_in, features) or None
        The weights that training moved; absent from a deployed model.
    activity : float32 array (banks, features) or None
        Share of (frame, position) pairs in which the neuron spiked in training; weighs routes in placement.
    """

    weights: NDArray[Any]
    normalisation: Normalisation | None = None
    leak: NDArray[np.int32] | None = None
    hidden: NDArray[np.float32] | None = None
    activity: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its parameters, one entry for each layer of ``network.layers``.

    Attributes
    ----------
    network, parameters
        The network and, in the same order, the trained parameters of its layers.
    encoder
        The encoder's ``kind`` and options that the weights were trained with.
    provenance
        Origin of the model: data, command, seed, epochs, accuracy; plain JSON values.
    """

    network: Network
    parameters: tuple[LayerParameters, ...]
    encoder: dict[str, Any]
    provenance: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        data = self.provenance.get("dataset")
        return f"Model of a {self.network!r}" + (f", trained on {data}" if data else "")

    def __post_init__(self) -> None:
        if len(self.parameters) != len(self.network.layers):
            raise DataError(
                f"model: {len(self.parameters)} layers of parameters for a network of {len(self.network.layers)}; "
                "it belongs to another network"
            )
        for layer, parameters in zip(self.network.layers, self.parameters, strict=True):
            wiring = layer.connectivity
            shape = (wiring.n_banks, wiring.fan_in, wiring.features)
            if parameters.weights.shape != shape:
                raise DataError(
                    f"model: layer {layer.name}: weights {parameters.weights.shape}, the network has {shape}"
                )
            if parameters.normalisation is None and parameters.leak is None:
                raise DataError(f"model: layer {layer.name}: has neither normalisation nor leaks; train it again")
            weights = parameters.weights
            if not layer.off_chip and (weights.dtype != np.int8 or not np.isin(weights, (-1, 0, 1)).all()):
                raise DataError(
                    f"model: layer {layer.name}: weights are not int8 in −1, 0, 1; it cannot go on the chip"
                )
