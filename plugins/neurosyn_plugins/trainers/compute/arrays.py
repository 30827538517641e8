"""Location of the arrays of training: host memory, or the memory of a device.

Hidden parameters, images and the loss are always in host memory. The layers between them compute where their kernels
do, on arrays that `Arrays` made or copied there; every copy is an explicit call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosyn.plugins.wiring import COLUMN_BYTES

__all__ = ["Arrays", "HostArrays"]


class Arrays(ABC):
    """Arrays in one memory, and copies to and from it.

    Attributes
    ----------
    column_bytes
        Size that the columns of one product should not exceed.
    """

    column_bytes: int

    @abstractmethod
    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an uninitialised array on the device."""

    @abstractmethod
    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array of zeros on the device."""

    @abstractmethod
    def to_device(self, array: NDArray[Any]) -> Any:
        """Return a copy of the array on the device; in host memory, the array itself."""

    @abstractmethod
    def update(self, there: Any, array: NDArray[Any]) -> None:
        """Copy the array into `there`, which `to_device` returned for it."""

    @abstractmethod
    def to_host(self, there: Any, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return a copy of a device array in host memory, in `out` if given: the argument of `to_device`."""

    @abstractmethod
    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Write the products of stacks of device matrices (matrices, rows, n) and (matrices, n, columns)."""

    @abstractmethod
    def index(self, index: NDArray[np.int32], inputs: int) -> Any:
        """Return an index of rows in the form that the kernels take.

        Parameters
        ----------
        index : int32 array (fan_in, sites)
            Row of each input of each site.
        inputs
            Number of rows that are inputs; the one after them is the zero row.
        """


class HostArrays(Arrays):
    """Arrays in host memory."""

    column_bytes = COLUMN_BYTES

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an uninitialised array."""
        return np.empty(shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of zeros."""
        return np.zeros(shape, dtype)

    def to_device(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the array itself."""
        return array

    def update(self, there: NDArray[Any], array: NDArray[Any]) -> None:
        """Do nothing: both are the same array."""

    def to_host(self, there: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:  # noqa: ARG002
        """Return the array itself."""
        return there

    def multiply(self, one: NDArray[Any], other: NDArray[Any], out: NDArray[Any]) -> None:
        """Multiply."""
        np.matmul(one, other, out=out)

    def index(self, index: NDArray[np.int32], inputs: int) -> NDArray[np.int32]:  # noqa: ARG002
        """Return the index itself."""
        return index
