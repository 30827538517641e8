"""A layer of neurons that spike by chance: forward and backward pass over a batch.

Input i spikes with probability x_i, synapse i is there with probability |h_i| and has the sign of h_i, the leak is λ,
sampled between the integers beside its mean β + ½. By the central limit theorem a neuron spikes (Σ w·u + λ ≥ 1; the
limit of integers is half-way) with probability (Esser et al. 2015)

    p = Φ(z),   z = (Σ h·x + β)/σ,   σ² = Σ (|h|·x − h²·x²) + ¼

where ¼ is what the sampled leak adds at most; it keeps σ from 0 where nothing is left to chance. Backwards, with φ = Φ′

    ∂p/∂mean = φ(z)/σ     ∂p/∂σ² = −φ(z)·z/(2σ²)     ∂σ²/∂h = sign(h)·x − 2h·x²     ∂σ²/∂x = |h| − 2h²·x
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins.wiring import Bank, Wiring
from neurosyn_plugins.trainers.compute.kernels import Kernels

__all__ = ["LEAK_VARIANCE", "ChanceLayer", "TransducingLayer"]

F32 = NDArray[np.float32]

LEAK_VARIANCE = 0.25
"""Largest variance of a number sampled between two neighbouring integers."""

WIDTH = 1.0
"""Half the width of the triangle that stands for the derivative of the neurons before the chip. [P]"""


class ChanceLayer:
    """An on-chip layer; activities are probabilities, in the order of `neurosyn.plugins.wiring`.

    Parameters
    ----------
    wiring
        The layer's.
    weights, bias : float32 arrays (banks, fan_in, features) and (banks, features)
        h and β.
    kernels
        For adding gradients up.

    Attributes
    ----------
    output : float32 array (neurons + 1, images)
        p; the last row stays zero.
    weight_gradient, bias_gradient : float32 arrays like `weights` and `bias`
        Left there by `backward`.
    """

    def __init__(self, wiring: Wiring, weights: F32, bias: F32, kernels: Kernels) -> None:
        self.wiring = wiring
        self.weights = weights
        self.bias = bias
        self.output: F32 = np.zeros((wiring.size + 1, 0), np.float32)
        self.weight_gradient = np.zeros_like(weights)
        self.bias_gradient = np.zeros_like(bias)
        self._kernels = kernels

    def forward(self, source: F32) -> F32:
        """Return p for the probabilities `source`, float32 (inputs + 1, images)."""
        from scipy.special import ndtr

        images = source.shape[1]
        self.output = np.zeros((self.wiring.size + 1, images), np.float32)
        for bank in self.wiring.banks:
            _, mean, variance = self._moments(bank, source)
            self.output[bank.rows] = ndtr(mean / np.sqrt(variance)).reshape(-1, images)
        return self.output

    def _moments(self, bank: Bank, source: F32) -> tuple[F32, F32, F32]:
        """Return columns (fan_in, sites · images), and mean and variance (features, sites · images) of the sums."""
        columns = source[bank.index].reshape(len(bank.index), -1)
        h = self.weights[bank.number]
        mean = h.T @ columns + self.bias[bank.number][:, None]
        variance = np.abs(h).T @ columns - np.square(h).T @ np.square(columns) + np.float32(LEAK_VARIANCE)
        return columns, mean, variance

    def backward(self, source: F32, gradient: F32, *, wanted: bool) -> F32 | None:
        """Leave the gradients of the parameters, and return that of `source` if it is wanted.

        Parameters
        ----------
        source
            As in `forward`.
        gradient : float32 array (neurons + 1, images)
            ∂L/∂p.
        wanted
            True if ∂L/∂source is needed.
        """
        before = np.zeros_like(source) if wanted else None
        for bank in self.wiring.banks:
            columns, mean, variance = self._moments(bank, source)
            h, number = self.weights[bank.number], bank.number
            z = mean / np.sqrt(variance)
            density = np.exp(-0.5 * np.square(z)) * np.float32(1 / math.sqrt(2 * math.pi))
            g_z = gradient[bank.rows].reshape(bank.features, -1) * density
            g_mean = g_z / np.sqrt(variance)
            g_variance = g_z * z / (-2 * variance)
            squares = np.square(columns)
            self.bias_gradient[number] = g_mean.sum(axis=1)
            self.weight_gradient[number] = (
                columns @ g_mean.T + np.sign(h) * (columns @ g_variance.T) - 2 * h * (squares @ g_variance.T)
            )
            if before is not None:
                seen = h @ g_mean + np.abs(h) @ g_variance - 2 * columns * (np.square(h) @ g_variance)
                self._kernels.scatter_add(np.ascontiguousarray(seen), bank.index, before)
        return before


class TransducingLayer:
    """A layer before the chip: real weights and the binary neuron of `neurosyn_plugins.trainers.compute.kernels`.

    It has the parameters, attributes and methods of `ChanceLayer`; its output is 0 and 1.
    """

    def __init__(self, wiring: Wiring, weights: F32, bias: F32, kernels: Kernels) -> None:
        self.wiring = wiring
        self.weights = weights
        self.bias = bias
        self.output: F32 = np.zeros((wiring.size + 1, 0), np.float32)
        self.weight_gradient = np.zeros_like(weights)
        self.bias_gradient = np.zeros_like(bias)
        self._kernels = kernels
        self._sums: list[F32] = []
        self._mean, self._std = np.zeros_like(bias), np.zeros_like(bias)

    def forward(self, source: F32) -> F32:
        """Return the spikes for encoded images, float32 (inputs + 1, images)."""
        images = source.shape[1]
        self.output = np.zeros((self.wiring.size + 1, images), np.float32)
        self._sums = []
        for bank in self.wiring.banks:
            number = bank.number
            sums = self.weights[number].T @ source[bank.index].reshape(len(bank.index), -1)
            spikes = np.empty(sums.shape, np.uint8)
            self._kernels.spike_forward(sums, self.bias[number], self._mean[number], self._std[number], spikes)
            self.output[bank.rows] = spikes.reshape(-1, images)
            self._sums.append(sums)
        return self.output

    def backward(self, source: F32, gradient: F32, *, wanted: bool) -> F32 | None:
        """Leave the gradients of the parameters, and return that of `source` if it is wanted."""
        before = np.zeros_like(source) if wanted else None
        for bank, sums in zip(self.wiring.banks, self._sums, strict=True):
            number = bank.number
            sum_gradient = np.empty_like(sums)
            self._kernels.spike_backward(
                sums,
                self.bias[number],
                self._mean[number],
                self._std[number],
                WIDTH,
                gradient[bank.rows].reshape(bank.features, -1),
                sum_gradient,
                self.bias_gradient[number],
            )
            columns = source[bank.index].reshape(len(bank.index), -1)
            self.weight_gradient[number] = columns @ sum_gradient.T
            if before is not None:
                self._kernels.scatter_add(np.ascontiguousarray(self.weights[number] @ sum_gradient), bank.index, before)
        return before
