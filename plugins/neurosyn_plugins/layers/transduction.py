"""Layer ``transduction``: real-valued filters that turn an encoded image into the chip's input spikes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from neurosyn.plugins import Connectivity, Layer, MapShape
from neurosyn_plugins.layers.windows import slide

__all__ = ["Transduction"]


class Transduction(Layer):
    """Convolution with real-valued weights before the chip, followed by the same binary neuron (Esser et al. 2016)."""

    off_chip: ClassVar[bool] = True
    permute: ClassVar[bool] = False

    features: int = Field(12, ge=1, le=1 << 16, description="number of filters")
    kernel: int = Field(3, ge=1, le=64, description="rows and columns of the window")
    stride: int = Field(1, ge=1, le=64, description="step of the window")
    padding: int = Field(1, ge=0, le=64, description="rim of zeros round the image")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        return slide(
            inputs, features=self.features, kernel=self.kernel, stride=self.stride, padding=self.padding, groups=1
        )
