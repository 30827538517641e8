"""Drawing SynthDigits: blocks of images, each from its own stream of random numbers.

Image i depends on the seed, the side and i alone: neither on the number of images drawn nor on the
division of blocks among workers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.digits.scene import photograph
from neurosyn_plugins.datasets.drawing.digits.shapes import SIDE, draw_masks, glyph_book

__all__ = ["BLOCK", "VERSION", "draw_block", "draw_pictures"]

VERSION = 1
"""Counts changes that alter the images, so that caches of older ones are not used."""

BLOCK = 100
"""Images to a block; ten of each digit."""

_STREAM: dict[SplitName, int] = {"train": 0, "test": 1}


def draw_block(side: SplitName, seed: int, block: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Draw images ``BLOCK * block`` to ``BLOCK * (block + 1) - 1``.

    Parameters
    ----------
    side
        Split that the fonts belong to.
    seed
        Seed of the whole set.
    block
        Number of the block.

    Returns
    -------
    images : uint8 array (100, 32, 32, 3)
    labels : int32 array (100,)
    """
    rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_STREAM[side], block)))
    labels = rng.permutation(np.arange(BLOCK, dtype=np.int32) % 10)
    masks = draw_masks(glyph_book(side), labels, rng)
    return photograph(masks, rng), labels


def draw_pictures(
    side: SplitName,
    seed: int,
    count: int,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Draw `count` images.

    Parameters
    ----------
    side
        Split that the fonts belong to.
    seed
        Seed of the set, 0 or more.
    count
        Number of images.
    progress
        Called with (done, total, unit).

    Returns
    -------
    images : uint8 array (count, 32, 32, 3)
    labels : int32 array (count,)
    """
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(count, np.int32)
    for block in range(-(-count // BLOCK)):
        start, end = block * BLOCK, min(count, (block + 1) * BLOCK)
        drawn, digits = draw_block(side, seed, block)
        images[start:end], labels[start:end] = drawn[: end - start], digits[: end - start]
        if progress is not None:
            progress(end, count, "images")
    return images, labels
