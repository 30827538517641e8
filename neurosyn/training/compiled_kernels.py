"""The Numba twins of `neurosyn.training.kernels`; import through it, since this imports Numba."""

from __future__ import annotations

import math

import numpy as np

from neurosyn.compiled import compiled
from neurosyn.training.kernels import EPSILON, LEAST_DIVISOR, TINY

__all__ = ["gather", "scatter_add", "soften", "spike_backward", "spike_forward"]

_compile = compiled(nogil=True, error_model="numpy")
# Sums may be added in any order, so that they can be vectorised; nothing else is relaxed.
_compile_sums = compiled(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})


@_compile
def gather(source, index, columns):  # type: ignore[no-untyped-def]
    """Copy whole rows of `source`."""
    fan_in, sites = index.shape
    images = source.shape[1]
    for k in range(fan_in):
        for s in range(sites):
            row = index[k, s]
            start = s * images
            for i in range(images):
                columns[k, start + i] = source[row, i]


@_compile
def scatter_add(columns, index, target):  # type: ignore[no-untyped-def]
    """Add whole rows to `target`."""
    fan_in, sites = index.shape
    images = target.shape[1]
    for k in range(fan_in):
        for s in range(sites):
            row = index[k, s]
            start = s * images
            for i in range(images):
                target[row, i] += columns[k, start + i]


@_compile_sums
def spike_forward(sums, bias, mean, std, spikes):  # type: ignore[no-untyped-def]
    """Two passes for mean and variance and one for the spikes, row by row so that a row stays in cache."""
    features, count = sums.shape
    for f in range(features):
        total = np.float32(0)
        for i in range(count):
            total += sums[f, i]
        mu = total / np.float32(count)
        squares = np.float32(0)
        for i in range(count):
            centred = sums[f, i] - mu
            squares += centred * centred
        sigma = np.float32(math.sqrt(squares / np.float32(count)))
        mean[f] = mu
        std[f] = sigma
        scale = np.float32(1) / (sigma + EPSILON)
        offset = bias[f]
        for i in range(count):
            spikes[f, i] = np.uint8((sums[f, i] - mu) * scale + offset >= 0)


@_compile_sums
def soften(sums, bias, mean, std, width, activity):  # type: ignore[no-untyped-def]
    """One pass, row by row."""
    features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    for f in range(features):
        mu = mean[f]
        scale = narrow / (std[f] + EPSILON)
        offset = bias[f] * narrow
        for i in range(count):
            r = (sums[f, i] - mu) * scale + offset
            rest = max(np.float32(0), np.float32(1) - abs(r))
            tail = np.float32(0.5) * rest * rest
            activity[f, i] = tail if r < 0 else np.float32(1) - tail


@_compile_sums
def spike_backward(sums, bias, mean, std, width, gradient, bias_gradient):  # type: ignore[no-untyped-def]
    """One pass for the sums over a row, one for the gradient."""
    features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    for f in range(features):
        mu = mean[f]
        divisor = std[f] + EPSILON
        scale = np.float32(1) / divisor
        offset = bias[f]
        total = np.float32(0)
        product = np.float32(0)
        for i in range(count):
            x = (sums[f, i] - mu) * scale
            g = gradient[f, i] * max(np.float32(0), np.float32(1) - abs(x + offset) * narrow)
            gradient[f, i] = g
            total += g
            product += g * x
        bias_gradient[f] = total
        average = total / np.float32(count)
        slope = product / np.float32(count) * divisor / max(std[f], TINY)
        passed = np.float32(1) / max(divisor, LEAST_DIVISOR)
        for i in range(count):
            x = (sums[f, i] - mu) * scale
            gradient[f, i] = (gradient[f, i] - average - x * slope) * passed
