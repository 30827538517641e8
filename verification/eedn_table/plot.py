"""The plot: accuracy against energy per frame, ours and the paper's."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from verification.eedn_table.published import PUBLISHED
from verification.eedn_table.row import Row, ordered
from verification.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, SKY, drawing

__all__ = ["draw"]

_PURPLE, _BROWN = "#cc79a7", "#8c6d31"
_COLOURS = dict(zip(PUBLISHED, (BLUE, SKY, GREEN, RED, ORANGE, _PURPLE, _BROWN, INK), strict=True))


def draw(rows: Iterable[Row]) -> Figure:
    """Draw a square for each row of the paper, a circle for each of ours: filled for official data, hollow for others.

    Only rows on the real images, the official files or a copy, are joined with the paper's.
    """
    with drawing(7.5, 4.6) as figure:
        axes = figure.add_subplot()
        axes.set(xscale="log", xlabel="energy per frame, µJ", ylabel="accuracy on the chip, %")
        axes.set_title("Accuracy against energy: the paper's networks of one chip, and ours")
        axes.grid()
        axes.set_axisbelow(True)
        for task, paper in PUBLISHED.items():
            axes.plot(paper.energy_uj, paper.accuracy, "s", ms=5.5, color=_COLOURS[task])
            _label(axes, paper.title, paper.energy_uj, paper.accuracy, _COLOURS[task], right=True)
        for row in ordered(rows):
            colour, paper_row, accuracy = _COLOURS.get(row.task, MUTED), row.published, 100 * row.on_chip
            face = colour if row.kind == "official" else "white"
            if paper_row is not None and row.kind != "stand-in":
                line = ([paper_row.energy_uj, row.energy_uj], [paper_row.accuracy, accuracy])
                axes.plot(*line, ":", color=colour, lw=0.9, zorder=1)
            axes.plot(row.energy_uj, accuracy, "o", ms=6.5, mfc=face, mec=colour, mew=1.3)
            title = paper_row.title if paper_row is not None else row.task
            text = title if row.kind == "official" else f"{title} {row.kind}"
            _label(axes, text, row.energy_uj, accuracy, colour, right=False)
        axes.margins(x=0.17, y=0.08)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(handles=_legend(), loc="lower left")
    return figure


def _label(axes, text: str, x: float, y: float, colour: str, *, right: bool) -> None:  # type: ignore[no-untyped-def]
    offset, side = ((6, 0), "left") if right else ((-6, 0), "right")
    axes.annotate(
        text, (x, y), xytext=offset, textcoords="offset points", ha=side, va="center", color=colour, fontsize=7.5
    )


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="s", ms=5.5, color=MUTED, label="Esser et al. 2016, measured"),
        Line2D([], [], ls="", marker="o", ms=6.5, color=MUTED, label="neurosyn, official data"),
        Line2D([], [], ls="", marker="o", ms=6.5, mfc="white", mec=MUTED, mew=1.3, label="neurosyn, copy or stand-in"),
    ]
