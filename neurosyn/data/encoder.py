"""Contract of encoders: from 8-bit images to the input of the first layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.options import PluginOptions

__all__ = ["MOST_TICKS", "Encoder"]

MOST_TICKS = 255
"""Most ticks that a frame may take: as many as 8-bit levels can tell apart."""


class Encoder(PluginOptions, ABC):
    """An encoder plugin (group ``encoders``).

    An encoder whose values are real (`binary` False) feeds a ``transduction`` layer, which turns them into the chip's
    input spikes; one whose values are 0 and 1 may feed an on-chip layer directly.

    A frame enters the chip during `ticks_of` it ticks, one after the other. To all layers each of these ticks is
    an input of its own; the read-out sums over them.
    """

    binary: ClassVar[bool] = False

    @property
    def ticks_per_frame(self) -> int:
        """Ticks during which one image enters the chip, 1 … `MOST_TICKS`."""
        return 1

    def ticks_of(self, image: tuple[int, int, int]) -> int:  # noqa: ARG002
        """Return the ticks during which an image of shape `image` enters the chip; by default `ticks_per_frame`."""
        return self.ticks_per_frame

    def shape(self, image: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return height, width and channels after encoding an image of shape `image`; the same at every tick."""
        return image

    @abstractmethod
    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images.

        Parameters
        ----------
        images : uint8 array (n, height, width, channels)

        Returns
        -------
        float32 array (n · T, height, width, channels')
            The ticks of an image follow each other, and so do the images. Each image is encoded on its own: the
            result does not depend on the others.
        """
