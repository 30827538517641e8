"""Common parts of the drawn data sets: walls, paint, light and the camera's faults.

Everything here works on a block of images at once; random numbers are drawn in a fixed order. All grey levels are of
0 to 255. `bound`, one number an image, limits how far a structure departs from what is around it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LUMINANCE",
    "SIDE",
    "Array",
    "blur",
    "colours",
    "column",
    "direction",
    "edges",
    "light",
    "noise",
    "shift",
    "smooth",
    "stripes",
    "texture",
]

Array = NDArray[np.floating[Any]]

SIDE = 32
"""Height and width of an image in pixels."""

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)

_AXIS = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1).astype(np.float32)
_Y, _X = np.meshgrid(_AXIS, _AXIS, indexing="ij")


def column(values: Array) -> Array:
    """Return one number an image, float32, in the shape (n, 1, 1)."""
    return values.astype(np.float32)[:, None, None]


def direction(n: int, rng: np.random.Generator) -> Array:
    """Return a ramp across each image, in a random direction, from about -1 to 1."""
    angle = rng.uniform(0, 2 * np.pi, n)
    return column(np.cos(angle)) * _X + column(np.sin(angle)) * _Y


def _interpolation(cells: int) -> Array:
    """Return the (32, cells) matrix of linear interpolation from `cells` knots."""
    position = np.linspace(0, cells - 1, SIDE)
    knots = np.arange(cells)
    weights: Array = np.maximum(0, 1 - np.abs(position[:, None] - knots[None])).astype(np.float32)
    return weights


_INTERPOLATIONS = {cells: _interpolation(cells) for cells in (3, 6, 13)}


def texture(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return value noise in three octaves, its spread at most `bound`."""
    strength = rng.random((n, 4)) ** 2
    total = np.zeros((n, SIDE, SIDE), np.float32)
    for k, (cells, up) in enumerate(_INTERPOLATIONS.items()):
        grid = rng.standard_normal((n, cells, cells), dtype=np.float32)
        total += column(strength[:, k]) * (up @ grid @ up.T)
    total *= column(strength[:, 3] * bound)
    return total


def stripes(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return boards, bricks' courses or railings on three walls of ten: soft or hard stripes."""
    present = rng.random(n) < 0.3
    ramp = direction(n, rng)
    phase = column(rng.uniform(2, 9, n)) * ramp + column(rng.uniform(0, 2 * np.pi, n))
    hard = column(rng.uniform(0.5, 6, n))
    return np.tanh(hard * (np.sin(phase) - column(rng.uniform(-0.6, 0.6, n)))) * column(
        present * rng.uniform(0.1, 1, n) * bound
    )


def edges(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return up to two half-planes of another grey: plates, frames, joints; strong ones only near the border."""
    total = np.zeros((n, SIDE, SIDE), np.float32)
    for chance in (0.6, 0.3):
        present = rng.random(n) < chance
        ramp = direction(n, rng)
        offset = rng.uniform(-0.2, 1.15, n)
        free = rng.normal(0, 60, n)
        tame = rng.uniform(-0.5, 0.5, n) * bound
        step = np.where(offset > 0.75, free, tame) * present
        sharp = column(rng.uniform(4, 30, n))
        total += column(step) * (1 + np.tanh(sharp * (ramp - column(offset)))) / 2
    return total


def colours(grey: Array, rng: np.random.Generator, strong: float) -> Array:
    """Give grey pictures a hue each: mostly faint, now and then strong."""
    n = len(grey)
    spread = np.where(rng.random(n) < strong, rng.uniform(20, 70, n), np.abs(rng.normal(0, 9, n)))
    hue = rng.standard_normal((n, 3))
    hue -= (hue @ LUMINANCE)[:, None]
    hue *= (spread / np.maximum(np.abs(hue).max(1), 1e-6))[:, None]
    return grey[..., None] + hue.astype(np.float32)[:, None, None, :]


def shift(pictures: Array, dx: NDArray[np.int64], dy: NDArray[np.int64]) -> Array:
    """Move each picture by whole pixels; the border goes on."""
    rows = np.clip(np.arange(SIDE)[None] - dy[:, None], 0, SIDE - 1)
    columns = np.clip(np.arange(SIDE)[None] - dx[:, None], 0, SIDE - 1)
    shifted: Array = pictures[np.arange(len(pictures))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return shifted


def light(n: int, rng: np.random.Generator, bound: Array) -> Array:
    """Return the light on each pixel: a slope, a tint, and the edge of a cast shadow where contrast allows."""
    steep = column(rng.uniform(0, 0.35, n))
    # Divided so that the bright end of a pale wall is rarely burnt out.
    slope = (1 + steep * direction(n, rng)) / (1 + 0.6 * steep)
    present = (rng.random(n) < 0.2) & (bound > 45)
    edge = np.tanh(column(rng.uniform(3, 15, n)) * (direction(n, rng) - column(rng.uniform(-0.7, 0.7, n))))
    shade = 1 - column(present * rng.uniform(0.1, 0.4, n)) * (1 + edge) / 2
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


def smooth(masks: Array, sigma: Array) -> Array:
    """Blur each mask (n, 32, 32) with a Gaussian of `sigma` pixels."""
    kernel = _kernels(sigma)
    smooth: Array = kernel @ masks @ kernel.transpose(0, 2, 1)
    return smooth


def blur(picture: Array, rng: np.random.Generator) -> Array:
    """Blur each picture: out of focus, moved, or enlarged from few pixels."""
    n = len(picture)
    sigma = 0.3 + 1.2 * rng.random(n) ** 2
    moved = np.exp(rng.normal(0, 0.25, n))
    down = _kernels(sigma * moved) @ picture.reshape(n, SIDE, SIDE * 3)
    rows = down.reshape(n, SIDE, SIDE, 3).transpose(0, 1, 3, 2) @ _kernels(sigma / moved).transpose(0, 2, 1)[:, None]
    return rows.transpose(0, 1, 3, 2)


def noise(picture: Array, rng: np.random.Generator, bound: Array) -> NDArray[np.uint8]:
    """Add the sensor's noise, most of it common to the three colours, and round to bytes."""
    n = len(picture)
    sigma = np.minimum(rng.uniform(0.3, 7, n), bound / 5)
    grain = rng.standard_normal((n, SIDE, SIDE, 1), dtype=np.float32) * column(sigma)[..., None]
    speck = rng.standard_normal((n, SIDE, SIDE, 3), dtype=np.float32) * column(0.25 * sigma)[..., None]
    return np.rint(picture + grain + speck).clip(0, 255).astype(np.uint8)
