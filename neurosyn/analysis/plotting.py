"""Style of all plots: colours made for colour-blind readers, and axes with units."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosyn.errors import DataError
from neurosyn.support.files import atomic_path
from neurosyn.support.formatting import energy, time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = [
    "ACCENT",
    "COLOURS",
    "PART_COLOURS",
    "PLOTS",
    "bar_labels",
    "board",
    "count_axis",
    "energy_axis",
    "legend",
    "log_axis",
    "new_figure",
    "optional_text",
    "save_figure",
    "shorten",
    "time_axis",
]

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a97a5", "#f0e442")
"""Okabe and Ito's palette, with a grey in place of black."""
PART_COLOURS = {
    "leakage": "#8a97a5",
    "memory": "#0072b2",
    "synaptic": "#e69f00",
    "network": "#009e73",
    "chip_to_chip": "#56b4e9",
    "io": "#cc79a7",
}
"""Colours of the parts of the energy."""
ACCENT = "#1f2933"
PLOTS = (".png", ".svg", ".pdf")
"""Endings of the files that `save_figure` writes."""

_MUTED, _GRID, _UNUSED = "#52606d", "#d9e0e7", "#eef1f4"
_DPI = 150
_SMALL_PART = 1 / 3
"""Share of a board's sides up to which a map shows the part in use alone."""
_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "text.color": ACCENT,
    "text.parse_math": False,
    # Texts are as wide in every resolution and format.
    "text.hinting": "no_hinting",
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "svg.hashsalt": "neurosyn",
}


def save_figure(path: Path, draw: Callable[[Figure], None], *, title: str, size: tuple[float, float] = (11, 5)) -> None:
    """Draw a figure and write it to `path`, whole or not at all; the same data give the same bytes.

    Parameters
    ----------
    path
        The file; its ending is one of `PLOTS`.
    draw
        Function that draws into the figure.
    title
        Title above the drawing.
    size
        Width and height in inches.

    Raises
    ------
    DataError
        If the ending is not one of them.
    """
    suffix = path.suffix.lower()
    if suffix not in PLOTS:
        raise DataError(f"{path}: cannot draw to '{suffix}'; end the name in one of {', '.join(PLOTS)}")
    metadata: dict[str, Any] = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[
        suffix
    ]
    with _own_style():
        figure = _draw(draw, title, size)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=suffix[1:], dpi=_DPI, metadata=metadata)


def new_figure(draw: Callable[[Figure], None], *, title: str, size: tuple[float, float] = (11, 5)) -> Figure:
    """Return a drawn figure, which notebooks show; parameters as of `save_figure`."""
    with _own_style():
        return _draw(draw, title, size)


@contextlib.contextmanager
def _own_style() -> Iterator[None]:
    """Apply the style of all plots in place of the user's."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def _draw(draw: Callable[[Figure], None], title: str, size: tuple[float, float]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from neurosyn.analysis.declutter import declutter

    # Not through pyplot, which would keep the figure and choose a backend.
    class Plot(Figure):
        """A figure that notebooks show by themselves."""

        def _repr_png_(self) -> bytes:
            stream = io.BytesIO()
            with _own_style():
                self.savefig(stream, format="png", dpi=90, metadata={"Software": None})
            return stream.getvalue()

    figure = Plot(figsize=size, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    draw(figure)
    declutter(figure)
    return figure


def bar_labels(axes: Axes, names: Iterable[Any]) -> None:
    """Name horizontal bars 0, 1, … from the top, and draw grid lines."""
    labels = [shorten(str(name), 40) for name in names]
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID, linewidth=0.6)


def shorten(text: str, most: int) -> str:
    """Return `text`, cut to `most` characters with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def optional_text(axes: Axes, x: float, y: float, text: str) -> None:
    """Write beside a point, on the side that is free; where none is, the text is left out."""
    from neurosyn.analysis.declutter import OPTIONAL

    note = axes.annotate(text, (x, y), textcoords="offset points", xytext=(6, 4), fontsize=7.5, gid=OPTIONAL)
    note.set_in_layout(False)


def time_axis(axis: Axis, digits: int = 2) -> None:
    """Label an axis of picoseconds in the unit that suits its range."""
    axis.set_major_formatter(lambda value, _: time(value, digits) if value else "0")


def energy_axis(axis: Axis) -> None:
    """Label an axis of picojoules in the unit that suits its range."""
    axis.set_major_formatter(lambda value, _: energy(value, 2) if value else "0")


def count_axis(axis: Axis) -> None:
    """Label an axis of whole numbers in groups of three digits."""
    from matplotlib.ticker import MaxNLocator

    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator("auto", integer=True))
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value == round(value) else "")


def legend(axes: Axes, **how: Any) -> None:
    """Draw the legend, if there are labels; `how` goes to matplotlib."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**how)


def log_axis(axes: Axes, which: str, values: NDArray[Any]) -> None:
    """Make an axis logarithmic around values, with labels at 1, 2 and 5 times the powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(values.min() / 2, values.max() * 2)
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_formatter(NullFormatter())


def part_in_use(x: ArrayLike, y: ArrayLike, mesh: dict[str, int]) -> tuple[int, int, int, int]:
    """Return the part of the board that a map shows: all of it, unless the positions in use take a small part.

    Parameters
    ----------
    x, y : int arrays (n,)
        Positions in use.
    mesh
        `neurosyn.trace.reader.Trace.mesh`.

    Returns
    -------
    west, south, width, height
        First column and row, and numbers of columns and rows.
    """
    width, height = mesh["columns"] * mesh["side"], mesh["rows"] * mesh["side"]
    x, y = np.asarray(x, np.int64), np.asarray(y, np.int64)
    if not len(x):
        return 0, 0, width, height
    across, along = int(np.ptp(x)) + 1, int(np.ptp(y)) + 1
    if max(across / width, along / height) > _SMALL_PART:
        return 0, 0, width, height
    west, south = max(0, int(x.min()) - 1), max(0, int(y.min()) - 1)
    return west, south, min(width, int(x.max()) + 2) - west, min(height, int(y.max()) + 2) - south


def board(axes: Axes, x: ArrayLike, y: ArrayLike, values: NDArray[Any], mesh: dict[str, int], **how: Any) -> AxesImage:
    """Draw a value at each position of the board, or of the part in use; positions without a value stay pale.

    Parameters
    ----------
    axes
    x, y : int arrays (n,)
    values : float array (n,)
        Values; where several have the same position, the largest is drawn.
    mesh
        `neurosyn.trace.reader.Trace.mesh`.
    **how
        For ``imshow``.
    """
    import matplotlib as mpl

    side = mesh["side"]
    width, height = mesh["columns"] * side, mesh["rows"] * side
    grid = np.full((height, width), np.nan)
    np.fmax.at(grid, (np.asarray(y, np.int64), np.asarray(x, np.int64)), np.asarray(values, np.float64))
    colours = mpl.colormaps.get_cmap(how.pop("cmap", "viridis")).with_extremes(bad=_UNUSED)
    image = axes.imshow(np.ma.masked_invalid(grid), origin="lower", interpolation="nearest", cmap=colours, **how)
    for border in range(side, width, side):
        axes.axvline(border - 0.5, color="white", linewidth=1.2)
    for border in range(side, height, side):
        axes.axhline(border - 0.5, color="white", linewidth=1.2)
    west, south, across, along = part_in_use(x, y, mesh)
    axes.set_xlim(west - 0.5, west + across - 0.5)
    axes.set_ylim(south - 0.5, south + along - 0.5)
    axes.set_xticks(sorted({west, west + across // 2, west + across - 1}))
    axes.set_yticks(sorted({south, south + along // 2, south + along - 1}))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image
