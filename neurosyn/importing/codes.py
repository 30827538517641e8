"""Weights as sums of the four weights of a neuron: codes, and the masks of axon types that select from them.

An input on k axons of types 0 … k − 1 can add any of the 2^k sums of the neuron's k weights s^G. The named codes are
multiples of (1, −1), (1, 2, −4) and (1, 2, 4, −8), with the sign that fits the neuron better; each neuron's code is
then fitted by least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CODES", "Fit", "fit_codes", "nearest", "subset_sums"]

CODES = {2: (1, -1), 3: (1, 2, -4), 4: (1, 2, 4, -8)}
"""Multiples of the step, by the number of axons of an input."""
_SCALES = np.linspace(0.3, 1.05, 26)
_ROUNDS = 3
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted codes of neurons.

    Attributes
    ----------
    codes : float64 array (rows, k)
    masks : uint8 array (rows, inputs)
    """

    codes: NDArray[np.float64]
    masks: NDArray[np.uint8]


def subset_sums(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums (rows, 2^k) that codes (rows, k) can make; column m has those of mask m."""
    width = codes.shape[1]
    bits = (np.arange(1 << width)[:, None] >> np.arange(width)) & 1
    sums: NDArray[np.float64] = codes @ bits.T
    return sums


def fit_codes(weights: NDArray[np.float64], width: int, importance: NDArray[np.float64]) -> Fit:
    """Fit a code to each neuron by least squares.

    Parameters
    ----------
    weights : float64 array (rows, inputs)
        0 where there is no synapse.
    width
        Axons of an input.
    importance : float64 array (rows, inputs)
        Weight of each squared error.
    """
    base = np.array(CODES[width], float)
    best = np.full(len(weights), np.inf)
    codes = np.zeros((len(weights), width))
    largest = np.abs(weights).max(axis=1, initial=0)
    for sign in (1, -1):
        levels = np.sort(subset_sums(sign * base[None])[0])
        low, high = levels[0], levels[-1]
        for scale in _SCALES:
            step = largest * scale / max(high, -low)
            safe = np.where(step > 0, step, 1.0)
            error = weights - np.clip(np.round(weights / safe[:, None]), low, high) * step[:, None]
            squared = (importance * error**2).sum(axis=1)
            better = squared < best
            best[better] = squared[better]
            codes[better] = sign * base * step[better, None]
    masks = nearest(weights, codes)
    for _ in range(_ROUNDS):
        fitted = _least_squares(weights, masks, codes, importance)
        new = nearest(weights, fitted)
        error = (importance * (weights - _values(fitted, new)) ** 2).sum(axis=1)
        better = error < best
        codes[better], masks[better], best[better] = fitted[better], new[better], error[better]
    return Fit(codes, masks)


def nearest(
    weights: NDArray[np.float64], codes: NDArray[np.float64], allowed: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return the masks (rows, inputs) whose sums are nearest to the weights.

    Parameters
    ----------
    weights : float64 array (rows, inputs)
    codes : float64 array (rows, k)
    allowed : uint8 array (inputs,), optional
        Axon types that each input has.
    """
    sums = subset_sums(codes)
    count = sums.shape[1]
    numbers = np.arange(count, dtype=np.uint8)
    masks = np.zeros(weights.shape, np.uint8)
    rows = max(1, _CHUNK // max(1, weights.shape[1] * count))
    for start in range(0, len(weights), rows):
        some = slice(start, start + rows)
        distance = np.abs(weights[some, :, None] - sums[some, None, :])
        if allowed is not None:
            distance[:, (numbers & ~allowed[:, None]) != 0] = np.inf
        # Among equals the mask of fewest axons.
        distance += np.bitwise_count(numbers) * 1e-12 * np.abs(sums[some]).max(axis=1)[:, None, None]
        masks[some] = distance.argmin(axis=2)
    return np.where(weights == 0, 0, masks).astype(np.uint8)


def _values(codes: NDArray[np.float64], masks: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.take_along_axis(subset_sums(codes), masks.astype(np.intp), axis=1)


def _least_squares(
    weights: NDArray[np.float64],
    masks: NDArray[np.uint8],
    codes: NDArray[np.float64],
    importance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the codes that fit the weights best with given masks; a type without inputs keeps its weight."""
    width = codes.shape[1]
    bits = ((masks[..., None] >> np.arange(width)) & 1).astype(float)
    weighted = bits * importance[..., None]
    gram = np.einsum("rik,ril->rkl", weighted, bits)
    right = np.einsum("rik,ri->rk", weighted, weights)
    ridge = 1e-9 * (np.trace(gram, axis1=1, axis2=2) + 1)
    gram += ridge[:, None, None] * np.eye(width)
    return np.linalg.solve(gram, (right + ridge[:, None] * codes)[..., None])[..., 0]
