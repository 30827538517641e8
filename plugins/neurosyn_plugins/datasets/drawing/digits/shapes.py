"""Positions of SynthDigits' digits: glyphs, their neighbours, and the camera that looks at them.

A glyph is rendered once per face, large; each image pastes up to three of them side by side and looks at them through
a random projective transform at `OVERSAMPLING` times the final resolution, so that edges are antialiased.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont

from neurosyn.plugins import DataError, SplitName
from neurosyn_plugins.datasets.drawing.digits.fonts import Face, find_faces
from neurosyn_plugins.datasets.drawing.scene import SIDE

__all__ = ["SIDE", "Glyph", "GlyphBook", "draw_masks", "glyph_book"]

OVERSAMPLING = 3
GLYPH_HEIGHT = 96
"""Height of the digit 0 in a rendered glyph, in pixels."""

_CANVAS = (320, 208)
NEIGHBOUR_PROBABILITY = 0.55
"""Chance that a neighbour stands on the left, and the same on the right; about what SVHN's crops show."""
HEIGHT_RANGE = (0.75, 1.0)
"""Height of the target digit as a fraction of the image."""


@dataclass(frozen=True)
class Glyph:
    """A rendered digit: its ink, and where that lies from the pen position on the baseline (in glyph pixels)."""

    ink: Image.Image
    left: int
    top: int
    advance: float


class GlyphBook:
    """The glyphs of one side, by family, face and digit."""

    def __init__(self, faces: tuple[Face, ...]) -> None:
        families: dict[str, list[Face]] = {}
        for face in faces:
            families.setdefault(face.family, []).append(face)
        self.families = list(families.values())
        self._glyphs: dict[Face, list[Glyph]] = {}

    def digits(self, face: Face) -> list[Glyph]:
        """Return the ten glyphs of `face`."""
        if face not in self._glyphs:
            self._glyphs[face] = _render_glyphs(face)
        return self._glyphs[face]


@cache
def glyph_book(side: SplitName) -> GlyphBook:
    """Return this process's glyphs of `side`."""
    return GlyphBook(find_faces(side))


def _load(face: Face, size: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is in every build of Pillow; Raqm is not.
    font = ImageFont.truetype(str(face.path), size, layout_engine=ImageFont.Layout.BASIC)
    if face.weight is not None:
        axes = font.get_variation_axes()
        values = [face.weight if axis.get("name") in (b"Weight", "Weight") else axis.get("default") for axis in axes]
        font.set_variation_by_axes([float(value or 0) for value in values])
    return font


def _render_glyphs(face: Face) -> list[Glyph]:
    """Render 0 to 9.

    Raises
    ------
    DataError
        If two of the digits look the same or one has no ink: then this is no font for digits.
    """
    _, top, _, bottom = _load(face, 100).getbbox("0", anchor="ls")
    font = _load(face, max(1, round(100 * GLYPH_HEIGHT / max(1, bottom - top))))
    glyphs = []
    for digit in "0123456789":
        left, top, right, bottom = (int(edge) for edge in font.getbbox(digit, anchor="ls"))
        ink = Image.new("L", (max(1, right - left), max(1, bottom - top)))
        ink.paste(255, (0, 0, *ink.size), _mask(font, digit, left, top, ink.size))
        box = ink.getbbox()
        if box is None:
            raise DataError(f"{face.path}: has no ink for the digit {digit}; reinstall `neurosyn[fonts]`")
        glyphs.append(Glyph(ink.crop(box), left + box[0], top + box[1], float(font.getlength(digit))))
    if len({(glyph.ink.size, glyph.ink.tobytes()) for glyph in glyphs}) < 10:
        raise DataError(f"{face.path}: does not tell the digits apart; reinstall `neurosyn[fonts]`")
    return glyphs


def _mask(font: ImageFont.FreeTypeFont, digit: str, left: int, top: int, size: tuple[int, int]) -> Image.Image:
    from PIL import ImageDraw

    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text((-left, -top), digit, fill=255, font=font, anchor="ls")
    return mask


def draw_masks(book: GlyphBook, labels: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one target digit per label, with neighbours.

    Parameters
    ----------
    book
        The glyphs to write with.
    labels : int array (n,)
        Target digits.
    rng
        Source of every choice.

    Returns
    -------
    float32 array (n, 32, 32)
        Share of each pixel that digits cover, 0 to 1.
    """
    n = len(labels)
    family = rng.random(n)
    face = rng.random(n)
    has_neighbour = rng.random((n, 2)) < NEIGHBOUR_PROBABILITY
    neighbours = rng.integers(0, 10, (n, 2))
    spacing = rng.normal(0.04, 0.07, (n, 2)).clip(-0.03, 0.3)
    drop = rng.normal(0.0, 0.025, (n, 2))
    height = rng.uniform(*HEIGHT_RANGE, n)
    angle = np.deg2rad(rng.normal(0.0, 6.0, n).clip(-18.0, 18.0))
    shear = rng.normal(0.0, 0.12, n).clip(-0.35, 0.35)
    stretch = np.exp(rng.normal(0.0, 0.12, n)).clip(0.75, 1.35)
    tilt = rng.normal(0.0, 0.12, (n, 2)).clip(-0.3, 0.3)
    shift = rng.normal(0.0, 0.03, (n, 2)).clip(-0.08, 0.08)

    masks = np.empty((n, SIDE, SIDE), np.uint8)
    for i in range(n):
        faces = book.families[int(family[i] * len(book.families))]
        glyphs = book.digits(faces[int(face[i] * len(faces))])
        target = glyphs[labels[i]]
        canvas = _write(target, glyphs, neighbours[i], has_neighbour[i], spacing[i], drop[i])
        camera = _camera(target, height[i], angle[i], shear[i], stretch[i], tilt[i], shift[i])
        view = canvas.transform(
            (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING),
            Image.Transform.PERSPECTIVE,
            camera,
            Image.Resampling.BILINEAR,
        )
        masks[i] = np.asarray(view.reduce(OVERSAMPLING))
    return masks.astype(np.float32) / np.float32(255)


def _write(
    target: Glyph,
    glyphs: list[Glyph],
    neighbours: NDArray[np.int64],
    present: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    drop: NDArray[np.float64],
) -> Image.Image:
    """Paste the target with its ink in the middle of a canvas, and the neighbours that are present."""
    canvas = Image.new("L", _CANVAS)
    x = _CANVAS[0] // 2 - target.ink.width // 2
    y = _CANVAS[1] // 2 - target.ink.height // 2
    canvas.paste(target.ink, (x, y))
    pen, baseline = x - target.left, y - target.top
    for k, direction in enumerate((-1, 1)):
        if present[k]:
            glyph = glyphs[neighbours[k]]
            gap = spacing[k] * GLYPH_HEIGHT
            start = pen - glyph.advance - gap if direction < 0 else pen + target.advance + gap
            where = round(start + glyph.left), round(baseline + glyph.top + drop[k] * GLYPH_HEIGHT)
            canvas.paste(glyph.ink, where, glyph.ink)
    return canvas


def _camera(
    target: Glyph,
    height: float,
    angle: float,
    shear: float,
    stretch: float,
    tilt: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> tuple[float, ...]:
    """Return Pillow's eight coefficients that take a pixel of the view to one of the canvas."""
    width, tall = target.ink.size
    cosine, sine = np.cos(angle), np.sin(angle)
    # From canvas to view, both from the middle: shear and stretch first, then rotation.
    forward = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[stretch, shear], [0.0, 1.0]])
    reach = np.abs(forward) @ np.array([width, tall])
    view = SIDE * OVERSAMPLING
    scale = height * view / reach[1]
    if scale * reach[0] > view:  # a wide digit is squeezed, not cut off
        forward = np.array([[view / (scale * reach[0]), 0.0], [0.0, 1.0]]) @ forward
    (a, b), (d, e) = np.linalg.inv(scale * forward)
    g, h = tilt / view
    cx, cy = _CANVAS[0] / 2, _CANVAS[1] / 2
    vx, vy = view * (0.5 + shift[0]), view * (0.5 + shift[1] * (1.02 - height))
    # u = (A(p - v)) / (1 + t.(p - v)) + c, written out for Pillow with the constant term of the denominator at 1.
    w = 1.0 - g * vx - h * vy
    return (
        (a + cx * g) / w,
        (b + cx * h) / w,
        (cx - (a + cx * g) * vx - (b + cx * h) * vy) / w,
        (d + cy * g) / w,
        (e + cy * h) / w,
        (cy - (d + cy * g) * vx - (e + cy * h) * vy) / w,
        g / w,
        h / w,
    )
