"""Adam's steps in one pass over memory; import it only where it is needed, since it imports Numba."""

from __future__ import annotations

import math

import numpy as np

from neurosyn.plugins.jit import compiled

__all__ = ["adam"]


# Nothing is contracted or reordered: the plain twin makes the same numbers.
@compiled(nogil=True, error_model="numpy")
def adam(  # type: ignore[no-untyped-def]
    hidden, effective, gradient, first, second, gain, square_gain, unbiased, epsilon, factor, trinary, low, high
):
    """Move hidden weights, and the weights that follow from them; see `neurosyn_plugins.trainers.eedn.optimiser`."""
    for i in range(len(hidden)):
        g = gradient[i]
        first[i] += gain * (g - first[i])
        second[i] += square_gain * (g * g - second[i])
        moved = hidden[i] - first[i] / (np.float32(math.sqrt(second[i])) * unbiased + epsilon) * factor
        if trinary:
            moved = min(max(moved, np.float32(-1)), np.float32(1))
            size = abs(moved)
            kept = effective[i] if size > low else np.float32(0)
            effective[i] = math.copysign(np.float32(1), moved) if size >= high else kept
        else:
            effective[i] = moved
        hidden[i] = moved
