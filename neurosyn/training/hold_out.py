"""Holding training images out to watch progress on."""

from __future__ import annotations

import numpy as np

from neurosyn.data.dataset import Split

__all__ = ["hold_out"]


def hold_out(split: Split, share: float, images: int | None, rng: np.random.Generator) -> tuple[Split, Split | None]:
    """Divide training images into those to learn from and those to watch progress on.

    Parameters
    ----------
    split
        All training images.
    share
        Share to hold out, 0 for none. Groups are never divided, so the share is met as nearly as whole groups allow.
    images
        Use at most this many images in all, drawn at random, or None for all.
    rng
        Decides which.

    Returns
    -------
    train, validation
        Each in the order of `split`; `validation` is None if nothing is held out.
    """
    chosen = np.arange(len(split))
    if images is not None and images < len(split):
        chosen = np.sort(rng.permutation(len(split))[:images])
    target = round(share * len(chosen))
    if target == 0:
        return split.take(chosen), None
    groups = np.arange(len(split)) if split.groups is None else split.groups
    _, group = np.unique(groups[chosen], return_inverse=True)
    sizes = np.bincount(group)
    order = rng.permutation(len(sizes))
    # At least one group stays to learn from.
    count = min(int(np.searchsorted(np.cumsum(sizes[order]), target, side="left")) + 1, len(sizes) - 1)
    held = np.isin(group, order[:count])
    if not held.any():
        return split.take(chosen), None
    return split.take(chosen[~held]), split.take(chosen[held])
