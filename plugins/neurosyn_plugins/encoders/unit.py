"""Plain scaling of 8-bit images to 0 … 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Encoder

__all__ = ["Unit"]


class Unit(Encoder):
    """Divide 8-bit levels by 255."""

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone."""
        return images.astype(np.float32) / np.float32(255)
