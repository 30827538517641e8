"""Encoder ``threshold``: one spike for each channel of a pixel that is bright enough."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Encoder

__all__ = ["Threshold"]


class Threshold(Encoder):
    """A spike where a level exceeds a threshold: the first layer on the chip sees a black-and-white image.

    No layer before the chip is needed.
    """

    binary: ClassVar[bool] = True

    level: Literal["mean"] | Annotated[int, Field(ge=0, le=254)] = Field(
        default="mean", description='8-bit level that has to be exceeded, 0 … 254, or "mean": each image\'s own mean'
    )
    inverted: bool = Field(default=False, description="spikes for darkness in place of brightness")

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone."""
        if self.level == "mean":
            count = int(np.prod(images.shape[1:]))
            total = images.reshape(len(images), count).sum(axis=1, dtype=np.int64)
            # Whole numbers on both sides: no rounding decides a spike.
            bright = images.astype(np.int64) * count > total[:, None, None, None]
        else:
            bright = images > self.level
        return np.asarray(bright != self.inverted, np.float32)
