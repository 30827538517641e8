"""bfloat16: the upper half of a float32, kept in arrays of uint16, since NumPy has no such type.

It has the exponent of float32 and 8 bits of precision: whole numbers up to 256 are exact, so every sum of at most 256
spikes times trinary weights is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_float", "narrow", "put", "widen"]


def widen(numbers: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return bfloat16 numbers as float32."""
    return (numbers.astype(np.uint32) << 16).view(np.float32)


def narrow(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return finite float32 numbers as bfloat16, each rounded to the nearest, to the even one of two as near."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def as_float(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers, among them bfloat16, as float32."""
    return widen(numbers) if numbers.dtype == np.uint16 else numbers.astype(np.float32, copy=False)


def put(numbers: NDArray[Any], values: NDArray[Any]) -> None:
    """Write values into an array of float32 or bfloat16 numbers."""
    numbers[...] = narrow(np.asarray(values, np.float32)) if numbers.dtype == np.uint16 else values
