"""The Numba twins of `neurosyn_plugins.trainers.compute.kernels`; import through it, since this imports Numba."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from neurosyn.plugins.jit import compiled
from neurosyn_plugins.trainers.compute.constants import EPSILON, LEAST_DIVISOR, TINY

__all__ = ["gather", "scatter", "scatter_add", "soften", "spike_backward", "spike_forward"]

_compile = compiled(nogil=True, error_model="numpy", fastmath={"contract"})
# Sums may be added in any order, so that they can be vectorised. Nothing else may: a compiler that is free to moves
# divisions from before a loop into it.
_compile_sums = compiled(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})


def _float(number: Any) -> Any:
    """Return a number as float32; one of type uint16 is a bfloat16."""
    raise NotImplementedError


@overload(_float)
def _float_of(number):  # type: ignore[no-untyped-def]
    if number == types.uint16:
        return lambda number: np.uint32(np.uint32(number) << np.uint32(16)).view(np.float32)
    return lambda number: np.float32(number)


def _put(array: Any, row: int, column: int, value: Any) -> None:
    """Write a float32 value into an array of float32 or bfloat16 numbers."""
    raise NotImplementedError


@overload(_put)
def _put_into(array, row, column, value):  # type: ignore[no-untyped-def]  # noqa: ARG001
    if array.dtype == types.uint16:

        def put(array, row, column, value):  # type: ignore[no-untyped-def]
            bits = np.float32(value).view(np.uint32)
            odd = np.uint32(bits >> np.uint32(16)) & np.uint32(1)
            array[row, column] = np.uint16(np.uint32(bits + np.uint32(0x7FFF) + odd) >> np.uint32(16))

    else:

        def put(array, row, column, value):  # type: ignore[no-untyped-def]
            array[row, column] = value

    return put


def _copy(array: Any, row: int, column: int, number: Any) -> None:
    """Write a spike or a number into an array of float32 or bfloat16 numbers."""
    raise NotImplementedError


@overload(_copy)
def _copy_into(array, row, column, number):  # type: ignore[no-untyped-def]  # noqa: ARG001
    if array.dtype == types.uint16 and number == types.uint8:

        def copy(array, row, column, number):  # type: ignore[no-untyped-def]
            array[row, column] = np.uint16(number) * np.uint16(0x3F80)

    elif array.dtype == number:

        def copy(array, row, column, number):  # type: ignore[no-untyped-def]
            array[row, column] = number

    else:

        def copy(array, row, column, number):  # type: ignore[no-untyped-def]
            _put(array, row, column, _float(number))

    return copy


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
                _copy(columns, k, start + i, source[row, i])


@_compile
def scatter(columns, index, target):  # type: ignore[no-untyped-def]
    """Copy whole rows to `target`."""
    fan_in, sites = index.shape
    images = target.shape[1]
    for k in range(fan_in):
        for s in range(sites):
            row = index[k, s]
            start = s * images
            for i in range(images):
                _copy(target, row, i, columns[k, start + i])


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
                target[row, i] += _float(columns[k, start + i])


@_compile_sums
def _total(numbers):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(numbers.size):
        total += numbers[i]
    return total


@_compile_sums
def _product(one, other):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(one.size):
        total += one[i] * other[i]
    return total


@_compile
def spike_forward(sums, bias, mean, std, spikes):  # type: ignore[no-untyped-def]
    """Row by row, so that a row stays in cache; in float32, so that the order of sums is that of no other type."""
    features, count = sums.shape
    row = np.empty(count, np.float32)
    for f in range(features):
        for i in range(count):
            row[i] = _float(sums[f, i])
        mu = _total(row) / np.float32(count)
        for i in range(count):
            row[i] -= mu
        sigma = np.float32(math.sqrt(_product(row, row) / np.float32(count)))
        mean[f] = mu
        std[f] = sigma
        scale = np.float32(1) / (sigma + EPSILON)
        offset = bias[f]
        for i in range(count):
            spikes[f, i] = np.uint8(row[i] * scale + offset >= 0)


@_compile
def soften(sums, bias, mean, std, width, activity):  # type: ignore[no-untyped-def]
    """One pass, row by row."""
    features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    for f in range(features):
        mu = mean[f]
        scale = narrow / (std[f] + EPSILON)
        offset = bias[f] * narrow
        for i in range(count):
            r = (_float(sums[f, i]) - mu) * scale + offset
            rest = max(np.float32(0), np.float32(1) - abs(r))
            # ½ ± (½ − rest²/2), without a branch.
            half = np.float32(0.5) - np.float32(0.5) * rest * rest
            _put(activity, f, i, np.float32(0.5) + math.copysign(half, r))


@_compile
def spike_backward(sums, bias, mean, std, width, gradient, own, bias_gradient):  # type: ignore[no-untyped-def]
    """Row by row: x and g, their sums, then the gradient."""
    features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    x, g = np.empty(count, np.float32), np.empty(count, np.float32)
    for f in range(features):
        mu = mean[f]
        divisor = std[f] + EPSILON
        scale = np.float32(1) / divisor
        offset = bias[f]
        for i in range(count):
            x[i] = (_float(sums[f, i]) - mu) * scale
            g[i] = _float(gradient[f, i]) * max(np.float32(0), np.float32(1) - abs(x[i] + offset) * narrow)
        total = _total(g)
        bias_gradient[f] = total
        average = total / np.float32(count)
        slope = _product(g, x) / np.float32(count) * divisor / max(std[f], TINY)
        passed = np.float32(1) / max(divisor, LEAST_DIVISOR)
        for i in range(count):
            _put(own, f, i, (g[i] - average - x[i] * slope) * passed)
