"""Reading encoded images out of pickle-free ``.npz`` archives, without trust.

An archive holds arrays ``bytes`` (all encoded images, one after the other), ``offsets`` (item i is
``bytes[offsets[i]:offsets[i + 1]]``) and ``labels``, and perhaps ``track`` (items that belong together); a prefix such
as ``train_`` tells the splits apart.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neurosyn.plugins import DataError
from neurosyn.plugins.files import open_file, read_first_bytes, read_npz

__all__ = ["ArchiveHead", "EncodedImages", "declared_size", "decode_images", "has_split", "read_encoded", "read_head"]

MAX_SIDE = 1024
"""Largest height or width of an image in pixels; nothing that a chip of 1 M neurons looks at is larger."""

MAX_ITEM_BYTES = 8 << 20
MAX_DECODED_BYTES = 8 << 30
_HEADER_BYTES = 64 << 10
"""The size of an image is declared within this much of its beginning, in any archive that is sane."""

Array = NDArray[Any]


@dataclass(frozen=True)
class ArchiveHead:
    """Contents of one split of an archive, not decoded.

    Attributes
    ----------
    count
        Number of images.
    highest_label
        The highest label.
    width, height
        Size of the first image in pixels.
    classes
        Class names, if the archive has them.
    """

    count: int
    highest_label: int
    width: int
    height: int
    classes: tuple[str, ...] | None


@dataclass(frozen=True)
class EncodedImages:
    """One split of an archive, still encoded.

    Attributes
    ----------
    where
        The archive and prefix, for messages.
    data : uint8 array
        All encoded images.
    offsets : int64 array (n + 1,)
    labels : int32 array (n,)
    track : int32 array (n,) or None
        Number of the physical object within its class.
    """

    where: str
    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int32]
    track: NDArray[np.int32] | None

    def __len__(self) -> int:
        return len(self.labels)

    def item(self, index: int) -> bytes:
        """Return encoded image `index`."""
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes()


def read_encoded(path: Path, prefix: str) -> EncodedImages:
    """Read the arrays of one split and check that they fit together.

    Parameters
    ----------
    path
        The archive.
    prefix
        Prefix of the names of the split's arrays, e.g. ``"train_"``.

    Raises
    ------
    DataError
        If the file is missing or damaged, arrays are missing or do not fit together.
    """
    where = _where(path, prefix)
    arrays = _read(path, prefix, ("bytes", "offsets", "labels"), ("track",))
    data = arrays[f"{prefix}bytes"]
    if data.dtype != np.uint8 or data.ndim != 1:
        raise DataError(f"{where}: 'bytes' is {data.dtype} {data.shape}; it must be uint8 (size,)")
    labels = _integers(where, "labels", arrays[f"{prefix}labels"])
    offsets = _integers(where, "offsets", arrays[f"{prefix}offsets"])
    if len(offsets) != len(labels) + 1:
        raise DataError(f"{where}: {len(labels)} labels but {len(offsets)} offsets; there must be one more than labels")
    sizes = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(data) or (sizes <= 0).any() or (sizes > MAX_ITEM_BYTES).any():
        raise DataError(
            f"{where}: offsets must rise from 0 to the {len(data):,} bytes there are, in steps of 1 to "
            f"{MAX_ITEM_BYTES:,}; the archive is damaged"
        )
    track = None
    if f"{prefix}track" in arrays:
        track = _narrow(where, "track", _integers(where, "track", arrays[f"{prefix}track"]))
        if len(track) != len(labels):
            raise DataError(f"{where}: {len(labels)} labels but {len(track)} tracks; give one each")
    return EncodedImages(where, data, offsets, _narrow(where, "labels", labels), track)


def read_head(path: Path, prefix: str) -> ArchiveHead:
    """Describe one split of an archive from its labels and the header of its first image.

    Raises
    ------
    DataError
        As `read_encoded`.
    """
    where = _where(path, prefix)
    arrays = _read(path, prefix, ("labels",), (), "classes")
    labels = _narrow(where, "labels", _integers(where, "labels", arrays[f"{prefix}labels"]))
    size = declared_size(read_first_bytes(path, f"{prefix}bytes", _HEADER_BYTES))
    if size is None:
        raise DataError(f"{where}: image 0 is neither WebP, PNG nor JPEG; the archive is damaged")
    classes = _names(where, arrays["classes"]) if "classes" in arrays else None
    return ArchiveHead(len(labels), int(labels.max()), *_sane(where, 0, size), classes)


def has_split(path: Path, prefix: str) -> bool:
    """Return whether the archive has images under `prefix`; does not say whether they are sound.

    Raises
    ------
    DataError
        If the file is missing or no archive.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return f"{prefix}bytes.npy" in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path}: is not a readable .npz archive ({error}); make the file again") from error


def _where(path: Path, prefix: str) -> str:
    return f"{path}: {prefix}*"


def _read(path: Path, prefix: str, needed: Sequence[str], optional: Sequence[str], *common: str) -> dict[str, Array]:
    arrays = read_npz(path, names={*(f"{prefix}{name}" for name in (*needed, *optional)), *common})
    for name in needed:
        if f"{prefix}{name}" not in arrays:
            raise DataError(f"{path}: has no array '{prefix}{name}'; is it an image archive with this split?")
    return arrays


def _integers(where: str, name: str, array: Array) -> NDArray[np.int64]:
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer) or len(array) == 0:
        raise DataError(f"{where}: '{name}' is {array.dtype} {array.shape}; it must be integers (n,), n > 0")
    if np.issubdtype(array.dtype, np.unsignedinteger) and int(array.max()) > np.iinfo(np.int64).max:
        raise DataError(f"{where}: '{name}' holds {int(array.max()):,}, which is out of range; the archive is damaged")
    return array.astype(np.int64)


def _narrow(where: str, name: str, array: NDArray[np.int64]) -> NDArray[np.int32]:
    if array.min() < 0 or array.max() > np.iinfo(np.int32).max:
        raise DataError(
            f"{where}: '{name}' holds {int(array.min()):,} to {int(array.max()):,}; it must be 0 or more, below 2^31"
        )
    return array.astype(np.int32)


def _names(where: str, array: Array) -> tuple[str, ...]:
    if array.ndim != 1 or array.dtype.kind not in "US":
        raise DataError(f"{where}: 'classes' is {array.dtype} {array.shape}; it must be strings (n,)")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    return tuple(str(name) for name in array)


def declared_size(item: bytes) -> tuple[int, int] | None:
    """Return width and height that a WebP, PNG or JPEG header declares, without decoding; None if it is neither.

    Pillow's WebP reader sets memory aside for the whole picture when it opens one, so the size must be known before.
    """
    if item[:4] == b"RIFF" and item[8:12] == b"WEBP" and len(item) >= 30:
        kind = item[12:16]
        if kind == b"VP8X":
            return 1 + int.from_bytes(item[24:27], "little"), 1 + int.from_bytes(item[27:30], "little")
        if kind == b"VP8L" and item[20] == 0x2F:
            bits = int.from_bytes(item[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 " and item[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", item, 26)
            return width & 0x3FFF, height & 0x3FFF
        return None
    if item[:8] == b"\x89PNG\r\n\x1a\n" and item[12:16] == b"IHDR" and len(item) >= 24:
        width, height = struct.unpack_from(">II", item, 16)
        return width, height
    if item[:2] == b"\xff\xd8":
        return _jpeg_size(item)
    return None


def _jpeg_size(item: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(item) and item[position] == 0xFF:
        marker = item[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", item, position + 5)
            return width, height
        if marker == 0xFF:
            position += 1
        else:
            position += 2 + int.from_bytes(item[position + 2 : position + 4], "big")
    return None


def decode_images(
    images: EncodedImages,
    *,
    size: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> NDArray[np.uint8]:
    """Decode every image as RGB.

    Parameters
    ----------
    images
        Images as returned by `read_encoded`.
    size
        Scale to this height and width; None leaves the images as they are.
    progress
        Called with (done, total, unit).

    Returns
    -------
    uint8 array (n, height, width, 3)

    Raises
    ------
    DataError
        If an item is no WebP, PNG or JPEG, declares an absurd size, is damaged, or differs in size from the first.
    """
    width, height = _checked_size(images, 0)
    shape = (height, width) if size is None else (size, size)
    if len(images) * shape[0] * shape[1] * 3 > MAX_DECODED_BYTES:
        raise DataError(
            f"{images.where}: {len(images):,} images of {shape[1]} x {shape[0]} need more than "
            f"{MAX_DECODED_BYTES >> 30} GiB; set `size` to a smaller one"
        )
    decoded = np.empty((len(images), *shape, 3), np.uint8)
    for i in range(len(images)):
        if _checked_size(images, i) != (width, height):
            raise DataError(f"{images.where}: image {i} is not {width} x {height} as image 0; all must be of one size")
        decoded[i] = _decode(images, i, (width, height), shape)
        if progress is not None and (i % 2000 == 1999 or i == len(images) - 1):
            progress(i + 1, len(images), "images")
    return decoded


def _checked_size(images: EncodedImages, index: int) -> tuple[int, int]:
    start = images.offsets[index]
    end = min(images.offsets[index + 1], start + _HEADER_BYTES)
    size = declared_size(images.data[start:end].tobytes())
    if size is None:
        raise DataError(f"{images.where}: image {index} is neither WebP, PNG nor JPEG; the archive is damaged")
    return _sane(images.where, index, size)


def _sane(where: str, index: int, size: tuple[int, int]) -> tuple[int, int]:
    if not (1 <= size[0] <= MAX_SIDE and 1 <= size[1] <= MAX_SIDE):
        raise DataError(
            f"{where}: image {index} declares {size[0]} x {size[1]} pixels; the limit is {MAX_SIDE} x {MAX_SIDE}"
        )
    return size


def _decode(images: EncodedImages, index: int, size: tuple[int, int], shape: tuple[int, int]) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(images.item(index)), formats=("WEBP", "PNG", "JPEG")) as picture:
            # A second header may declare another size than the first.
            rgb = picture.convert("RGB") if picture.size == size else picture
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise DataError(f"{images.where}: image {index} cannot be decoded ({error}); the archive is damaged") from error
    if rgb.size != size:
        raise DataError(f"{images.where}: image {index} decodes to {rgb.size}, not {size}; the archive is damaged")
    if rgb.size != (shape[1], shape[0]):
        rgb = rgb.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(rgb)
