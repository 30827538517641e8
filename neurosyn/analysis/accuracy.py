"""Accuracy of the classification: confusion matrix, accuracy by class, margins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosyn.analysis.evaluation import class_accuracy, confusion_matrix, margins
from neurosyn.analysis.result import Analysis
from neurosyn.analysis.run_summary import data_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosyn.analysis.finished_run import FinishedRun

__all__ = ["analyse", "draw"]

_NOTES = {
    "stand-in": "The frames are a stand-in: none of these numbers may be compared with published results.",
    "own": "The frames are your data: there are no published results to compare these numbers with.",
}
"""Note by kind of data."""


def analyse(run: FinishedRun) -> Analysis:
    """Return accuracy by class, the confusion matrix, and the margin of each frame.

    Raises
    ------
    DataError
        If the run had no frames.
    """
    import pandas as pd

    evaluation, dataset = run.evaluation, run.summary.get("dataset") or {}
    matrix, names = confusion_matrix(evaluation), list(evaluation.classes)
    predicted = matrix.sum(axis=0)
    classes = pd.DataFrame(
        {
            "class": names,
            "frames": matrix.sum(axis=1),
            "correct": matrix.diagonal(),
            "accuracy": class_accuracy(evaluation),
            "predicted": predicted,
            "precision": np.where(predicted > 0, matrix.diagonal() / np.maximum(predicted, 1), np.nan),
        }
    )
    frames = pd.DataFrame(
        {
            "frame": np.arange(len(evaluation)),
            "label": [names[i] for i in evaluation.labels],
            "prediction": [names[i] for i in evaluation.predictions],
            "correct": evaluation.correct,
        }
    )
    headline = {
        "dataset": dataset.get("name"),
        "official": dataset.get("official"),
        "frames": len(evaluation),
        "correct": int(evaluation.correct.sum()),
        "accuracy": evaluation.accuracy if len(evaluation) else None,
        "trained_accuracy": run.summary.get("trained_accuracy"),
        "mismatched_frames": run.summary.get("mismatched_frames"),
    }
    if evaluation.scores is not None and len(names) > 1:
        frames["margin"] = margins(evaluation)
        headline["mean_margin"] = float(frames["margin"].mean()) if len(frames) else None
        headline["ties"] = int((frames["margin"] == 0).sum())
    confusion = pd.DataFrame(matrix, columns=names)
    confusion.insert(0, "true \\ predicted", names)
    note = _NOTES.get(data_kind(run.summary) or "")
    tables = {"classes": classes, "confusion": confusion, "frames": frames}
    return Analysis(
        "accuracy", str(run.path), run.title, headline, tables, (note,) if note else (), draw=draw, size=(11.0, 5.4)
    )


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the confusion matrix and the margins of right and wrong answers."""
    from neurosyn.analysis.declutter import OPTIONAL
    from neurosyn.analysis.plotting import COLOURS, count_axis, legend, shorten

    left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
    table = analysis.table("confusion")
    names, matrix = table.iloc[:, 0].tolist(), table.iloc[:, 1:].to_numpy(np.int64)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # The square root keeps rare confusions visible beside the diagonal.
    left.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    if len(names) <= 16:
        for row, column in np.argwhere(matrix):
            colour = "white" if np.sqrt(share[row, column]) > 0.55 else "#1f2933"
            left.text(
                column,
                row,
                f"{matrix[row, column]:,}",
                ha="center",
                va="center",
                color=colour,
                fontsize=7.5,
                gid=OPTIONAL,
            )
        short = [shorten(str(name), 24) for name in names]
        is_long = max(map(len, short)) > 3
        left.set_xticks(range(len(names)), short, rotation=90 if is_long else 0)
        left.set_yticks(range(len(names)), short)
    left.tick_params(length=0)
    left.spines[:].set_visible(False)
    left.set_xlabel("predicted")
    left.set_ylabel("true")
    left.set_title("Frames by true and predicted class")
    frames = analysis.table("frames")
    if "margin" not in frames or frames.empty:
        right.set_axis_off()
        return
    edges = np.histogram_bin_edges(frames["margin"], 40)
    for correct, label, colour in ((True, "right", COLOURS[0]), (False, "wrong", COLOURS[1])):
        margin = frames["margin"][frames["correct"] == correct]
        right.hist(margin, edges, color=colour, alpha=0.85, label=f"{label} ({len(margin):,})")
    right.axvline(0, color="#52606d", linewidth=0.8)
    right.set_xlabel("score of the true class minus the best other one")
    right.set_ylabel("frames")
    count_axis(right.yaxis)
    right.set_title("Margins")
    legend(right)
