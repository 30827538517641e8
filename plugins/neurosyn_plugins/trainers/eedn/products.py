"""The matrix products of training, in float32 by NumPy or CuPy or in bfloat16 by PyTorch.

bfloat16 halves what has to be moved, and processors with AMX or AVX-512 BF16 multiply it two to four times as fast. The
sums of spikes times trinary weights stay exact (module `bfloat16`); gradients keep 8 bits of precision, far
finer than what one batch's differ from the next one's. Products are summed in float32 either way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import BackendError
from neurosyn_plugins.trainers.compute.arrays import Arrays, HostArrays

__all__ = ["BFloat16Products", "Float32Products", "Products", "make_products"]

F32 = NDArray[np.float32]


class Products(ABC):
    """Multiplies stacks of matrices.

    Attributes
    ----------
    dtype
        Of the arrays it works on: float32, or uint16 for bfloat16.
    arrays
        Location of the arrays.
    """

    dtype: type[np.float32 | np.uint16]
    arrays: Arrays

    @abstractmethod
    def operand(self, array: NDArray[Any]) -> Any:
        """Return the operand that shares its memory with an array of `dtype`."""

    @abstractmethod
    def cache(self, values: Any) -> Any:
        """Return an operand for float32 values that change; `update` copies them into it."""

    @abstractmethod
    def update(self, cached: Any, values: F32) -> None:
        """Copy the values into an operand from `cache`."""

    @abstractmethod
    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Write the products of operands (matrices, rows, n) and (matrices, n, columns)."""

    @abstractmethod
    def accumulate(self, product: Any, target: F32, *, more: bool) -> None:
        """Write an operand to a float32 array, or add it where there is `more` in it."""


class Float32Products(Products):
    """Products in float32, by NumPy or, for its arrays, CuPy.

    Parameters
    ----------
    arrays
        Location of the arrays; host memory by default.
    """

    dtype = np.float32

    def __init__(self, arrays: Arrays | None = None) -> None:
        self.arrays = arrays or HostArrays()

    def operand(self, array: NDArray[Any]) -> Any:
        """Return the array itself."""
        return array

    def cache(self, values: F32) -> Any:
        """Return the array itself, which is always up to date."""
        return values

    def update(self, cached: Any, values: F32) -> None:
        """Do nothing."""

    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Multiply."""
        self.arrays.multiply(one, other, out)

    def accumulate(self, product: Any, target: F32, *, more: bool) -> None:
        """Write or add."""
        if more:
            target += product
        else:
            target[...] = product


class BFloat16Products(Products):
    """PyTorch's, in one thread."""

    dtype = np.uint16

    def __init__(self) -> None:
        try:
            import torch
        except ImportError as error:
            raise BackendError(
                "trainer eedn: products = 'bfloat16' needs PyTorch, which is not installed; "
                "pip install 'neurosyn[bfloat16]', or set train.products to float32"
            ) from error
        # Parts of a batch have threads of their own.
        torch.set_num_threads(1)
        self.arrays = HostArrays()
        self._torch = torch

    def operand(self, array: NDArray[Any]) -> Any:
        """Return the tensor with the array's memory."""
        return self._torch.from_numpy(array.view(np.int16)).view(self._torch.bfloat16)

    def cache(self, values: F32) -> Any:
        """Return a tensor of its own."""
        return self._torch.from_numpy(values).to(self._torch.bfloat16)

    def update(self, cached: Any, values: F32) -> None:
        """Round the values once more."""
        cached.copy_(self._torch.from_numpy(values))

    def multiply(self, one: Any, other: Any, out: Any) -> None:
        """Multiply; a single matrix may be written to a part of a larger one."""
        if len(one) == 1:
            self._torch.mm(one[0], other[0], out=out[0])
        else:
            self._torch.bmm(one, other, out=out)

    def accumulate(self, product: Any, target: F32, *, more: bool) -> None:
        """Write or add."""
        tensor = self._torch.from_numpy(target)
        if more:
            tensor += product
        else:
            tensor.copy_(product)


def make_products(kind: str, arrays: Arrays) -> Products:
    """Return the products of a kind.

    Parameters
    ----------
    kind
        ``"float32"``, or ``"bfloat16"`` for arrays in the processor's memory.
    arrays
        Location of the arrays.

    Raises
    ------
    BackendError
        If PyTorch is wanted and not installed.
    """
    return BFloat16Products() if kind == "bfloat16" else Float32Products(arrays)
