"""Read untrusted files: regular files alone, their size checked before they are read, nothing unpickled."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from neurosyn.errors import DataError, NeurosynError

__all__ = [
    "ArrayHeader",
    "open_file",
    "read_bytes",
    "read_first_bytes",
    "read_json",
    "read_metadata",
    "read_npz",
    "read_text",
    "unique_keys",
]

Array = np.ndarray[Any, Any]

_CHUNK = 1 << 20
_MOST_MEMBERS = 10_000
_MOST_HEADER = 10_000
"""Bytes of the header of one array."""

_PARSERS: dict[tuple[int, int], Callable[..., Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class ArrayHeader(NamedTuple):
    """Type and shape that an array in an archive declares."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def open_file(path: Path, *, error: type[NeurosynError] = DataError) -> BinaryIO:
    """Open a regular file for reading.

    Parameters
    ----------
    path
    error
        Kind of error to raise.

    Raises
    ------
    NeurosynError
        Of the kind `error`: the file is missing, cannot be read, or is a folder, a pipe or a device (reading one may
        never end).
    """
    try:
        # Without O_NONBLOCK, opening a pipe waits for its writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        if S_ISREG(os.fstat(handle).st_mode):
            return os.fdopen(handle, "rb")
        os.close(handle)
    except (OSError, ValueError) as cause:
        raise error(f"{path}: cannot be read: {getattr(cause, 'strerror', None) or cause}; check the path") from cause
    raise error(f"{path}: is not a file that can be read (a folder, a pipe or a device); give a file")


def read_bytes(path: Path, most: int, *, what: str = "file", error: type[NeurosynError] = DataError) -> bytes:
    """Return the contents of a regular file of at most `most` bytes.

    Parameters
    ----------
    path
    most
        Largest size in bytes; it is checked before anything is read.
    what
        Name of the kind of file for the message.
    error
        Kind of error to raise.

    Raises
    ------
    NeurosynError
        Of the kind `error`: as `open_file`, or the file is larger.
    """
    with open_file(path, error=error) as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            content = stream.read(most + 1) if size <= most else b""
        except OSError as cause:
            raise error(f"{path}: cannot be read: {cause.strerror}; check the disk") from cause
        if size > most or len(content) > most:
            raise error(f"{path}: has {size:,} bytes, a {what} at most {most:,}; is it the right file?")
        return content


def read_text(path: Path, most: int, *, what: str = "file", error: type[NeurosynError] = DataError) -> str:
    """Return the text of a UTF-8 file of at most `most` bytes; a byte order mark is skipped.

    Raises
    ------
    NeurosynError
        Of the kind `error`: as `read_bytes`, or the file is not UTF-8.
    """
    try:
        return read_bytes(path, most, what=what, error=error).decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise error(
            f"{path}: is not UTF-8 text ({cause.reason} at byte {cause.start}); is it the right file?"
        ) from cause


def read_json(path: Path, most: int, *, what: str = "JSON file", error: type[NeurosynError] = DataError) -> Any:
    """Return the value in a JSON file of at most `most` bytes.

    Raises
    ------
    NeurosynError
        Of the kind `error`: as `read_text`, or the text is not JSON, is nested too deeply, gives a key twice, or holds
        a number that is not finite.
    """
    text = read_text(path, most, what=what, error=error)
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite_float, object_pairs_hook=unique_keys
        )
    except (ValueError, RecursionError) as cause:
        reason = "it is nested too deeply" if isinstance(cause, RecursionError) else str(cause)
        raise error(f"{path}: is not valid JSON ({reason}); is it the right file, or damaged?") from cause


def read_metadata(content: bytes) -> str:
    """Return the metadata that neurosyn keeps in a safetensors file, from the contents of the file.

    safetensors returns metadata only for files on disk; the header is 8 bytes of length and JSON.

    Raises
    ------
    ValueError
        If the contents are cut short, are no safetensors file, or are not from neurosyn.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(len(content) - 8, 100_000_000):
        raise ValueError("it is cut short or no safetensors file")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    if "neurosyn" not in metadata:
        raise ValueError("it is not from neurosyn")
    return str(metadata["neurosyn"])


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object; an ``object_pairs_hook`` for `json.loads`.

    Raises
    ------
    ValueError
        If a key is given twice.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key '{next(key for key in keys if keys.count(key) > 1)[:40]}' is given twice")
    return members


def read_npz(
    path: Path,
    *,
    names: Collection[str] | None = None,
    max_bytes: int = 4 << 30,
    check: Callable[[Mapping[str, ArrayHeader]], None] | None = None,
) -> dict[str, Array]:
    """Read the arrays of an ``.npz`` without unpickling anything.

    Types and shapes are read and checked against the declared sizes before any contents are unpacked.

    Parameters
    ----------
    path
        The archive.
    names
        Arrays to read, of which some may be missing; None reads all.
    max_bytes
        Largest sum of the unpacked sizes of these arrays.
    check
        Called with types and shapes before the contents are read; it raises a DataError for what does not fit.

    Raises
    ------
    DataError
        If the file is missing, is no ``.npz``, is cut short or damaged, is too large, holds Python objects, a member
        that is no array, or two arrays of one name.
    """
    try:
        with open_file(path) as stream, zipfile.ZipFile(stream) as archive:
            members = _members(archive, names)
            _check_total(path, sum(member.file_size for member in members.values()), max_bytes)
            if check is not None:
                check({name: _read_header(archive, member) for name, member in members.items()})
            return {name: _read_array(archive, member) for name, member in members.items()}
    except NeurosynError:
        raise
    except MemoryError as error:
        raise DataError(f"{path}: does not fit the memory; is it the right file?") from error
    # zipfile, zlib and NumPy's parser of headers raise errors of many kinds for damaged files.
    except Exception as error:
        raise DataError(
            f"{path}: is not a readable .npz archive ({error or type(error).__name__}); make the file again"
        ) from error


def read_first_bytes(path: Path, name: str, count: int) -> bytes:
    """Return the first `count` bytes of an array in an ``.npz``, without reading all of it.

    Raises
    ------
    DataError
        As `read_npz`, or if there is no such array.
    """
    try:
        with open_file(path) as stream, zipfile.ZipFile(stream) as archive:
            entry = _members(archive, (name,))[name]
            with archive.open(entry) as member:
                _parse_header(member, entry)
                return member.read(count)
    except NeurosynError:
        raise
    except KeyError as error:
        raise DataError(f"{path}: has no array '{name}'; is it the right archive?") from error
    except Exception as error:
        raise DataError(
            f"{path}: array '{name}' cannot be read ({error or type(error).__name__}); make the file again"
        ) from error


def _check_total(path: Path, total: int, max_bytes: int) -> None:
    if total > max_bytes:
        raise DataError(f"{path}: holds {total:,} bytes, more than the limit of {max_bytes:,}; is it the right file?")


def _members(archive: zipfile.ZipFile, names: Collection[str] | None) -> dict[str, zipfile.ZipInfo]:
    """Return the wanted members of an archive by the name of their array."""
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise ValueError(f"it has {len(entries):,} members, at most {_MOST_MEMBERS:,} are read")
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename.removesuffix(".npy")
        if names is not None and name not in names:
            continue
        if name in members:
            raise ValueError(f"it has two arrays named '{name}'")
        members[name] = entry
    return members


def _parse_header(stream: Any, member: zipfile.ZipInfo) -> tuple[ArrayHeader, bool, int]:
    """Return type and shape, whether the order is Fortran's, and the bytes of the header."""
    version = np.lib.format.read_magic(stream)
    if version not in _PARSERS:
        raise ValueError(f"array '{member.filename}' is of version {version}")
    shape, fortran, dtype = _PARSERS[version](stream, max_header_size=_MOST_HEADER)
    header = ArrayHeader(dtype, tuple(int(size) for size in shape))
    if dtype.hasobject:
        raise ValueError(f"array '{member.filename}' holds Python objects")
    if any(size < 0 for size in header.shape):
        raise ValueError(f"array '{member.filename}' has the shape {header.shape}")
    begin = stream.tell()
    if begin + math.prod(header.shape) * dtype.itemsize != member.file_size:
        raise ValueError(f"array '{member.filename}' declares another size than it has")
    return header, fortran, begin


def _read_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ArrayHeader:
    with archive.open(member) as stream:
        return _parse_header(stream, member)[0]


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as stream:
        header, fortran, begin = _parse_header(stream, member)
        content, filled = bytearray(member.file_size - begin), 0
        while filled < len(content):
            chunk = stream.read(min(len(content) - filled, _CHUNK))
            if not chunk:
                raise ValueError(f"array '{member.filename}' is cut short")
            content[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        # The checksum is compared at the end of the member.
        if stream.read(1):
            raise ValueError(f"array '{member.filename}' is longer than declared")
    array: Array = np.frombuffer(content, header.dtype)
    return array.reshape(header.shape, order="F" if fortran else "C")
