"""Adam (Kingma and Ba 2015): one step of gradient descent, scaled by running moments of the gradient.

m ← m + (1 − β₁)·(g − m),   v ← v + (1 − β₂)·(g² − v),   Δ = rate · m̂ / (√v̂ + ε)

with m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) at step t.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["adam_factors", "adam_move"]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

F32 = NDArray[np.float32]


def adam_factors(number: int, rate: float) -> tuple[np.float32, ...]:
    """Return 1 − β₁, 1 − β₂, the factor of √v, ε, and the factor of m/(√v̂ + ε), at the step after `number` others."""
    return (
        np.float32(1 - BETA_1),
        np.float32(1 - BETA_2),
        np.float32(1 / np.sqrt(1 - BETA_2 ** (number + 1))),
        np.float32(EPSILON),
        np.float32(rate / (1 - BETA_1 ** (number + 1))),
    )


def adam_move(gradient: F32, first: F32, second: F32, number: int, rate: float) -> F32:
    """Update the moments and return what to subtract from the parameters.

    Parameters
    ----------
    gradient, first, second : float32 arrays of one shape
        g, m and v; m and v are updated in place and begin at 0.
    number
        Steps made before this one: t − 1.
    rate
        Learning rate.

    Returns
    -------
    float32 array like `gradient`
        Δ.
    """
    gain, square_gain, unbiased, epsilon, factor = adam_factors(number, rate)
    first += gain * (gradient - first)
    second += square_gain * (np.square(gradient) - second)
    divisor: F32 = np.sqrt(second)
    divisor *= unbiased
    divisor += epsilon
    moved = first / divisor
    moved *= factor
    return moved
