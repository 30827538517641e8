"""Images turned, zoomed, moved and mirrored at random, before they are encoded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["augment"]


def augment(
    images: NDArray[np.uint8],
    rng: np.random.Generator,
    *,
    shift: int = 0,
    flip: bool = False,
    turn: float = 0.0,
    zoom: float = 0.0,
    compiled: bool = False,
) -> NDArray[np.uint8]:
    """Return the images, each turned, zoomed, moved by up to ±`shift` pixels each way and mirrored half of the time.

    Parameters
    ----------
    images : uint8 array (n, height, width, channels)
    rng
        Source of all randomness.
    shift
        Largest move; what comes in from outside repeats the edge.
    flip
        True if left and right may change places.
    turn
        Largest turn about the middle, in degrees.
    zoom
        Largest change of size, as a share of it.
    compiled
        Whether to turn and zoom in a compiled loop, which makes the same images.
    """
    if turn or zoom:
        angle = np.radians(rng.uniform(-turn, turn, len(images)))
        size = 1 + rng.uniform(-zoom, zoom, len(images))
        if compiled:
            from neurosyn_plugins.trainers.eedn.numba_augmentation import resample
        else:
            resample = _resample
        images = resample(images, np.cos(angle) / size, np.sin(angle) / size)
    if shift:
        height, width = images.shape[1:3]
        padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
        corners = rng.integers(0, 2 * shift + 1, (2, len(images)))
        images = np.stack([image[y : y + height, x : x + width] for image, y, x in zip(padded, *corners, strict=True)])
    if flip:
        mirrored = rng.random(len(images)) < 0.5
        images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    return images


def _resample(images: NDArray[np.uint8], cosine: NDArray[np.float64], sine: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return each image turned and zoomed about its middle, bilinearly; its edge is repeated outside."""
    count, height, width = images.shape[:3]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y, x = np.arange(height)[:, None] - middle_y, np.arange(width) - middle_x
    c, s = cosine[:, None, None], sine[:, None, None]
    from_y = np.clip(c * y - s * x + middle_y, 0, height - 1)
    from_x = np.clip(s * y + c * x + middle_x, 0, width - 1)
    top, left = (np.minimum(at.astype(np.intp), most) for at, most in ((from_y, height - 2), (from_x, width - 2)))
    down = (from_y - top).astype(np.float32)[..., None]
    right = (from_x - left).astype(np.float32)[..., None]
    image = np.arange(count)[:, None, None]
    upper = images[image, top, left] * (1 - right) + images[image, top, left + 1] * right
    lower = images[image, top + 1, left] * (1 - right) + images[image, top + 1, left + 1] * right
    return np.asarray(np.rint(upper * (1 - down) + lower * down), np.uint8)
