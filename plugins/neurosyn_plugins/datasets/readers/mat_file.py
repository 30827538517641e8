"""Numeric arrays of MATLAB files of version 5, read without trust.

The format is that of "MAT-File Format", The MathWorks: after a header of 128 bytes, elements of a tag (type, bytes) and
data, padded to 8 bytes. An element of type 15 is a zlib stream with one element in it, one of type 14 a matrix: flags,
dimensions, name and data, each an element. Data of at most 4 bytes may stand in the tag itself.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError
from neurosyn.plugins.files import open_file

__all__ = ["MatArray", "read_arrays", "read_headers"]

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_MOST_ARRAYS = 1000
_MOST_DIMENSIONS = 32
_MOST_NAME = 64
_CHUNK = 1 << 20
_CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse",
    6: "double", 7: "single", 8: "int8", 9: "uint8", 10: "int16", 11: "uint16",
    12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
}  # fmt: skip
"""Classes of arrays; those from `_FIRST_NUMERIC` on are read."""
_FIRST_NUMERIC = 6
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""Types in which numbers are stored, which may be narrower than the array's class."""
_LOGICAL, _COMPLEX = 0x0200, 0x0800


@dataclass(frozen=True)
class MatArray:
    """An array that a file declares.

    Attributes
    ----------
    shape
    kind
        Class of its numbers, e.g. ``uint8`` or ``double``.
    """

    shape: tuple[int, ...]
    kind: str


class _DamagedError(ValueError):
    """The file is not what it claims to be."""


class _Source:
    """Bytes of one element, from the file or from a zlib stream in it; never more than are asked for."""

    def __init__(self, stream: BinaryIO, size: int, *, compressed: bool) -> None:
        self._stream = stream
        self._left = size
        self._inflate = zlib.decompressobj() if compressed else None
        self._pending = b""

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        parts: list[bytes] = []
        missing = count
        while missing > 0:
            part = self._some(missing)
            if not part:
                raise _DamagedError("it is cut short")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        if self._inflate is None:
            part = self._stream.read(min(most, self._left, _CHUNK))
            self._left -= len(part)
            return part
        while True:
            if not self._pending and self._left:
                self._pending = self._stream.read(min(self._left, 1 << 16))
                self._left -= len(self._pending)
            at_end = not self._pending
            part = self._inflate.decompress(self._pending, min(most, _CHUNK))
            self._pending = self._inflate.unconsumed_tail
            if part or at_end or self._inflate.eof:
                return part


def read_headers(path: Path) -> dict[str, MatArray]:
    """Return the arrays that a file declares, by name; their contents are not read.

    Raises
    ------
    DataError
        If it is no MATLAB file of version 5, is damaged or cut short, or has two arrays of one name.
    """
    return {name: array for name, (array, _) in _read(path, ()).items()}


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[np.generic]]:
    """Return arrays of a file, by name; one that is not in the file is left out.

    The caller bounds their sizes by `read_headers` before.

    Raises
    ------
    DataError
        As `read_headers`.
    """
    return {name: values for name, (_, values) in _read(path, names).items() if values is not None}


def _read(path: Path, names: tuple[str, ...]) -> dict[str, tuple[MatArray, NDArray[np.generic] | None]]:
    arrays: dict[str, tuple[MatArray, NDArray[np.generic] | None]] = {}
    try:
        with open_file(path) as stream:
            order = _byte_order(stream.read(_HEADER_BYTES))
            end = os.fstat(stream.fileno()).st_size
            while tag := stream.read(8):
                _require(len(arrays) <= _MOST_ARRAYS, f"it has more than {_MOST_ARRAYS} arrays")
                kind, size = _unpack(order + "II", tag)
                begin = stream.tell()
                _require(size <= end - begin, "it is cut short")
                if kind in (_MATRIX, _COMPRESSED):
                    source = _Source(stream, size, compressed=kind == _COMPRESSED)
                    _read_element(source, order, kind, names, arrays)
                # Compressed elements are not padded.
                stream.seek(begin + (size if kind == _COMPRESSED else _padded(size)))
            return arrays
    except MemoryError as error:
        raise DataError(f"{path}: does not fit into memory; free some, or read fewer files") from error
    except (_DamagedError, zlib.error, struct.error, OSError) as error:
        raise DataError(f"{path}: is not a readable MATLAB v5 file ({error}); download it again") from error


def _byte_order(header: bytes) -> str:
    if len(header) < _HEADER_BYTES:
        raise _DamagedError("it is cut short")
    orders = {b"IM": "<", b"MI": ">"}
    if header[126:128] not in orders:
        raise _DamagedError("it has no such header")
    order = orders[header[126:128]]
    (version,) = _unpack(order + "H", header[124:126])
    if version != 0x0100:
        raise _DamagedError(f"its version is {version >> 8}.{version & 255}")
    return order


def _read_element(
    source: _Source,
    order: str,
    kind: int,
    names: tuple[str, ...],
    arrays: dict[str, tuple[MatArray, NDArray[np.generic] | None]],
) -> None:
    """Read one matrix; another kind of element is passed over."""
    if kind == _COMPRESSED:
        kind, _ = _unpack(order + "II", source.read(8))
        if kind != _MATRIX:
            return
    flags = _small(source, order, 6, 8)
    (word, _) = _unpack(order + "II", flags)
    dimensions = _small(source, order, 5, 4 * _MOST_DIMENSIONS)
    shape = _unpack(f"{order}{len(dimensions) // 4}i", dimensions[: len(dimensions) // 4 * 4])
    name = _small(source, order, 1, _MOST_NAME).decode("ascii", "replace")
    if len(shape) < 2 or min(shape) < 0:
        raise _DamagedError(f"array '{name}' has the shape {shape}")
    if name in arrays:
        raise _DamagedError(f"it has two arrays '{name}'")
    number = word & 0xFF
    kind_name = _CLASSES.get(number, f"class {number}")
    for flag, flag_name in ((_LOGICAL, "logical"), (_COMPLEX, "complex")):
        kind_name = flag_name if word & flag else kind_name
    array = MatArray(shape, kind_name)
    arrays[name] = (array, None)
    if name in names and number in _CLASSES and number >= _FIRST_NUMERIC:
        arrays[name] = (array, _numbers(source, order, name, shape))


def _numbers(source: _Source, order: str, name: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    kind, size, inside = _tag(source, order)
    if kind not in _TYPES:
        raise _DamagedError(f"array '{name}' is stored as type {kind}")
    dtype = np.dtype(order + _TYPES[kind])
    if math.prod(shape) * dtype.itemsize != size:
        raise _DamagedError(f"array '{name}' declares {size:,} bytes for the shape {shape}")
    content = source.read(size) if inside is None else inside
    values: NDArray[np.generic] = np.frombuffer(content, dtype).astype(dtype.newbyteorder("="), copy=False)
    return values.reshape(shape, order="F")


def _small(source: _Source, order: str, kind: int, most: int) -> bytes:
    """Return the data of an element of type `kind` and at most `most` bytes."""
    given, size, inside = _tag(source, order)
    if given != kind or size > most:
        raise _DamagedError(f"an element of type {kind} is of type {given} and {size:,} bytes")
    return source.read(_padded(size))[:size] if inside is None else inside


def _tag(source: _Source, order: str) -> tuple[int, int, bytes | None]:
    """Return type and size of an element, and its data if they stand in the tag."""
    tag = source.read(8)
    (word,) = _unpack(order + "I", tag[:4])
    if word >> 16:
        size = word >> 16
        if size > 4:
            raise _DamagedError(f"a tag declares {size} bytes in itself")
        return word & 0xFFFF, size, tag[4 : 4 + size]
    (size,) = _unpack(order + "I", tag[4:])
    return word, size, None


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _DamagedError(otherwise)


def _unpack(layout: str, data: bytes) -> tuple[int, ...]:
    values: tuple[int, ...] = struct.unpack(layout, data)
    return values


def _padded(size: int) -> int:
    return (size + 7) // 8 * 8
