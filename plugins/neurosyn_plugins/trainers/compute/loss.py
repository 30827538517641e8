"""The read-out's scores and the softmax loss on them.

The score z_c of class c is the mean of the spikes of its outputs; with p = softmax(scale·z) the loss of an image of
class t is −log p_t, and ∂loss/∂z_c = scale·(p_c − [c = t]); both times the image's weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["softmax_loss", "spread_gradient"]


def softmax_loss(
    scores: NDArray[np.float64],
    labels: NDArray[np.int32],
    scale: float,
    weights: NDArray[np.float64] | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """Return the mean loss and its gradient.

    Parameters
    ----------
    scores : float64 array (n_classes, images)
    labels : int32 array (images,)
    scale
        Factor of the scores in the softmax.
    weights : float64 array (images,) or None
        Weight of each image, 1 on average over the training; None for equal weights.

    Returns
    -------
    loss
        Mean over the images.
    gradient : float64 array (n_classes, images)
        ∂loss/∂scores.
    """
    images = np.arange(len(labels))
    logits = scale * (scores - scores.max(axis=0))
    log_sum = np.log(np.exp(logits).sum(axis=0))
    gradient = np.exp(logits - log_sum)
    gradient[labels, images] -= 1
    losses, slope = log_sum - logits[labels, images], scale / len(labels)
    if weights is None:
        return float(losses.mean()), gradient * slope
    return float((weights * losses).mean()), gradient * (slope * weights)


def spread_gradient(gradient: NDArray[np.float64], classes: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the gradient with respect to each output's spikes, float32 (outputs, images)."""
    counts = np.maximum(np.bincount(classes[classes >= 0], minlength=len(gradient)), 1)
    each = np.vstack([gradient / counts[:, None], np.zeros((1, gradient.shape[1]))])
    return each.astype(np.float32)[classes]
