"""The base of data sets that are drawn: blocks of images, each from its own stream of random numbers, kept in a cache.

Image i depends on the generator, the seed, the split and i alone: neither on how many images are drawn nor on who draws
which block.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn_plugins.datasets.readers.cached import cached_images

__all__ = ["BLOCK", "TEST_SEED", "DrawnImages"]

BLOCK = 100
"""Images to a block."""

TEST_SEED = 20160919
"""Seed of the test images, whatever the scenario's: results on them are comparable. The paper's day in PNAS' pages."""

_STREAM: dict[SplitName, int] = {"train": 0, "test": 1}


class DrawnImages(Dataset):
    """A data set of drawn images: a subclass names it and draws a block."""

    GENERATOR: ClassVar[str]
    """Name of the cache folder."""
    VERSION: ClassVar[int]
    """Counts changes that alter the images, so that caches of older ones are not used."""
    NAME: ClassVar[str]
    """The honest name."""

    train_size: int = Field(default=40_000, ge=100, le=1_000_000, description="number of training images to draw")
    test_size: int = Field(default=2_000, ge=10, le=100_000, description="number of test images to draw")

    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Return the class names in the order of the labels."""

    @abstractmethod
    def draw(self, side: SplitName, labels: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw one image per label.

        Parameters
        ----------
        side
            The split, for generators that hold styles out of training.
        labels : int32 array (n,)
        rng
            Source of every choice.

        Returns
        -------
        uint8 array (n, height, width, 3)
        """

    def side(self) -> int:
        """Return the height and width of an image in pixels."""
        return 32

    def variant(self) -> str:
        """Return the key of the images of these options in the cache."""
        return ""

    def name(self) -> str:
        """Return the honest name of these options' images."""
        return self.NAME

    def info(self, context: DataContext) -> DatasetInfo:  # noqa: ARG002
        """Describe the data set."""
        return DatasetInfo(
            name=self.name(),
            official=False,
            licence="Apache-2.0",
            source="drawn by neurosyn",
            classes=self.classes(),
            shape=(self.side(), self.side(), 3),
            sizes={"train": self.train_size, "test": self.test_size},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:  # noqa: ARG002
        """Return None: what is drawn is always there."""
        return None

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return a whole split, from the cache or newly drawn."""
        seed, count = (context.seed, self.train_size) if split == "train" else (TEST_SEED, self.test_size)
        name = f"{split}{self.variant()}-v{self.VERSION}-seed{seed}-{count}.npz"
        path = context.cache / self.GENERATOR / name
        return cached_images(
            path, (count, self.side(), self.side(), 3), lambda: self._draw_all(split, seed, count, context)
        )

    def _draw_all(self, split: SplitName, seed: int, count: int, context: DataContext) -> Split:
        images = np.empty((count, self.side(), self.side(), 3), np.uint8)
        labels = np.empty(count, np.int32)
        for block in range(-(-count // BLOCK)):
            start, end = block * BLOCK, min(count, (block + 1) * BLOCK)
            drawn, drawn_labels = self.draw_block(split, seed, block)
            images[start:end], labels[start:end] = drawn[: end - start], drawn_labels[: end - start]
            context.progress(end, count, "images")
        return Split(images, labels)

    def draw_block(self, split: SplitName, seed: int, block: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Draw images ``BLOCK * block`` to ``BLOCK * (block + 1) - 1``, the classes in equal parts.

        Returns
        -------
        images : uint8 array (100, height, width, 3)
        labels : int32 array (100,)
        """
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_STREAM[split], block)))
        labels = ((block * BLOCK + np.arange(BLOCK)) % len(self.classes())).astype(np.int32)
        labels = rng.permutation(labels)
        return self.draw(split, labels, rng), labels

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return what decides the images beside the options."""
        return {"generator": self.VERSION, "seed": context.seed, "test_seed": TEST_SEED}
