"""Figures of the report, as SVG whose text stays text."""

from __future__ import annotations

import html
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurosyn.analysis.latency import latency_bins
from neurosyn.analysis.plotting import COLOURS, board, shorten
from neurosyn.support.formatting import count, time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.image import AxesImage

    from neurosyn.analysis.latency import PacketLatencies
    from neurosyn.analysis.result import Analysis

__all__ = [
    "chip_map",
    "confusion_figure",
    "free_figure",
    "latency_figure",
    "layer_map",
    "learning_figure",
    "sensitivity_figure",
    "tick_lines",
    "tick_raster",
]

INK, MUTED, GRID = "#1f2933", "#52606d", "#d9e0e7"
_THEME = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--line)"}
"""Colours of texts and lines that the page changes with its mode; those on coloured ground stay."""
_ON_COLOUR = "#1f2934"
ROUTE_COLOURS = {"between cores": "#0072b2", "from the host": "#e69f00", "to the host": "#009e73"}
"""Of the palette of Okabe and Ito, which people with colour-blindness can tell apart."""
CSS_PIXELS = 96
"""CSS pixels in an inch."""
_LARGEST_ANNOTATED = 16
"""Classes of the largest confusion matrix whose cells have room for a number."""
_PATCH, _DENSE = 7, 0.6
"""Side of the square, in cores, and the share of it that a layer must fill to get its number there."""
_MAP_SIZE = (3.9, 3.4)
_RASTER_WIDTH, _RASTER_HEIGHT = 512, 256
"""Most pixels of a raster of ticks and cores."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "neurosyn",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "legend.frameon": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.parse_math": False,
}


def chip_map(values: NDArray[np.floating], *, unit: str, colours: str, side: int, label: str) -> str:
    """Draw a board, each core coloured by its value.

    Parameters
    ----------
    values : float array (height, width)
        Row y, column x; NaN where no core is used.
    unit
        Unit of the colour bar.
    colours
        Name of a colour map.
    side
        Cores along a side of a chip, for the chips' borders.
    label
        Text in place of the figure for screen readers.
    """
    with _figure(*_MAP_SIZE) as (figure, axes):
        image = _board(axes, values, side, cmap=colours)
        _colour_bar(figure, axes, image, unit)
        return _svg(figure, label)


def layer_map(layers: NDArray[np.floating], n_layers: int, *, side: int, label: str) -> str:
    """Draw a board, each core coloured by its layer, with the number of each layer (from 1) where it lies dense.

    Parameters
    ----------
    layers : float array (height, width)
        Index of the layer; NaN where no core is used.
    n_layers
        Number of layers.
    side, label
        As in `chip_map`.
    """
    from scipy.ndimage import uniform_filter

    colours = mpl.colormaps["viridis"].resampled(max(2, n_layers))
    norm = mpl.colors.BoundaryNorm(np.arange(max(2, n_layers) + 1) - 0.5, max(2, n_layers))
    with _figure(*_MAP_SIZE) as (figure, axes):
        image = _board(axes, layers, side, cmap=colours, norm=norm)
        bar = _colour_bar(figure, axes, image, "layer")
        shown = range(0, n_layers, 1 + n_layers // 24)
        bar.set_ticks(list(shown), labels=[str(layer + 1) for layer in shown])
        for layer in range(n_layers):
            # Where the layer is densest, if that is a patch of it: its middle may lie among other layers.
            density = uniform_filter((layers == layer).astype(np.float64), _PATCH, mode="constant")
            y, x = (int(place) for place in np.unravel_index(int(density.argmax()), density.shape))
            if density[y, x] >= _DENSE:
                colour = _ON_COLOUR if layer > 0.6 * n_layers else "white"
                axes.text(x, y, str(layer + 1), ha="center", va="center", color=colour)
        return _svg(figure, label)


def latency_figure(latencies: Sequence[PacketLatencies], label: str) -> str:
    """Draw the distribution of packet latencies, on a logarithmic axis, by kind of route."""
    low = max(1, min(int(part.latency_ps[0]) for part in latencies))
    high = max(int(part.latency_ps[-1]) for part in latencies)
    edges = latency_bins(low, high)
    with _figure(11.4, 3.3) as (figure, axes):
        for part in latencies:
            share = np.histogram(part.latency_ps, edges)[0] / len(part)
            colour = ROUTE_COLOURS[part.route]
            axes.stairs(share, edges, fill=True, color=colour, alpha=0.3)
            axes.stairs(share, edges, color=colour, linewidth=1.4, label=f"{part.route} ({count(len(part))})")
        axes.set_xscale("log")
        ticks = [v for v in np.outer(10.0 ** np.arange(0, 13), [1, 2, 5]).ravel() if edges[0] <= v <= edges[-1]]
        if len(ticks) > 15:
            ticks = [v for v in ticks if f"{v:.0f}"[0] == "1"]
        axes.set_xticks(ticks, [time(v, 1) for v in ticks])
        axes.minorticks_off()
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xlabel("from ready to be sent to arrival")
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0, symbol=" %"))
        axes.set_ylabel("packets of the kind")
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.13), ncols=3)
        return _svg(figure, label)


def learning_figure(history: Sequence[Mapping[str, Any]], label: str) -> str:
    """Draw the accuracy on training images, and on those held out, by epoch.

    Parameters
    ----------
    history
        Key ``history`` of a model's provenance.
    label
        Text in place of the figure for screen readers.
    """
    with _figure(11.4, 2.6) as (figure, axes):
        for key, name, colour in (
            ("accuracy", "training images", "#0072b2"),
            ("validation_accuracy", "held out", "#e69f00"),
        ):
            points = [(entry["epoch"], entry[key]) for entry in history if isinstance(entry.get(key), float)]
            if points:
                epochs, values = zip(*points, strict=True)
                axes.plot(
                    epochs, values, color=colour, marker="o" if len(points) < 20 else "", markersize=4, label=name
                )
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(12, integer=True))
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0, symbol=" %"))
        axes.set_xlabel("epoch")
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, loc="lower right")
        return _svg(figure, label)


def confusion_figure(matrix: NDArray[np.int64], classes: Sequence[str], label: str) -> str:
    """Draw a confusion matrix, coloured by the share of each true class; counts are written if there is room.

    Parameters
    ----------
    matrix : int64 array (classes, classes)
        Frames by true class (rows) and predicted class (columns).
    classes
        Names of the classes.
    label
        Text in place of the figure for screen readers.
    """
    n = len(classes)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    size = 5.2 if n <= _LARGEST_ANNOTATED else 6.0
    with _figure(size, size * 0.96) as (figure, axes):
        # The square root keeps rare confusions visible beside the diagonal.
        axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        if n <= _LARGEST_ANNOTATED:
            names = [name if len(name) <= 8 else f"{name[:7]}…" for name in classes]
            turned = 45 if max(map(len, names)) > 3 else 0
            axes.set_xticks(range(n), names, rotation=turned)
            axes.set_yticks(range(n), names)
            for row, column in np.argwhere(matrix):
                dark = np.sqrt(share[row, column]) > 0.55
                axes.text(
                    column,
                    row,
                    count(matrix[row, column]),
                    ha="center",
                    va="center",
                    color="white" if dark else _ON_COLOUR,
                    fontsize=8.5 if n <= 10 else 6.5,
                )
            axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
            axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
            axes.grid(which="minor", color="white", linewidth=1.5)
        axes.tick_params(which="both", length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        return _svg(figure, label)


def sensitivity_figure(analysis: Analysis, label: str) -> str:
    """Draw the tornado of a `neurosyn.analysis.sensitivity`: rate and power with each time halved and doubled."""
    with _blank_figure(11.4, 2.9, "constrained") as figure:
        analysis.draw(analysis, figure)
        return _svg(figure, label)


def tick_lines(ticks: NDArray[Any], columns: Mapping[str, NDArray[Any]], label: str) -> str:
    """Draw columns over the ticks, a line each.

    Parameters
    ----------
    ticks : int array (rows,)
    columns : dict of float or int array (rows,)
        By name.
    label
        Text in place of the figure for screen readers.
    """
    with _figure(11.4, 2.8) as (figure, axes):
        for (name, values), colour in zip(columns.items(), COLOURS, strict=False):
            axes.plot(ticks, values, color=colour, linewidth=1.2, label=shorten(name, 24))
        axes.set_xlabel("tick")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(12, integer=True))
        axes.margins(x=0.01)
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        return _svg(figure, label)


def tick_raster(ticks: NDArray[Any], cores: NDArray[Any], label: str) -> str:
    """Draw the number of rows in each tick and core as an image, several of them to a pixel where there are many.

    Parameters
    ----------
    ticks, cores : int array (rows,)
        Tick and core of each row.
    label
        Text in place of the figure for screen readers.
    """
    edges = []
    for values, most in ((ticks, _RASTER_WIDTH), (cores, _RASTER_HEIGHT)):
        low, high = int(values.min()), int(values.max()) + 1
        edges.append(np.linspace(low, high, min(most, high - low) + 1))
    counts = np.histogram2d(ticks, cores, bins=edges)[0].T
    with _figure(11.4, 3.2) as (figure, axes):
        extent = (edges[0][0] - 0.5, edges[0][-1] - 0.5, edges[1][0] - 0.5, edges[1][-1] - 0.5)
        shown = np.ma.masked_equal(counts, 0)
        image = axes.imshow(
            shown, origin="lower", aspect="auto", extent=extent, cmap="viridis", interpolation="nearest"
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(mpl.ticker.MaxNLocator(10, integer=True))
        axes.set_xlabel("tick")
        axes.set_ylabel("core")
        _colour_bar(figure, axes, image, "rows")
        return _svg(figure, label)


def free_figure(draw: Callable[[Figure], None], label: str, width: float, height: float) -> str:
    """Draw a figure of so many inches whose texts give way to each other (`neurosyn.analysis.declutter`)."""
    from neurosyn.analysis.declutter import declutter

    with _blank_figure(width, height, "constrained") as figure:
        FigureCanvasAgg(figure)  # which measures texts
        draw(figure)
        declutter(figure)
        return _svg(figure, label)


def _board(axes: Axes, values: NDArray[np.floating], side: int, **colours: Any) -> AxesImage:
    height, width = values.shape
    y, x = np.nonzero(np.isfinite(values))
    mesh = {"columns": width // side, "rows": height // side, "side": side}
    image = board(axes, x, y, values[y, x], mesh, **colours)
    axes.set_xlabel("x, eastwards")
    axes.set_ylabel("y, northwards")
    return image


def _colour_bar(figure: Figure, axes: Axes, image: AxesImage, label: str) -> Colorbar:
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.outline.set_visible(False)
    bar.set_label(label)
    bar.ax.tick_params(which="both", length=0)
    return bar


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Open a figure of so many inches in the report's style, independent of the user's.

    Not by pyplot, which would keep the figure and choose a backend.
    """
    with _blank_figure(width, height, "compressed") as figure:
        yield figure, figure.subplots()


@contextmanager
def _blank_figure(width: float, height: float, layout: Literal["compressed", "constrained"]) -> Iterator[Figure]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(width, height), layout=layout)
        FigureCanvasSVG(figure)
        yield figure


def _svg(figure: Figure, label: str) -> str:
    """Return a figure as SVG to embed in a page: without prologue, outside styles and links, in the page's font."""
    stream = io.StringIO()
    metadata: dict[str, None] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=metadata, transparent=True)
    svg = stream.getvalue()
    head, _, body = svg[svg.index("<svg") :].partition(">")
    for pattern in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"<!--.*?-->", r" font-family: [^;\"]*;"):
        body = re.sub(pattern, "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    for colour, variable in _THEME.items():
        body = body.replace(colour, variable)
    # Ids are kept where something refers to them, with a prefix: a page holds several figures.
    prefix = f"f{zlib.crc32(body.encode()):08x}-"
    used = set(re.findall(r'href="#([^"]*)"', body)) | set(re.findall(r"url\(#([^)]*)\)", body))
    body = re.sub(r' id="([^"]*)"', lambda match: f' id="{prefix}{match[1]}"' if match[1] in used else "", body)
    body = body.replace('href="#', f'href="#{prefix}').replace("url(#", f"url(#{prefix}")
    box = re.search(r'viewBox="([^"]*)"', head)
    assert box is not None
    width = round(figure.get_figwidth() * CSS_PIXELS)
    return (
        f'<svg role="img" aria-label="{html.escape(label)}" viewBox="{box[1]}" '
        f'style="width:{width}px;stroke-linejoin:round;stroke-linecap:butt">{body}'
    )
