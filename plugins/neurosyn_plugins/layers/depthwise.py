"""Layer ``depthwise``: a convolution of each channel by itself."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from neurosyn.plugins import Connectivity, Layer, MapShape
from neurosyn_plugins.layers.windows import slide

__all__ = ["Depthwise"]


class Depthwise(Layer):
    """Filters that see one channel each: large windows at few inputs, to be mixed by a ``conv2d`` of kernel 1 after it.

    Kernel² may not exceed 128 on the chip, so windows of up to 11×11 fit, where a full convolution of 16 channels ends
    at 2×2. The channels keep their places: features c·m … c·m + m − 1 belong to input channel c.
    """

    permute: ClassVar[bool] = False

    multiplier: int = Field(1, ge=1, le=1 << 10, description="features m of each channel")
    kernel: int = Field(3, ge=1, le=64, description="rows and columns of the window")
    stride: int = Field(1, ge=1, le=64, description="step of the window")
    padding: int = Field(0, ge=0, le=64, description="rim of zeros round the input map")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        return slide(
            inputs,
            features=inputs.channels * self.multiplier,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            groups=inputs.channels,
        )
