"""Conformance check of data sets."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from neurosyn.data.dataset import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn.data.folder import data_context
from neurosyn.data.source import DataSource
from neurosyn.errors import DataError
from neurosyn.testing.conformance.problems import Problems, why_not_plain

__all__ = ["check_dataset"]

_SPLITS: tuple[SplitName, ...] = get_args(SplitName)


def check_dataset(
    plugin: type[Dataset] | Dataset, options: dict[str, Any] | None = None, context: DataContext | None = None
) -> None:
    """Check a data set: its description, and each split that is available.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; ignored for an instance.
    context
        Folder of its files; by default the data folder of this machine.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("datasets", plugin)
    dataset = problems.instance(plugin, Dataset, options)  # type: ignore[type-abstract]
    if dataset is not None:
        context = context or data_context()
        with problems.watching(dataset, context):
            _check_loading(problems, dataset, context)
    problems.raise_if_any()


def _check_loading(problems: Problems, dataset: Dataset, context: DataContext) -> None:
    here = _check_availability(problems, dataset, context)
    info = None
    # Without its files a data set may lack what its description needs.
    with problems.blaming("info()"):
        try:
            info = dataset.info(context)
        except DataError:
            if here:
                raise
    if info is not None:
        _check_info(problems, info)
    if not problems and isinstance(info, DatasetInfo):
        splits = {split: _check_split(problems, dataset, context, info, split) for split in here}
        train, test = splits.get("train"), splits.get("test")
        if train is not None and test is not None and np.array_equal(train.images, test.images):
            problems.add("load()", "gives the same images for training and test; keep them apart")


def _check_availability(problems: Problems, dataset: Dataset, context: DataContext) -> list[SplitName]:
    """Check `available` against `load`, and return the available splits."""
    here: list[SplitName] = []
    for split in _SPLITS:
        where = f"available({split!r})"
        with problems.blaming(where):
            reason = dataset.available(context, split)
            if reason is None:
                here.append(split)
                continue
            if not isinstance(reason, str) or not reason.strip():
                problems.add(where, f"returns {reason!r}; return None, or a text: what is missing, and what to do")
                continue
            try:
                dataset.load(split, context)
            except DataError:
                continue
            except Exception as error:
                problems.add(
                    f"load({split!r})",
                    f"raises {type(error).__name__} where files are missing; raise DataError with what to put where",
                )
            else:
                problems.add(where, "gives a reason why the split is missing, yet it loads; return None")
    with problems.blaming("fingerprint()"):
        first, second = dataset.fingerprint(context), dataset.fingerprint(context)
        reason = why_not_plain(first)
        if reason is not None:
            problems.add("fingerprint()", f"is no dictionary of plain values: {reason}")
        elif first != second:
            problems.add("fingerprint()", "differs between two calls; let it depend on the files alone")
    return here


def _check_info(problems: Problems, info: Any) -> None:
    if not isinstance(info, DatasetInfo):
        problems.add("info()", f"returns {type(info).__name__}; return a DatasetInfo")
        return
    for name in ("name", "licence", "source"):
        value = getattr(info, name)
        if not isinstance(value, str) or not value.strip():
            problems.add("info()", f"its {name} is {value!r}; every output shows it; give a text (or 'unknown')")
    if not isinstance(info.official, bool):
        problems.add("info()", f"official is {info.official!r}; give True or False")
    if len(info.shape) != 3 or any(not isinstance(n, int) or n < 1 for n in info.shape):
        problems.add("info()", f"shape is {info.shape!r}; give height, width and channels")
    if len(info.classes) < 2 or len(set(info.classes)) != len(info.classes):
        problems.add("info()", f"has {len(info.classes)} classes, {len(set(info.classes))} different; name each")


def _check_split(
    problems: Problems, dataset: Dataset, context: DataContext, info: DatasetInfo, split: SplitName
) -> Split | None:
    where = f"load({split!r})"
    with problems.blaming(where):
        loaded = dataset.load(split, context)
        if not isinstance(loaded, Split):
            problems.add(where, f"returns {type(loaded).__name__}; return a Split")
            return None
        # The source checks shapes and labels against the description, as a run does.
        again = DataSource(info, dataset, context).load(split)
        if loaded.labels.dtype != np.int32:
            problems.add(where, f"labels are {loaded.labels.dtype}; give int32")
        if not np.array_equal(loaded.images, again.images) or not np.array_equal(loaded.labels, again.labels):
            problems.add(where, "gives other images in a second call; draw from the context's seed alone")
        if info.sizes.get(split, len(loaded)) != len(loaded):
            problems.add(where, f"has {len(loaded):,} images, info() has {info.sizes[split]:,}; correct one of them")
        return loaded
    return None
