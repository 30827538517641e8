"""Files are written whole or not at all, and read without trust."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.errors import DataError

__all__ = ["atomic_path", "make_folder", "read_npz", "sha256_file", "sweep", "write_json", "write_npz", "write_text"]


_PARTIAL = ".partial-"
"""Begins the names of files that are being written."""


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block ends without an error.

    Nothing is left behind if the block fails or is interrupted; after a kill, `sweep` removes what was.

    Raises
    ------
    OSError
        If `path` cannot be written, whose name it then carries, not that of the temporary file.
    """
    name = None
    try:
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PARTIAL, suffix=f"-{path.name}")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        nameless = error.filename is None or (isinstance(error.filename, str) and _PARTIAL in error.filename)
        if error.errno is None or not nameless:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and those around it, unless they are there.

    Raises
    ------
    OSError
        If that cannot be; `NotADirectoryError` if something else has its name.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(error.filename)) from error


def sweep(folder: Path) -> None:
    """Remove what a process that was killed left half-written in `folder` and below.

    Only for a folder that nobody else is writing to.
    """
    for path in folder.rglob(f"{_PARTIAL}*"):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_npz(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """Write arrays to a compressed ``.npz`` whose bytes depend only on the arrays (no time stamps)."""
    with (
        atomic_path(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for name, array in arrays.items():
            # A fixed date, so that equal arrays give equal bytes.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)


def read_npz(
    path: Path, *, names: Collection[str] | None = None, max_bytes: int = 4 << 30
) -> dict[str, np.ndarray[Any, Any]]:
    """Read the arrays of an ``.npz`` without unpickling anything.

    Parameters
    ----------
    path
        The archive.
    names
        Read and check only these, of which some may be missing; None reads all.
    max_bytes
        Refuse an archive whose declared contents, as far as they are wanted, are larger than this.

    Raises
    ------
    DataError
        If the file is missing, is no ``.npz``, is cut short, is too large or holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = [e for e in archive.infolist() if names is None or e.filename.removesuffix(".npy") in names]
            total = sum(entry.file_size for entry in wanted)
            if total > max_bytes:
                raise DataError(
                    f"{path}: holds {total:,} bytes, more than the limit of {max_bytes:,}; is it the right file?"
                )
            damaged = archive.testzip() if names is None else None
            if damaged is not None:
                raise DataError(f"{path}: array '{damaged}' is damaged; make the file anew")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files if names is None or name in names}
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check the path, or make it again") from error
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        MemoryError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise DataError(f"{path}: is not a readable .npz archive ({error}); make the file anew") from error


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
