"""Images moved and mirrored at random, before they are encoded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["augment"]


def augment(
    images: NDArray[np.uint8], rng: np.random.Generator, *, shift: int = 0, flip: bool = False
) -> NDArray[np.uint8]:
    """Return the images, each moved by up to ±`shift` pixels each way and mirrored half of the time.

    Parameters
    ----------
    images : uint8 array (n, height, width, channels)
    rng
        Source of all randomness.
    shift
        Largest move; what comes in from outside repeats the edge.
    flip
        Whether left and right may change places.
    """
    if shift:
        height, width = images.shape[1:3]
        padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
        corners = rng.integers(0, 2 * shift + 1, (2, len(images)))
        images = np.stack([image[y : y + height, x : x + width] for image, y, x in zip(padded, *corners, strict=True)])
    if flip:
        mirrored = rng.random(len(images)) < 0.5
        images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    return images
