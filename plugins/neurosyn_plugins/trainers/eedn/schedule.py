"""Learning rate over the course of training."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["make_schedule"]


def make_schedule(kind: str, steps: list[float], decay: float) -> Callable[[float], float]:
    """Return the function from the share of training done (0…1) to a factor of the learning rate.

    Parameters
    ----------
    kind
        ``"steps"``: divided by `decay` at each of `steps`. ``"cosine"``: from the first of `steps` (or the start) on
        it falls along half a cosine on a logarithmic scale, and ends divided by ``decay**2``. ``"log"``: the same
        along a straight line on that scale.
    steps
        Shares of training, rising.
    decay
        Divisor.
    """
    if kind == "steps":
        return lambda done: float(decay ** -sum(done >= step for step in steps))
    start = steps[0] if steps else 0.0

    def fall(done: float) -> float:
        share = max(0.0, (done - start) / (1 - start))
        return float(decay ** -(2 * share if kind == "log" else 1 - math.cos(math.pi * share)))

    return fall
