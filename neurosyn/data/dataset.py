"""Contract of data sets: labelled images with a name that states their origin."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError
from neurosyn.options import Options

__all__ = ["DataContext", "Dataset", "DatasetInfo", "Split", "SplitName"]

SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class Split:
    """Labelled images.

    Attributes
    ----------
    images : uint8 array (n, height, width, channels)
    labels : int32 array (n,)
        Index into the data set's classes.
    groups : int32 array (n,) or None
        Items that belong together (the frames of one track, one speaker) and must not be divided between
        training and validation.
    weights : float64 array (n,) or None
        Weight of each item in the training's loss, positive; None for equal weights.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int32]
    groups: NDArray[np.int32] | None = None
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            raise DataError(
                f"data set: images are {self.images.dtype} {self.images.shape}; give uint8 (n, height, width, channels)"
            )
        if self.labels.shape != (len(self.images),):
            raise DataError(
                f"data set: {len(self.images)} images but labels of shape {self.labels.shape}; give one each"
            )
        for name, array in (("groups", self.groups), ("weights", self.weights)):
            if array is not None and array.shape != self.labels.shape:
                raise DataError(f"data set: {len(self.images)} images but {name} of shape {array.shape}; give one each")

    def __len__(self) -> int:
        return len(self.images)

    def take(self, index: NDArray[np.intp] | slice) -> Split:
        """Return the items at `index`, in that order."""
        groups = None if self.groups is None else self.groups[index]
        weights = None if self.weights is None else self.weights[index]
        return Split(self.images[index], self.labels[index], groups, weights)


@dataclass(frozen=True)
class DatasetInfo:
    """Description of a data set, for every output that shows a number taken on it.

    Attributes
    ----------
    name
        The name, which states if it is a stand-in, e.g. ``"SVHN"`` or ``"SynthDigits (stand-in for SVHN)"``.
    official
        True if results may stand beside published ones.
    licence, source
        Terms of use, and where it comes from.
    classes
        Class names in the order of the labels.
    shape
        Height, width and channels of an image.
    sizes
        Number of images of each split, where known without loading it.
    """

    name: str
    official: bool
    licence: str
    source: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DataContext:
    """Resources of a data set beside its options.

    Attributes
    ----------
    folder
        The data folder (``NEUROSYN_DATA`` or the user's data directory); files are looked for in it.
    cache
        A folder for what is expensive to make again.
    seed
        Seed of the scenario's data stage.
    progress
        Called with (done, total, unit) during long work.
    """

    folder: Path
    cache: Path
    seed: int = 0
    progress: Callable[[int, int, str], None] = lambda _done, _total, _unit: None


class Dataset(Options, ABC):
    """A data set plugin (group ``datasets``): its options are its fields.

    A data set reads its files when a split is loaded, checks their sizes and ranges, and raises `DataError` with what
    to put where when they are missing.
    """

    @abstractmethod
    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set; cheap, reads no images."""

    @abstractmethod
    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if `split` can be loaded here and now, else the reason and what to do."""

    @abstractmethod
    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return a whole split.

        Raises
        ------
        DataError
            If files are missing (with what to put where), damaged or out of range.
        """

    def fetch(self, context: DataContext) -> list[Path]:
        """Download the official files, checked against their checksums, and return their paths."""
        raise DataError(f"data set {self.info(context).name}: has nothing to download; see `neurosyn data info`")

    def fingerprint(self, context: DataContext) -> dict[str, Any]:  # noqa: ARG002
        """Return the facts that decide the contents beside the options, e.g. sizes and checksums of the files read.

        A run's stage that used this data is repeated when they change. Files that options name need not be among
        them: their contents count already, and those of folders unless this method is overridden.
        """
        return {}

    def unused(self, context: DataContext) -> dict[str, str]:  # noqa: ARG002
        """Return the options that are changed and have no effect with the files here, each with the reason."""
        return {}
