"""Official files: where they lie, whether they are whole, and how they are downloaded.

Files are identified by the MD5 that their publishers state, and downloads also by their SHA-256 where it is known: MD5
protects from damage, not from intent. A file of the right name but other contents is read, too,
but what is made of it is not called official.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

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

__all__ = ["Copy", "OfficialImages", "PublishedFile", "download", "md5_file"]

_SPLITS: tuple[SplitName, ...] = ("train", "test")


@dataclass(frozen=True)
class PublishedFile:
    """A published file.

    Attributes
    ----------
    name
        Its name.
    md5
        Its checksum; empty if its publishers state none.
    splits
        The splits that need it.
    sha256
        Checksum that a download must have; empty where none is known.
    """

    name: str
    md5: str
    splits: tuple[SplitName, ...]
    sha256: str = ""

    @property
    def known_hash(self) -> str:
        """The strongest checksum, with the name of its method."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


@dataclass(frozen=True)
class Copy:
    """An image archive (see `neurosyn_plugins.datasets.own.archive`) of the same images in another form.

    Attributes
    ----------
    file
        Its name in the data folder.
    name
        The honest name.
    official
        True if results on it may stand beside published ones.
    source
        Changes to the images.
    """

    file: str
    name: str
    official: bool
    source: str


class OfficialImages(Dataset):
    """A data set in official files, or in a copy: a subclass lists and reads the files."""

    FOLDER: ClassVar[str]
    """Folder inside the data folder."""
    FILES: ClassVar[tuple[PublishedFile, ...]]
    COPY: ClassVar[Copy | None] = None
    LICENCE: ClassVar[str]

    folder: str | None = Field(
        default=None,
        description="folder with the files, absolute or inside the data folder; by default one of the data set's "
        "name in it, then the data folder itself",
    )

    # Set by subclasses.

    @classmethod
    def url(cls) -> str:
        """Return the address, with a final slash, that the files are downloaded from; empty if there is none."""
        return ""

    @abstractmethod
    def title(self) -> str:
        """Return the name of the data set in these options."""

    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Return the class names in the order of the labels."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Return the number of images of each split in the official files, as far as it is fixed."""

    @abstractmethod
    def read(self, split: SplitName, files: dict[str, Path], context: DataContext) -> Split:
        """Read a split from its files, by their official names."""

    def side(self) -> int:
        """Return the height and width of an image in pixels."""
        return 32

    # What it is asked.

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set; official only as far as the files here have the official checksums."""
        copy = self._copy(context)
        if copy is not None:
            heads = _heads(copy, copy.stat().st_mtime_ns)
            assert self.COPY is not None
            return DatasetInfo(
                name=self.COPY.name,
                official=self.COPY.official,
                licence=self.LICENCE,
                source=self.COPY.source,
                classes=self.classes(),
                shape=(self.side(), self.side(), 3),
                sizes={split: head.count for split, head in heads.items()},
            )
        altered = [
            file.name
            for file in self.FILES
            if file.md5 and (path := self._find(context, file)) is not None and md5_file(path) != file.md5
        ]
        return DatasetInfo(
            name=f"{self.title()} format (unofficial {' and '.join(altered)})" if altered else self.title(),
            official=not altered and all(file.md5 for file in self.FILES),
            licence=self.LICENCE,
            source=self.url() or "on request from its authors",
            classes=self.classes(),
            shape=(self.side(), self.side(), 3),
            sizes={} if altered else self.counts(),
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the files of `split`, or the copy, are here, else which to put where."""
        if self._copy(context) is not None:
            return None
        missing = [file for file in self.FILES if split in file.splits and self._find(context, file) is None]
        if not missing:
            return None
        names = " and ".join(file.name for file in missing)
        fetch = f", or run `neurosyn data fetch {self.FOLDER}` where there is a network" if self.url() else ""
        places = " or ".join(map(str, self._folders(context)))
        return f"{self.title()}: {names} not found in {places}; {self._remedy(context, missing)}{fetch}"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return a whole split.

        Raises
        ------
        DataError
            If a file is missing (with what to put where), damaged, or does not hold what it should.
        """
        reason = self.available(context, split)
        if reason:
            raise DataError(reason)
        copy = self._copy(context)
        if copy is not None:
            return self._read_copy(copy, split, context)
        files = {file.name: self._find(context, file) for file in self.FILES if split in file.splits}
        read = self.read(split, {name: path for name, path in files.items() if path is not None}, context)
        context.progress(len(read), len(read), "images")
        return read

    def fetch(self, context: DataContext) -> list[Path]:
        """Download the official files, checked by SHA-256 (MD5 where none is known), and return their paths.

        Raises
        ------
        DataError
            If the server cannot be reached or sends something else; the message lists the files and their foldernd.
        """
        if not self.url():
            raise DataError(
                f"{self.title()}: its authors send it on request, to anyone who signs their terms; "
                f"{self._remedy(context, list(self.FILES))}"
            )
        target = self._folders(context)[0]
        return [
            download(self.url() + file.name, file.name, file.known_hash, target, context, self._remedy(context, [file]))
            for file in self.FILES
        ]

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return the checksum of each file that is read."""
        copy = self._copy(context)
        if copy is not None:
            return {copy.name: _sha256(copy, copy.stat().st_mtime_ns)}
        files = {file.name: self._find(context, file) for file in self.FILES}
        return {name: md5_file(path) for name, path in files.items() if path is not None}

    def _folders(self, context: DataContext) -> list[Path]:
        if self.folder is not None:
            return [context.folder / Path(self.folder).expanduser()]
        return [context.folder / self.FOLDER, context.folder]

    def _find(self, context: DataContext, file: PublishedFile) -> Path | None:
        paths = (folder / file.name for folder in self._folders(context))
        return next((path for path in paths if path.is_file()), None)

    def _copy(self, context: DataContext) -> Path | None:
        """Return the copy if it is here and is to be used: unless all official files are."""
        if self.COPY is None or all(self._find(context, file) is not None for file in self.FILES):
            return None
        paths = (folder / self.COPY.file for folder in self._folders(context))
        return next((path for path in paths if path.is_file()), None)

    def _read_copy(self, path: Path, split: SplitName, context: DataContext) -> Split:
        encoded = read_encoded(path, f"{split}_")
        if encoded.labels.max() >= len(self.classes()):
            raise DataError(f"{encoded.where}: label {int(encoded.labels.max())} with {len(self.classes())} classes")
        images = decode_images(encoded, progress=context.progress)
        if images.shape[1:] != (self.side(), self.side(), 3):
            raise DataError(f"{encoded.where}: images are {images.shape[1:]}; they must be {self.side()} pixels a side")
        groups = None if encoded.track is None else group_tracks(encoded.labels, encoded.track)
        return Split(images, encoded.labels, groups)

    def _remedy(self, context: DataContext, files: list[PublishedFile]) -> str:
        wanted = " and ".join(f"{file.name} (md5 {file.md5})" if file.md5 else file.name for file in files)
        origin = f" from {self.url()}" if self.url() else ""
        return f"put {wanted}{origin} into {self._folders(context)[0]}"


def download(url: str, name: str, known_hash: str, target: Path, context: DataContext, remedy: str) -> Path:
    """Download a file into the folder `target`, unless it is there and whole, and return its path.

    Parameters
    ----------
    url, name
        Its address, and its name in the folder.
    known_hash
        Its checksum, as ``sha256:…`` or ``md5:…``.
    target
        The folder.
    context
        Shows the progress.
    remedy
        What to do by hand, for the message.

    Raises
    ------
    DataError
        If the server cannot be reached or sends something else, with `remedy`.
    """
    import pooch

    # Its messages would mix with the progress that the caller shows.
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(progressbar=_DownloadProgress(context), timeout=30)
    try:
        downloaded = pooch.retrieve(url=url, known_hash=known_hash, fname=name, path=target, downloader=downloader)
    except (OSError, ValueError) as error:
        raise DataError(f"{url} cannot be downloaded ({_cause(error)}); {remedy} by hand") from error
    return Path(downloaded)


class _DownloadProgress:
    """A progress bar of pooch that reports to a `DataContext`; pooch sets `total`."""

    def __init__(self, context: DataContext) -> None:
        self._context = context
        self.total: int = 0
        self._done = 0

    def update(self, size: int) -> None:
        self._done += size
        self._context.progress(self._done, self.total, "bytes")

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """End; there is nothing to tidy."""


def _cause(error: Exception) -> str:
    """Return what the network said, without the layers of libraries around it."""
    cause: BaseException = error
    while isinstance(reason := getattr(cause, "reason", None) or (cause.args[0] if cause.args else None), Exception):
        cause = reason
    return (str(cause).splitlines() or [type(cause).__name__])[0]


def md5_file(path: Path) -> str:
    """Return the MD5 of a file, remembered while the file does not change."""
    return _md5(path, path.stat().st_mtime_ns)


@cache
def _md5(path: Path, _stamp: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@cache
def _sha256(path: Path, _stamp: int) -> str:
    return sha256_file(path)


@cache
def _heads(path: Path, _stamp: int) -> dict[SplitName, ArchiveHead]:
    return {split: read_head(path, f"{split}_") for split in _SPLITS if has_split(path, f"{split}_")}
