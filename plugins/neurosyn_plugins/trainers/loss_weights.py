"""Weights of training images: those of the data, times those of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import ScenarioError, TrainingData

__all__ = ["ClassWeight", "check_class_weight", "class_names", "loss_weights", "require_positive"]

ClassWeight = Literal["balanced"] | dict[str, float] | None
"""Weights of classes: inversely to their number of images, or by class name."""


def require_positive(class_weight: ClassWeight) -> ClassWeight:
    """Return the weights of classes; refuse those that are not above 0.

    Raises
    ------
    ValueError
        With all of them.
    """
    if isinstance(class_weight, dict) and any(not 0 < weight <= 1e6 for weight in class_weight.values()):
        raise ValueError(f"class_weight = {class_weight}: give weights above 0, at most 10⁶")
    return class_weight


def class_names(data: TrainingData, n_classes: int) -> tuple[str, ...]:
    """Return the names of the classes; numbers where the data have no names."""
    return data.classes or tuple(map(str, range(n_classes)))


def check_class_weight(class_weight: ClassWeight, names: Sequence[str]) -> None:
    """Refuse weights of classes that do not exist.

    Raises
    ------
    ScenarioError
        With the first of them.
    """
    for name in class_weight if isinstance(class_weight, dict) else ():
        if name not in names:
            raise ScenarioError(f"train.class_weight: '{name}' is no class (there are: {', '.join(names[:20])})")


def loss_weights(data: TrainingData, class_weight: ClassWeight, n_classes: int) -> NDArray[np.float64] | None:
    """Return the weight of each training image, 1 on average; None for equal weights.

    Parameters
    ----------
    data
        The images, which may have weights of their own.
    class_weight
        ``"balanced"``: each class counts alike, whatever its number of images. A table: weights by class name (by
        number where classes have no names); classes that are not in it weigh 1.
    n_classes
        Classes of the network.

    Raises
    ------
    ScenarioError
        If the table names a class that does not exist.
    """
    weights, labels = data.train.weights, data.train.labels
    if class_weight is not None:
        of_class = np.ones(n_classes)
        if class_weight == "balanced":
            of_class = len(labels) / np.maximum(np.bincount(labels, minlength=n_classes), 1)
        else:
            names = class_names(data, n_classes)
            check_class_weight(class_weight, names)
            for name, weight in class_weight.items():
                of_class[names.index(name)] = weight
        weights = of_class[labels] * (1.0 if weights is None else weights)
    return None if weights is None else weights / weights.mean()
