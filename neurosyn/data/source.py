"""Data set of a run: the scenario's own, or the stand-in that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from neurosyn.data.dataset import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn.errors import DataError

__all__ = ["DataSource", "load_source"]


@dataclass(frozen=True)
class DataSource:
    """The data set that is used.

    Attributes
    ----------
    info
        Its description; every output that shows a number taken on it shows its name.
    dataset
        The plugin.
    context
        Folders, seed and progress for reading.
    used_stand_in
        True if it is the stand-in.
    reason
        The files that the scenario's own data set lacks. Empty if it is used itself.
    """

    info: DatasetInfo
    dataset: Dataset
    context: DataContext
    used_stand_in: bool = False
    reason: str = ""

    def load(self, split: SplitName, progress: Callable[[int, int, str], None] | None = None) -> Split:
        """Return a whole split, checked against `info`.

        Raises
        ------
        DataError
            If it cannot be loaded, has no images, or images or labels are not those that were described.
        """
        context = self.context if progress is None else replace(self.context, progress=progress)
        loaded = self.dataset.load(split, context)
        where, info = f"data set {self.info.name}: {split} images", self.info
        if not len(loaded):
            raise DataError(f"{where}: there are none; give at least one")
        if loaded.images.shape[1:] != info.shape:
            raise DataError(f"{where}: are {loaded.images.shape[1:]}, described as {info.shape}; correct the data set")
        if loaded.labels.dtype.kind not in "iu" or loaded.labels.min() < 0 or loaded.labels.max() >= len(info.classes):
            raise DataError(
                f"{where}: labels are {loaded.labels.dtype} from {loaded.labels.min()} to {loaded.labels.max()}, "
                f"classes are 0…{len(info.classes) - 1}; correct the data set"
            )
        return loaded


def load_source(
    dataset: Dataset,
    stand_in: Dataset | None,
    context: DataContext,
    *splits: SplitName,
    stand_in_splits: tuple[SplitName, ...] | None = None,
) -> DataSource:
    """Choose the data set to use for `splits`.

    Parameters
    ----------
    dataset
        The scenario's data set.
    stand_in
        Its stand-in, if it names one.
    context
        Resources of data sets.
    *splits
        The splits that are needed.
    stand_in_splits
        Those that are needed of the stand-in, if others.

    Raises
    ------
    DataError
        If neither can be loaded, with what to put where for each.
    """
    missing = _missing(dataset, context, splits)
    if not missing:
        return DataSource(dataset.info(context), dataset, context)
    if stand_in is None:
        raise DataError(missing)
    also_missing = _missing(stand_in, context, splits if stand_in_splits is None else stand_in_splits)
    if also_missing:
        raise DataError(f"{missing}\nand the stand-in cannot take its place: {also_missing}")
    return DataSource(stand_in.info(context), stand_in, context, used_stand_in=True, reason=missing)


def _missing(dataset: Dataset, context: DataContext, splits: tuple[SplitName, ...]) -> str:
    reasons = (dataset.available(context, split) for split in splits)
    return "\n".join(dict.fromkeys(reason for reason in reasons if reason))
