"""A layer's connectivity arranged for matrix products, whatever the layer.

Activities are arrays (neurons + 1, images): a row holds one neuron for all images of a batch, the last row is always
zero and stands for inputs outside the map. The neurons of a bank are consecutive, feature by feature and then site by
site, so that the sums of a bank are one product

    sums (features, sites · images) = weightsᵀ (features, fan_in) · columns (fan_in, sites · images)

in which row k of `columns` is the activity of input k of every site: whole rows are copied, never single elements.
Every connectivity that keeps the contract of `neurosyn.network.layer` can be arranged so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.network.layer import Connectivity
from neurosyn.network.network import BoundLayer

__all__ = ["Bank", "Wiring", "flat_rows", "wire", "wire_layers"]

COLUMN_BYTES = 1 << 20
"""Size that the columns of one product should not exceed, so that they stay in a core's second-level cache."""


@dataclass(frozen=True, eq=False)
class Bank:
    """The sites that share one bank of weights.

    Attributes
    ----------
    number
        Number of the bank.
    first
        Row of feature 0 at the first site; feature f at the j-th site has row ``first + f·sites + j``.
    features, sites
        Neurons of a site; number of sites.
    index : int32 array (fan_in, sites)
        Row of each input in the activities of the layer before.
    """

    number: int
    first: int
    features: int
    sites: int
    index: NDArray[np.int32]

    @property
    def rows(self) -> slice:
        """Rows of the bank's neurons."""
        return slice(self.first, self.first + self.features * self.sites)

    def sites_within(self, size: int, images: int, itemsize: int = 4) -> int:
        """Return how many sites have columns, numbers of `itemsize` bytes, within `size` bytes; 1 at least."""
        return max(1, size // (itemsize * len(self.index) * images))

    def chunks(self, images: int, itemsize: int = 4, size: int = COLUMN_BYTES) -> Iterator[tuple[int, int]]:
        """Yield ranges of sites whose columns, numbers of `itemsize` bytes, fit `size` bytes."""
        step = self.sites_within(size, images, itemsize)
        for start in range(0, self.sites, step):
            yield start, min(start + step, self.sites)


@dataclass(frozen=True, eq=False)
class Wiring:
    """The banks of one layer.

    Attributes
    ----------
    banks
        In order of their numbers.
    rows : int32 array (outputs,)
        Row of each element of the output map.
    fan_in, features
        Inputs and neurons of a site.
    inputs
        Rows of the layer before; the zero row comes after them.
    """

    banks: tuple[Bank, ...]
    rows: NDArray[np.int32]
    fan_in: int
    features: int
    inputs: int

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.rows)


def flat_rows(size: int) -> NDArray[np.int32]:
    """Return the rows of a map whose elements are in their natural order, such as an image."""
    return np.arange(size, dtype=np.int32)


def wire(connectivity: Connectivity, rows_before: NDArray[np.int32]) -> Wiring:
    """Arrange a layer.

    Parameters
    ----------
    connectivity
        The layer's.
    rows_before : int32 array (inputs,)
        Row of each element of the input map.
    """
    lookup = np.append(rows_before, np.int32(len(rows_before)))
    rows = np.empty(connectivity.output.size, np.int32)
    order = np.argsort(connectivity.banks, kind="stable")
    counts = np.bincount(connectivity.banks, minlength=connectivity.n_banks)
    banks = []
    first = 0
    for number, members in enumerate(np.split(order, np.cumsum(counts)[:-1])):
        index = np.ascontiguousarray(lookup[connectivity.inputs[members]].T)
        bank = Bank(number, first, connectivity.features, len(members), index)
        rows[connectivity.outputs[members].T.ravel()] = np.arange(bank.rows.start, bank.rows.stop)
        banks.append(bank)
        first = bank.rows.stop
    return Wiring(tuple(banks), rows, connectivity.fan_in, connectivity.features, len(rows_before))


def wire_layers(layers: tuple[BoundLayer, ...]) -> list[Wiring]:
    """Arrange consecutive layers, the first of which takes a map in its natural order."""
    wirings: list[Wiring] = []
    rows = flat_rows(layers[0].inputs.size) if layers else np.empty(0, np.int32)
    for layer in layers:
        wirings.append(wire(layer.connectivity, rows))
        rows = wirings[-1].rows
    return wirings
