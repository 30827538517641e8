"""A layer plugin in one file: sharp in the middle of the map, coarse towards its rim."""

import numpy as np
from pydantic import Field

from neurosyn.network.layer import Connectivity, Layer, MapShape
from neurosyn.registry import plugin


@plugin("layers", "foveated")
class Foveated(Layer):
    """3×3 windows whose taps stand one pixel apart in the fovea and two apart outside of it."""

    features: int = Field(description="features at each position")
    radius: int = Field(default=3, ge=0, description="positions this near to the centre belong to the fovea")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Give fovea and periphery a bank of weights each."""
        height, width, channels = inputs
        rows, columns = height // 2, width // 2
        windows, banks = [], []
        for y in range(rows):
            for x in range(columns):
                far = max(abs(2 * y + 1 - height // 2), abs(2 * x + 1 - width // 2)) > self.radius
                step = 2 if far else 1
                taps = [(2 * y + i * step, 2 * x + j * step) for i in (-1, 0, 1) for j in (-1, 0, 1)]
                window = [
                    (v * width + u) * channels + c if 0 <= v < height and 0 <= u < width else -1
                    for v, u in taps
                    for c in range(channels)
                ]
                windows.append(window)
                banks.append(int(far))
        sites = rows * columns
        return Connectivity(
            output=MapShape(rows, columns, self.features),
            inputs=np.array(windows, dtype=np.int32),
            outputs=np.arange(sites * self.features, dtype=np.int32).reshape(sites, self.features),
            banks=np.array(banks, dtype=np.int32),
            grid=(1, rows, columns),
        )
