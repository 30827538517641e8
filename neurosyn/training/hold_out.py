"""Hold training images out, class by class, to watch progress on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.dataset import Split
from neurosyn.errors import ScenarioError

__all__ = ["hold_out"]


def hold_out(split: Split, share: float, images: int | None, rng: np.random.Generator) -> tuple[Split, Split | None]:
    """Divide training images into those to learn from and those to watch progress on.

    Both parts are drawn class by class, and each class keeps at least one image to learn from. Where groups contain
    several classes, as voices do, groups are drawn from all classes together.

    Parameters
    ----------
    split
        All training images.
    share
        Share of each class to hold out, from 0 (none) to below 1. Groups are never divided, so the share is met as
        nearly as whole groups allow.
    images
        Use at most this many images in all, or None for all; of each class in proportion, and at least one.
    rng
        Decides which.

    Returns
    -------
    train, validation
        Each in the order of `split`; `validation` is None if nothing is held out.

    Raises
    ------
    ScenarioError
        If the share is negative, or 1 or more.
    """
    if not 0 <= share < 1:
        raise ScenarioError(f"validation: the share to hold out is {share:g}; give 0 or more, below 1")
    chosen = np.arange(len(split))
    if images is not None and images < len(split):
        chosen = _draw(split.labels, images, rng)
    if round(share * len(chosen)) == 0:
        return split.take(chosen), None
    groups = np.arange(len(split)) if split.groups is None else split.groups
    _, group = np.unique(groups[chosen], return_inverse=True)
    held = np.isin(group, _held_groups(split.labels[chosen], group, share, rng))
    if not held.any():
        return split.take(chosen), None
    return split.take(chosen[~held]), split.take(chosen[held])


def _draw(labels: NDArray[np.int32], images: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the sorted numbers of so many images, of each class in proportion and, where possible, at least one."""
    _, class_of, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    exact = images * sizes / len(labels)
    counts = np.floor(exact).astype(np.int64)
    if images >= len(sizes):
        counts = np.maximum(counts, 1)
    remainder = exact - counts
    while counts.sum() != images:
        step = 1 if counts.sum() < images else -1
        open_classes = (counts < sizes) if step > 0 else (counts > (images >= len(sizes)))
        best = int(np.argmax(np.where(open_classes, step * remainder, -np.inf)))
        counts[best] += step
        remainder[best] -= step
    shuffled = rng.permutation(len(labels))
    in_classes = shuffled[np.argsort(class_of[shuffled], kind="stable")]
    begins = np.cumsum(sizes) - sizes
    drawn = np.concatenate([in_classes[begin : begin + count] for begin, count in zip(begins, counts, strict=True)])
    return np.sort(drawn)


def _held_groups(
    labels: NDArray[np.int32], group: NDArray[np.intp], share: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the groups to hold out."""
    _, class_of = np.unique(labels, return_inverse=True)
    order = rng.permutation(int(group.max()) + 1)
    pairs = np.unique(np.stack([group, class_of], axis=1), axis=0)
    if len(pairs) == len(order):
        return _held_of_one_class(pairs[order, 1], np.bincount(group)[order], np.bincount(class_of), share, order)
    members = np.zeros((len(order), int(class_of.max()) + 1), np.int64)
    np.add.at(members, (group, class_of), 1)
    left, missing = members.sum(axis=0), round(share * len(labels))
    held = []
    for number in order:
        if missing > 0 and (left - members[number] > 0).all():
            held.append(number)
            left = left - members[number]
            missing -= int(members[number].sum())
    return np.array(held, np.intp)


def _held_of_one_class(
    class_of: NDArray[np.intp],
    sizes: NDArray[np.intp],
    images: NDArray[np.intp],
    share: float,
    order: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Return the groups to hold out if each is of one class; arrays by group in random order, `images` by class."""
    by_class = np.argsort(class_of, kind="stable")
    of_class, before = class_of[by_class], np.cumsum(sizes[by_class]) - sizes[by_class]
    first = np.searchsorted(of_class, of_class, side="left")
    last = np.searchsorted(of_class, of_class, side="right") - 1
    missing = np.round(share * images)[of_class] - (before - before[first])
    # The last group of each class stays to learn from.
    return order[by_class[(missing > 0) & (np.arange(len(by_class)) < last)]]
