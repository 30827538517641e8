"""Whether data sets keep their contract."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from neurosyn.data.dataset import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn.data.folder import data_context
from neurosyn.data.source import DataSource
from neurosyn.errors import DataError
from neurosyn.testing.conformance.problems import Findings, plain_value

__all__ = ["check_dataset"]

_SPLITS: tuple[SplitName, ...] = get_args(SplitName)


def check_dataset(
    plugin: type[Dataset] | Dataset, options: dict[str, Any] | None = None, context: DataContext | None = None
) -> None:
    """Check a data set: what it says of itself, and each split that can be loaded here.

    Parameters
    ----------
    plugin
        The class, or an instance with the options to check it with.
    options
        Options for a class.
    context
        Where it looks for its files; by default the data folder of this machine.

    Raises
    ------
    ConformanceError
        With everything that does not conform, a sentence each.
    """
    found = Findings("datasets", plugin)
    dataset = found.instance(plugin, Dataset, options)  # type: ignore[type-abstract]
    if dataset is not None:
        context = context or data_context()
        here = _check_availability(found, dataset, context)
        info = None
        # One whose files are absent may not know enough of itself.
        with found.blaming("info()"):
            try:
                info = dataset.info(context)
            except DataError:
                if here:
                    raise
        if info is not None:
            _check_info(found, info)
        if not found and isinstance(info, DatasetInfo):
            splits = {split: _check_split(found, dataset, context, info, split) for split in here}
            train, test = splits.get("train"), splits.get("test")
            if train is not None and test is not None and np.array_equal(train.images, test.images):
                found.add("load()", "gives the same images for training and test; keep them apart")
    found.raise_if_any()


def _check_availability(found: Findings, dataset: Dataset, context: DataContext) -> list[SplitName]:
    """Check `available` beside `load`, and return the splits that are here."""
    here: list[SplitName] = []
    for split in _SPLITS:
        where = f"available({split!r})"
        with found.blaming(where):
            reason = dataset.available(context, split)
            if reason is None:
                here.append(split)
                continue
            if not isinstance(reason, str) or not reason.strip():
                found.add(where, f"returns {reason!r}; return None, or say what is missing and what to do")
                continue
            try:
                dataset.load(split, context)
            except DataError:
                continue
            except Exception as error:
                found.add(
                    f"load({split!r})",
                    f"raises {type(error).__name__} where files are missing; raise DataError with what to put where",
                )
            else:
                found.add(where, "gives a reason why the split is missing, yet it loads; return None")
    with found.blaming("fingerprint()"):
        one, other = dataset.fingerprint(context), dataset.fingerprint(context)
        reason = plain_value(one)
        if reason is not None:
            found.add("fingerprint()", f"is no dictionary of plain values: {reason}")
        elif one != other:
            found.add("fingerprint()", "changes though nothing has; let it depend on the files alone")
    return here


def _check_info(found: Findings, info: Any) -> None:
    if not isinstance(info, DatasetInfo):
        found.add("info()", f"returns {type(info).__name__}; return a DatasetInfo")
        return
    for name in ("name", "licence", "source"):
        value = getattr(info, name)
        if not isinstance(value, str) or not value.strip():
            found.add("info()", f"its {name} is {value!r}; every output shows it, so say it (or 'unknown')")
    if not isinstance(info.official, bool):
        found.add("info()", f"official is {info.official!r}; say True or False")
    if len(info.shape) != 3 or any(not isinstance(n, int) or n < 1 for n in info.shape):
        found.add("info()", f"shape is {info.shape!r}; give height, width and channels")
    if len(info.classes) < 2 or len(set(info.classes)) != len(info.classes):
        found.add("info()", f"has {len(info.classes)} classes, {len(set(info.classes))} different; name each")


def _check_split(
    found: Findings, dataset: Dataset, context: DataContext, info: DatasetInfo, split: SplitName
) -> Split | None:
    where = f"load({split!r})"
    with found.blaming(where):
        loaded = dataset.load(split, context)
        if not isinstance(loaded, Split):
            found.add(where, f"returns {type(loaded).__name__}; return a Split")
            return None
        # Shapes and labels are those that were described, as a run checks them.
        again = DataSource(info, dataset, context).load(split)
        if loaded.labels.dtype != np.int32:
            found.add(where, f"labels are {loaded.labels.dtype}; give int32")
        if not np.array_equal(loaded.images, again.images) or not np.array_equal(loaded.labels, again.labels):
            found.add(where, "gives other images the second time; draw from the context's seed alone")
        if info.sizes.get(split, len(loaded)) != len(loaded):
            found.add(where, f"has {len(loaded):,} images, info() says {info.sizes[split]:,}; correct one of them")
        return loaded
    return None
