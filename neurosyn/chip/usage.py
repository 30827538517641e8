"""Use of a program's neurons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import NO_DESTINATION, Program

__all__ = ["used_neurons"]


def used_neurons(program: Program) -> NDArray[np.int64]:
    """Return the number of neurons of each core that have a synapse or a target."""
    has_synapse = np.bitwise_or.reduce(program.crossbars, axis=1) != 0
    counts: NDArray[np.int64] = (has_synapse[program.crossbar] | (program.dest_core != NO_DESTINATION)).sum(axis=1)
    return counts
