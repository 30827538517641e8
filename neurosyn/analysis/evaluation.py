"""Answers to a set of frames: confusion matrix, accuracy by class, margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError
from neurosyn.support.formatting import counted

__all__ = ["Evaluation", "class_accuracy", "confusion_matrix", "margins"]


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
    images : uint8 array (n, height, width, 1 or 3) or None
        Images of the first n frames.
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
                raise DataError(
                    f"evaluation: {name} have the shape {values.shape}, not ({frames},); give one for each frame"
                )
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

    def __repr__(self) -> str:
        right = int(self.correct.sum())
        return f"Evaluation: {right:,} of {counted(len(self), 'frame')} right, {len(self.classes)} classes"

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each frame was classified correctly (frames,)."""
        right: NDArray[np.bool_] = self.labels == self.predictions
        return right

    @property
    def accuracy(self) -> float:
        """Share of the frames that were classified correctly; NaN without frames."""
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
    """Return for each frame the score of its class minus the best other one; negative where another class is best.

    Raises
    ------
    DataError
        If the evaluation has no scores, or only one class.
    """
    if evaluation.scores is None or len(evaluation.classes) < 2:
        raise DataError("evaluation: margins need the scores of at least two classes")
    scores = evaluation.scores.astype(np.float64)
    frames = np.arange(len(evaluation))
    of_label = scores[frames, evaluation.labels]
    scores[frames, evaluation.labels] = -np.inf
    margin: NDArray[np.float64] = of_label - scores.max(axis=1)
    return margin
