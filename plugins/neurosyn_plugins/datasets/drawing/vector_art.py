"""Drawing with points, lines and discs on a plate, the square [-1, 1]² with y down.

A figure is a list of strokes; a hand draws them with its own proportions, so the same figure differs from hand to hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["Canvas", "Colour", "Figure", "Hand", "Point", "arc", "polygon"]

Point = tuple[float, float]
Colour = tuple[int, int, int]
Figure = Sequence[tuple[object, ...]]
"""Strokes: ``("area", points)``, ``("line", width, points)`` or ``("disc", x, y, radius)``."""

PLATE = 96
"""Height and width of a finished plate in pixels."""
_FINE = 3
"""Plates are drawn this much larger and averaged, which smoothes their edges."""


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 14) -> list[Point]:
    """Return points on an ellipse from angle `start` to `end` in degrees, clockwise from the right as seen."""
    angles = [math.radians(start + (end - start) * k / steps) for k in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def polygon(corners: int, radius: float, turn: float = 0.0) -> list[Point]:
    """Return the corners of a regular polygon; the first is `turn` degrees from the top."""
    return arc(0, 0, radius, radius, turn - 90, turn - 90 + 360, corners)[:-1]


@dataclass(frozen=True)
class Hand:
    """One way to draw every figure: its proportions.

    Attributes
    ----------
    weight
        Factor on the width of lines.
    wave
        Amplitudes, frequencies and phases of a slow bend of the plane, in x and y.
    """

    weight: float = 1.0
    wave: tuple[tuple[float, float, float], tuple[float, float, float]] = field(default=((0, 1, 0), (0, 1, 0)))

    @classmethod
    def of(cls, rng: np.random.Generator, bend: float = 0.05) -> Hand:
        """Draw a hand at random."""
        wave = rng.uniform([-bend, 1.2, 0.0], [bend, 2.6, 2 * math.pi], (2, 3))
        rows = [(float(a), float(f), float(p)) for a, f, p in wave]
        return cls(float(rng.uniform(0.8, 1.25)), (rows[0], rows[1]))

    def bend(self, point: Point) -> Point:
        """Return where this hand puts a point."""
        (ax, fx, px), (ay, fy, py) = self.wave
        return point[0] + ax * math.sin(fx * point[1] + px), point[1] + ay * math.sin(fy * point[0] + py)


class Canvas:
    """A plate that is being drawn.

    Parameters
    ----------
    ground
        Colour of the whole plate; it shows inside the outline.
    hand
        The style.
    """

    def __init__(self, ground: Colour, hand: Hand) -> None:
        self._size = PLATE * _FINE
        self._hand = hand
        self._picture = Image.new("RGB", (self._size, self._size), ground)
        self._mask = Image.new("L", (self._size, self._size))
        self._draw = ImageDraw.Draw(self._picture)

    def outline(self, points: Sequence[Point]) -> None:
        """Let the plate cover this area."""
        ImageDraw.Draw(self._mask).polygon([self._pixel(p) for p in points], fill=255)

    def figure(
        self, figure: Figure, colour: Colour, *, scale: float = 1.0, at: Point = (0, 0), mirrored: bool = False
    ) -> None:
        """Draw a figure, scaled and moved, as the hand bends it."""

        def place(point: Point) -> tuple[float, float]:
            x, y = self._hand.bend(point)
            return self._pixel((at[0] + scale * (-x if mirrored else x), at[1] + scale * y))

        for stroke in figure:
            kind, *rest = stroke
            if kind == "area":
                self._draw.polygon([place(p) for p in rest[0]], fill=colour)  # type: ignore[attr-defined]
            elif kind == "line":
                width = float(rest[0]) * scale * self._hand.weight * self._size / 2  # type: ignore[arg-type]
                points = [place(p) for p in rest[1]]  # type: ignore[attr-defined]
                self._draw.line(points, fill=colour, width=max(1, round(width)), joint="curve")
            else:
                x, y, radius = (float(value) for value in rest)  # type: ignore[arg-type]
                self._draw.polygon([place(p) for p in arc(x, y, radius, radius, 0, 360, 24)], fill=colour)

    def area(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill an area, unbent."""
        self._draw.polygon([self._pixel(p) for p in points], fill=colour)

    def finish(self) -> Image.Image:
        """Return the plate, RGBA, 96 x 96."""
        picture = self._picture.copy()
        picture.putalpha(self._mask)
        return picture.reduce(_FINE)

    def _pixel(self, point: Point) -> tuple[float, float]:
        return (point[0] + 1) * self._size / 2, (point[1] + 1) * self._size / 2
