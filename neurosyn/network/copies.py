"""Copies of a network side by side on one chip, with the same input and averaged outputs.

The chip's input reaches every copy. From the first on-chip layer on, copy k has separate maps, weights and neurons:
channel c of its maps is channel k·channels + c of the joint maps, and its banks follow those of copy k − 1.
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
"""Largest number of connections of all copies of a layer: far above 16 chips, and within memory."""


def copy_connectivity(wiring: Connectivity, inputs: MapShape, copies: int, *, shared: bool) -> Connectivity:
    """Return the connectivity of `copies` layers side by side.

    Parameters
    ----------
    wiring
        Connectivity of one copy.
    inputs
        Shape of one copy's input map.
    copies
        Number of copies.
    shared
        Whether all copies use the same input map, as in the first on-chip layer; otherwise the input map has
        `copies` times the channels, and each copy uses its part of them.

    Raises
    ------
    ScenarioError
        If the copies together have more than `LARGEST_COPIED` connections.
    """
    if copies * wiring.sites * max(wiring.fan_in, wiring.features) > LARGEST_COPIED:
        raise ScenarioError(
            f"copies = {copies}: a layer has more than {LARGEST_COPIED:,} connections in all; choose fewer copies"
        )
    copied_inputs = [
        wiring.inputs if shared else _shifted(wiring.inputs, inputs.channels, copy, copies) for copy in range(copies)
    ]
    copied_outputs = [_shifted(wiring.outputs, wiring.output.channels, copy, copies) for copy in range(copies)]
    groups, rows, columns = wiring.grid
    return replace(
        wiring,
        output=MapShape(wiring.output.height, wiring.output.width, copies * wiring.output.channels),
        inputs=np.concatenate(copied_inputs),
        outputs=np.concatenate(copied_outputs),
        banks=np.concatenate([wiring.banks + np.int32(copy * wiring.n_banks) for copy in range(copies)]),
        grid=(copies * groups, rows, columns),
    )


def copy_readout(classes: NDArray[np.int32], outputs: MapShape, copies: int) -> NDArray[np.int32]:
    """Return the class of each output of all copies.

    Parameters
    ----------
    classes : int32 array (outputs.size,)
        Class of each output of one copy.
    outputs
        Shape of one copy's output map.
    copies
        Number of copies.
    """
    positions = classes.reshape(math.prod(outputs[:2]), outputs.channels)
    return np.tile(positions, (1, copies)).reshape(-1)


def _shifted(index: NDArray[np.int32], channels: int, copy: int, copies: int) -> NDArray[np.int32]:
    """Return the indices in the joint map of the elements `index` of one copy's map; −1 stays."""
    position, channel = np.divmod(index, channels)
    moved = (position * copies + copy) * channels + channel
    return np.where(index < 0, -1, moved).astype(np.int32)
