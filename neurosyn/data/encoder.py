"""The contract of encoders: from 8-bit images to what the first layer of a network takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.options import Options

__all__ = ["Encoder"]


class Encoder(Options, ABC):
    """An encoder plugin (group ``encoders``).

    An encoder whose values are real (`binary` False) feeds a ``transduction`` layer, which turns them into the chip's
    input spikes; one whose values are 0 and 1 may feed an on-chip layer directly.
    """

    binary: ClassVar[bool] = False

    def shape(self, image: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return height, width and channels after encoding an image of shape `image`."""
        return image

    @abstractmethod
    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images.

        Parameters
        ----------
        images : uint8 array (n, height, width, channels)

        Returns
        -------
        float32 array (n, height, width, channels')
            Each image is encoded on its own: the result does not depend on the others.
        """
