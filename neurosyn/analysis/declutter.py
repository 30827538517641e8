"""Last pass over a drawn figure: texts that would overlap or leave the figure are moved, thinned or hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.transforms import BboxBase

__all__ = ["MARKS", "OPTIONAL", "box_of", "declutter", "visible_texts"]

OPTIONAL = "optional"
"""Group id of texts that are left out where they do not fit; annotations are first tried around their point."""
MARKS = "marks"
"""Group id of scattered marks that no optional text may cover."""

_GAP = 1.0
"""Least distance of two texts, in pixels."""
_MARK = 3.0
"""Half the side of a mark, in points."""
_AROUND = ((6, 4, "left"), (6, -10, "left"), (-6, 4, "right"), (-6, -10, "right"), (0, 9, "center"), (0, -15, "center"))
"""Places of an annotation: points to the right of its point and above, and its alignment."""


def declutter(figure: Figure) -> None:
    """Thin the labels of ticks that overlap, place or hide optional texts, and keep the layout as it is then.

    Titles, axis labels and legends are never hidden: drawing functions keep them short.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    # Ticks follow from the lengths of axes, which the layout has changed.
    figure.draw_without_rendering()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _thin(axis, figure.bbox, horizontal=axis is axes.xaxis)
    texts = list(visible_texts(figure))
    taken = [box_of(text) for text in texts if text.get_gid() != OPTIONAL]
    taken += [_mark(text) for text in texts if isinstance(text, Annotation)]
    taken += [box for marks in figure.findobj(PathCollection) if marks.get_gid() == MARKS for box in _boxes(marks)]
    for text in texts:
        if text.get_gid() == OPTIONAL:
            box = _place(text, taken, figure.bbox if text.axes is None else text.axes.bbox)
            text.set_visible(box is not None)
            taken += [] if box is None else [box]


def visible_texts(figure: Figure) -> Iterator[Text]:
    """Yield every text of a figure that is drawn."""
    axes_shown = [axes for axes in figure.axes if axes.get_visible() and axes.axison]
    of_axes = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    not_free = {text for axis in of_axes for text in axis.findobj(Text)}
    for text in figure.findobj(Text):
        if text not in not_free and text.get_text().strip() and _is_shown(text):
            yield text
    for axes in axes_shown:
        for axis in (axes.xaxis, axes.yaxis):
            if axis.label.get_text().strip() and axis.label.get_visible():
                yield axis.label
            yield from (label for _, label in _tick_labels(axis))


def _is_shown(text: Text) -> bool:
    return text.get_visible() and (text.axes is None or text.axes.get_visible())


def box_of(text: Text) -> Bbox:
    """Return the extent of a text in pixels, without the arrow of an annotation."""
    if isinstance(text, Annotation):
        text.update_positions(text.get_figure().canvas.get_renderer())  # type: ignore[union-attr]
    return Text.get_window_extent(text)


def _mark(text: Annotation) -> Bbox:
    """Return the box of the mark that an annotation names."""
    assert text.axes is not None
    x, y = text.axes.transData.transform(text.xy)
    return Bbox([[x, y], [x, y]]).padded(_MARK * text.axes.figure.dpi / 72)


def _boxes(marks: PathCollection) -> Iterator[Bbox]:
    """Yield the box of each of scattered marks."""
    assert marks.axes is not None
    half = float(np.sqrt(marks.get_sizes()).max(initial=0.0)) / 2 * marks.axes.figure.dpi / 72
    for x, y in marks.get_offset_transform().transform(marks.get_offsets()):
        yield Bbox([[x - half, y - half], [x + half, y + half]])


def _tick_labels(axis: Axis) -> list[tuple[float, Text]]:
    """Return the ticks within the limits of an axis that have a label, with it."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    return [
        (float(location), label)
        for minor in (False, True)
        for location, label in zip(axis.get_ticklocs(minor=minor), axis.get_ticklabels(minor=minor), strict=False)
        if low - slack <= location <= high + slack and label.get_text().strip() and label.get_visible()
    ]


def _thin(axis: Axis, within: BboxBase, *, horizontal: bool) -> None:
    """Label every second, third, … tick, so that no label touches the next, and none that leaves the figure."""
    labelled = _tick_labels(axis)
    ticks = [(location, label) for location, label in labelled if _is_inside(box_of(label), within)]
    boxes = [box_of(label) for _, label in ticks]
    step = next((step for step in range(1, len(ticks)) if not _touch(boxes[::step], horizontal=horizontal)), len(ticks))
    kept = ticks[:: max(step, 1)]
    if len(kept) < len(labelled):
        axis.set_ticks([], minor=True)
    if labelled:
        # Fixed, also where labels fit: the number of ticks would follow the style at the time of drawing.
        axis.set_ticks([location for location, _ in kept], [label.get_text() for _, label in kept])


def _is_inside(box: Bbox, within: BboxBase) -> bool:
    return bool(np.all(box.min >= within.min) and np.all(box.max <= within.max))


def _touch(boxes: Iterable[BboxBase], *, horizontal: bool) -> bool:
    ends = sorted((box.x0, box.x1) if horizontal else (box.y0, box.y1) for box in boxes)
    return any(after < before + _GAP for (_, before), (after, _) in pairwise(ends))


def _place(text: Text, taken: list[Bbox], within: BboxBase) -> Bbox | None:
    """Put a text where it touches no other; return its box, or None if there is no such place."""
    for right, up, alignment in _AROUND if isinstance(text, Annotation) else _AROUND[:1]:
        if isinstance(text, Annotation):
            text.set_position((right, up))
            text.set_horizontalalignment(alignment)  # type: ignore[arg-type]
        box = box_of(text)
        if _is_inside(box, within) and not any(box.padded(_GAP).overlaps(other) for other in taken):
            return box
    return None
