"""Constants of the neurons in training."""

from __future__ import annotations

import numpy as np

from neurosyn.plugins import NORMALISATION_EPSILON

__all__ = ["EPSILON", "LEAST_DIVISOR", "TINY"]

EPSILON = np.float32(NORMALISATION_EPSILON)


TINY = np.float32(1e-12)


LEAST_DIVISOR = np.float32(0.5)
