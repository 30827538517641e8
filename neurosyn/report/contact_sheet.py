"""Contact sheet: a few images of each class side by side, with the class's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.dataset import Split
from neurosyn.support.files import atomic_path

__all__ = ["choose_examples", "write_contact_sheet"]

MAX_CLASSES = 200
"""More classes than this are not shown."""
_INCHES_PER_IMAGE = 0.42
_ROWS = 25
"""Classes in a column of the sheet, at most."""


def choose_examples(
    labels: NDArray[np.int32], n_classes: int, each: int, rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw up to `each` images of every class at random.

    Returns
    -------
    list of int arrays
        For each class, the numbers of its examples; fewer, or none, where there are not as many.
    """
    order = rng.permutation(len(labels))
    shuffled = labels[order]
    return [order[np.flatnonzero(shuffled == label)[:each]] for label in range(min(n_classes, MAX_CLASSES))]


def write_contact_sheet(
    path: Path, split: Split, classes: Sequence[str], title: str, *, each: int = 8, seed: int = 0
) -> int:
    """Draw a contact sheet and write it as PNG.

    Parameters
    ----------
    path
        The PNG file to write.
    split
        The images.
    classes
        Class names in the order of the labels.
    title
        The name of the data, with the word stand-in if they are one.
    each
        Images to show of every class.
    seed
        Seed of the choice.

    Returns
    -------
    int
        Number of images shown.
    """
    from matplotlib.figure import Figure

    chosen = choose_examples(split.labels, len(classes), each, np.random.default_rng(seed))
    columns = -(-len(chosen) // _ROWS)
    rows = -(-len(chosen) // columns)
    height, width = split.images.shape[1:3]
    gap = max(1, height // 16)
    figure = Figure(figsize=(columns * (each * _INCHES_PER_IMAGE + 2.2), rows * _INCHES_PER_IMAGE + 0.6))
    grid = figure.add_gridspec(1, columns, left=0.01, right=0.99, bottom=0.01, top=1 - 0.5 / figure.get_figheight())
    figure.suptitle(title, fontsize=10, y=1 - 0.1 / figure.get_figheight(), va="top")
    for column in range(columns):
        shown = range(column * rows, min((column + 1) * rows, len(chosen)))
        sheet = np.full((rows * (height + gap), each * (width + gap), 3), 255, np.uint8)
        axes = figure.add_subplot(grid[column])
        for row, label in enumerate(shown):
            for place, number in enumerate(chosen[label]):
                top, left = row * (height + gap), place * (width + gap)
                image = split.images[number]
                sheet[top : top + height, left : left + width] = image if image.shape[2] == 3 else _grey(image)
            name = classes[label] if len(classes[label]) <= 30 else f"{classes[label][:29]}…"
            axes.text(-gap, row * (height + gap) + height / 2, name, ha="right", va="center", fontsize=7)
        axes.imshow(sheet, interpolation="nearest", extent=(0, sheet.shape[1], sheet.shape[0], 0))
        # Room for the names: the images take the right part of the column.
        axes.set_xlim(-sheet.shape[1] * 2.0 / (each * _INCHES_PER_IMAGE), sheet.shape[1])
        axes.set_axis_off()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
    return sum(map(len, chosen))


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images of other than three channels as the mean of their channels."""
    mean: NDArray[np.uint8] = image.mean(-1, keepdims=True).round().astype(np.uint8)
    return mean.repeat(3, -1)
