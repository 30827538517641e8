"""One layer in training: forward and backward pass over a batch, for any connectivity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins.wiring import Bank, Wiring
from neurosyn_plugins.trainers.compute.kernels import Kernels
from neurosyn_plugins.trainers.eedn.products import Products

__all__ = ["Scratch", "TrainedLayer"]

F32 = NDArray[np.float32]


class Scratch:
    """Buffers that the layers of a network use one after the other.

    Parameters
    ----------
    products
        Whose numbers they hold, where these lie.
    """

    def __init__(self, products: Products) -> None:
        self.products = products
        self._buffers: dict[str, NDArray[Any]] = {}

    def take(self, name: str, *shape: int) -> NDArray[Any]:
        """Return an uninitialised array of `shape`, which may share its memory with others of the same `name`."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = self.products.arrays.empty(size, self.products.dtype)
        return buffer[:size].reshape(shape)


@dataclass(frozen=True, eq=False)
class _Piece:
    """Sites whose columns fit the cache.

    Attributes
    ----------
    index
        Rows of their inputs (banks · fan_in, sites), as the kernels take them.
    columns : array (banks · fan_in, sites · images)
        Buffer for their inputs.
    inputs, sums, own
        Operands (banks, fan_in or features, sites · images): `columns`, and the sites' parts of the layer's sums and of
        the group's gradient.
    """

    index: Any
    columns: NDArray[Any]
    inputs: Any
    sums: Any
    own: Any


@dataclass(frozen=True, eq=False)
class _Group:
    """Consecutive banks that are computed together.

    Attributes
    ----------
    banks, rows
        Its banks, and their rows in the layer.
    own : array (banks · features, sites · images)
        Buffer for ∂L/∂sums.
    change
        Operand (banks, fan_in, features): buffer for the gradient of the weights.
    pieces
        All of their sites.
    """

    banks: slice
    rows: slice
    own: NDArray[Any]
    change: Any
    pieces: tuple[_Piece, ...]


class TrainedLayer:
    """A layer of binary neurons with its activities and gradients for one batch.

    Rows are in the order of `neurosyn.plugins.wiring`. All arrays lie where the kernels compute (``kernels.arrays``).

    Parameters
    ----------
    wiring
        The layer's.
    images
        Size of the batch.
    weights, bias : float32 arrays (banks, fan_in, features) and (banks, features)
        Moved by the optimiser: trinary weights, or real ones off the chip.
    kernels, scratch
        Inner loops; shared buffers, with the matrix products.

    Attributes
    ----------
    sums : array (neurons, images)
        Numbers of the products' type.
    spikes : uint8 array (neurons + 1, images)
        The last row stays zero.
    activity : uint8 array, or one of the products' type (neurons + 1, images)
        Input of the next layer: the spikes, or the answers of soft neurons.
    gradient : array (neurons + 1, images)
        ∂L/∂activity, filled by the layer above: float32, or the type in which that one has it (`passes`). The last row
        collects what belongs to inputs outside the map and is never read.
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
        self._products = scratch.products
        arrays = self._arrays = kernels.arrays
        self.sums = arrays.zeros((wiring.size, images), self._products.dtype)
        self.spikes = arrays.zeros((wiring.size + 1, images), np.uint8)
        self.gradient: NDArray[Any] = arrays.zeros((wiring.size + 1, images), np.float32)
        self.mean = arrays.zeros(bias.shape, np.float32)
        self.std = arrays.zeros(bias.shape, np.float32)
        self.activity: NDArray[Any] = self.spikes
        self._soft: NDArray[Any] | None = None
        self._width = 1.0
        self._kernels = kernels
        self._cached_weights = self._products.cache(weights)
        self._groups = [self._group(banks, scratch) for banks in self._stacks()]
        times = np.zeros(wiring.inputs + 1, np.int64)
        for bank in wiring.banks:
            times += np.bincount(bank.index.ravel(), minlength=len(times))
        # The zero row's gradient is never read.
        self._seen_once = int(times[:-1].max(initial=0)) <= 1
        # Of the gradients for the layer before: rows that are added to, or those that are not written, few if any.
        self._cleared: Any = arrays.to_device(np.flatnonzero(times[:-1] == 0)) if self._seen_once else ...

    @property
    def passes(self) -> type[np.float32 | np.uint16]:
        """Type of the gradients for the layer before: that of the products where nothing is added to them."""
        return self._products.dtype if self._seen_once else np.float32

    def _stacks(self) -> Iterator[list[Bank]]:
        """Yield consecutive banks of as many sites each, together as many as fit the cache, or a single one."""
        for sites, alike in groupby(self.wiring.banks, lambda bank: bank.sites):
            banks = list(alike)
            within = banks[0].sites_within(self._arrays.column_bytes, self.images, self.sums.itemsize)
            step = max(1, within // max(1, sites))
            for start in range(0, len(banks), step):
                yield banks[start : start + step]

    def _group(self, banks: list[Bank], scratch: Scratch) -> _Group:
        products, images = self._products, self.images
        fan_in, features, sites = self.wiring.fan_in, banks[0].features, banks[0].sites
        numbers = slice(banks[0].number, banks[-1].number + 1)
        rows = slice(banks[0].rows.start, banks[-1].rows.stop)
        own = scratch.take("own", len(banks) * features, sites * images)
        sums = self.sums[rows].reshape(len(banks), features, -1)
        index = np.concatenate([bank.index for bank in banks])
        pieces = []
        chunks = [(0, sites)] if len(banks) > 1 else banks[0].chunks(images, own.itemsize, self._arrays.column_bytes)
        for start, stop in chunks:
            part = slice(start * images, stop * images)
            columns = scratch.take("columns", len(index), (stop - start) * images)
            pieces.append(
                _Piece(
                    self._arrays.index(np.ascontiguousarray(index[:, start:stop]), self.wiring.inputs),
                    columns,
                    products.operand(columns.reshape(len(banks), fan_in, -1)),
                    products.operand(sums)[:, :, part],
                    products.operand(own.reshape(len(banks), features, -1))[:, :, part],
                )
            )
        change = products.operand(scratch.take("weights", len(banks), fan_in, features))
        return _Group(numbers, rows, own, change, tuple(pieces))

    def forward(self, source: NDArray[Any], softness: float = 0.0) -> None:
        """Compute sums and activity.

        Parameters
        ----------
        source : array (inputs + 1, images)
            Activities of the layer before, or the encoded images in float32.
        softness
            Half the width of soft neurons; 0 for binary ones.
        """
        kernels = self._kernels
        # Narrower than the paper's, the triangle would let too little through.
        self._width = max(softness, 1.0)
        self.activity = self._soft_activity() if softness else self.spikes
        self._products.update(self._cached_weights, self.weights)
        weights = self._cached_weights.swapaxes(1, 2)
        for group in self._groups:
            for piece in group.pieces:
                kernels.gather(source, piece.index, piece.columns)
                self._products.multiply(weights[group.banks], piece.inputs, piece.sums)
            sums, *neuron = self._neurons(group)
            kernels.spike_forward(sums, *neuron, self.spikes[group.rows].reshape(sums.shape))
            if softness:
                kernels.soften(sums, *neuron, softness, self.activity[group.rows].reshape(sums.shape))

    def _neurons(self, group: _Group) -> tuple[NDArray[Any], F32, F32, F32]:
        """Return sums, bias, mean and deviation, a row for each feature of each bank."""
        rows = len(group.own)
        return (
            self.sums[group.rows].reshape(rows, -1),
            self.bias[group.banks].reshape(rows),
            self.mean[group.banks].reshape(rows),
            self.std[group.banks].reshape(rows),
        )

    def _soft_activity(self) -> NDArray[Any]:
        if self._soft is None:
            self._soft = self._arrays.zeros(self.spikes.shape, self._products.dtype)
        return self._soft

    def backward(
        self, source: NDArray[Any], source_gradient: NDArray[Any] | None, weight_gradient: F32, bias_gradient: F32
    ) -> None:
        """Compute the gradients of one step; `gradient` holds ∂L/∂activity.

        Parameters
        ----------
        source
            As in `forward`.
        source_gradient : array of the type `passes` (inputs + 1, images) or None
            Written: ∂L/∂source, where it is needed.
        weight_gradient, bias_gradient : float32 arrays like the weights and the bias
            Written.
        """
        kernels, products = self._kernels, self._products
        scatter = kernels.scatter if self._seen_once else kernels.scatter_add
        if source_gradient is not None:
            source_gradient[self._cleared] = 0
        for group in self._groups:
            sums, *neuron = self._neurons(group)
            gradient = self.gradient[group.rows].reshape(sums.shape)
            own_bias = bias_gradient[group.banks].reshape(-1)
            kernels.spike_backward(sums, *neuron, self._width, gradient, group.own, own_bias)
            for number, piece in enumerate(group.pieces):
                kernels.gather(source, piece.index, piece.columns)
                products.multiply(piece.inputs, piece.own.swapaxes(1, 2), group.change)
                products.accumulate(group.change, weight_gradient[group.banks], more=number > 0)
                if source_gradient is not None:
                    # The columns are not needed any more: their buffer takes the gradient.
                    products.multiply(self._cached_weights[group.banks], piece.own, piece.inputs)
                    scatter(piece.columns, piece.index, source_gradient)
