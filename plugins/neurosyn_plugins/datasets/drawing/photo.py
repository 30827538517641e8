"""Photographs of drawn things: where the camera stands, and what it sees around them.

A thing is drawn on a plate, the square [-1, 1]² with y down, and seen in a view of the same extent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neurosyn_plugins.datasets.drawing.scene import (
    SIDE,
    Array,
    blur,
    colours,
    column,
    edges,
    light,
    noise,
    stripes,
    texture,
)

__all__ = ["Pose", "draw_poses", "look_at", "photograph", "plate_points"]

OVERSAMPLING = 2


@dataclass(frozen=True)
class Pose:
    """Largest deviations of an object from filling the view straight on.

    Attributes
    ----------
    size
        Smallest and largest extent of the plate as a fraction of the view.
    angle
        Standard deviation of the turn in degrees.
    tilt
        Standard deviation of the perspective foreshortening.
    stretch
        Standard deviation of the logarithm of the aspect ratio.
    shift
        Largest displacement of the middle as a fraction of half the view.
    """

    size: tuple[float, float]
    angle: float
    tilt: float
    stretch: float
    shift: float


def draw_poses(n: int, pose: Pose, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw `n` cameras.

    Returns
    -------
    float64 array (n, 3, 3)
        The projective map from each point of the view to one of the plate.
    """
    size = rng.uniform(*pose.size, n)
    angle = np.deg2rad(rng.normal(0, pose.angle, n).clip(-2.5 * pose.angle, 2.5 * pose.angle))
    aspect = np.exp(rng.normal(0, pose.stretch, n).clip(-2 * pose.stretch, 2 * pose.stretch))
    tilt = rng.normal(0, pose.tilt, (n, 2)).clip(-2 * pose.tilt, 2 * pose.tilt)
    middle = rng.uniform(-pose.shift, pose.shift, (n, 2))
    maps = np.zeros((n, 3, 3))
    maps[:, 0, 0], maps[:, 0, 1] = np.cos(angle) / (size * aspect), np.sin(angle) / (size * aspect)
    maps[:, 1, 0], maps[:, 1, 1] = -np.sin(angle) * aspect / size, np.cos(angle) * aspect / size
    maps[:, 2, :2] = tilt
    maps[:, 2, 2] = 1
    moved = np.broadcast_to(np.eye(3), (n, 3, 3)).copy()
    moved[:, :2, 2] = -middle
    return maps @ moved


def plate_points(maps: NDArray[np.float64], oversampling: int = OVERSAMPLING) -> tuple[Array, Array]:
    """Return x and y on the plate of each point of a fine grid over the view, float32 (n, 64, 64) each."""
    fine = SIDE * oversampling
    axis = (np.arange(fine) + 0.5) / fine * 2 - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    points = np.stack([x.ravel(), y.ravel(), np.ones(fine * fine)]).astype(np.float32)
    u, v, w = (maps.astype(np.float32) @ points).transpose(1, 0, 2)
    return (u / w).reshape(-1, fine, fine), (v / w).reshape(-1, fine, fine)


def look_at(plates: Sequence[Image.Image], maps: NDArray[np.float64]) -> tuple[Array, Array]:
    """Look at one plate in each view.

    Parameters
    ----------
    plates
        RGBA pictures, square; alpha is 0 outside the thing.
    maps : float64 array (n, 3, 3)
        Poses as returned by `draw_poses`.

    Returns
    -------
    art : float32 array (n, 32, 32, 3)
        Colours of what is covered, 0 to 255.
    cover : float32 array (n, 32, 32)
        Share of each pixel that the thing covers, 0 to 1.
    """
    fine = SIDE * OVERSAMPLING
    to_unit = np.array([[2 / fine, 0, -1], [0, 2 / fine, -1], [0, 0, 1]])
    seen = np.empty((len(plates), SIDE, SIDE, 4), np.uint8)
    for i, (plate, view) in enumerate(zip(plates, maps, strict=True)):
        half = plate.width / 2
        whole = np.array([[half, 0, half], [0, half, half], [0, 0, 1]]) @ view @ to_unit
        picture = plate.transform(
            (fine, fine),
            Image.Transform.PERSPECTIVE,
            tuple((whole / whole[2, 2]).ravel()[:8]),
            Image.Resampling.BILINEAR,
        )
        seen[i] = np.asarray(picture.reduce(OVERSAMPLING))
    art = seen.astype(np.float32)
    return art[..., :3], art[..., 3] / np.float32(255)


def photograph(
    art: Array, cover: Array, rng: np.random.Generator, *, haze: tuple[float, float], strength: float = 1.0
) -> NDArray[np.uint8]:
    """Put things before walls, hedges and skies, and take a picture.

    Parameters
    ----------
    art : float32 array (n, 32, 32, 3)
        Colours of the things, 0 to 255.
    cover : float32 array (n, 32, 32)
        Share of each pixel that they cover.
    rng
        Source of every choice.
    haze
        Smallest and largest contrast that is left, as a factor.
    strength
        Factor on noise and background.

    Returns
    -------
    uint8 array (n, 32, 32, 3)
    """
    n = len(art)
    free = np.full(n, 110.0 * strength)
    wall = column(rng.uniform(20, 230, n)) + texture(n, rng, 0.5 * free) + stripes(n, rng, 0.5 * free)
    wall += edges(n, rng, free)
    picture = colours(wall, rng, strong=0.5)
    picture = picture + cover[..., None] * (art - picture)
    picture = picture * light(n, rng, free)
    exposure = column(np.exp(rng.normal(-0.05, 0.35, n)).clip(0.4, 1.5))[..., None]
    left = column(rng.uniform(*haze, n))[..., None]
    veil = column(rng.uniform(40, 200, n))[..., None]
    picture = (veil + left * (picture - veil)) * exposure
    picture = blur(picture, rng)
    return noise(picture, rng, 40.0 * strength * left[:, 0, 0, 0])
