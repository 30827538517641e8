"""Constants of the neurons in training, and of their 8-bit kernels."""

from __future__ import annotations

import numpy as np

from neurosyn.plugins import NORMALISATION_EPSILON

__all__ = ["BLOCK", "DITHERS", "EPSILON", "LEAST_DIVISOR", "SOFT_ONE", "TINY"]

EPSILON = np.float32(NORMALISATION_EPSILON)
"""ε of the normalisation."""
TINY = np.float32(1e-12)
"""Least deviation that is divided by."""
LEAST_DIVISOR = np.float32(0.5)
"""Least σ + ε in the gradient of the sums."""

SOFT_ONE = 127
"""Value of an answer of 1 of a soft neuron in 8 bits."""
BLOCK = 1024
"""Columns whose gradients are rounded with one stretch of the dither."""
DITHERS = 4096
"""Number of different stretches of a dither."""
