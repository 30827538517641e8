"""Thirty-two brand marks of firms that do not exist: an outline, a figure, and two colours each.

Several share an outline, a colour or a figure's kind, as real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.vector_art import Canvas, Colour, Figure, Hand, Point, arc, polygon

__all__ = ["MARKS", "PRINTS", "Mark", "blank_plates", "draw_mark", "mark_plates"]

PRINTS: dict[SplitName, range] = {"train": range(12), "test": range(100, 106)}
"""Numbers of the prints of each split; no print is in both."""

_RED, _BLUE, _NAVY, _GREEN = (205, 30, 40), (30, 110, 200), (20, 35, 95), (20, 140, 75)
_YELLOW, _ORANGE, _BLACK, _WHITE = (250, 205, 30), (240, 125, 25), (18, 18, 20), (245, 245, 242)
_PURPLE, _CYAN, _BROWN = (110, 45, 140), (60, 185, 205), (110, 65, 30)

_OUTLINES: dict[str, list[Point]] = {
    "disc": arc(0, 0, 0.98, 0.98, 0, 360, 48),
    "oval": arc(0, 0, 1.0, 0.66, 0, 360, 48),
    "square": [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
    "banner": [(-1, -0.6), (1, -0.6), (1, 0.6), (-1, 0.6)],
    "shield": [(-0.8, -0.95), (0.8, -0.95), (0.8, 0.1), *arc(0, 0.1, 0.8, 0.88, 0, 180), (-0.8, 0.1)],
    "hexagon": polygon(6, 1.0),
    "diamond": polygon(4, 1.0),
    "triangle": [(0, -0.95), (1, 0.85), (-1, 0.85)],
}

_FIGURES: dict[str, Figure] = {
    "bolt": [("area", [(0.15, -1), (-0.55, 0.15), (-0.05, 0.15), (-0.2, 1), (0.55, -0.25), (0.05, -0.25)])],
    "leaf": [
        ("area", [*arc(0.35, 0.35, 1.2, 1.2, 180, 255), *arc(-0.35, -0.35, 1.2, 1.2, 0, 75)]),
        ("line", 0.12, [(0.5, 0.7), (0.9, 1.0)]),
    ],
    "waves": [
        ("line", 0.2, [*arc(-0.5, y, 0.45, 0.25, 180, 360), *arc(0.45, y, 0.45, 0.25, 180, 0)])
        for y in (-0.55, 0.0, 0.55)
    ],
    "peaks": [("area", [(-1, 0.7), (-0.35, -0.5), (0.0, 0.1), (0.3, -0.8), (1, 0.7)])],
    "sun": [
        ("disc", 0, 0, 0.45),
        *(("line", 0.16, [arc(0, 0, r, r, a, a, 1)[0] for r in (0.62, 1.0)]) for a in range(0, 360, 45)),
    ],
    "crown": [("area", [(-0.9, 0.65), (-0.95, -0.6), (-0.4, 0.0), (0, -0.85), (0.4, 0.0), (0.95, -0.6), (0.9, 0.65)])],
    "drop": [("area", [(0, -1), *arc(0, 0.35, 0.62, 0.62, -35, 215)])],
    "chevrons": [("line", 0.28, [(-0.75, y + 0.5), (0, y - 0.1), (0.75, y + 0.5)]) for y in (-0.7, 0.0)],
    "spiral": [("line", 0.2, [arc(0, 0, 0.1 + t / 780, 0.1 + t / 780, t, t, 1)[0] for t in range(0, 700, 20)])],
    "gull": [("line", 0.24, [*arc(-0.5, 0.3, 0.48, 0.6, 190, 350), *arc(0.5, 0.3, 0.48, 0.6, 190, 350)])],
    "fir": [("area", [(0, -1), (0.55, -0.1), (0.25, -0.1), (0.8, 0.7), (-0.8, 0.7), (-0.25, -0.1), (-0.55, -0.1)])],
    "bars": [("line", 0.3, [(x, 0.85), (x, 0.85 - h)]) for x, h in ((-0.65, 0.7), (0, 1.2), (0.65, 1.7))],
    "target": [("line", 0.2, arc(0, 0, 0.8, 0.8, 0, 370, 32)), ("disc", 0, 0, 0.36)],
    "link": [("line", 0.22, arc(x, 0, 0.42, 0.5, 0, 370, 24)) for x in (-0.42, 0.42)],
    "key": [
        ("line", 0.2, arc(-0.5, 0, 0.36, 0.36, 0, 370, 24)),
        ("line", 0.2, [(-0.15, 0), (0.95, 0), (0.95, 0.4)]),
        ("line", 0.2, [(0.55, 0), (0.55, 0.35)]),
    ],
    "anchor": [
        ("line", 0.18, arc(0, -0.7, 0.2, 0.2, 0, 370)),
        ("line", 0.2, [(0, -0.5), (0, 0.9)]),
        ("line", 0.2, arc(0, 0.1, 0.8, 0.75, 10, 170)),
        ("line", 0.18, [(-0.4, -0.25), (0.4, -0.25)]),
    ],
    "fish": [("area", [*arc(-0.15, 0, 0.75, 0.48, 20, 340, 24), (0.95, -0.5), (0.8, 0), (0.95, 0.5)])],
    "paw": [
        ("disc", 0, 0.4, 0.46),
        *(("disc", x, y, 0.2) for x, y in ((-0.65, -0.1), (-0.24, -0.55), (0.24, -0.55), (0.65, -0.1))),
    ],
    "eye": [("line", 0.18, [*arc(0, 0.5, 1.1, 1.1, 210, 330), *arc(0, -0.5, 1.1, 1.1, 30, 150)]), ("disc", 0, 0, 0.34)],
    "flame": [
        (
            "area",
            [(0.05, -1), (0.3, -0.35), (0.6, -0.5), *arc(0, 0.35, 0.66, 0.62, -20, 200), (-0.35, -0.35), (-0.2, -0.1)],
        )
    ],
    "clover": [("disc", 0.42 * x, 0.42 * y, 0.42) for x, y in ((1, 1), (1, -1), (-1, 1), (-1, -1))],
    "blades": [("area", [(0, 0), *arc(0, 0, 0.95, 0.95, start, start + 60)]) for start in (-120, 0, 120)],
    "A": [("line", 0.28, [(-0.65, 0.9), (0, -0.85), (0.65, 0.9)]), ("line", 0.22, [(-0.35, 0.35), (0.35, 0.35)])],
    "E": [
        ("line", 0.28, [(0.55, -0.8), (-0.5, -0.8), (-0.5, 0.8), (0.55, 0.8)]),
        ("line", 0.26, [(-0.5, 0), (0.4, 0)]),
    ],
    "K": [("line", 0.28, [(-0.5, -0.9), (-0.5, 0.9)]), ("line", 0.28, [(0.55, -0.9), (-0.4, 0.05), (0.6, 0.9)])],
    "M": [("line", 0.26, [(-0.75, 0.9), (-0.7, -0.8), (0, 0.35), (0.7, -0.8), (0.75, 0.9)])],
    "N": [("line", 0.28, [(-0.6, 0.9), (-0.6, -0.8), (0.6, 0.8), (0.6, -0.9)])],
    "R": [
        (
            "line",
            0.26,
            [(-0.5, 0.95), (-0.5, -0.8), *arc(0.0, -0.4, 0.5, 0.4, -90, 90), (-0.5, 0.0), (0.0, 0.0), (0.55, 0.95)],
        )
    ],
    "S": [("line", 0.28, [*arc(0, -0.42, 0.5, 0.4, -20, -250), *arc(0, 0.42, 0.5, 0.42, -70, 160)])],
    "X": [("line", 0.3, [(-0.65, -0.85), (0.65, 0.85)]), ("line", 0.3, [(0.65, -0.85), (-0.65, 0.85)])],
    "Z": [("line", 0.28, [(-0.6, -0.8), (0.6, -0.8), (-0.6, 0.8), (0.6, 0.8)])],
    "Q": [("line", 0.26, arc(0, -0.05, 0.68, 0.72, 0, 370, 32)), ("line", 0.26, [(0.2, 0.3), (0.75, 0.9)])],
}


@dataclass(frozen=True)
class Mark:
    """A brand mark: the name of the firm, the plate, and what is on it."""

    name: str
    outline: str
    plate: Colour
    figure: str
    ink: Colour
    ring: bool = False


MARKS = (
    Mark("Voltis", "disc", _RED, "bolt", _WHITE),
    Mark("Folia", "disc", _GREEN, "leaf", _WHITE),
    Mark("Undara", "banner", _BLUE, "waves", _WHITE),
    Mark("Alpenta", "shield", _NAVY, "peaks", _WHITE),
    Mark("Helora", "square", _ORANGE, "sun", _YELLOW),
    Mark("Regalo", "disc", _PURPLE, "crown", _YELLOW),
    Mark("Aquor", "disc", _CYAN, "drop", _WHITE),
    Mark("Upline", "square", _RED, "chevrons", _WHITE),
    Mark("Volute", "disc", _BLACK, "spiral", _WHITE),
    Mark("Larus", "oval", _WHITE, "gull", _NAVY, ring=True),
    Mark("Abies", "triangle", _GREEN, "fir", _WHITE),
    Mark("Triplum", "square", _BLUE, "bars", _WHITE),
    Mark("Orbana", "disc", _WHITE, "target", _RED, ring=True),
    Mark("Nexa", "banner", _BLACK, "link", _YELLOW),
    Mark("Clavis", "oval", _YELLOW, "key", _BLACK),
    Mark("Portus", "shield", _BLUE, "anchor", _WHITE),
    Mark("Piscar", "oval", _BLUE, "fish", _WHITE),
    Mark("Lupara", "disc", _ORANGE, "paw", _BLACK),
    Mark("Visio", "oval", _BLACK, "eye", _CYAN),
    Mark("Ignis", "hexagon", _BLACK, "flame", _ORANGE),
    Mark("Quadra", "square", _GREEN, "clover", _WHITE),
    Mark("Rotor", "disc", _YELLOW, "blades", _BLACK),
    Mark("Arcon", "diamond", _RED, "A", _WHITE),
    Mark("Elmar", "hexagon", _GREEN, "E", _WHITE),
    Mark("Kandor", "square", _YELLOW, "K", _RED),
    Mark("Mirado", "shield", _RED, "M", _YELLOW),
    Mark("Nordal", "diamond", _NAVY, "N", _WHITE),
    Mark("Rondo", "disc", _WHITE, "R", _BLUE, ring=True),
    Mark("Sirena", "disc", _NAVY, "S", _WHITE),
    Mark("Xandro", "hexagon", _PURPLE, "X", _WHITE),
    Mark("Zaltor", "square", _BROWN, "Z", _YELLOW),
    Mark("Quanta", "banner", _RED, "Q", _WHITE),
)


def draw_mark(mark: Mark, number: int) -> Image.Image:
    """Draw print `number` of a mark (RGBA, 96 x 96): now and then with colours exchanged, or in one colour."""
    rng = np.random.default_rng([32, number, sum(map(ord, mark.name))])
    plate, ink = _near(mark.plate, rng), _near(mark.ink, rng)
    kind = rng.random()
    if kind < 0.12:
        plate, ink = ink, plate
    elif kind < 0.24:
        plate, ink = _near(_WHITE, rng), _near(_BLACK, rng)
    outline = _OUTLINES[mark.outline]
    canvas = Canvas(ink if mark.ring else plate, Hand.of(rng, 0.03))
    canvas.outline(outline)
    if mark.ring:
        canvas.area([(0.86 * x, 0.86 * y) for x, y in outline], plate)
    room = 0.44 if mark.outline in ("oval", "banner", "triangle") else 0.58
    at = (0.0, 0.28) if mark.outline == "triangle" else (0.0, 0.0)
    canvas.figure(_FIGURES[mark.figure], ink, scale=room * float(rng.uniform(0.92, 1.08)), at=at)
    return canvas.finish()


def _near(colour: Colour, rng: np.random.Generator) -> Colour:
    r, g, b = (int(c) for c in np.clip(np.array(colour) + rng.integers(-18, 19, 3), 0, 255))
    return r, g, b


@cache
def mark_plates(side: SplitName) -> list[list[Image.Image]]:
    """Return the plates of `side`, by mark and print."""
    return [[draw_mark(mark, number) for number in PRINTS[side]] for mark in MARKS]


@cache
def blank_plates(side: SplitName) -> list[Image.Image]:
    """Return plates without a mark: what is no logo but might be taken for one."""
    plates = []
    for number in PRINTS[side]:
        rng = np.random.default_rng([33, number])
        for outline in _OUTLINES.values():
            mark = MARKS[int(rng.integers(len(MARKS)))]
            canvas = Canvas(_near(mark.plate, rng), Hand())
            canvas.outline(outline)
            plates.append(canvas.finish())
    return plates
