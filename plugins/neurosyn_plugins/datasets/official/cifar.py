"""CIFAR-10 and CIFAR-100 from their official binary archives.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. A record is its labels, one byte each, then
1,024 bytes of red, of green and of blue, row by row. The "python" archives are pickles and are not read.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Split, SplitName
from neurosyn.plugins.files import open_file
from neurosyn_plugins.datasets.labels.cifar import CIFAR10_CLASSES, CIFAR100_COARSE, CIFAR100_FINE
from neurosyn_plugins.datasets.official.published_files import Copy, OfficialImages, PublishedFile

__all__ = ["URL", "Cifar10", "Cifar100"]

URL = "https://www.cs.toronto.edu/~kriz/"
"""Address of the archives, by their author."""

PIXELS = 3 * 32 * 32
MAX_IMAGES = 100_000
"""More images in one member are no CIFAR file."""
MAX_MEMBERS = 100
MAX_OTHER = 1 << 20
"""Largest member in bytes beside those with images: there are only short texts."""

MAX_TOTAL = 400_000_000
"""Bytes of all members; CIFAR-10 has 184 million."""
MAX_EXTENDED = 4096
"""Bytes of a long name or of the attributes of a member."""
_EXTENDED = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)

_LICENCE = "cite Krizhevsky 2009"


class Cifar10(OfficialImages):
    """CIFAR-10: 32 x 32 RGB photographs of ten kinds of things."""

    FOLDER: ClassVar[str] = "cifar10"
    FILES: ClassVar[tuple[PublishedFile, ...]] = (
        PublishedFile(
            "cifar-10-binary.tar.gz",
            "c32a1d4ab5d03f1284b67883e8d87530",
            ("train", "test"),
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    )
    COPY: ClassVar[Copy | None] = Copy(
        "cifar10_jpeg.npz", "CIFAR-10 (JPEG copy)", False, "a copy of all images, compressed as JPEG"
    )
    LICENCE: ClassVar[str] = _LICENCE

    @classmethod
    def url(cls) -> str:
        """Return where the archive is published."""
        return URL

    def title(self) -> str:
        """Return the name."""
        return "CIFAR-10"

    def classes(self) -> tuple[str, ...]:
        """Return the class names."""
        return CIFAR10_CLASSES

    def counts(self) -> dict[str, int]:
        """Return the number of images."""
        return {"train": 50_000, "test": 10_000}

    def read(self, split: SplitName, files: dict[str, Path], context: DataContext) -> Split:  # noqa: ARG002
        """Read the batches of a split from the archive."""
        names = [f"data_batch_{k}.bin" for k in range(1, 6)] if split == "train" else ["test_batch.bin"]
        path = files[self.FILES[0].name]
        contents = _read_members(path, [f"cifar-10-batches-bin/{name}" for name in names], record=1 + PIXELS)
        records = np.concatenate([_records(path, name, content, 1) for name, content in contents.items()])
        return Split(_images(records, 1), _labels(path, records[:, 0], 10))


class Cifar100(OfficialImages):
    """CIFAR-100: 32 x 32 RGB photographs of a hundred kinds of things, or of their twenty families."""

    FOLDER: ClassVar[str] = "cifar100"
    FILES: ClassVar[tuple[PublishedFile, ...]] = (
        PublishedFile(
            "cifar-100-binary.tar.gz",
            "03b5dce01913d631647c71ecec9e9cb8",
            ("train", "test"),
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ),
    )
    LICENCE: ClassVar[str] = _LICENCE

    label: Literal["fine", "coarse"] = Field(default="fine", description="fine: 100 classes; coarse: 20 families")

    @classmethod
    def url(cls) -> str:
        """Return where the archive is published."""
        return URL

    def title(self) -> str:
        """Return the name, with the families if they are the classes."""
        return "CIFAR-100" if self.label == "fine" else "CIFAR-100 (20 coarse classes)"

    def classes(self) -> tuple[str, ...]:
        """Return the class names."""
        return CIFAR100_FINE if self.label == "fine" else CIFAR100_COARSE

    def counts(self) -> dict[str, int]:
        """Return the number of images."""
        return {"train": 50_000, "test": 10_000}

    def read(self, split: SplitName, files: dict[str, Path], context: DataContext) -> Split:  # noqa: ARG002
        """Read a split from the archive."""
        path, name = files[self.FILES[0].name], f"cifar-100-binary/{split}.bin"
        records = _records(path, name, _read_members(path, [name], record=2 + PIXELS)[name], 2)
        coarse, fine = _labels(path, records[:, 0], 20), _labels(path, records[:, 1], 100)
        return Split(_images(records, 2), fine if self.label == "fine" else coarse)


class _BoundedMember(tarfile.TarInfo):
    """A member whose extended header is short: tarfile reads one whole, whatever size it declares."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Parse a header block."""
        member = super().frombuf(buf, encoding, errors)
        if member.type in _EXTENDED and member.size > MAX_EXTENDED:
            raise ValueError(f"a name of {member.size:,} bytes")
        return member


def _read_members(path: Path, names: list[str], record: int) -> dict[str, bytes]:
    """Read members of a compressed tar archive in memory.

    Raises
    ------
    DataError
        If the archive is damaged, cut short, lacks a member, has one twice, as a link or of an absurd size.
    """
    contents: dict[str, bytes] = {}
    try:
        with open_file(path) as file, tarfile.open(fileobj=file, mode="r:gz", tarinfo=_BoundedMember) as archive:
            total = 0
            for count, member in enumerate(archive):
                if count >= MAX_MEMBERS:
                    raise DataError(f"{path}: has more than {MAX_MEMBERS} members; is it the official archive?")
                wanted = member.name in names
                # Going on to the next member decompresses this one: sizes are judged before.
                limit = record * MAX_IMAGES
                if member.size > (limit if member.name.endswith(".bin") else MAX_OTHER):
                    raise DataError(f"{path}: member '{member.name}' declares {member.size:,} bytes; it is not CIFAR")
                total += member.size
                if total > MAX_TOTAL:
                    raise DataError(f"{path}: holds more than {MAX_TOTAL:,} bytes; is it the official archive?")
                if not wanted:
                    continue
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is None or member.name in contents:
                    raise DataError(f"{path}: member '{member.name}' is no file or is there twice; download it again")
                contents[member.name] = stream.read()
                if len(contents[member.name]) != member.size:
                    raise DataError(f"{path}: member '{member.name}' is cut short; download the archive again")
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError, OverflowError, MemoryError) as error:
        raise DataError(f"{path}: is not a readable .tar.gz archive ({error}); download it again") from error
    missing = [name for name in names if name not in contents]
    if missing:
        raise DataError(
            f"{path}: has no member '{missing[0]}'; is it the binary version of the archive, and not cut short?"
        )
    return {name: contents[name] for name in names}


def _records(path: Path, name: str, content: bytes, labels: int) -> NDArray[np.uint8]:
    size = labels + PIXELS
    if not content or len(content) % size:
        raise DataError(
            f"{path}: member '{name}' has {len(content):,} bytes, which is no number of records of {size:,}; "
            "it is damaged, download the archive again"
        )
    return np.frombuffer(content, np.uint8).reshape(-1, size)


def _images(records: NDArray[np.uint8], labels: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(records[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _labels(path: Path, labels: NDArray[np.uint8], classes: int) -> NDArray[np.int32]:
    if labels.max() >= classes:
        raise DataError(f"{path}: holds label {int(labels.max())}; labels are 0 to {classes - 1}; it is damaged")
    return labels.astype(np.int32)
