"""The learning curve of a training: kept as a table, drawn as a picture."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from neurosyn.support.files import atomic_path, write_text

__all__ = ["draw_history", "save_history"]

_PANELS = {
    "Loss": {"loss": "training", "validation_loss": "validation"},
    "Accuracy / %": {"accuracy": "training (augmented, as the epoch went)", "validation_accuracy": "validation"},
}


def save_history(history: list[dict[str, Any]], path: Path) -> None:
    """Write a CSV table with one line an epoch.

    Parameters
    ----------
    history
        From a model's provenance: for each epoch its ``epoch``, ``loss``, ``accuracy`` and, if images were held
        out, ``validation_accuracy``; a trainer may add keys of its own. What an epoch has no value for stays empty.
    path
        The file; replaced whole.
    """
    stream = io.StringIO()
    columns = list(dict.fromkeys(key for entry in history for key in entry))
    table = csv.DictWriter(stream, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(history)
    write_text(path, stream.getvalue())


def draw_history(history: list[dict[str, Any]], path: Path, title: str = "") -> None:
    """Draw loss and accuracy over the epochs.

    Parameters
    ----------
    history
        As for `save_history`.
    path
        The PNG file; replaced whole.
    title
        Printed above.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for axes, (label, curves) in zip(figure.subplots(1, 2), _PANELS.items(), strict=True):
        scale = 100 if "%" in label else 1
        for key, name in curves.items():
            points = [(entry["epoch"], scale * entry[key]) for entry in history if entry.get(key) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), marker=".", label=name)
        axes.set(xlabel="Epoch", ylabel=label)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
