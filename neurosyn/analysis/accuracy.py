"""How well a network classified: confusion matrix, accuracy by class, margins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.result import Analysis
from neurosyn.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosyn.analysis.recorded import RecordedRun

__all__ = ["Evaluation", "analyse", "class_accuracy", "confusion_matrix", "draw", "margins"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answers to a set of frames.

    Attributes
    ----------
    labels, predictions : int32 arrays (frames,)
        Indices into `classes`.
    classes : tuple of str
        Names of the classes.
    scores : float array (frames, classes) or None
        Score of each class, e.g. the mean of its output spikes; the largest decides.
    images : uint8 array (some, height, width, 1 or 3) or None
        What was shown, for the first so many frames.
    """

    labels: NDArray[np.int32]
    predictions: NDArray[np.int32]
    classes: tuple[str, ...]
    scores: NDArray[np.floating] | None = None
    images: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        frames, classes = len(self.labels), len(self.classes)
        for name, values in (("labels", self.labels), ("predictions", self.predictions)):
            if values.shape != (frames,):
                raise DataError(f"evaluation: {name} have the shape {values.shape}, not ({frames},); give one a frame")
            if frames and (values.min() < 0 or values.max() >= classes):
                raise DataError(
                    f"evaluation: {name} go from {values.min()} to {values.max()}; there are {classes} classes from 0"
                )
        if self.scores is not None and self.scores.shape != (frames, classes):
            raise DataError(f"evaluation: scores have the shape {self.scores.shape}, not ({frames}, {classes})")
        images = self.images
        if images is not None and (images.ndim != 4 or len(images) > frames or images.shape[3] not in (1, 3)):
            raise DataError(
                f"evaluation: images have the shape {images.shape}; give (up to {frames}, height, width, 1 or 3)"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Which frames were classified rightly."""
        right: NDArray[np.bool_] = self.labels == self.predictions
        return right

    @property
    def accuracy(self) -> float:
        """Share of the frames that were; NaN without frames."""
        return float(self.correct.mean()) if len(self) else float("nan")


def confusion_matrix(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return the number of frames for each true class (rows) and predicted class (columns)."""
    n = len(evaluation.classes)
    pairs = evaluation.labels.astype(np.int64) * n + evaluation.predictions
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def class_accuracy(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return the accuracy on the frames of each class; NaN for a class without frames."""
    matrix = confusion_matrix(evaluation)
    frames = matrix.sum(axis=1)
    share: NDArray[np.float64] = np.where(frames > 0, matrix.diagonal() / np.maximum(frames, 1), np.nan)
    return share


def margins(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return for each frame the score of its class minus the best other one; negative where another class won.

    Raises
    ------
    DataError
        If the evaluation has no scores, or only one class.
    """
    if evaluation.scores is None or len(evaluation.classes) < 2:
        raise DataError("evaluation: margins need the scores of at least two classes")
    scores = evaluation.scores.astype(np.float64)
    frames = np.arange(len(evaluation))
    own = scores[frames, evaluation.labels]
    scores[frames, evaluation.labels] = -np.inf
    margin: NDArray[np.float64] = own - scores.max(axis=1)
    return margin


def analyse(run: RecordedRun) -> Analysis:
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
    notes: tuple[str, ...] = ()
    if dataset.get("official") is False:
        notes = ("The frames are a stand-in: none of these numbers may be compared with published results.",)
    tables = {"classes": classes, "confusion": confusion, "frames": frames}
    return Analysis("accuracy", str(run.path), run.title, headline, tables, notes)


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the confusion matrix and the margins of right and wrong answers."""
    from neurosyn.analysis.plotting import COLOURS, legend

    left, right = figure.subplots(1, 2, width_ratios=[1.1, 1])
    table = analysis.table("confusion")
    names, matrix = table.iloc[:, 0].tolist(), table.iloc[:, 1:].to_numpy(np.int64)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # The square root keeps rare confusions visible beside the diagonal.
    left.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    if len(names) <= 16:
        for row, column in np.argwhere(matrix):
            colour = "white" if np.sqrt(share[row, column]) > 0.55 else "#1f2933"
            left.text(column, row, f"{matrix[row, column]:,}", ha="center", va="center", color=colour, fontsize=7.5)
        left.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 3 else 0)
        left.set_yticks(range(len(names)), names)
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
        some = frames["margin"][frames["correct"] == correct]
        right.hist(some, edges, color=colour, alpha=0.85, label=f"{label} ({len(some):,})")
    right.axvline(0, color="#52606d", linewidth=0.8)
    right.set_xlabel("score of the true class minus the best other one")
    right.set_ylabel("frames")
    right.set_title("Margins")
    legend(right)


if __name__ == "__main__":
    from neurosyn.analysis.script import main

    main("accuracy")
