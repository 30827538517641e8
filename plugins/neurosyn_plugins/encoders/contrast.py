"""Per-image contrast normalisation: brightness and contrast of the photograph are taken out before the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Encoder

__all__ = ["Contrast"]

_CHUNK = 64
"""Images at a time: as many as stay in the cache."""


class Contrast(Encoder):
    """Subtract the image's mean over pixels and channels, divide by its standard deviation.

    ``(x - mean) / (std + epsilon)`` with 8-bit levels as the unit of `epsilon`.
    """

    epsilon: float = Field(
        default=1.0, gt=0, description="added to the standard deviation, in 8-bit levels, so that flat images stay flat"
    )

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone.

        The sums are of whole numbers, exact in 64-bit floats for images of up to 370,000 values, so that neither the
        batch nor the order of summation changes a bit.
        """
        encoded = np.empty(images.shape, np.float32)
        count = int(np.prod(images.shape[1:]))
        for start in range(0, len(images), _CHUNK):
            chunk = images[start : start + _CHUNK]
            levels = chunk.reshape(len(chunk), count).astype(np.float64)
            total = levels.sum(axis=1)
            squares = np.einsum("ij,ij->i", levels, levels)
            deviation = np.sqrt(np.maximum(count * squares - total * total, 0)) / count
            levels -= (total / count)[:, None]
            levels /= (deviation + self.epsilon)[:, None]
            encoded[start : start + _CHUNK] = levels.reshape(chunk.shape)
        return encoded
