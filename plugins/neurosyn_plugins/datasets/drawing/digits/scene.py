"""Surroundings of SynthDigits' digits: walls, paint, light and the camera's faults.

Everything here works on a block of images at once; random numbers are drawn in a fixed order. Structures that lie
under the digit are bounded by the contrast of the digit, so that a person can always read it; those beside it are not.
All grey levels are of 0 to 255.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn_plugins.datasets.drawing.scene import (
    Array,
    blur,
    colours,
    column,
    edges,
    light,
    noise,
    shift,
    smooth,
    stripes,
    texture,
)

__all__ = ["LOWEST_CONTRAST", "photograph"]

LOWEST_CONTRAST = 18.0
"""Smallest difference between digit and wall, in grey levels, before light and blur."""

HIGHEST_CONTRAST = 170.0


def photograph(masks: Array, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Put digits on walls and take a picture.

    Parameters
    ----------
    masks : float32 array (n, 32, 32)
        Cover of each pixel by digits, 0 to 1.
    rng
        Source of every choice.

    Returns
    -------
    uint8 array (n, 32, 32, 3)
    """
    n = len(masks)
    level, contrast = _levels(n, rng)
    bound = np.abs(contrast)
    wall = level[:, None, None] + texture(n, rng, 0.3 * bound) + stripes(n, rng, 0.35 * bound)
    wall += edges(n, rng, bound)
    paint = level + contrast
    picture = colours(wall, rng, strong=0.25)
    picture = _shadow(picture, masks, rng, bound)
    ink = colours(np.broadcast_to(paint[:, None, None], masks.shape), rng, strong=0.3)
    picture, masks = _outline(picture, masks, rng, paint, level)
    cover = (masks * rng.uniform(0.88, 1.0, (n, 1, 1)).astype(np.float32))[..., None]
    picture = picture + cover * (ink - picture)
    picture = picture * light(n, rng, bound)
    picture = blur(picture, rng)
    return noise(picture, rng, bound)


def _levels(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw the wall's grey level and the signed contrast of the digits on it."""
    level = rng.uniform(30, 225, n)
    contrast = LOWEST_CONTRAST + (HIGHEST_CONTRAST - LOWEST_CONTRAST) * rng.random(n) ** 1.5
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    sign = np.where((level + sign * contrast > 250) | (level + sign * contrast < 5), -sign, sign)
    room = np.where(sign > 0, 250 - level, level - 5)
    return level.astype(np.float32), (sign * np.minimum(contrast, room)).astype(np.float32)


def _shadow(picture: Array, masks: Array, rng: np.random.Generator, bound: Array) -> Array:
    """Let a third of the digits cast a shadow on the wall."""
    n = len(masks)
    present = rng.random(n) < 0.33
    cast = smooth(shift(masks, rng.integers(-3, 4, n), rng.integers(0, 4, n)), rng.uniform(0.4, 1.5, n))
    depth = np.minimum(rng.uniform(0.1, 0.55, n), 0.8 * bound / 128) * present
    return picture * (1 - column(depth) * cast)[..., None]


def _outline(picture: Array, masks: Array, rng: np.random.Generator, paint: Array, level: Array) -> tuple[Array, Array]:
    """Draw a line of about a pixel around a fifth of the digits, darker or lighter than both wall and paint."""
    n = len(masks)
    present = rng.random(n) < 0.2
    grown = masks.copy()
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        grown = np.maximum(grown, shift(masks, np.full(n, dx), np.full(n, dy)))
    away = rng.uniform(25, 110, n)
    darker, lighter = np.minimum(paint, level) - away, np.maximum(paint, level) + away
    line = np.where(rng.random(n) < 0.5, darker, lighter)
    line = np.where(line < 0, lighter, np.where(line > 255, darker, line)).clip(0, 255)
    ring = column(present * rng.uniform(0.5, 1, n)) * (grown - masks)
    colour = colours(np.broadcast_to(column(line), masks.shape), rng, strong=0.1)
    return picture + ring[..., None] * (colour - picture), masks
