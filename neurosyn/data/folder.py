"""Folders of data sets: their files, and a cache of data that take long to make."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from neurosyn.data.dataset import DataContext

__all__ = ["cache_folder", "data_context", "data_folder"]


def data_folder() -> Path:
    """Return the folder with data sets: ``NEUROSYN_DATA``, or ``neurosyn`` in the user's data directory."""
    return _folder("NEUROSYN_DATA") or Path(platformdirs.user_data_dir("neurosyn", appauthor=False))


def cache_folder() -> Path:
    """Return the folder for derived files: ``NEUROSYN_CACHE``, or ``neurosyn`` in the user's cache directory."""
    return _folder("NEUROSYN_CACHE") or Path(platformdirs.user_cache_dir("neurosyn", appauthor=False))


def _folder(variable: str) -> Path | None:
    # Shells write "not set" as an empty value.
    value = os.environ.get(variable, "")
    return Path(value).expanduser().absolute() if value else None


def data_context(seed: int = 0, progress: Callable[[int, int, str], None] | None = None) -> DataContext:
    """Return the resources of data sets on this machine.

    Parameters
    ----------
    seed
        Seed of the data stage.
    progress
        Called with (done, total, unit) during long work.
    """
    context = DataContext(data_folder(), cache_folder(), seed)
    return context if progress is None else DataContext(context.folder, context.cache, seed, progress)
