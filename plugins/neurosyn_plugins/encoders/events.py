"""Encoder ``events``: samples of spikes, a step of the sample in each tick."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Encoder, Field, ScenarioError

__all__ = ["Events"]


class Events(Encoder):
    """A sample of spikes (data set ``spikes``) enters step by step: row t of its raster in tick t.

    Elements are ordered channel, row, column, as other frameworks flatten them.
    """

    binary: ClassVar[bool] = True

    shape_of_step: tuple[int, int, int] | None = Field(
        default=None,
        description="height, width and channels of a step's map, for layers that need them; by default one row",
    )

    def ticks_of(self, image: tuple[int, int, int]) -> int:
        """Return the steps of a sample."""
        return image[0]

    def shape(self, image: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape of a step's map.

        Raises
        ------
        ScenarioError
            If `shape_of_step` has another number of elements.
        """
        elements = image[1] * image[2]
        shape = self.shape_of_step or (1, elements, 1)
        if int(np.prod(shape)) != elements:
            raise ScenarioError(
                f"encoder events: shape_of_step {list(shape)} has {int(np.prod(shape)):,} elements, a step of the "
                f"samples {elements:,}; give height, width and channels of the data"
            )
        return shape

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the steps of samples, one after the other."""
        height, width, channels = self.shape(images.shape[1:])
        steps = (images != 0).astype(np.float32).reshape(-1, channels, height, width)
        return np.ascontiguousarray(steps.transpose(0, 2, 3, 1))
