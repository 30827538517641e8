"""Images turned and zoomed in a compiled loop; import it only where it is needed, since it imports Numba."""

from __future__ import annotations

import numpy as np

from neurosyn.plugins.jit import compiled

__all__ = ["resample"]


# Nothing is contracted or reordered: the plain twin makes the same images.
@compiled(nogil=True, error_model="numpy")
def resample(images, cosine, sine):  # type: ignore[no-untyped-def]
    """Return each image turned and zoomed about its middle; see `neurosyn_plugins.trainers.eedn.augmentation`."""
    count, height, width, channels = images.shape
    out = np.empty(images.shape, np.uint8)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    for number in range(count):
        image = images[number]
        c, s = cosine[number], sine[number]
        for row in range(height):
            y = row - middle_y
            for column in range(width):
                x = column - middle_x
                from_y = min(max(c * y - s * x + middle_y, 0.0), float(height - 1))
                from_x = min(max(s * y + c * x + middle_x, 0.0), float(width - 1))
                top, left = min(int(from_y), height - 2), min(int(from_x), width - 2)
                down, right = np.float32(from_y - top), np.float32(from_x - left)
                for channel in range(channels):
                    upper = np.float32(image[top, left, channel]) * (np.float32(1) - right) + (
                        np.float32(image[top, left + 1, channel]) * right
                    )
                    lower = np.float32(image[top + 1, left, channel]) * (np.float32(1) - right) + (
                        np.float32(image[top + 1, left + 1, channel]) * right
                    )
                    mixed = upper * (np.float32(1) - down) + lower * down
                    out[number, row, column, channel] = np.uint8(np.int32(np.rint(mixed)))
    return out
