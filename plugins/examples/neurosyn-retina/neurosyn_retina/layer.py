"""Layer ``fovea``: sharp in the middle of the map, coarse towards its rim."""

import numpy as np
from neurosyn.plugins import Connectivity, Field, Layer, MapShape


class Fovea(Layer):
    """3×3 windows whose taps stand one pixel apart in the fovea and two apart outside of it."""

    features: int = Field(16, ge=1, le=1024, description="features at each position")
    radius: int = Field(4, ge=0, description="positions whose centre is this near to the middle belong to the fovea")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees: a window on every other pixel."""
        height, width, channels = inputs
        rows, columns = -(-height // 2), -(-width // 2)
        sites = rows * columns
        row, column = np.divmod(np.arange(sites), columns)
        far = np.maximum(np.abs(2 * row - height // 2), np.abs(2 * column - width // 2)) > self.radius
        step = np.where(far, 2, 1)[:, None]
        y = 2 * row[:, None] + step * np.repeat([-1, 0, 1], 3)
        x = 2 * column[:, None] + step * np.tile([-1, 0, 1], 3)
        taps = (y * width + x)[..., None] * channels + np.arange(channels)
        taps[(y < 0) | (y >= height) | (x < 0) | (x >= width)] = -1
        return Connectivity(
            output=MapShape(rows, columns, self.features),
            inputs=taps.reshape(sites, -1).astype(np.int32),
            outputs=np.arange(sites * self.features, dtype=np.int32).reshape(sites, -1),
            # Fovea and periphery have weights of their own, where there are both.
            banks=np.unique(far, return_inverse=True)[1].astype(np.int32),
            grid=(1, rows, columns),
        )
