"""Input spikes of a run's frames, encoded when they are needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.model.model import Model
from neurosyn.run.inputs import RunInputs

__all__ = ["EncodedFrames"]

_CHUNK = 16
"""Frames that are encoded together: a part of a run needs its own, and those that are in the pipeline before."""
_KEPT = 16
"""Chunks that are kept."""


class EncodedFrames:
    """Input of each tick, uint8 (F·T, inputs), frame after frame, of which a part of a run needs few.

    Parameters
    ----------
    inputs
        For the images and the encoder.
    model
        For the layers before the chip.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, inputs: RunInputs, model: Model) -> None:
        network = model.network
        self._ticks = network.ticks_per_frame
        self.shape = (len(inputs.frames.split) * self._ticks, network.chip_inputs.size)

        @lru_cache(maxsize=_KEPT)
        def encode(chunk: int) -> NDArray[np.uint8]:
            return inputs.input_spikes(model, slice(chunk * _CHUNK, (chunk + 1) * _CHUNK))

        self._encode = encode

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray[np.uint8]:
        """Return a row, or a slice of rows without steps."""
        step = _CHUNK * self._ticks
        if not isinstance(rows, slice):
            row: NDArray[np.uint8] = self._encode(int(rows) // step)[int(rows) % step]
            return row
        first, end, _ = rows.indices(len(self))
        if end <= first:
            return np.zeros((0, self.shape[1]), np.uint8)
        chunks = [self._encode(chunk) for chunk in range(first // step, -(-end // step))]
        begin = first // step * step
        joined: NDArray[np.uint8] = np.concatenate(chunks)[first - begin : end - begin]
        return joined
