"""Everything that an optimiser moves, in one vector with a view for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Model, Network
from neurosyn_plugins.trainers.compute.quantiser import first_trinary

__all__ = ["ParameterVector", "Segment"]

F32 = NDArray[np.float32]

FOLDED_WEIGHT = 0.75
"""Size of a hidden weight that follows from a trinary one: in the middle of those that round to it."""


@dataclass(frozen=True)
class Segment:
    """A stretch of the vector: the weights or the biases of one layer.

    Attributes
    ----------
    layer
        Index into the network's layers.
    part
        ``"trinary"`` or ``"real"`` weights, or ``"bias"``.
    where, shape
        Place in the vector, and shape of the layer's array.
    """

    layer: int
    part: str
    where: slice
    shape: tuple[int, ...]


class ParameterVector:
    """Hidden weights and biases of a network, and the weights that the network computes with.

    Attributes
    ----------
    segments
        Weights, then biases, layer by layer.
    hidden : float32 array
        Moved by the optimiser.
    effective : float32 array
        Parameters of the forward pass: trinary weights where `hidden` has hidden ones, else the same numbers.
    gradient : float32 array
        ∂L/∂effective of one step, for the optimiser.
    """

    def __init__(self, network: Network) -> None:
        self.segments: list[Segment] = []
        size = 0
        for number, layer in enumerate(network.layers):
            wiring = layer.connectivity
            for part, shape in (
                ("real" if layer.off_chip else "trinary", (wiring.n_banks, wiring.fan_in, wiring.features)),
                ("bias", (wiring.n_banks, wiring.features)),
            ):
                stop = size + int(np.prod(shape))
                self.segments.append(Segment(number, part, slice(size, stop), shape))
                size = stop
        self.hidden = np.zeros(size, np.float32)
        self.effective = np.zeros(size, np.float32)
        self.gradient = np.zeros(size, np.float32)

    def initialise(self, rng: np.random.Generator, activity: float = 0.5) -> None:
        """Draw the weights from U(−1, 1), as the paper does, and set the biases.

        Parameters
        ----------
        rng
            For the weights.
        activity
            Share of positions and images in which a neuron spikes: the biases are its quantile, as if sums were normal.
        """
        for segment in self.segments:
            if segment.part == "bias":
                self.hidden[segment.where] = NormalDist().inv_cdf(activity)
            else:
                self.hidden[segment.where] = rng.uniform(-1, 1, segment.where.stop - segment.where.start)
        self.effective[:] = self.hidden
        for segment in self.segments:
            if segment.part == "trinary":
                self.effective[segment.where] = first_trinary(self.hidden[segment.where])

    def take(self, model: Model) -> None:
        """Start with the weights and biases of a trained model of this network.

        Parameters
        ----------
        model
            With normalisations. Where it keeps no hidden weights, they are ±`FOLDED_WEIGHT` or 0 at the start.
        """
        for number, layer in enumerate(model.parameters):
            assert layer.normalisation is not None
            hidden = layer.weights if self.segments[2 * number].part == "real" else layer.hidden
            if hidden is None:
                hidden = layer.weights * np.float32(FOLDED_WEIGHT)
            for part, first, second in (
                ("weights", hidden, layer.weights),
                ("bias", layer.normalisation.bias, layer.normalisation.bias),
            ):
                self.view(self.hidden, number, part)[...] = first
                self.view(self.effective, number, part)[...] = second

    def view(self, vector: F32, layer: int, part: str) -> F32:
        """Return the view of `vector` that belongs to a layer's ``"weights"`` or ``"bias"``."""
        for segment in self.segments:
            if segment.layer == layer and (segment.part == "bias") == (part == "bias"):
                return vector[segment.where].reshape(segment.shape)
        raise KeyError((layer, part))
