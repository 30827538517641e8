"""Plot of accuracy against energy per frame, with the rows of the paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from verification.eedn_table.published import PUBLISHED
from verification.eedn_table.row import ModelRow, ordered
from verification.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, SKY, drawing

__all__ = ["draw"]

_PURPLE, _BROWN = "#cc79a7", "#8c6d31"
_COLOURS = dict(zip(PUBLISHED, (BLUE, SKY, GREEN, RED, ORANGE, _PURPLE, _BROWN, INK), strict=True))


def draw(rows: Iterable[ModelRow]) -> Figure:
    """Draw a square for each row of the paper and a circle for each simulated row, filled for official data.

    Lines join the simulated rows on official data or a copy of them with the paper's.
    """
    points = [_Point(paper.title, paper.energy_uj, paper.accuracy, _COLOURS[task]) for task, paper in PUBLISHED.items()]
    with drawing(7.5, 5.0) as figure:
        axes = figure.add_subplot()
        axes.set(xscale="log", xlabel="energy per frame, µJ", ylabel="accuracy on the chip, %")
        axes.set_title("Accuracy against energy: the paper's networks of one chip, and ours")
        axes.grid()
        axes.set_axisbelow(True)
        for point in points:
            axes.plot(point.x, point.y, "s", ms=5.5, color=point.colour)
        for row in ordered(rows):
            point, paper = _point(row), row.published
            face = point.colour if row.kind == "official" else "white"
            if paper is not None and row.kind != "stand-in":
                line = ([paper.energy_uj, point.x], [paper.accuracy, point.y])
                axes.plot(*line, ":", color=point.colour, lw=0.9, zorder=1)
            axes.plot(point.x, point.y, "o", ms=6.5, mfc=face, mec=point.colour, mew=1.3)
            points.append(point)
        axes.margins(x=0.17, y=0.1)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(handles=_legend(), loc="lower left")
        _label(figure, axes, points)
    return figure


class _Point(NamedTuple):
    """A labelled point: energy in µJ, accuracy in percent."""

    name: str
    x: float
    y: float
    colour: str


def _point(row: ModelRow) -> _Point:
    title = row.task if row.published is None else row.published.title
    name = f"{title}, {'ours' if row.kind == 'official' else row.kind}"
    return _Point(name, row.energy_uj, 100 * row.on_chip, _COLOURS.get(row.task, MUTED))


def _label(figure: Figure, axes: Axes, points: Iterable[_Point]) -> None:
    """Write each name beside its point, on the side with the fewest overlaps."""
    figure.draw_without_rendering()  # fixes the positions in pixels
    points = list(points)
    marks = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in (_pixels(axes, point) for point in points)]
    taken: list[Bbox] = []
    for point, mark in zip(points, marks, strict=True):
        others = [other for other in marks if other is not mark]
        text = axes.annotate(
            point.name, (point.x, point.y), xytext=(0, 0), textcoords="offset points", color=point.colour, fontsize=7.5
        )
        candidates = []
        for side in _SIDES:
            _move(text, side)
            box = text.get_window_extent()
            candidates.append((box.count_overlaps([*others, *taken]), box))
        best = min(range(len(_SIDES)), key=lambda number: candidates[number][0])
        _move(text, _SIDES[best])
        taken.append(candidates[best][1])


_SIDES = (
    ((6.0, 0.0), "left", "center"),
    ((-6.0, 0.0), "right", "center"),
    ((0.0, 7.0), "center", "bottom"),
    ((0.0, -7.0), "center", "top"),
    ((5.0, 6.0), "left", "bottom"),
    ((-5.0, -6.0), "right", "top"),
)
"""Positions of a name: offset in points, and its alignment."""


def _move(text: Annotation, side: tuple[tuple[float, float], str, str]) -> None:
    text.xyann, across, up = side
    text.set(ha=across, va=up)


def _pixels(axes: Axes, point: _Point) -> tuple[float, float]:
    x, y = axes.transData.transform((point.x, point.y))
    return float(x), float(y)


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="s", ms=5.5, color=MUTED, label="Esser et al. 2016, measured"),
        Line2D([], [], ls="", marker="o", ms=6.5, color=MUTED, label="neurosyn, official data"),
        Line2D([], [], ls="", marker="o", ms=6.5, mfc="white", mec=MUTED, mew=1.3, label="neurosyn, copy or stand-in"),
    ]
