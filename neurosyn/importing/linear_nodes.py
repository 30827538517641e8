"""Linear nodes of NIR as sparse matrices: what one step's values of the source add to each element of the target.

Elements are numbered in C order of the shapes (channels, height, width). A matrix has a row for each element of the
target and a column for each element of the source, so that chains of nodes are products of matrices, whatever their
kernels, strides and groups.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.errors import DataError

__all__ = ["NodeParameters", "conv", "pool"]

Shape = tuple[int, ...]

_LARGEST = 1e12
"""Largest parameter, so that products of parameters stay finite."""
_MOST_ENTRIES = 200_000_000
"""Weights of one matrix."""


class NodeParameters:
    """Parameters of a node, checked as they are read.

    Parameters
    ----------
    where
        File and node, for messages.
    values
        The arrays and texts of the file.
    """

    def __init__(self, where: str, values: dict[str, Any]) -> None:
        self.where = where
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def array(self, name: str, dimensions: int | None = None) -> NDArray[np.float64]:
        """Return an array of finite or infinite numbers (`dimensions` axes if given).

        Raises
        ------
        DataError
            If it is missing, text, of other dimensions, or holds values that are no numbers.
        """
        value = self._values.get(name)
        if value is None:
            raise DataError(f"{self.where}: has no parameter '{name}'; export the network again")
        if isinstance(value, str) or value.dtype.kind not in "fiub":
            raise DataError(f"{self.where}: '{name}' is no array of numbers; export the network again")
        numbers = np.asarray(value, np.float64)
        if dimensions is not None and numbers.ndim != dimensions:
            raise DataError(
                f"{self.where}: '{name}' has the shape {numbers.shape}, not {dimensions} axes; export the network again"
            )
        if (np.isfinite(numbers) & (np.abs(numbers) > _LARGEST)).any():
            raise DataError(f"{self.where}: '{name}' holds values beyond ±{_LARGEST:g}; is the file damaged?")
        if np.isnan(numbers).any():
            raise DataError(f"{self.where}: '{name}' holds values that are no numbers (NaN); train the network again")
        return numbers

    def weights(self, name: str, dimensions: int) -> NDArray[np.float64]:
        """Return an array of finite numbers with `dimensions` axes, none of them empty."""
        numbers = self.array(name, dimensions)
        if not np.isfinite(numbers).all():
            raise DataError(f"{self.where}: '{name}' holds infinite values; train the network again")
        if not numbers.size:
            raise DataError(f"{self.where}: '{name}' has the shape {numbers.shape}; export the network again")
        return numbers

    def whole(self, name: str, count: int, default: int | None = None) -> tuple[int, ...]:
        """Return `count` whole numbers; a single one stands for all."""
        if name not in self and default is not None:
            return (default,) * count
        numbers = self.array(name).ravel()
        if len(numbers) == 1:
            numbers = np.repeat(numbers, count)
        if len(numbers) != count or (numbers != np.round(numbers)).any() or (np.abs(numbers) > 1e6).any():
            raise DataError(f"{self.where}: '{name}' is {numbers.tolist()}, not {count} whole numbers; export again")
        return tuple(int(number) for number in numbers)

    def text(self, name: str) -> str | None:
        """Return a parameter that is text, None if it is none."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def shape(self, name: str) -> Shape:
        """Return a shape: positive whole numbers."""
        numbers = self.array(name).ravel()
        if not len(numbers) or (numbers != np.round(numbers)).any() or (numbers < 1).any() or numbers.max() > 2**24:
            raise DataError(f"{self.where}: '{name}' is {numbers.tolist()}, no shape; export the network again")
        if math.prod(int(number) for number in numbers) > 2**24:
            raise DataError(f"{self.where}: '{name}' is {numbers.tolist()}, more than {2**24:,} elements; use fewer")
        return tuple(int(number) for number in numbers)


def conv(parameters: NodeParameters, shape: Shape, axes: int) -> tuple[sparse.csr_array, NDArray[np.float64], Shape]:
    """Return the matrix, the bias and the shape of the output of a Conv1d or Conv2d (`axes` 1 or 2).

    Parameters
    ----------
    parameters
        ``weight`` (out, in / groups, kernel…), ``stride``, ``padding`` (numbers, 'same' or 'valid'), ``dilation``,
        ``groups``, ``bias``.
    shape
        Of the input: (channels, length…).
    axes
        Number of spatial axes.

    Raises
    ------
    DataError
        If shape and parameters do not fit.
    """
    where = parameters.where
    weight = parameters.weights("weight", axes + 2)
    if len(shape) != axes + 1:
        raise DataError(f"{where}: its input has the shape {shape}, not {axes + 1} axes; check the node before it")
    stride = parameters.whole("stride", axes, 1)
    dilation = parameters.whole("dilation", axes, 1)
    (groups,) = parameters.whole("groups", 1, 1)
    out, per_group, kernel = weight.shape[0], weight.shape[1], weight.shape[2:]
    if groups < 1 or out % groups or shape[0] != per_group * groups:
        raise DataError(
            f"{where}: {groups} groups of {per_group} channels in and {out} channels out, but its input has "
            f"{shape[0]} channels; export the network again"
        )
    if min(stride) < 1 or min(dilation) < 1:
        raise DataError(f"{where}: stride {stride} and dilation {dilation} must be at least 1; export again")
    before, after = _padding(parameters, axes, kernel, stride, dilation)
    taps, size = _windows(where, shape[1:], kernel, stride, dilation, before, after)

    positions = math.prod(size)
    bias = np.zeros(out)
    if "bias" in parameters:
        bias = np.broadcast_to(parameters.weights("bias", 1), (out,)).astype(np.float64)
    if out * positions * per_group * math.prod(kernel) > _MOST_ENTRIES:
        raise DataError(f"{where}: has more than {_MOST_ENTRIES:,} synapses; use a smaller map")
    plane = math.prod(shape[1:])
    flat = weight.reshape(out, per_group, -1)
    position, tap = np.nonzero(taps >= 0)
    element = taps[position, tap]
    rows, columns, values = [], [], []
    for feature in range(out):
        first = feature // (out // groups) * per_group
        for channel in range(per_group):
            rows.append(feature * positions + position)
            columns.append((first + channel) * plane + element)
            values.append(flat[feature, channel][tap])
    matrix = _matrix(values, rows, columns, (out * positions, math.prod(shape)))
    return matrix, np.repeat(bias, positions), (out, *size)


def pool(parameters: NodeParameters, shape: Shape, *, mean: bool) -> tuple[sparse.csr_array, Shape, int]:
    """Return the matrix of a SumPool2d or AvgPool2d, the shape of its output and the elements of a window.

    Zeros of the padding count in means, as in NIR's reference.
    """
    where = parameters.where
    if len(shape) != 3:
        raise DataError(
            f"{where}: its input has the shape {shape}, not (channels, height, width); check the node before"
        )
    kernel = parameters.whole("kernel_size", 2)
    stride = parameters.whole("stride", 2) if "stride" in parameters else kernel
    padding = parameters.whole("padding", 2, 0)
    if min(kernel) < 1 or min(stride) < 1 or min(padding) < 0:
        raise DataError(f"{where}: kernel {kernel}, stride {stride} and padding {padding} are no pool; export again")
    taps, size = _windows(where, shape[1:], kernel, stride, (1, 1), padding, padding)
    area, plane, positions = math.prod(kernel), math.prod(shape[1:]), math.prod(size)
    position, tap = np.nonzero(taps >= 0)
    element = taps[position, tap]
    channels = np.arange(shape[0])[:, None]
    rows = (channels * positions + position).ravel()
    columns = (channels * plane + element).ravel()
    values = np.full(len(rows), 1 / area if mean else 1.0)
    return _matrix([values], [rows], [columns], (shape[0] * positions, shape[0] * plane)), (shape[0], *size), area


def _matrix(values: list[Any], rows: list[Any], columns: list[Any], shape: tuple[int, int]) -> sparse.csr_array:
    """Return a sparse matrix; a tap of weight 0 is no synapse."""
    matrix = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape, dtype=np.float64
    )
    matrix.eliminate_zeros()
    return matrix


def _padding(
    parameters: NodeParameters, axes: int, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[Shape, Shape]:
    """Return the zeros before and after each axis. 'same' puts the odd one after, as PyTorch does."""
    text = parameters.text("padding")
    if text is None:
        amount = parameters.whole("padding", axes, 0)
        if min(amount) < 0:
            raise DataError(f"{parameters.where}: padding {amount} is negative; export the network again")
        return amount, amount
    if text == "valid":
        return (0,) * axes, (0,) * axes
    if text != "same":
        raise DataError(f"{parameters.where}: padding '{text}' is neither 'same' nor 'valid'; export the network again")
    if set(stride) != {1}:
        raise DataError(f"{parameters.where}: padding 'same' with stride {stride} is not defined; give numbers")
    total = [spread * (length - 1) for length, spread in zip(kernel, dilation, strict=True)]
    return tuple(amount // 2 for amount in total), tuple(amount - amount // 2 for amount in total)


def _windows(
    where: str, lengths: Shape, kernel: Shape, stride: Shape, dilation: Shape, before: Shape, after: Shape
) -> tuple[NDArray[np.int64], Shape]:
    """Return, for each position and tap of a window, the element of the plane, −1 in the padding; and the size."""
    indices, size = [], []
    for length, taps, step, spread, low, high in zip(lengths, kernel, stride, dilation, before, after, strict=True):
        count = (length + low + high - spread * (taps - 1) - 1) // step + 1
        if count < 1:
            raise DataError(f"{where}: its kernel {kernel} is larger than its input {lengths}; check input and padding")
        index = np.arange(count)[:, None] * step - low + np.arange(taps) * spread
        indices.append(np.where((index >= 0) & (index < length), index, -1))
        size.append(count)
    if math.prod(size) * math.prod(kernel) > _MOST_ENTRIES:
        raise DataError(f"{where}: has more than {_MOST_ENTRIES:,} taps; use a smaller map")
    flat = indices[0]
    for index, length in zip(indices[1:], lengths[1:], strict=True):
        joined = flat[:, None, :, None] * length + index[None, :, None, :]
        inside = (flat[:, None, :, None] >= 0) & (index[None, :, None, :] >= 0)
        flat = np.where(inside, joined, -1).reshape(flat.shape[0] * index.shape[0], -1)
    return flat.astype(np.int64), tuple(size)
