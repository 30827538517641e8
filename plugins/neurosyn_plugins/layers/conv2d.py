"""Layer ``conv2d``: binary neurons behind a grouped convolution with trinary weights."""

from __future__ import annotations

from pydantic import Field

from neurosyn.plugins import Connectivity, Layer, MapShape
from neurosyn_plugins.layers.windows import slide

__all__ = ["Conv2d"]


class Conv2d(Layer):
    """Grouped convolution on the chip.

    It covers the layer types of Esser et al. 2016: S (kernel 3, stride 1, padding 1), N (kernel 1), P (kernel 2,
    stride 2) and P4 (kernel 4, stride 2, padding 1). Kernel² × channels of a group may not exceed 128 on the chip.
    """

    features: int = Field(ge=1, le=1 << 20, description="features of all groups together")
    kernel: int = Field(3, ge=1, le=64, description="rows and columns of the window")
    stride: int = Field(1, ge=1, le=64, description="step of the window")
    padding: int = Field(0, ge=0, le=64, description="rim of zeros round the input map")
    groups: int = Field(1, ge=1, le=1 << 16, description="parts of the channels that do not see each other")
    shuffle: bool = Field(
        default=True,
        description="shuffle the channels of the input map by the seed, behind another layer; mixes groups",
    )

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        return slide(
            inputs,
            features=self.features,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            groups=self.groups,
        )
