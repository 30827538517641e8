"""One layer in training: forward and backward pass over a batch, for any connectivity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.training.kernels import Kernels
from neurosyn.training.wiring import COLUMN_BYTES, Bank, Wiring

__all__ = ["Scratch", "TrainedLayer"]

F32 = NDArray[np.float32]


class Scratch:
    """Buffers that the layers of a network use one after the other."""

    def __init__(self) -> None:
        self._buffers: dict[str, F32] = {}

    def take(self, name: str, *shape: int) -> F32:
        """Return an uninitialised float32 array of `shape`; the one of the same `name` before it is void."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(max(size, COLUMN_BYTES // 4), np.float32)
        return buffer[:size].reshape(shape)


class TrainedLayer:
    """A layer of binary neurons with its activities and gradients for one batch.

    Rows are ordered as `neurosyn.training.wiring` says.

    Parameters
    ----------
    wiring
        The layer's.
    images
        Size of the batch.
    weights, bias : float32 arrays (banks, fan_in, features) and (banks, features)
        What the optimiser moves: trinary weights, or real ones off the chip.
    kernels, scratch
        Inner loops and shared buffers.

    Attributes
    ----------
    sums : float32 array (neurons, images)
    spikes : uint8 array (neurons + 1, images)
        The last row stays zero.
    activity : uint8 or float32 array (neurons + 1, images)
        What the layer above gets: the spikes, or the answers of soft neurons.
    gradient : float32 array (neurons + 1, images)
        ∂L/∂activity, filled by the layer above; ∂L/∂sums after `backward`. The last row collects what belongs to inputs
        outside the map and is never read.
    mean, std : float32 arrays (banks, features)
        Of the batch.
    """

    def __init__(
        self, wiring: Wiring, images: int, weights: F32, bias: F32, kernels: Kernels, scratch: Scratch
    ) -> None:
        self.wiring = wiring
        self.images = images
        self.weights = weights
        self.bias = bias
        self.sums = np.zeros((wiring.size, images), np.float32)
        self.spikes = np.zeros((wiring.size + 1, images), np.uint8)
        self.gradient = np.zeros((wiring.size + 1, images), np.float32)
        self.mean = np.zeros_like(bias)
        self.std = np.zeros_like(bias)
        self.activity: NDArray[Any] = self.spikes
        self._soft: F32 | None = None
        self._width = 1.0
        self._kernels = kernels
        self._scratch = scratch

    def _columns(self, bank: Bank, source: NDArray[Any], start: int, stop: int) -> F32:
        columns = self._scratch.take("columns", self.wiring.fan_in, (stop - start) * self.images)
        self._kernels.gather(source, bank.index[:, start:stop], columns)
        return columns

    def forward(self, source: NDArray[Any], softness: float = 0.0) -> None:
        """Compute sums and activity.

        Parameters
        ----------
        source : uint8 or float32 array (inputs + 1, images)
            Activities of the layer before, or the encoded images.
        softness
            Half the width of soft neurons; 0 for binary ones.
        """
        images = self.images
        # Narrower than the paper's, the triangle would let too little through.
        self._width = max(softness, 1.0)
        self.activity = self._soft_activity() if softness else self.spikes
        for bank in self.wiring.banks:
            sums = self.sums[bank.rows].reshape(bank.features, -1)
            weights = self.weights[bank.number].T
            for start, stop in bank.chunks(images):
                columns = self._columns(bank, source, start, stop)
                np.matmul(weights, columns, out=sums[:, start * images : stop * images])
            spikes = self.spikes[bank.rows].reshape(bank.features, -1)
            self._kernels.spike_forward(
                sums, self.bias[bank.number], self.mean[bank.number], self.std[bank.number], spikes
            )
            if softness:
                activity = self.activity[bank.rows].reshape(bank.features, -1)
                self._kernels.soften(
                    sums, self.bias[bank.number], self.mean[bank.number], self.std[bank.number], softness, activity
                )

    def _soft_activity(self) -> F32:
        if self._soft is None:
            self._soft = np.zeros(self.spikes.shape, np.float32)
        return self._soft

    def backward(
        self, source: NDArray[Any], source_gradient: F32 | None, weight_gradient: F32, bias_gradient: F32
    ) -> None:
        """Compute the gradients of one step; `gradient` holds ∂L/∂activity.

        Parameters
        ----------
        source
            As in `forward`.
        source_gradient : float32 array (inputs + 1, images) or None
            Written: ∂L/∂source, where anyone wants it.
        weight_gradient, bias_gradient : float32 arrays like the weights and the bias
            Written.
        """
        images = self.images
        if source_gradient is not None:
            source_gradient[...] = 0
        for bank in self.wiring.banks:
            number = bank.number
            sums = self.sums[bank.rows].reshape(bank.features, -1)
            gradient = self.gradient[bank.rows].reshape(bank.features, -1)
            self._kernels.spike_backward(
                sums,
                self.bias[number],
                self.mean[number],
                self.std[number],
                self._width,
                gradient,
                bias_gradient[number],
            )
            for start, stop in bank.chunks(images):
                columns = self._columns(bank, source, start, stop)
                part = gradient[:, start * images : stop * images]
                if start == 0:
                    np.matmul(columns, part.T, out=weight_gradient[number])
                else:
                    more = self._scratch.take("weights", *weight_gradient[number].shape)
                    weight_gradient[number] += np.matmul(columns, part.T, out=more)
                if source_gradient is not None:
                    # The columns are not needed any more: their buffer takes the gradient.
                    np.matmul(self.weights[number], part, out=columns)
                    self._kernels.scatter_add(columns, bank.index[:, start:stop], source_gradient)
