"""Cache of data that take long to make, as files in the cache folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from neurosyn.plugins import DataError, Split
from neurosyn.plugins.files import atomic_path, read_npz

__all__ = ["cached", "cached_images"]

T = TypeVar("T")


def cached(path: Path, read: Callable[[Path], T], make: Callable[[], T], write: Callable[[Path, T], None]) -> T:
    """Return what a file holds; if there is none, or a damaged one, make it and write it.

    Parameters
    ----------
    path
        The file.
    read
        Reads it, and raises `DataError` if it is damaged.
    make, write
        Makes what it should hold; writes that to `path`.
    """
    if path.exists():
        try:
            return read(path)
        except DataError:
            # It is made again.
            pass
    made = make()
    write(path, made)
    return made


def cached_images(path: Path, shape: tuple[int, int, int, int], draw: Callable[[], Split]) -> Split:
    """Return labelled images of a shape (n, height, width, channels), from the file or newly drawn."""

    def read(path: Path) -> Split:
        arrays = read_npz(path)
        if sorted(arrays) != ["images", "labels"]:
            raise DataError(f"{path}: has the arrays {', '.join(arrays)}, not images and labels")
        split = Split(arrays["images"], arrays["labels"])
        if split.images.shape != shape or split.labels.dtype != np.int32:
            raise DataError(f"{path}: has {split.labels.dtype} labels of images {split.images.shape}, not {shape}")
        return split

    return cached(path, read, draw, _write_images)


def _write_images(path: Path, split: Split) -> None:
    with atomic_path(path) as temporary:
        # Not compressed: noise hardly is, and reading it back takes a tenth of the time.
        np.savez(temporary, images=split.images, labels=split.labels)
