"""The inner loops of training on a GPU, by CuPy; import through `neurosyn_plugins.trainers.compute.kernels`.

The functions of `kernels` that treat neurons run on CuPy's arrays as they are. Rows are moved here; sums of rows are
added in one fixed order, so that training is as repeatable as on the processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosyn.plugins.gpu import INSTALL, import_cupy, wrapped_errors
from neurosyn_plugins.trainers.compute.arrays import Arrays

__all__ = ["CupyArrays", "DeviceIndex", "gather", "scatter", "scatter_add"]

COLUMN_BYTES = 1 << 28
"""Large, since a GPU is efficient on large products; bounds its memory."""


@dataclass(frozen=True, eq=False)
class DeviceIndex:
    """An index of rows, and its inverse.

    Attributes
    ----------
    rows : int32 array on the device (fan_in, sites)
        Row of each input of each site.
    turns
        Pairs of int32 arrays (n,) on the device: rows, none of them twice, and where each stands in `rows` read as one
        line. The first pair has every row's first place, the second has every second place, and so on. The zero row is
        left out.
    """

    rows: Any
    turns: tuple[tuple[Any, Any], ...]


class CupyArrays(Arrays):
    """Arrays of CuPy on its current device.

    Raises
    ------
    BackendError
        If CuPy is not installed, or nothing runs on a GPU here.
    """

    column_bytes = COLUMN_BYTES

    def __init__(self) -> None:
        self._cupy = import_cupy("training on a GPU")
        with wrapped_errors("training on a GPU: nothing runs there", f"train with kernels = 'numba', or {INSTALL}"):
            ones = self.to_device(np.ones((2, 2), np.float32))
            self.to_host(ones.sum(axis=1))

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an uninitialised array on the device."""
        return self._cupy.empty(shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array of zeros on the device."""
        return self._cupy.zeros(shape, dtype)

    def to_device(self, array: NDArray[Any]) -> Any:
        """Return a copy on the device."""
        return self._cupy.asarray(np.ascontiguousarray(array))

    def update(self, there: Any, array: NDArray[Any]) -> None:
        """Copy the array into `there`."""
        there.set(array)

    def to_host(self, there: Any, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return a copy in host memory."""
        copy: NDArray[Any] = there.get(out=out)
        return copy

    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Multiply by cuBLAS, which writes to whole arrays only."""
        if out.flags.c_contiguous:
            self._cupy.matmul(one, other, out=out)
        else:
            out[...] = self._cupy.matmul(one, other)

    def index(self, index: NDArray[np.int32], inputs: int) -> DeviceIndex:
        """Invert the index and bring both to the device."""
        line = index.ravel()
        places = np.argsort(line, kind="stable").astype(np.int32)
        places = places[line[places] < inputs]
        ordered = line[places]
        # How many of the same row stand before it.
        turn = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
        turns = tuple(
            (self.to_device(ordered[turn == number]), self.to_device(places[turn == number]))
            for number in range(int(turn.max(initial=-1)) + 1)
        )
        return DeviceIndex(self.to_device(index), turns)


def gather(source: Any, index: DeviceIndex, columns: Any) -> None:
    """Copy whole rows of `source`."""
    columns.reshape(*index.rows.shape, source.shape[1])[...] = source[index.rows]


def scatter(columns: Any, index: DeviceIndex, target: Any) -> None:
    """Copy whole rows to `target`."""
    for rows, places in index.turns:
        target[rows] = columns.reshape(-1, target.shape[1])[places]


def scatter_add(columns: Any, index: DeviceIndex, target: Any) -> None:
    """Add whole rows to `target`."""
    for rows, places in index.turns:
        target[rows] += columns.reshape(-1, target.shape[1])[places]
