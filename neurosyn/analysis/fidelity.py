"""Drawing of an imported network beside its original: where along the layers, and when, spikes begin to differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_fidelity", "save_fidelity"]

_LONGEST_NAME = 24


def save_fidelity(path: Path, result: dict[str, Any]) -> None:
    """Draw the comparison of ``neurosyn import --json`` to a .png, .svg or .pdf file.

    Raises
    ------
    DataError
        If the file has another ending.
    """
    from neurosyn.analysis.plotting import save_figure

    rows = result["fidelity"]
    title = f"{Path(result['file']).name}: spikes on the chip and of the original, {result['compared_samples']} samples"
    save_figure(path, lambda figure: draw_fidelity(figure, rows), title=title, size=(12, 2.6 + 0.45 * len(rows)))


def draw_fidelity(figure: Figure, rows: Sequence[dict[str, Any]]) -> None:
    """Draw the share of equal spikes of each layer, its own part in the loss, and the shares step by step.

    Parameters
    ----------
    figure
    rows
        ``fidelity`` of ``neurosyn import --json``.
    """
    from matplotlib.ticker import MaxNLocator

    from neurosyn.analysis.plotting import COLOURS, bar_labels, legend, shorten

    left, right = figure.subplots(1, 2, width_ratios=[1.2, 1])
    place = np.arange(len(rows))
    own = [100 * (1 - row["own_equal_share"]) for row in rows]
    all_ = [100 * (1 - row["equal_share"]) for row in rows]
    left.barh(place, all_, height=0.7, color=COLOURS[4], label="on the chip, with what the layers before it lost")
    left.barh(place, own, height=0.35, color=COLOURS[5], label="of the layer alone: its inputs are the original's")
    bar_labels(left, [shorten(row["name"], _LONGEST_NAME) for row in rows])
    left.set_ylabel("layer")
    left.set_xlim(0, max(1.0, *all_, *own) * 1.5)
    for number, row in enumerate(rows):
        noise, first = row["signal_to_noise_db"], row["first_divergence"]
        weights = "weights exact" if noise is None else f"weights {noise:.0f} dB"
        since = "no spike differs" if first is None else f"from step {first}"
        left.annotate(f"{weights}, {since}", (max(all_[number], own[number]), number), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    left.set_xlabel("% of the spikes that differ")
    left.set_title("Where the loss arises")
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=1)
    for number, row in enumerate(rows):
        shares = 100 * np.array(row["equal_share_by_step"])
        right.plot(np.arange(len(shares)), shares, color=COLOURS[number % len(COLOURS)], linewidth=1.4,
                   label=shorten(row["name"], _LONGEST_NAME))  # fmt: skip
    right.set_ylim(min([95.0, *(100 * min(row["equal_share_by_step"]) for row in rows)]) - 1, 101)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("step")
    right.set_ylabel("% of the spikes that are equal")
    right.set_title("Step by step")
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)
