"""Traffic signs of the 43 classes of the German benchmark, drawn in any number of styles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.signs.figures import DIGITS, FIGURES
from neurosyn_plugins.datasets.drawing.vector_art import Canvas, Colour, Hand, Point, arc, polygon

__all__ = ["STYLES", "SignStyle", "draw_sign", "sign_plates"]

STYLES: dict[SplitName, range] = {"train": range(16), "test": range(100, 108)}
"""Numbers of the styles of each split; no style is in both."""

_SPEEDS = {0: "20", 1: "30", 2: "50", 3: "60", 4: "70", 5: "80", 7: "100", 8: "120"}
_WARNINGS: dict[int, tuple[str, bool]] = {
    11: ("cross roads", False),
    18: ("exclamation", False),
    19: ("curve", False),
    20: ("curve", True),
    21: ("double curve", False),
    22: ("bumps", False),
    23: ("skid", False),
    24: ("narrow", False),
    25: ("digger", False),
    27: ("walker", False),
    28: ("children", False),
    29: ("bicycle", False),
    30: ("snow", False),
    31: ("deer", False),
}
_ORDERS: dict[int, tuple[str, bool]] = {
    33: ("turn", False),
    34: ("turn", True),
    35: ("ahead", False),
    36: ("ahead or turn", False),
    37: ("ahead or turn", True),
    38: ("keep", False),
    39: ("keep", True),
    40: ("roundabout", False),
}


@dataclass(frozen=True)
class SignStyle:
    """Style of one maker for all signs: colours, the width of borders, the line of figures."""

    hand: Hand
    red: Colour
    blue: Colour
    yellow: Colour
    white: Colour
    black: Colour
    border: float
    rim: float
    figure: float

    @classmethod
    def numbered(cls, number: int) -> SignStyle:
        """Return style `number`."""
        rng = np.random.default_rng([43, number])

        def near(red: int, green: int, blue: int, spread: int) -> Colour:
            r, g, b = (int(c) for c in np.clip(np.array([red, green, blue]) + rng.integers(-spread, spread, 3), 0, 255))
            return r, g, b

        return cls(
            Hand.of(rng, 0.06),
            near(190, 30, 35, 28),
            near(25, 70, 160, 28),
            near(240, 190, 30, 25),
            near(238, 238, 232, 16),
            near(20, 20, 24, 20),
            float(rng.uniform(0.17, 0.28)),
            float(rng.choice([0.0, 0.05])),
            float(rng.uniform(0.88, 1.08)),
        )


@cache
def sign_plates(side: SplitName) -> list[list[Image.Image]]:
    """Return the plates of `side` in all its styles, by class and style."""
    styles = [SignStyle.numbered(number) for number in STYLES[side]]
    return [[draw_sign(label, style) for style in styles] for label in range(43)]


def draw_sign(label: int, style: SignStyle) -> Image.Image:
    """Draw the sign of class `label` (RGBA, 96 x 96)."""
    if label in _WARNINGS or label == 26:
        return _warning(label, style)
    if label in _ORDERS:
        name, mirrored = _ORDERS[label]
        canvas = _disc(style, style.blue, style.white)
        canvas.figure(FIGURES[name], style.white, scale=0.68 * style.figure, mirrored=mirrored)
        return canvas.finish()
    if label in (6, 32, 41, 42):
        return _end(label, style)
    return _shaped(label, style) if label in (12, 13, 14, 17) else _prohibition(label, style)


def _disc(style: SignStyle, colour: Colour, rim: Colour) -> Canvas:
    canvas = Canvas(rim if style.rim else colour, style.hand)
    canvas.outline(_circle(1.0))
    canvas.area(_circle(1.0 - style.rim), colour)
    return canvas


def _circle(radius: float) -> list[Point]:
    return arc(0, 0, radius, radius, 0, 360, 48)


def _scaled(points: list[Point], factor: float, drop: float = 0.0) -> list[Point]:
    return [(factor * x, factor * (y - drop) + drop) for x, y in points]


def _number(canvas: Canvas, digits: str, colour: Colour, size: float) -> None:
    pitch = 1.16 * size if len(digits) == 2 else 0.92 * size
    for k, digit in enumerate(digits):
        canvas.figure(DIGITS[digit], colour, scale=size, at=((k - (len(digits) - 1) / 2) * pitch, 0))


def _prohibition(label: int, style: SignStyle) -> Image.Image:
    canvas = _disc(style, style.red, style.white)
    canvas.area(_circle(1.0 - style.rim - style.border), style.white)
    if label in _SPEEDS:
        digits = _SPEEDS[label]
        _number(canvas, digits, style.black, (0.46 if len(digits) == 2 else 0.4) * style.figure)
    elif label in (9, 10):
        left = "car" if label == 9 else "lorry"
        canvas.figure(FIGURES[left], style.red, scale=(0.62 if label == 9 else 0.4) * style.figure, at=(-0.3, 0.0))
        canvas.figure(FIGURES["car"], style.black, scale=0.6 * style.figure, at=(0.34, 0.02))
    elif label == 16:
        canvas.figure(FIGURES["lorry"], style.black, scale=0.6 * style.figure)
    return canvas.finish()


def _end(label: int, style: SignStyle) -> Image.Image:
    grey: Colour = (130, 130, 132)
    canvas = _disc(style, style.black if style.border > 0.22 else grey, style.white)
    canvas.area(_circle(0.93 - style.rim), style.white)
    if label == 6:
        _number(canvas, "80", grey, 0.46 * style.figure)
    elif label in (41, 42):
        left = "car" if label == 41 else "lorry"
        canvas.figure(FIGURES[left], grey, scale=(0.62 if label == 41 else 0.4) * style.figure, at=(-0.3, 0.0))
        canvas.figure(FIGURES["car"], grey, scale=0.6 * style.figure, at=(0.34, 0.02))
    for offset in (-0.24, -0.12, 0.0, 0.12, 0.24):
        line = [(-0.6 + offset, 0.6 + offset), (0.6 + offset, -0.6 + offset)]
        canvas.figure([("line", 0.055, line)], style.black)
    return canvas.finish()


def _warning(label: int, style: SignStyle) -> Image.Image:
    corners = [(0.0, -0.92), (1.0, 0.82), (-1.0, 0.82)]
    canvas = Canvas(style.red, style.hand)
    canvas.outline(corners)
    canvas.area(_scaled(corners, 1 - 1.25 * style.border - style.rim, 0.24), style.white)
    if label == 26:
        for y, colour in ((-0.1, style.red), (0.22, style.yellow), (0.54, (40, 140, 70))):
            canvas.figure([("disc", 0.0, y, 0.15)], colour, scale=style.figure)
    else:
        name, mirrored = _WARNINGS[label]
        canvas.figure(FIGURES[name], style.black, scale=0.42 * style.figure, at=(0, 0.26), mirrored=mirrored)
    return canvas.finish()


def _shaped(label: int, style: SignStyle) -> Image.Image:
    if label == 12:
        canvas = Canvas(style.white, style.hand)
        canvas.outline(polygon(4, 1.0))
        canvas.area(polygon(4, 0.94), style.black)
        canvas.area(polygon(4, 0.9), style.white)
        canvas.area(polygon(4, 0.75 - 0.6 * style.border), style.yellow)
    elif label == 13:
        corners = [(0.0, 0.92), (1.0, -0.82), (-1.0, -0.82)]
        canvas = Canvas(style.red, style.hand)
        canvas.outline(corners)
        canvas.area(_scaled(corners, 1 - 1.5 * style.border - style.rim, -0.24), style.white)
    elif label == 14:
        canvas = Canvas(style.white, style.hand)
        canvas.outline(polygon(8, 1.0, 22.5))
        canvas.area(polygon(8, 0.97 - style.rim, 22.5), style.red)
        # S, T, O, P as strokes.
        letters = (
            [(0.35, -0.8), (-0.3, -0.8), (-0.35, -0.1), (0.35, 0.1), (0.3, 0.85), (-0.4, 0.8)],
            [(-0.45, -0.85), (0.45, -0.85), (0.0, -0.85), (0.0, 0.95)],
            arc(0, 0, 0.38, 0.85, 0, 380, 24),
            [(-0.35, 0.95), (-0.35, -0.85), (0.3, -0.8), (0.38, -0.3), (-0.35, 0.1)],
        )
        for k, letter in enumerate(letters):
            canvas.figure([("line", 0.26, letter)], style.white, scale=0.36 * style.figure, at=(0.43 * (k - 1.5), 0))
    else:
        canvas = _disc(style, style.red, style.white)
        width, height = 0.68 * style.figure, 0.18 * style.hand.weight
        canvas.area([(-width, -height), (width, -height), (width, height), (-width, height)], style.white)
    return canvas.finish()
