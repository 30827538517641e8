"""Data set ``spikes``: labelled samples of spikes, each of the same number of steps.

A sample is an image of one row for each step and one column for each element of the input.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import Samples, read_samples

__all__ = ["Spikes"]


class Spikes(Dataset):
    """Samples of spikes from an ``.npz`` or a Parquet table of events (sample, tick, channel, and label)."""

    file: str = Field(
        min_length=1,
        examples=["./test.npz"],
        description="test samples: ./NAME beside the scenario, an absolute path, or a name inside the data folder",
    )
    train: str = Field(default="", description="training samples, which only a network of layers needs")
    steps: int | None = Field(
        default=None, ge=1, le=100_000, description="steps of a sample: longer ones are cut; all if absent"
    )
    channels: int | None = Field(
        default=None, ge=1, le=1_000_000, description="elements of the input, where a table of events has not all"
    )
    name: str = Field(default="", description="honest name for every output; by default the file's")
    licence: str = Field(default="unknown", description="terms of use")
    source: str = Field(default="unknown", description="where the samples come from")
    classes: tuple[str, ...] | None = Field(
        default=None, description="class names in the order of the labels; by default numbers up to the highest label"
    )

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the samples.

        Raises
        ------
        DataError
            If the file is missing, damaged, or has no labels.
        """
        samples = self._read("test", context)
        highest = int(self._labels(samples, "test", context).max())
        classes = self.classes or tuple(str(k) for k in range(highest + 1))
        if highest >= len(classes):
            raise DataError(
                f"{self._path('test', context)}: label {highest} with {len(classes)} classes; correct `classes`"
            )
        steps, count, elements = samples.spikes.shape
        return DatasetInfo(
            name=self.name or f"own spikes '{Path(self.file).name}'",
            official=False,
            licence=self.licence,
            source=self.source,
            classes=classes,
            shape=(steps, elements, 1),
            sizes={"test": count},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the split's file can be read, else the reason and what to do."""
        if split == "train" and not self.train:
            return "data.train: names no file of training samples; give one, or simulate a trained network"
        try:
            self._labels(self._read(split, context), split, context)
        except DataError as error:
            return str(error)
        return None

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return the samples of a split as images (steps, elements, 1).

        Raises
        ------
        DataError
            If the file is missing, damaged, or has no labels.
        """
        samples = self._read(split, context)
        images = np.ascontiguousarray(samples.spikes.transpose(1, 0, 2))[..., None]
        return Split(images, self._labels(samples, split, context).astype(np.int32))

    def _path(self, split: SplitName, context: DataContext) -> Path:
        return context.folder / Path(self.file if split == "test" else self.train).expanduser()

    def _read(self, split: SplitName, context: DataContext) -> Samples:
        path = self._path(split, context)
        if not path.exists():
            raise DataError(f"{path}: is not here; put the samples there, or correct `data.file`")
        return _read(path, path.stat().st_mtime_ns, self.channels, self.steps)

    def _labels(self, samples: Samples, split: SplitName, context: DataContext) -> np.ndarray:
        if samples.labels is None:
            raise DataError(f"{self._path(split, context)}: has no labels; add one class number for each sample")
        if samples.labels.min() < 0:
            raise DataError(f"{self._path(split, context)}: has the label {samples.labels.min()}; classes begin at 0")
        return samples.labels


@lru_cache(maxsize=2)
def _read(path: Path, _stamp: int, channels: int | None, steps: int | None) -> Samples:
    return read_samples(path, channels, steps=steps)
