"""Neuron types of compiled programs.

A deployed neuron has the weights (−1, +1, 0, 0), threshold 1, negative threshold 0 with saturation, reset to 0 and an
integer leak λ: it fires iff Σ w·u + λ ≥ 1, and its potential is 0 after every tick [IBM]. Frames are
therefore independent of one another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.limits import Limits
from neurosyn.chip.program import neuron_type_dtype
from neurosyn.chip.shipped import TRUENORTH

__all__ = ["IDLE", "RELAY", "make_neuron_types"]

IDLE = 0
"""Type of an unused neuron: it has neither weights nor leak and never reaches its threshold."""
RELAY = 1
"""Type of a relay: it fires on any spike at its axon."""


def make_neuron_types(leaks: NDArray[np.int32], limits: Limits = TRUENORTH.limits) -> NDArray[np.void]:
    """Return the table of types: `IDLE`, `RELAY`, then one for each of `leaks`."""
    types = np.zeros(2 + len(leaks), neuron_type_dtype(limits.axon_types))
    types["threshold"] = 1
    types["negative_saturation"] = True
    types["weights"][RELAY] = 1
    types["weights"][RELAY + 1 :, :2] = (-1, 1)
    types["leak"][RELAY + 1 :] = leaks
    return types
