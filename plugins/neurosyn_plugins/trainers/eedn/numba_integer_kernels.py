"""The Numba twins of `neurosyn_plugins.trainers.eedn.integer_kernels`; import through it, since this imports Numba."""

from __future__ import annotations

import math

import numpy as np

from neurosyn.plugins.jit import compiled
from neurosyn_plugins.trainers.compute.constants import BLOCK, DITHERS, EPSILON, LEAST_DIVISOR, SOFT_ONE, TINY
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

__all__ = ["backward", "forward", "hold", "mean_activity", "measure_gradient"]

_compile = compiled(nogil=True, error_model="numpy", fastmath={"contract"})
# Sums may be added in any order, so that they can be vectorised.
_compile_sums = compiled(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})

# Between two conversions to float32 a sum of products of 7 bits stays within 32.
_MOST_COLUMNS = 1 << 17

TILES = 4
"""Tiles of columns that are packed together: their inputs fill half of the first cache."""


@_compile
def hold(weights, held, turned, start):  # type: ignore[no-untyped-def]
    """One pass."""
    banks, fan_in, features = weights.shape
    for bank in range(banks):
        for k in range(fan_in):
            total = np.int32(0)
            for f in range(features):
                weight = np.int8(weights[bank, k, f])
                held[bank, k, f] = weight
                total += np.int32(weight)
            start[bank, k] = -128 * total
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
        rows = index[site]
        if run == COLUMNS:
            at = start + image
            out = packed.ctypes.data
            for step in range(packed.shape[0]):
                k = STEP * step
                interleave(
                    at + rows[k] * row,
                    at + rows[k + 1] * row,
                    at + rows[k + 2] * row,
                    at + rows[k + 3] * row,
                    out + step * (STEP * COLUMNS),
                    np.int32(0),
                )
        else:
            for step in range(packed.shape[0]):
                k = STEP * step
                one, two, three, four = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
                for i in range(run):
                    packed[step, done + i] = (
                        np.uint32(source[one, image + i])
                        | np.uint32(source[two, image + i]) << np.uint32(8)
                        | np.uint32(source[three, image + i]) << np.uint32(16)
                        | np.uint32(source[four, image + i]) << np.uint32(24)
                    )
        done += run


@_compile
def _add_up(source, index, weights, sums, packed, rest, start):  # type: ignore[no-untyped-def]
    """Write the sums of a bank: some tiles of inputs are packed into the first cache, and all features take them."""
    features, columns = sums.shape
    steps = packed.shape[1]
    row, out_row = weights.strides[0], sums.strides[0]
    for first in range(0, columns, TILES * COLUMNS):
        tiles = min(TILES, -(-(columns - first) // COLUMNS))
        for tile in range(tiles):
            at = first + tile * COLUMNS
            _pack(source, index, at, min(COLUMNS, columns - at), packed[tile])
        for f in range(0, features, ROWS):
            own = weights.ctypes.data + f * row
            for tile in range(tiles):
                at = first + tile * COLUMNS
                inputs = packed.ctypes.data + tile * packed.strides[0]
                if at + COLUMNS <= columns and f + ROWS <= features:
                    out = sums.ctypes.data + f * out_row + 2 * at
                    product_tile(own, row, inputs, out, out_row, steps, start.ctypes.data)
                else:
                    product_tile(own, row, inputs, rest.ctypes.data, rest.strides[0], steps, start.ctypes.data)
                    for r in range(min(ROWS, features - f)):
                        for i in range(min(COLUMNS, columns - at)):
                            sums[f + r, at + i] = rest[r, i]


@_compile
def _spread(row):  # type: ignore[no-untyped-def]
    """Return mean and standard deviation."""
    count = len(row)
    total, squares = np.int64(0), np.int64(0)
    for i in range(count):
        number = np.int32(row[i])
        total += np.int64(number)
        squares += np.int64(np.int32(number * number))
    std = math.sqrt(np.float64(count * squares - total * total)) / np.float64(count)
    return np.float32(total / np.float64(count)), np.float32(std)


@_compile
def _spike(row, threshold, out):  # type: ignore[no-untyped-def]
    """Let binary neurons answer."""
    whole = np.int16(min(max(math.ceil(threshold), -32768), 32767))
    for i in range(len(row)):
        out[i] = np.uint8(row[i] >= whole)


@_compile
def _soften(row, mean, scale, offset, out):  # type: ignore[no-untyped-def]
    """Let soft neurons answer."""
    for i in range(len(row)):
        r = (np.float32(row[i]) - mean) * scale + offset
        rest = max(np.float32(0), np.float32(1) - abs(r))
        # ½ ± (½ − rest²/2), without a branch.
        half = np.float32(0.5) - np.float32(0.5) * rest * rest
        answer = np.float32(0.5) + math.copysign(half, r)
        out[i] = np.uint8(np.int32(answer * np.float32(SOFT_ONE) + np.float32(0.5)))


@_compile
def forward(source, index, weights, sums, one, bias, mean, std, width, activity):  # type: ignore[no-untyped-def]
    """Bank by bank, while its sums are in the second cache."""
    banks, features, _ = sums.shape
    packed = np.zeros((TILES, index.shape[2] // STEP, COLUMNS), np.uint32)
    rest = np.empty((ROWS, COLUMNS), np.int16)
    start = np.zeros(ROWS, np.int32)
    narrow = np.float32(1) / np.float32(width) if width else np.float32(0)
    for bank in range(banks):
        _add_up(source, index[bank], weights[bank], sums[bank], packed, rest, start)
        for f in range(features):
            mu, sigma = _spread(sums[bank, f])
            mean[bank, f], std[bank, f] = mu, sigma
            deviation = sigma + np.float32(one) * EPSILON
            offset = bias[bank, f]
            if width:
                _soften(sums[bank, f], mu, narrow / deviation, offset * narrow, activity[bank, f])
            else:
                _spike(sums[bank, f], mu - offset * deviation, activity[bank, f])


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
    """Row by row, and in blocks that stay in the first cache: x and g, then their sums."""
    banks, features, count = sums.shape
    narrow = np.float32(1) / np.float32(width)
    unit = np.float32(unit)
    x, g = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    bound = np.float32(0)
    for bank in range(banks):
        for f in range(features):
            centre, deviation = mean[bank, f], std[bank, f] / np.float32(one)
            divisor = deviation + EPSILON
            scale = np.float32(1) / (divisor * np.float32(one))
            offset, push = bias[bank, f], pressure[bank, f]
            total, product = np.float32(0), np.float32(0)
            most_x, most_g = np.float32(0), np.float32(0)
            for first in range(0, count, BLOCK):
                size = min(BLOCK, count - first)
                row, given = sums[bank, f, first : first + size], gradient[bank, f, first : first + size]
                for i in range(size):
                    x[i] = (np.float32(row[i]) - centre) * scale
                    g[i] = (np.float32(given[i]) * unit + push) * max(
                        np.float32(0), np.float32(1) - abs(x[i] + offset) * narrow
                    )
                total += _total(g, size)
                product += _product(g, x, size)
                most_x, most_g = max(most_x, _largest(x, size)), max(most_g, _largest(g, size))
            bias_gradient[bank, f] = total
            average = total / np.float32(count)
            slope = product / np.float32(count) * divisor / max(deviation, TINY)
            terms[bank, f, 0], terms[bank, f, 1] = average, slope
            most = most_g + abs(average) + most_x * abs(slope)
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
        whole = run // COLUMNS * COLUMNS
        for k in range(inputs.shape[0]):
            at = start + index[site, k] * row + image
            to = out + k * out_row + done
            for i in range(0, whole, COLUMNS):
                copy_bytes(at + i, to + i)
            for i in range(whole, run):
                inputs[k, done + i] = source[index[site, k], image + i]
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
        rows = index[site]
        for r in range(ROWS):
            row = rows[k + r]
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
def _multiply_inputs(inputs, own, depth, products):  # type: ignore[no-untyped-def]
    """Add the products of a block of inputs and gradients."""
    for k in range(products.shape[0]):
        for f in range(products.shape[1]):
            weight_tile(
                inputs.ctypes.data + ROWS * k * BLOCK,
                BLOCK,
                own.ctypes.data + 2 * f * BLOCK,
                BLOCK,
                products.ctypes.data + k * products.strides[0] + f * products.strides[1],
                depth // DEPTH,
            )


@_compile
def _multiply_weights(  # type: ignore[no-untyped-def]
    own, count, weights, start, packed, tile, index, first, target, add
):
    """Hand the products of weights and a block of gradients down."""
    fan_in, padded = weights.shape
    for part in range(0, count, TILES * COLUMNS):
        tiles = min(TILES, -(-(count - part) // COLUMNS))
        for t in range(tiles):
            _pack_gradient(own, part + t * COLUMNS, packed[t])
        for k in range(0, fan_in, ROWS):
            for t in range(tiles):
                product_tile(
                    weights.ctypes.data + k * padded,
                    padded,
                    packed.ctypes.data + t * packed.strides[0],
                    tile.ctypes.data + t * tile.strides[0],
                    tile.strides[1],
                    padded // STEP,
                    start.ctypes.data + 4 * k,
                )
            for t in range(tiles):
                at = part + t * COLUMNS
                _hand_down(tile[t], index, first + at, min(COLUMNS, count - at), k, target, add)


@_compile
def _add_products(products, factor, weight_gradient):  # type: ignore[no-untyped-def]
    """Add the products to the gradient of the weights and clear them."""
    fan_in, features = weight_gradient.shape
    for k in range(fan_in):
        row = products[k // ROWS, :, k % ROWS]
        for f in range(features):
            weight_gradient[k, f] += np.float32(row[f // 2, f % 2] * factor)
    products[:] = 0


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
    start,
    weight_gradient,
    target,
    add,
):
    """Block by block of columns, so that all of it stays in the second cache."""
    banks, features, columns = sums.shape
    fan_in = index.shape[2]
    padded = weights.shape[2]
    narrow, unit, multiple = np.float32(1) / np.float32(width), np.float32(unit), np.float32(scale)
    own = np.zeros((padded, BLOCK), np.int8)
    inputs = np.zeros((fan_in, BLOCK), np.uint8)
    products = np.zeros((fan_in // ROWS, padded // 2, ROWS, 2), np.int32)
    packed = np.empty((TILES, padded // STEP, COLUMNS), np.uint32)
    tile = np.empty((TILES, ROWS, COLUMNS), np.int16)
    factor = 1 / (float(scale) * one)
    for bank in range(banks):
        weight_gradient[bank] = 0
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
            _multiply_inputs(inputs, own, depth, products)
            held += count
            if held > _MOST_COLUMNS - BLOCK or first + count == columns:
                _add_products(products, factor, weight_gradient[bank])
                held = 0
            if len(target):
                _multiply_weights(own, count, weights[bank], start[bank], packed, tile, index[bank], first, target, add)
