"""What surrounds SynthDigits' digits: walls, paint, light and the camera's faults.

Everything here works on a block of images at once; random numbers are drawn in a fixed order. Structures that lie
under the digit are bounded by the contrast of the digit, so that a person can always read it; those beside it are not.
All grey levels are of 0 to 255.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn_plugins.datasets.digit_shapes import SIDE

__all__ = ["LOWEST_CONTRAST", "photograph"]

Array = NDArray[np.floating[Any]]

LOWEST_CONTRAST = 18.0
"""Smallest difference between digit and wall, in grey levels, before light and blur."""

HIGHEST_CONTRAST = 170.0
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)

_AXIS = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1).astype(np.float32)
_Y, _X = np.meshgrid(_AXIS, _AXIS, indexing="ij")


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
    wall = level[:, None, None] + _texture(n, rng, 0.3 * bound) + _stripes(n, rng, 0.35 * bound)
    wall += _edges(n, rng, bound)
    paint = level + contrast
    picture = _colours(wall, rng, strong=0.25)
    picture = _shadow(picture, masks, rng, bound)
    ink = _colours(np.broadcast_to(paint[:, None, None], masks.shape), rng, strong=0.3)
    picture, masks = _outline(picture, masks, rng, paint, level)
    cover = (masks * rng.uniform(0.88, 1.0, (n, 1, 1)).astype(np.float32))[..., None]
    picture = picture + cover * (ink - picture)
    picture = picture * _light(n, rng, bound)
    picture = _blur(picture, rng)
    return _noise(picture, rng, bound)


def _column(values: Array) -> Array:
    return values.astype(np.float32)[:, None, None]


def _levels(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw the wall's grey level and the signed contrast of the digits on it."""
    level = rng.uniform(30, 225, n)
    contrast = LOWEST_CONTRAST + (HIGHEST_CONTRAST - LOWEST_CONTRAST) * rng.random(n) ** 1.5
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    sign = np.where((level + sign * contrast > 250) | (level + sign * contrast < 5), -sign, sign)
    room = np.where(sign > 0, 250 - level, level - 5)
    return level.astype(np.float32), (sign * np.minimum(contrast, room)).astype(np.float32)


def _direction(n: int, rng: np.random.Generator) -> Array:
    """Return a ramp across each image, in a random direction, from about -1 to 1."""
    angle = rng.uniform(0, 2 * np.pi, n)
    return _column(np.cos(angle)) * _X + _column(np.sin(angle)) * _Y


def _interpolation(cells: int) -> Array:
    """Return the (32, cells) matrix of linear interpolation from `cells` knots."""
    position = np.linspace(0, cells - 1, SIDE)
    knots = np.arange(cells)
    weights: Array = np.maximum(0, 1 - np.abs(position[:, None] - knots[None])).astype(np.float32)
    return weights


_INTERPOLATIONS = {cells: _interpolation(cells) for cells in (3, 6, 13)}


def _texture(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return value noise in three octaves, its spread at most `bound`."""
    strength = rng.random((n, 4)) ** 2
    total = np.zeros((n, SIDE, SIDE), np.float32)
    for k, (cells, up) in enumerate(_INTERPOLATIONS.items()):
        grid = rng.standard_normal((n, cells, cells), dtype=np.float32)
        total += _column(strength[:, k]) * (up @ grid @ up.T)
    total *= _column(strength[:, 3] * bound)
    return total


def _stripes(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return boards, bricks' courses or railings on three walls of ten: soft or hard stripes."""
    present = rng.random(n) < 0.3
    ramp = _direction(n, rng)
    phase = _column(rng.uniform(2, 9, n)) * ramp + _column(rng.uniform(0, 2 * np.pi, n))
    hard = _column(rng.uniform(0.5, 6, n))
    return np.tanh(hard * (np.sin(phase) - _column(rng.uniform(-0.6, 0.6, n)))) * _column(
        present * rng.uniform(0.1, 1, n) * bound
    )


def _edges(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return up to two half-planes of another grey: plates, frames, joints; strong ones only beside the digit."""
    total = np.zeros((n, SIDE, SIDE), np.float32)
    for chance in (0.6, 0.3):
        present = rng.random(n) < chance
        ramp = _direction(n, rng)
        offset = rng.uniform(-0.2, 1.15, n)
        free = rng.normal(0, 60, n)
        tame = rng.uniform(-0.5, 0.5, n) * bound
        step = np.where(offset > 0.75, free, tame) * present
        sharp = _column(rng.uniform(4, 30, n))
        total += _column(step) * (1 + np.tanh(sharp * (ramp - _column(offset)))) / 2
    return total


def _colours(grey: Array, rng: np.random.Generator, strong: float) -> Array:
    """Give grey pictures a hue each: mostly faint, now and then strong."""
    n = len(grey)
    spread = np.where(rng.random(n) < strong, rng.uniform(20, 70, n), np.abs(rng.normal(0, 9, n)))
    hue = rng.standard_normal((n, 3))
    hue -= (hue @ LUMINANCE)[:, None]
    hue *= (spread / np.maximum(np.abs(hue).max(1), 1e-6))[:, None]
    return grey[..., None] + hue.astype(np.float32)[:, None, None, :]


def _shift(pictures: Array, dx: NDArray[np.int64], dy: NDArray[np.int64]) -> Array:
    rows = np.clip(np.arange(SIDE)[None] - dy[:, None], 0, SIDE - 1)
    columns = np.clip(np.arange(SIDE)[None] - dx[:, None], 0, SIDE - 1)
    shifted: Array = pictures[np.arange(len(pictures))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return shifted


def _shadow(picture: Array, masks: Array, rng: np.random.Generator, bound: Array) -> Array:
    """Let a third of the digits cast a shadow on the wall."""
    n = len(masks)
    present = rng.random(n) < 0.33
    cast = _smooth(_shift(masks, rng.integers(-3, 4, n), rng.integers(0, 4, n)), rng.uniform(0.4, 1.5, n))
    depth = np.minimum(rng.uniform(0.1, 0.55, n), 0.8 * bound / 128) * present
    return picture * (1 - _column(depth) * cast)[..., None]


def _outline(picture: Array, masks: Array, rng: np.random.Generator, paint: Array, level: Array) -> tuple[Array, Array]:
    """Draw a line of about a pixel around a fifth of the digits, darker or lighter than both wall and paint."""
    n = len(masks)
    present = rng.random(n) < 0.2
    grown = masks.copy()
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        grown = np.maximum(grown, _shift(masks, np.full(n, dx), np.full(n, dy)))
    away = rng.uniform(25, 110, n)
    darker, lighter = np.minimum(paint, level) - away, np.maximum(paint, level) + away
    line = np.where(rng.random(n) < 0.5, darker, lighter)
    line = np.where(line < 0, lighter, np.where(line > 255, darker, line)).clip(0, 255)
    ring = _column(present * rng.uniform(0.5, 1, n)) * (grown - masks)
    colour = _colours(np.broadcast_to(_column(line), masks.shape), rng, strong=0.1)
    return picture + ring[..., None] * (colour - picture), masks


def _light(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return the light on each pixel: a slope, a tint, and the edge of a cast shadow where contrast allows."""
    steep = _column(rng.uniform(0, 0.35, n))
    # Divided so that the bright end of a pale wall is rarely burnt out.
    slope = (1 + steep * _direction(n, rng)) / (1 + 0.6 * steep)
    present = (rng.random(n) < 0.2) & (bound > 45)
    edge = np.tanh(_column(rng.uniform(3, 15, n)) * (_direction(n, rng) - _column(rng.uniform(-0.7, 0.7, n))))
    shade = 1 - _column(present * rng.uniform(0.1, 0.4, n)) * (1 + edge) / 2
    warmth = rng.normal(0, 0.05, n)
    tint = np.stack([1 + warmth, np.ones(n), 1 - warmth], -1).astype(np.float32)
    light: Array = (slope * shade)[..., None] * tint[:, None, None, :]
    return light


def _kernels(sigma: Array) -> Array:
    """Return a (n, 32, 32) matrix per image that blurs along one axis with a Gaussian of `sigma` pixels."""
    distance = np.arange(SIDE)[:, None] - np.arange(SIDE)[None]
    weights: Array = np.exp(-0.5 * (distance / np.maximum(sigma, 0.1)[:, None, None]) ** 2)
    weights /= weights.sum(-1, keepdims=True)
    return weights.astype(np.float32)


def _smooth(masks: Array, sigma: Array) -> Array:
    kernel = _kernels(sigma)
    smooth: Array = kernel @ masks @ kernel.transpose(0, 2, 1)
    return smooth


def _blur(picture: Array, rng: np.random.Generator) -> Array:
    """Blur each picture: out of focus, moved, or enlarged from few pixels."""
    n = len(picture)
    sigma = 0.3 + 1.2 * rng.random(n) ** 2
    moved = np.exp(rng.normal(0, 0.25, n))
    down = _kernels(sigma * moved) @ picture.reshape(n, SIDE, SIDE * 3)
    rows = down.reshape(n, SIDE, SIDE, 3).transpose(0, 1, 3, 2) @ _kernels(sigma / moved).transpose(0, 2, 1)[:, None]
    return rows.transpose(0, 1, 3, 2)


def _noise(picture: Array, rng: np.random.Generator, bound: Array) -> NDArray[np.uint8]:
    """Add the sensor's noise, most of it common to the three colours, and round to bytes."""
    n = len(picture)
    sigma = np.minimum(rng.uniform(0.3, 7, n), bound / 5)
    grain = rng.standard_normal((n, SIDE, SIDE, 1), dtype=np.float32) * _column(sigma)[..., None]
    speck = rng.standard_normal((n, SIDE, SIDE, 3), dtype=np.float32) * _column(0.25 * sigma)[..., None]
    return np.rint(picture + grain + speck).clip(0, 255).astype(np.uint8)
