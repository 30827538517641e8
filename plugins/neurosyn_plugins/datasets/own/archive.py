"""Image archives: labelled images in one pickle-free ``.npz``.

For each split the archive holds arrays ``PREFIXbytes`` (encoded images, concatenated), ``PREFIXoffsets`` and
``PREFIXlabels``; optionally ``PREFIXtrack`` (the number of the physical object within its class, whose images must not
be divided between training and validation) and, for all splits, ``classes``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import sha256_file
from neurosyn_plugins.datasets.labels.tracks import group_tracks
from neurosyn_plugins.datasets.readers.image_archive import (
    ArchiveHead,
    decode_images,
    has_split,
    read_encoded,
    read_head,
)

__all__ = ["Archive"]

_SPLITS: tuple[SplitName, ...] = ("train", "test")

MOST_CLASSES = 65_536
"""More classes than a chip has output neurons for."""


class Archive(Dataset):
    """Labelled WebP, PNG or JPEG images from a pickle-free ``.npz`` archive."""

    file: str = Field(
        min_length=1,
        description="the archive: ./NAME beside the scenario, an absolute path, or a name inside the data folder",
    )
    name: str = Field(min_length=1, description="honest name for every output, e.g. 'GTSRB, 32x32 copy'")
    official: bool = Field(default=False, description="whether results may stand beside published ones")
    licence: str = Field(default="unknown", description="terms of use")
    source: str = Field(default="unknown", description="where the images come from")
    classes: tuple[str, ...] | None = Field(
        default=None,
        description="class names in the order of the labels; by default the archive's own, or numbers",
    )
    prefix: str = Field(default="{split}_", description="how a split's arrays begin; {split} is train or test")
    size: int | None = Field(default=None, ge=1, le=1024, description="scale images to this height and width in pixels")

    @field_validator("prefix")
    @classmethod
    def _tells_splits_apart(cls, prefix: str) -> str:
        if "{split}" not in prefix:
            raise ValueError("must contain {split}, or training and test images would be the same")
        return prefix

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set from the archive's labels and its first image's header.

        Raises
        ------
        DataError
            If the archive is missing (with what to put where) or damaged.
        """
        path = self._path(context)
        if not path.is_file():
            raise DataError(self._remedy(path))
        heads = self._heads(path)
        first = next(iter(heads.values()))
        return DatasetInfo(
            name=self.name,
            official=self.official,
            licence=self.licence,
            source=self.source,
            classes=self._classes(path, heads),
            shape=(first.height, first.width, 3) if self.size is None else (self.size, self.size, 3),
            sizes={split: head.count for split, head in heads.items()},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the archive is here and has the split, else where to put it."""
        path = self._path(context)
        if not path.is_file():
            return self._remedy(path)
        try:
            here = has_split(path, self._prefix(split))
        except DataError as error:
            return str(error)
        return None if here else f"{self.name}: {path} has no {split} images; correct `prefix` or use another archive"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Decode a whole split.

        Raises
        ------
        DataError
            If the archive is missing (with what to put where), damaged, or has labels without a class.
        """
        path = self._path(context)
        if not path.is_file():
            raise DataError(self._remedy(path))
        encoded = read_encoded(path, self._prefix(split))
        classes = self._classes(path, self._heads(path))
        if encoded.labels.max() >= len(classes):
            raise DataError(
                f"{encoded.where}: label {int(encoded.labels.max())} with {len(classes)} classes; correct `classes`"
            )
        images = decode_images(encoded, size=self.size, progress=context.progress)
        groups = None
        if encoded.track is not None:
            groups = group_tracks(encoded.labels, encoded.track)
        return Split(images, encoded.labels, groups)

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return the SHA-256 of the archive."""
        path = self._path(context)
        return {"sha256": _sha256(path, path.stat().st_mtime_ns)} if path.is_file() else {}

    def _path(self, context: DataContext) -> Path:
        return context.folder / Path(self.file).expanduser()

    def _prefix(self, split: SplitName) -> str:
        return self.prefix.replace("{split}", split)

    def _remedy(self, path: Path) -> str:
        return f"{self.name}: there is no {path}; put the archive there or set NEUROSYN_DATA to the folder it is in"

    def _heads(self, path: Path) -> dict[SplitName, ArchiveHead]:
        stamp = path.stat().st_mtime_ns
        heads = {s: _head(path, self._prefix(s), stamp) for s in _SPLITS if has_split(path, self._prefix(s))}
        if not heads:
            raise DataError(f"{path}: has no arrays '{self._prefix('test')}*'; correct `prefix` or use another archive")
        return heads

    def _classes(self, path: Path, heads: dict[SplitName, ArchiveHead]) -> tuple[str, ...]:
        highest = max(head.highest_label for head in heads.values())
        if highest >= MOST_CLASSES:
            raise DataError(f"{path}: label {highest:,}; there can be {MOST_CLASSES:,} classes, numbered from 0")
        named = next(iter(heads.values())).classes
        classes = self.classes or named or tuple(str(k) for k in range(highest + 1))
        if highest >= len(classes):
            raise DataError(f"{path}: label {highest} with {len(classes)} classes; correct `classes`")
        return classes


@cache
def _head(path: Path, prefix: str, _stamp: int) -> ArchiveHead:
    return read_head(path, prefix)


@cache
def _sha256(path: Path, _stamp: int) -> str:
    return sha256_file(path)
