"""Where the arrays of training lie: in the processor's memory, or on a device with a memory of its own.

What the optimiser moves, the images and the loss are always on the processor. The layers between them compute wherever
their kernels do, on arrays that `Arrays` made or brought there; every copy is written out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosyn.plugins.wiring import COLUMN_BYTES

__all__ = ["Arrays", "HostArrays"]


class Arrays(ABC):
    """Makes and moves arrays.

    Attributes
    ----------
    column_bytes
        Size that the columns of one product should not exceed.
    """

    column_bytes: int

    @abstractmethod
    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an uninitialised array there."""

    @abstractmethod
    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array of zeros there."""

    @abstractmethod
    def bring(self, array: NDArray[Any]) -> Any:
        """Return the array there; where there is here, the array itself."""

    @abstractmethod
    def renew(self, there: Any, array: NDArray[Any]) -> None:
        """Bring what `bring` returned for this array up to date."""

    @abstractmethod
    def fetch(self, there: Any, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return an array that is there, in `out` if given: the array that `bring` took."""

    @abstractmethod
    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Write the products of stacks of matrices (matrices, rows, n) and (matrices, n, columns) that are there."""

    @abstractmethod
    def index(self, index: NDArray[np.int32], inputs: int) -> Any:
        """Return what the kernels take for an index of rows.

        Parameters
        ----------
        index : int32 array (fan_in, sites)
            Row of each input of each site.
        inputs
            Number of rows that are inputs; the one after them is the zero row.
        """


class HostArrays(Arrays):
    """NumPy's."""

    column_bytes = COLUMN_BYTES

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an uninitialised array."""
        return np.empty(shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of zeros."""
        return np.zeros(shape, dtype)

    def bring(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the array itself."""
        return array

    def renew(self, there: NDArray[Any], array: NDArray[Any]) -> None:
        """Do nothing: they are one."""

    def fetch(self, there: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:  # noqa: ARG002
        """Return the array itself."""
        return there

    def multiply(self, one: NDArray[Any], other: NDArray[Any], out: NDArray[Any]) -> None:
        """Multiply."""
        np.matmul(one, other, out=out)

    def index(self, index: NDArray[np.int32], inputs: int) -> NDArray[np.int32]:  # noqa: ARG002
        """Return the index itself."""
        return index
