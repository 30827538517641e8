"""Pressure towards fewer spikes (Esser et al. 2016), on filters or on their complements."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["excess_activity"]


def excess_activity(activity: Any, spared: float, complements: bool) -> Any:
    """Return the derivative of Σ ½·max(0, m − a)² by each filter's mean activity ȳ.

    Parameters
    ----------
    activity : float32 array
        ȳ of each filter.
    spared
        a: filters that spike no more often are left alone.
    complements
        m is the smaller of ȳ and 1 − ȳ; otherwise it is ȳ.

    Returns
    -------
    float32 array of the same shape
        Negative for a filter that is to spike more often, since its complement is what counts.
    """
    if not complements:
        return np.maximum(activity - np.float32(spared), 0)
    rarer = np.minimum(activity, 1 - activity)
    return np.copysign(np.maximum(rarer - np.float32(spared), 0), np.float32(0.5) - activity)
