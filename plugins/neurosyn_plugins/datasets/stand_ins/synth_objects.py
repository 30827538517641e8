"""SynthObjects: drawn things with a shape and a surface, the stand-in where CIFAR is absent.

Ten shapes and ten surfaces. With ten classes the shape is the class and the surface is one of three that things of that
shape often have; with a hundred every pair of shape and surface is one. Colours, proportions, pose, light and what is
behind are any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.photo import Pose, draw_poses, photograph, plate_points
from neurosyn_plugins.datasets.drawing.scene import SIDE, Array, colours, column, texture
from neurosyn_plugins.datasets.stand_ins.drawn_images import DrawnImages

__all__ = ["SHAPES", "SURFACES", "SynthObjects"]

_POSE = Pose(size=(0.62, 1.0), angle=14.0, tilt=0.15, stretch=0.14, shift=0.16)

Shape = Callable[[Array, Array, Array], NDArray[np.bool_]]
"""From x, y (m, 64, 64) on the plate and a number of [0, 1) for each image (m, 1, 1) to where the thing is."""
Surface = Callable[[Array, Array, Array, Array], Array]
"""From x, y, and two such numbers to the share of the second colour, 0 to 1."""


def _regular(x: Array, y: Array, corners: int) -> Array:
    """Return the distance from the middle over that of a regular polygon's edge in this direction; a corner is up."""
    sector = 2 * np.pi / corners
    angle = np.mod(np.arctan2(x, -y) + sector / 2, sector) - sector / 2
    inside: Array = np.hypot(x, y) * np.cos(np.abs(angle) - sector / 2) / np.cos(sector / 2)
    return inside


def _star(x: Array, y: Array, a: Array) -> NDArray[np.bool_]:
    angle = np.abs(np.mod(np.arctan2(x, -y) + np.pi / 5, 2 * np.pi / 5) - np.pi / 5) / (np.pi / 5)
    inside: NDArray[np.bool_] = np.hypot(x, y) < 1 - (0.5 + 0.15 * a) * angle
    return inside


def _flower(x: Array, y: Array, a: Array) -> NDArray[np.bool_]:
    lobes = 5 + np.floor(3 * a)
    inside: NDArray[np.bool_] = np.hypot(x, y) < 0.75 + 0.22 * np.cos(lobes * np.arctan2(x, -y))
    return inside


def _crescent(x: Array, y: Array, a: Array) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (np.hypot(x, y) < 0.95) & (np.hypot(x - 0.45 - 0.2 * a, y) > 0.72)
    return inside


def _heart(x: Array, y: Array, a: Array) -> NDArray[np.bool_]:
    u, v = (1.05 + 0.2 * a) * np.abs(x), -1.1 * y + 0.05
    inside: NDArray[np.bool_] = (u * u + v * v - 0.75) ** 3 - u * u * v**3 < 0
    return inside


def _arrow(x: Array, y: Array, a: Array) -> NDArray[np.bool_]:
    head = (y < 0.0) & (np.abs(x) < 0.85 * (y + 0.95))
    return head | ((y >= 0.0) & (y < 0.95) & (np.abs(x) < 0.2 + 0.2 * a))


SHAPES: dict[str, Shape] = {
    "disc": lambda x, y, a: np.hypot(x / (0.7 + 0.25 * a), y) < 0.92,
    "triangle": lambda x, y, a: _regular(x / (0.85 + 0.15 * a), y - 0.2, 3) < 1.1,
    "block": lambda x, y, a: (np.abs(x) < 0.8 * (0.75 + 0.25 * a)) & (np.abs(y) < 0.8),
    "star": _star,
    "cross": lambda x, y, a: (
        (np.minimum(np.abs(x), np.abs(y)) < 0.2 + 0.14 * a) & (np.maximum(np.abs(x), np.abs(y)) < 0.92)
    ),
    "ring": lambda x, y, a: (np.hypot(x, y) < 0.95) & (np.hypot(x, y) > 0.4 + 0.2 * a),
    "crescent": _crescent,
    "flower": _flower,
    "heart": _heart,
    "arrow": _arrow,
}
"""The ten shapes by name."""


def _wave(phase: Array) -> Array:
    """Return soft square waves of one unit's length."""
    wave: Array = np.clip(0.5 + 2 * np.sin(2 * np.pi * phase), 0, 1)
    return wave


def _bricks(x: Array, y: Array, a: Array, b: Array) -> Array:
    row = np.floor((2.2 + a) * (y + b))
    joint = np.minimum(np.mod((2.2 + a) * (y + b), 1), np.mod(1.4 * x + 0.5 * np.mod(row, 2), 1) * 1.4)
    bricks: Array = np.clip(1.5 - 5 * joint, 0, 1)
    return bricks


def _dots(x: Array, y: Array, a: Array, b: Array) -> Array:
    pitch = 1.8 + 0.8 * a
    return np.clip(2.2 - 6 * np.hypot(np.mod(pitch * x + b, 1) - 0.5, np.mod(pitch * y + b, 1) - 0.5), 0, 1)


def _zigzag(x: Array, y: Array, a: Array, b: Array) -> Array:
    return _wave((1.5 + 0.6 * a) * y + b + 0.8 * np.abs(np.mod(1.6 * x + b, 1) - 0.5))


SURFACES: dict[str, Surface] = {
    "shaded": lambda x, y, a, b: np.clip(0.5 + 0.45 * (np.cos(6 * b) * x + np.sin(6 * b) * y) + 0 * a, 0, 1),
    "striped": lambda x, _y, a, b: _wave((1.6 + 0.8 * a) * x + b),
    "banded": lambda _x, y, a, b: _wave((1.6 + 0.8 * a) * y + b),
    "checked": lambda x, y, a, b: (
        0.5 + 0.5 * np.sign(np.sin(np.pi * (2.2 + a) * x + 6 * b) * np.sin(np.pi * (2.2 + a) * y + 5 * b))
    ),
    "dotted": _dots,
    "ringed": lambda x, y, a, b: _wave((1.7 + 0.8 * a) * np.hypot(x, y) + b),
    "zigzag": _zigzag,
    "bricked": _bricks,
    "rayed": lambda x, y, a, b: _wave((3 + np.floor(2 * a)) * np.arctan2(x, -y) / (2 * np.pi) * 2 + b),
    "twotone": lambda x, y, a, b: (np.cos(6 * b) * x + np.sin(6 * b) * y > 0.3 * (a - 0.5)).astype(np.float32),
}
"""The ten surfaces by name."""

_SHAPE_NAMES, _SURFACE_NAMES = tuple(SHAPES), tuple(SURFACES)
_OFTEN = (0, 3, 7)
"""A thing of shape k often has surface k + one of these (mod 10)."""


class SynthObjects(DrawnImages):
    """Drawn things, 32 x 32 RGB: ten shapes, or a hundred pairs of shape and surface."""

    GENERATOR: ClassVar[str] = "synth_objects"
    VERSION: ClassVar[int] = 1

    n_classes: Literal[10, 100] = Field(default=10, description="10: the shapes; 100: pairs of shape and surface")
    train_size: int = Field(default=50_000, ge=100, le=1_000_000, description="number of training images to draw")

    def name(self) -> str:
        """Return the name, which states the data set that it stands in for."""
        return f"SynthObjects-{self.n_classes} (stand-in for CIFAR-{self.n_classes})"

    def variant(self) -> str:
        """Return the number of classes."""
        return str(self.n_classes)

    def classes(self) -> tuple[str, ...]:
        """Return the shapes, or the pairs, shape by shape."""
        if self.n_classes == 10:
            return _SHAPE_NAMES
        return tuple(f"{surface} {shape}" for shape in _SHAPE_NAMES for surface in _SURFACE_NAMES)

    def draw(self, side: SplitName, labels: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.uint8]:  # noqa: ARG002
        """Draw one thing per label."""
        n = len(labels)
        often = np.array(_OFTEN)[rng.integers(0, len(_OFTEN), n)]
        if self.n_classes == 10:
            shape, surface = labels, (labels + often) % 10
        else:
            shape, surface = labels // 10, labels % 10
        x, y = plate_points(draw_poses(n, _POSE, rng))
        a, b, c = (column(rng.random(n)) for _ in range(3))
        inside = np.empty(x.shape, np.float32)
        second = np.empty(x.shape, np.float32)
        for k in range(10):
            chosen = np.flatnonzero(shape == k)
            inside[chosen] = SHAPES[_SHAPE_NAMES[k]](x[chosen], y[chosen], c[chosen])
            chosen = np.flatnonzero(surface == k)
            second[chosen] = SURFACES[_SURFACE_NAMES[k]](x[chosen], y[chosen], a[chosen], b[chosen])
        cover = _reduce(inside)
        mixed = _reduce(second * inside) / np.maximum(cover, 1e-3)
        return photograph(_paint(mixed, rng), cover, rng, haze=(0.5, 1.0))


def _reduce(fine: Array) -> Array:
    """Average fine points to pixels."""
    n, step = len(fine), fine.shape[1] // SIDE
    pixels: Array = fine.reshape(n, SIDE, step, SIDE, step).mean((2, 4), dtype=np.float32)
    return pixels


def _paint(second: Array, rng: np.random.Generator) -> Array:
    """Give the surface its two colours, well apart in lightness, and a little grain."""
    n = len(second)
    level = rng.uniform(40, 215, n)
    away = rng.uniform(60, 130, n)
    other = np.where(level + away > 250, level - away, level + away)
    first = colours(np.broadcast_to(column(level), second.shape), rng, strong=0.8)
    last = colours(np.broadcast_to(column(other), second.shape), rng, strong=0.8)
    paint: Array = first + second[..., None] * (last - first) + texture(n, rng, np.full(n, 12.0))[..., None]
    return paint
