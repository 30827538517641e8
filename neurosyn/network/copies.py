"""Copies of a network side by side on one chip: the same input, outputs that are averaged.

The chip's input reaches every copy. From the first on-chip layer on, copy k has maps, weights and neurons of its own:
channel c of its maps is channel k·channels + c of the common ones, and its banks follow those of copy k − 1.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ScenarioError
from neurosyn.network.layer import Connectivity, MapShape

__all__ = ["LARGEST_COPIED", "copy_connectivity", "copy_readout"]

LARGEST_COPIED = 1 << 26
"""Most connections of all copies of a layer: far above what fits on 16 chips, and within memory."""


def copy_connectivity(wiring: Connectivity, inputs: MapShape, copies: int, *, shared: bool) -> Connectivity:
    """Return the connectivity of `copies` layers side by side.

    Parameters
    ----------
    wiring
        Of one copy.
    inputs
        One copy's input map.
    copies
        How many.
    shared
        Whether all copies see the same input map, as those of the first on-chip layer do; else each sees its own
        channels of a map of `copies` times the channels.

    Raises
    ------
    ScenarioError
        If the copies have too many connections together.
    """
    if copies * wiring.sites * max(wiring.fan_in, wiring.features) > LARGEST_COPIED:
        raise ScenarioError(
            f"copies = {copies}: a layer has more than {LARGEST_COPIED:,} connections in all; choose fewer copies"
        )
    seen = [wiring.inputs if shared else _own(wiring.inputs, inputs.channels, copy, copies) for copy in range(copies)]
    made = [_own(wiring.outputs, wiring.output.channels, copy, copies) for copy in range(copies)]
    groups, rows, columns = wiring.grid
    return replace(
        wiring,
        output=MapShape(wiring.output.height, wiring.output.width, copies * wiring.output.channels),
        inputs=np.concatenate(seen),
        outputs=np.concatenate(made),
        banks=np.concatenate([wiring.banks + np.int32(copy * wiring.n_banks) for copy in range(copies)]),
        grid=(copies * groups, rows, columns),
    )


def copy_readout(classes: NDArray[np.int32], outputs: MapShape, copies: int) -> NDArray[np.int32]:
    """Return the class of each output of all copies, from that of one copy's `outputs`."""
    positions = classes.reshape(math.prod(outputs[:2]), outputs.channels)
    return np.tile(positions, (1, copies)).reshape(-1)


def _own(index: NDArray[np.int32], channels: int, copy: int, copies: int) -> NDArray[np.int32]:
    """Return where the elements `index` of one copy's map lie in the map of all copies; −1 stays."""
    position, channel = np.divmod(index, channels)
    moved = (position * copies + copy) * channels + channel
    return np.where(index < 0, -1, moved).astype(np.int32)
