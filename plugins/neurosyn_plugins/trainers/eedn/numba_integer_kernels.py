"""The Numba twins of `neurosyn_plugins.trainers.eedn.integer_kernels`; import through it, since this imports Numba."""

from __future__ import annotations

import math

import numpy as np

from neurosyn.support.numba_cache import compiled
from neurosyn_plugins.trainers.compute.constants import EPSILON, LEAST_DIVISOR, TINY
from neurosyn_plugins.trainers.eedn.dot_tiles import (
    COLUMNS,
    DEPTH,
    ROWS,
    STEP,
    add_words,
    copy_bytes,
    copy_words,
    interleave,
    product_tile,
    weight_tile,
)
from neurosyn_plugins.trainers.eedn.integer_kernels import BLOCK, DITHERS, SOFT_ONE

__all__ = ["backward", "forward", "hold", "mean_activity", "measure_gradient", "soften", "spike"]

_compile = compiled(nogil=True, error_model="numpy", fastmath={"contract"})
# Sums may be added in any order, so that they can be vectorised.
_compile_sums = compiled(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})

# Between two conversions to float32 a sum of products of 7 bits stays within 32.
_MOST_COLUMNS = 1 << 17


@_compile
def hold(weights, held, turned):  # type: ignore[no-untyped-def]
    """One pass."""
    banks, fan_in, features = weights.shape
    for bank in range(banks):
        for k in range(fan_in):
            for f in range(features):
                held[bank, k, f] = np.int8(weights[bank, k, f])
        for f in range(features):
            for k in range(fan_in):
                turned[bank, f, k] = held[bank, k, f]


@_compile
def mean_activity(activity, one, mean):  # type: ignore[no-untyped-def]
    """Row by row."""
    banks, features, count = activity.shape
    for bank in range(banks):
        for f in range(features):
            row = activity[bank, f]
            total = np.int32(0)
            for i in range(count):
                total += np.int32(row[i])
            mean[bank, f] = total / np.float64(one * count)


@_compile
def _pack(source, index, first, width, packed):  # type: ignore[no-untyped-def]
    """Lay columns of the inputs, four side by side, into (steps, 32) numbers of 32 bits."""
    images = source.shape[1]
    start, row = source.ctypes.data, source.strides[0]
    done = 0
    while done < width:
        site, image = divmod(first + done, images)
        run = min(images - image, width - done)
        if run == COLUMNS:
            at = start + image
            out = packed.ctypes.data
            for step in range(packed.shape[0]):
                interleave(
                    at + index[STEP * step, site] * row,
                    at + index[STEP * step + 1, site] * row,
                    at + index[STEP * step + 2, site] * row,
                    at + index[STEP * step + 3, site] * row,
                    out + step * (STEP * COLUMNS),
                    np.int32(0),
                )
        else:
            for step in range(packed.shape[0]):
                one, two = index[STEP * step, site], index[STEP * step + 1, site]
                three, four = index[STEP * step + 2, site], index[STEP * step + 3, site]
                for i in range(run):
                    packed[step, done + i] = (
                        np.uint32(source[one, image + i])
                        | np.uint32(source[two, image + i]) << np.uint32(8)
                        | np.uint32(source[three, image + i]) << np.uint32(16)
                        | np.uint32(source[four, image + i]) << np.uint32(24)
                    )
        done += run


@_compile
def forward(source, index, weights, sums):  # type: ignore[no-untyped-def]
    """Tile by tile: 32 columns of inputs are packed into the first cache and multiplied with all features."""
    banks, fan_in, _ = index.shape
    features, columns = sums.shape[1:]
    steps = fan_in // STEP
    packed = np.zeros((steps, COLUMNS), np.uint32)
    rest = np.empty((ROWS, COLUMNS), np.int16)
    start = np.zeros(ROWS, np.int32)
    row, out_row = weights.strides[1], sums.strides[1]
    for bank in range(banks):
        for first in range(0, columns, COLUMNS):
            width = min(COLUMNS, columns - first)
            _pack(source, index[bank], first, width, packed)
            for f in range(0, features, ROWS):
                own = weights.ctypes.data + bank * weights.strides[0] + f * row
                if width == COLUMNS and f + ROWS <= features:
                    out = sums.ctypes.data + bank * sums.strides[0] + f * out_row + 2 * first
                    product_tile(own, row, packed.ctypes.data, out, out_row, steps, start.ctypes.data)
                else:
                    product_tile(
                        own, row, packed.ctypes.data, rest.ctypes.data, rest.strides[0], steps, start.ctypes.data
                    )
                    for r in range(min(ROWS, features - f)):
                        for i in range(width):
                            sums[bank, f + r, first + i] = rest[r, i]


@_compile
def spike(sums, one, bias, mean, std, spikes):  # type: ignore[no-untyped-def]
    """Row by row, so that a row stays in cache."""
    banks, features, count = sums.shape
    for bank in range(banks):
        for f in range(features):
            row, out = sums[bank, f], spikes[bank, f]
            total, squares = np.int64(0), np.int64(0)
            for i in range(count):
                number = np.int32(row[i])
                total += np.int64(number)
                squares += np.int64(np.int32(number * number))
            mean[bank, f] = np.float32(total / np.float64(count))
            std[bank, f] = np.float32(math.sqrt(np.float64(count * squares - total * total)) / np.float64(count))
            threshold = mean[bank, f] - bias[bank, f] * (std[bank, f] + np.float32(one) * EPSILON)
            whole = np.int16(min(max(math.ceil(threshold), -32768), 32767))
            for i in range(count):
                out[i] = np.uint8(row[i] >= whole)


@_compile
def soften(sums, one, bias, mean, std, width, activity):  # type: ignore[no-untyped-def]
    """One pass, row by row."""
    banks, features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    for bank in range(banks):
        for f in range(features):
            row, out = sums[bank, f], activity[bank, f]
            centre = mean[bank, f]
            scale = narrow / (std[bank, f] + np.float32(one) * EPSILON)
            offset = bias[bank, f] * narrow
            for i in range(count):
                r = (np.float32(row[i]) - centre) * scale + offset
                rest = max(np.float32(0), np.float32(1) - abs(r))
                # ½ ± (½ − rest²/2), without a branch.
                half = np.float32(0.5) - np.float32(0.5) * rest * rest
                answer = np.float32(0.5) + math.copysign(half, r)
                out[i] = np.uint8(np.int32(answer * np.float32(SOFT_ONE) + np.float32(0.5)))


@_compile_sums
def _total(numbers, count):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(count):
        total += numbers[i]
    return total


@_compile_sums
def _product(one, other, count):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(count):
        total += one[i] * other[i]
    return total


@_compile
def _largest(numbers, count):  # type: ignore[no-untyped-def]
    """Return the largest size; without their signs, float32 numbers are in the order of their bits."""
    bits = numbers.view(np.int32)
    most = np.int32(0)
    for i in range(count):
        most = max(most, np.int32(bits[i] & np.int32(0x7FFFFFFF)))
    return np.int32(most).view(np.float32)


@_compile
def measure_gradient(  # type: ignore[no-untyped-def]
    sums, one, bias, mean, std, width, gradient, unit, pressure, bias_gradient, terms
):
    """Row by row: x and g, then their sums."""
    banks, features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    unit = np.float32(unit)
    x, g = np.empty(count, np.float32), np.empty(count, np.float32)
    bound = np.float32(0)
    for bank in range(banks):
        for f in range(features):
            row, given = sums[bank, f], gradient[bank, f]
            centre, deviation = mean[bank, f], std[bank, f] / np.float32(one)
            divisor = deviation + EPSILON
            scale = np.float32(1) / (divisor * np.float32(one))
            offset, push = bias[bank, f], pressure[bank, f]
            for i in range(count):
                x[i] = (np.float32(row[i]) - centre) * scale
                g[i] = (np.float32(given[i]) * unit + push) * max(
                    np.float32(0), np.float32(1) - abs(x[i] + offset) * narrow
                )
            total = _total(g, count)
            bias_gradient[bank, f] = total
            average = total / np.float32(count)
            slope = _product(g, x, count) / np.float32(count) * divisor / max(deviation, TINY)
            terms[bank, f, 0], terms[bank, f, 1] = average, slope
            most = _largest(g, count) + abs(average) + _largest(x, count) * abs(slope)
            bound = max(bound, most / max(divisor, LEAST_DIVISOR))
    return bound


@_compile
def _round(  # type: ignore[no-untyped-def]
    row, one, bias, mean, std, narrow, given, unit, push, term, scale, dither, own
):
    """Write the gradient of some sums of a row in multiples of a scale, rounded at random."""
    divisor = std / np.float32(one) + EPSILON
    by = np.float32(1) / (divisor * np.float32(one))
    passed = scale / max(divisor, LEAST_DIVISOR)
    average, slope = term[0], term[1]
    for i in range(len(row)):
        x = (np.float32(row[i]) - mean) * by
        g = (np.float32(given[i]) * unit + push) * max(np.float32(0), np.float32(1) - abs(x + bias) * narrow)
        own[i] = np.int8(np.int32(np.floor((g - average - x * slope) * passed + dither[i])))


@_compile
def _rows(source, index, first, width, inputs):  # type: ignore[no-untyped-def]
    """Copy columns of the inputs."""
    images = source.shape[1]
    start, row = source.ctypes.data, source.strides[0]
    out, out_row = inputs.ctypes.data, inputs.strides[0]
    done = 0
    while done < width:
        site, image = divmod(first + done, images)
        run = min(images - image, width - done)
        for k in range(inputs.shape[0]):
            at = start + index[k, site] * row + image
            to = out + k * out_row + done
            whole = run // COLUMNS * COLUMNS
            for i in range(0, whole, COLUMNS):
                copy_bytes(at + i, to + i)
            for i in range(whole, run):
                inputs[k, done + i] = source[index[k, site], image + i]
        done += run


@_compile
def _pack_gradient(own, first, packed):  # type: ignore[no-untyped-def]
    """Lay columns of the gradients, four features side by side, into (steps, 32); 128 makes them unsigned."""
    row = own.strides[0]
    for step in range(packed.shape[0]):
        at = own.ctypes.data + STEP * step * row + first
        out = packed.ctypes.data + step * (STEP * COLUMNS)
        interleave(at, at + row, at + 2 * row, at + 3 * row, out, np.int32(-0x7F7F7F80))


@_compile
def _hand_down(tile, index, first, width, k, target, add):  # type: ignore[no-untyped-def]
    """Write or add the gradients of 8 inputs, 32 columns, to the rows where they belong."""
    images = target.shape[1]
    done = 0
    while done < width:
        site, image = divmod(first + done, images)
        run = min(images - image, width - done)
        for r in range(min(ROWS, index.shape[0] - k)):
            row = index[k + r, site]
            if run == COLUMNS:
                to = target.ctypes.data + row * target.strides[0] + image * target.itemsize
                if target.itemsize == 2:
                    copy_words(tile.ctypes.data + r * tile.strides[0], to)
                else:
                    add_words(tile.ctypes.data + r * tile.strides[0], to)
            elif add:
                for i in range(run):
                    target[row, image + i] += tile[r, done + i]
            else:
                for i in range(run):
                    target[row, image + i] = tile[r, done + i]
        done += run


@_compile
def backward(  # type: ignore[no-untyped-def]
    sums,
    one,
    bias,
    mean,
    std,
    width,
    gradient,
    unit,
    pressure,
    terms,
    scale,
    dither,
    stretch,
    source,
    index,
    weights,
    weight_gradient,
    target,
    add,
):
    """Block by block of columns, so that all of it stays in the second cache."""
    banks, features, columns = sums.shape
    fan_in = index.shape[1]
    padded = weights.shape[2]
    narrow, unit, multiple = np.float32(1) / np.float32(width), np.float32(unit), np.float32(scale)
    own = np.zeros((padded, BLOCK), np.int8)
    inputs = np.zeros((fan_in, BLOCK), np.uint8)
    products = np.empty((fan_in // ROWS, padded // 2, ROWS, 2), np.int32)
    packed = np.empty((padded // STEP, COLUMNS), np.uint32)
    tile = np.empty((ROWS, COLUMNS), np.int16)
    start = np.empty(fan_in, np.int32)
    factor = 1 / (float(scale) * one)
    for bank in range(banks):
        for k in range(fan_in):
            start[k] = 0
            for f in range(padded):
                start[k] -= 128 * np.int32(weights[bank, k, f])
        weight_gradient[bank] = 0
        products[:] = 0
        held = 0
        for first in range(0, columns, BLOCK):
            count = min(BLOCK, columns - first)
            depth = -(-count // DEPTH) * DEPTH
            block = slice(first, first + count)
            for f in range(features):
                at = (f * 977 + stretch + bank * 569 + first // BLOCK * 331) % DITHERS
                own[f, count:depth] = 0
                _round(
                    sums[bank, f, block],
                    one,
                    bias[bank, f],
                    mean[bank, f],
                    std[bank, f],
                    narrow,
                    gradient[bank, f, block],
                    unit,
                    pressure[bank, f],
                    terms[bank, f],
                    multiple,
                    dither[at : at + count],
                    own[f, :count],
                )
            _rows(source, index[bank], first, count, inputs)
            for k in range(0, fan_in, ROWS):
                for f in range(0, padded, 2):
                    weight_tile(
                        inputs.ctypes.data + k * BLOCK,
                        BLOCK,
                        own.ctypes.data + f * BLOCK,
                        BLOCK,
                        products.ctypes.data + k // ROWS * products.strides[0] + f // 2 * products.strides[1],
                        depth // DEPTH,
                    )
            held += count
            if held > _MOST_COLUMNS - BLOCK or first + count == columns:
                for k in range(weight_gradient.shape[1]):
                    for f in range(features):
                        weight_gradient[bank, k, f] += np.float32(products[k // ROWS, f // 2, k % ROWS, f % 2] * factor)
                products[:] = 0
                held = 0
            if len(target):
                for part in range(0, count, COLUMNS):
                    _pack_gradient(own, part, packed)
                    for k in range(0, fan_in, ROWS):
                        product_tile(
                            weights.ctypes.data + bank * weights.strides[0] + k * padded,
                            padded,
                            packed.ctypes.data,
                            tile.ctypes.data,
                            tile.strides[0],
                            padded // STEP,
                            start.ctypes.data + 4 * k,
                        )
                        _hand_down(tile, index[bank], first + part, min(COLUMNS, count - part), k, target, add)
