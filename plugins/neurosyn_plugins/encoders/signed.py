"""Scaling of 8-bit values round a zero of 128, as the features of sound have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Encoder

__all__ = ["Signed"]


class Signed(Encoder):
    """``(x − 128) / 32``: −4 … 4. Unlike `Contrast` it keeps how strong the whole picture is."""

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone."""
        return (images.astype(np.float32) - np.float32(128)) / np.float32(32)
