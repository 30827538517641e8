"""Encoder ``thermometer``: a level becomes a column of spikes that is as high as the level."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Encoder

__all__ = ["Thermometer"]

_HIGHEST = 255
"""The largest 8-bit level."""


class Thermometer(Encoder):
    """Several binary channels for each channel of the image; the k-th spikes where the level exceeds k·255/(n + 1).

    Neighbouring levels differ in few spikes, and one tick a frame is enough. With 4 levels an RGB image has 12
    channels, as many as the transduction of the paper.
    """

    binary: ClassVar[bool] = True

    levels: int = Field(
        default=4, ge=1, le=_HIGHEST, description="n, spikes of the brightest level: channels for each of the image's"
    )

    def shape(self, image: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape of an encoded image."""
        height, width, channels = image
        return height, width, channels * self.levels

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone.

        Channel c of the image becomes the channels c·n … c·n + n − 1, the lowest threshold first.
        """
        thresholds = np.arange(1, self.levels + 1) * _HIGHEST
        above = images[..., None].astype(np.int32) * (self.levels + 1) > thresholds
        return above.reshape(-1, *self.shape(images.shape[1:])).astype(np.float32)
