"""Trinary weights with hysteresis (Esser et al. 2016).

w = −1              w_h ≤ −½ − h
     0    −½ + h ≤ w_h ≤ ½ − h
    +1              w_h ≥ ½ + h
the previous w otherwise
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HYSTERESIS", "first_trinary", "trinarise"]

HYSTERESIS = 0.1
"""h, half the width of the dead band round ±½. [P]"""


def first_trinary(hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the trinary weights that new hidden weights start with: the nearest of −1, 0, 1."""
    return np.rint(np.clip(hidden, -1, 1)).astype(np.float32) + np.float32(0)


def trinarise(
    hidden: NDArray[np.float32], previous: NDArray[np.float32], hysteresis: float = HYSTERESIS
) -> NDArray[np.float32]:
    """Return the trinary weights of `hidden`, given those of the step before.

    Parameters
    ----------
    hidden, previous : float32 arrays of one shape
        Hidden weights, and the trinary weights before they moved.
    hysteresis
        h; 0 ≤ h < ½.
    """
    low, high = np.float32(0.5 - hysteresis), np.float32(0.5 + hysteresis)
    size = np.abs(hidden)
    outside = size >= high
    band = (size > low) & ~outside
    return np.copysign(outside, hidden, dtype=np.float32) + previous * band
