"""Scores of classes: the mean of the spikes of each class's outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["class_means"]


def class_means(spikes: NDArray[Any], classes: NDArray[np.int32], n_classes: int) -> NDArray[np.float64]:
    """Return the mean of the spikes of each class.

    Parameters
    ----------
    spikes : uint8 or float32 array (outputs, images)
        Spikes, or the answers of soft neurons.
    classes : int32 array (outputs,)
        Class of each output, −1 for none.
    n_classes
        Number of classes; each has an output.

    Returns
    -------
    float64 array (n_classes, images)
    """
    counted = classes >= 0
    dtype = np.int32 if spikes.dtype == np.uint8 else np.float64
    order = np.argsort(classes[counted], kind="stable")
    counts = np.bincount(classes[counted], minlength=n_classes)
    sums = np.add.reduceat(spikes[counted][order], np.cumsum(counts) - counts, axis=0, dtype=dtype)
    return np.asarray(sums / counts[:, None])
