"""Images that show one physical object belong together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["group_tracks"]


def group_tracks(labels: NDArray[np.int32], tracks: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the objects across classes.

    Parameters
    ----------
    labels, tracks : int32 array (n,)
        Class of each image, and the number of its object within the class.

    Returns
    -------
    int32 array (n,)
    """
    pairs = np.stack([labels, tracks], -1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int32)
