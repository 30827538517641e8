"""Samples and options in scikit-learn's terms, prepared for `neurosyn.api.classifier`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

__all__ = ["level_ranges", "plain_numbers", "training_defaults", "weighted_samples"]

DEVIATIONS = 4
"""Training values further than this many standard deviations from the mean do not widen a feature's range."""

STEPS = 300
"""Steps that a training has at least where the number of epochs is left open: small data sets need many passes."""


def level_ranges(X: NDArray[Any], *, of_images: bool) -> tuple[Any, Any]:
    """Return the values that become level 0 and 255: of each feature, or of all pixels of images."""
    if X.dtype == np.uint8 and of_images:
        return 0.0, 255.0
    axis = None if of_images else 0
    values = X.astype(np.float64)
    mean, reach = values.mean(axis=axis), DEVIATIONS * values.std(axis=axis)
    return np.maximum(values.min(axis=axis), mean - reach), np.minimum(values.max(axis=axis), mean + reach)


def weighted_samples(
    X: NDArray[Any], y: NDArray[Any], sample_weight: Any, class_weight: Any
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
    """Return the samples with a weight above 0, their labels, and their weights.

    The weights are those of the samples times those of their classes; None if all are equal.

    Raises
    ------
    ValueError
        If a weight is negative, or all are 0.
    """
    given = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    weights: NDArray[np.float64] = given * compute_sample_weight(class_weight, y)
    counting = weights > 0
    if not counting.any():
        raise ValueError("sample_weight and class_weight leave no sample with a weight above 0")
    X, y, weights = X[counting], y[counting], weights[counting]
    return X, y, None if (weights == weights[0]).all() else weights


def training_defaults(trainer: Any, samples: int, side: int, epochs: int | None) -> dict[str, Any]:
    """Return the options, of those that a trainer has, whose defaults depend on the data.

    Parameters
    ----------
    trainer
        The trainer with the options that are given.
    samples
        Number of training samples.
    side
        Shorter side of the images in pixels, 1 for feature vectors.
    epochs
        Number of epochs, or None for as many as `STEPS` take.
    """
    defaults: dict[str, Any] = {}
    if hasattr(trainer, "shift"):
        defaults["shift"] = min(trainer.shift, side // 16)
    if hasattr(trainer, "epochs"):
        steps = -(-samples // getattr(trainer, "batch", samples))
        defaults["epochs"] = epochs if epochs is not None else max(trainer.epochs, -(-STEPS // steps))
    return defaults


def plain_numbers(value: Any) -> Any:
    """Return numbers of NumPy, which a search hands out, as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: plain_numbers(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_numbers(part) for part in cast("Iterable[Any]", value)]
    return value
