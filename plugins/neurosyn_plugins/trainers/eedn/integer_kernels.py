"""The inner loops of training in 8-bit integers: compiled by Numba, with twins in plain NumPy that define them.

``numba_integer_kernels()`` and ``numpy_integer_kernels()`` return the same functions. Activities are bytes: spikes 0
or 1, or the answers of soft neurons in steps of 1/127; `one` is what an answer of 1 counts, 1 or 127. Sums of
activities times trinary weights are whole numbers of 16 bits, and exact; so are their mean and variance, whatever the
order of adding. Gradients of the sums are rounded at random to whole multiples of one scale for the layer, −127 … 127
of them, so that they are right on average; all products of such are exact again. Between them all is computed in
float32, to the formulas in `neurosyn_plugins.trainers.compute.kernels`; sums over rows of float32 may differ in the
last bits.

Arrays of a layer's banks are stacked: ``index`` (banks, sites, fan_in), ``sums`` (banks, features, sites·images).
Fan-in and features are rounded up to a multiple of eight where weights and index are stored: such inputs read the zero
row, and such features have no row in `sums`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn_plugins.trainers.compute.constants import BLOCK, DITHERS, EPSILON, LEAST_DIVISOR, SOFT_ONE, TINY

__all__ = [
    "LARGEST",
    "IntegerKernels",
    "make_dither",
    "make_integer_kernels",
    "numba_integer_kernels",
    "numpy_integer_kernels",
]

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I8 = NDArray[np.int8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]

LARGEST = 126
"""Largest rounded gradient before it is rounded: one less than what fits, for what float32 may be off."""


class IntegerKernels(NamedTuple):
    """The inner loops; see the functions of this module for what each does."""

    hold: Callable[..., None]
    forward: Callable[..., None]
    mean_activity: Callable[..., None]
    measure_gradient: Callable[..., float]
    backward: Callable[..., None]


def make_dither(seed: int = 0) -> F32:
    """Return what is added before a gradient is rounded down: numbers from 0 to 1, in a random order."""
    return np.random.default_rng(seed).random(DITHERS + BLOCK, np.float32)


def hold(weights: F32, held: I8, turned: I8, start: I32) -> None:
    """Keep trinary weights in bytes, both ways round.

    Parameters
    ----------
    weights : float32 array (banks, fan_in, features)
    held, turned : int8 arrays (banks, fan_in, features) and (banks, features, fan_in), rounded up
        Written, but for the rounded-up part.
    start : int32 array (banks, fan_in), rounded up
        Written: −128 times the sum of each input's weights.
    """
    _, fan_in, features = weights.shape
    held[:, :fan_in, :features] = weights
    turned[:, :features, :fan_in] = weights.swapaxes(1, 2)
    start[...] = -128 * held.sum(axis=2, dtype=np.int32)


def mean_activity(activity: U8, one: int, mean: F32) -> None:
    """Write the mean answer of each row.

    Parameters
    ----------
    activity : uint8 array (banks, features, sites·images)
    one
        What the answer 1 counts.
    mean : float32 array (banks, features)
        Written.
    """
    mean[...] = activity.sum(axis=2, dtype=np.int64) / (one * activity.shape[2])


def forward(
    source: U8,
    index: I32,
    weights: I8,
    sums: I16,
    one: int,
    bias: F32,
    mean: F32,
    std: F32,
    width: float,
    activity: U8,
) -> None:
    """Add up activities times trinary weights, normalise each row and let the neurons answer.

    Parameters
    ----------
    source : uint8 array (rows, images)
    index : int32 array (banks, sites, fan_in)
        Row of each input of each site.
    weights : int8 array (banks, features, fan_in)
    sums : int16 array (banks, features, sites·images)
        Written.
    one
        What an input of 1 counts.
    bias : float32 array (banks, features)
    mean, std : float32 arrays (banks, features)
        Written: μ and σ of each row.
    width
        w of soft neurons: the answer rises from 0 to 127 while r goes from −w to w; 0 for binary ones.
    activity : uint8 array like `sums`
        Written: the answers of soft neurons in steps of 1/127, or spikes.
    """
    for bank, (rows, own) in enumerate(zip(index, weights, strict=True)):
        columns = source[rows.T].reshape(rows.shape[1], -1)
        sums[bank] = (own.astype(np.float32) @ columns.astype(np.float32))[: sums.shape[1]]
    whole = sums.astype(np.int64)
    count = whole.shape[2]
    total, squares = whole.sum(axis=2), np.square(whole).sum(axis=2)
    mean[...] = total / np.float64(count)
    std[...] = np.sqrt((count * squares - total * total).astype(np.float64)) / np.float64(count)
    deviation = std + np.float32(one) * EPSILON
    if not width:
        activity[...] = sums >= (mean - bias * deviation)[:, :, None]
        return
    narrow = np.float32(1) / np.float32(width)
    r = (sums.astype(np.float32) - mean[:, :, None]) * (narrow / deviation)[:, :, None] + (bias * narrow)[:, :, None]
    rest = np.maximum(np.float32(0), np.float32(1) - np.abs(r))
    half = np.float32(0.5) - np.float32(0.5) * rest * rest
    activity[...] = (np.float32(0.5) + np.copysign(half, r)) * np.float32(SOFT_ONE) + np.float32(0.5)


def measure_gradient(
    sums: I16,
    one: int,
    bias: F32,
    mean: F32,
    std: F32,
    width: float,
    gradient: NDArray[Any],
    unit: float,
    pressure: F32,
    bias_gradient: F32,
    terms: F32,
) -> float:
    """Prepare the way from the gradient with respect to the answers to the one with respect to the sums.

    Parameters
    ----------
    sums, one, bias, mean, std
        As `forward` left them.
    width
        w of the triangle.
    gradient : float32, int16 or int32 array like `sums`
        ∂L/∂answer in units of `unit`.
    unit
        Its unit.
    pressure : float32 array (banks, features)
        What is added to each ∂L/∂answer of a row.
    bias_gradient : float32 array (banks, features)
        Written: ∂L/∂b.
    terms : float32 array (banks, features, 2)
        Written: for each row ⟨g⟩ and the factor of x.

    Returns
    -------
    float
        No smaller than the largest |∂L/∂s|.
    """
    x, g = _local(sums, one, bias, mean, std, width, gradient, unit, pressure)
    bias_gradient[...] = g.sum(axis=2)
    average = g.mean(axis=2)
    deviation = std / np.float32(one)
    divisor = deviation + EPSILON
    slope = (g * x).mean(axis=2) * divisor / np.maximum(deviation, TINY)
    terms[..., 0], terms[..., 1] = average, slope
    bound = np.abs(g).max(axis=2) + np.abs(average) + np.abs(x).max(axis=2) * np.abs(slope)
    return float((bound / np.maximum(divisor, LEAST_DIVISOR)).max())


def backward(
    sums: I16,
    one: int,
    bias: F32,
    mean: F32,
    std: F32,
    width: float,
    gradient: NDArray[Any],
    unit: float,
    pressure: F32,
    terms: F32,
    scale: float,
    dither: F32,
    stretch: int,
    source: U8,
    index: I32,
    weights: I8,
    start: I32,  # noqa: ARG001
    weight_gradient: F32,
    target: NDArray[Any],
    add: bool,
) -> None:
    """Round ∂L/∂s to whole multiples of a scale and multiply them with the inputs and the weights.

    Parameters
    ----------
    sums, one, bias, mean, std, width, gradient, unit, pressure
        As in `measure_gradient`.
    terms
        Of `measure_gradient`.
    scale
        What the gradient 1 of a sum counts.
    dither, stretch
        Of `make_dither`; where in it this step begins.
    source, index
        As in `forward`.
    weights, start
        Of `hold`: (banks, fan_in, features) and (banks, fan_in).
    weight_gradient : float32 array (banks, fan_in, features)
        Written: ∂L/∂weights, without the rounded-up part.
    target : int16 or int32 array (rows, images)
        ∂L/∂source in units of 1/`scale`; written, or added to; of no rows where it is not wanted.
    add
        Whether rows may be there twice.
    """
    x, g = _local(sums, one, bias, mean, std, width, gradient, unit, pressure)
    g -= terms[:, :, :1] + x * terms[:, :, 1:]
    g *= (np.float32(scale) / np.maximum(std / np.float32(one) + EPSILON, LEAST_DIVISOR))[:, :, None]
    banks, features, columns = sums.shape
    places = (np.arange(features) * 977 + stretch)[:, None] + np.arange(-(-columns // BLOCK)) * 331
    images = source.shape[1]
    for bank in range(banks):
        at = (places + bank * 569) % DITHERS
        rows = (at[:, :, None] + np.arange(BLOCK)).reshape(features, -1)[:, :columns]
        own = np.floor(g[bank] + dither[rows]).astype(np.float32)
        inputs = source[index[bank].T].reshape(index.shape[2], -1)[: weight_gradient.shape[1]]
        weight_gradient[bank] = (inputs.astype(np.float64) @ own.astype(np.float64).T) / (float(scale) * one)
        if len(target):
            parts = weights[bank, :, :features].astype(np.float32) @ own
            whole = parts.astype(target.dtype).reshape(len(parts), -1, images)
            for places_of, part in zip(index[bank].T, whole, strict=True):
                if add:
                    np.add.at(target, places_of, part)
                else:
                    target[places_of] = part


def _local(
    sums: I16,
    one: int,
    bias: F32,
    mean: F32,
    std: F32,
    width: float,
    gradient: NDArray[Any],
    unit: float,
    pressure: F32,
) -> tuple[F32, F32]:
    """Return x and ∂L/∂r."""
    scale = np.float32(1) / (std + np.float32(one) * EPSILON)
    x = (sums.astype(np.float32) - mean[:, :, None]) * scale[:, :, None]
    triangle = np.maximum(0, 1 - np.abs(x + bias[:, :, None]) / np.float32(width))
    g = (gradient.astype(np.float32) * np.float32(unit) + pressure[:, :, None]) * triangle
    return x, g.astype(np.float32)


def numpy_integer_kernels() -> IntegerKernels:
    """Return the kernels in plain NumPy."""
    return IntegerKernels(hold, forward, mean_activity, measure_gradient, backward)


@functools.cache
def numba_integer_kernels() -> IntegerKernels:
    """Return the compiled kernels (imports Numba; compiled once for each machine and kept on disk)."""
    from neurosyn_plugins.trainers.eedn import numba_integer_kernels as compiled

    return IntegerKernels(*(getattr(compiled, name) for name in IntegerKernels._fields))


def make_integer_kernels(kind: str) -> IntegerKernels:
    """Return the kernels of a kind, ``"numba"`` or ``"numpy"``."""
    return numba_integer_kernels() if kind == "numba" else numpy_integer_kernels()
