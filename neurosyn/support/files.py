"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.errors import FolderInUseError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "atomic_path",
    "locked_folder",
    "make_folder",
    "sha256_file",
    "sweep",
    "write_json",
    "write_npz",
    "write_text",
]


_PARTIAL = ".partial-"
"""Begins the names of files that are being written."""
_NAME = re.compile(rf"{re.escape(_PARTIAL)}[a-z0-9_]{{8}}-(?P<of>.+)", re.DOTALL)
"""Names that `atomic_path` gives, and the name that each file is for."""


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` when the block ends without an error.

    Nothing is left behind if the block fails or is interrupted. What a killed process left of the same file is removed
    by the next one that writes it, and by `sweep`.

    Raises
    ------
    OSError
        If `path` cannot be written; the error carries the name of `path`, not that of the temporary file.
    """
    name = ""
    handle: int | None = None
    try:
        make_folder(path.parent)
        _remove_abandoned(path.parent, path.name)
        while handle is None:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PARTIAL, suffix=f"-{path.name}")
            _lock(handle, wait=True)
            if not os.fstat(handle).st_nlink:
                # Another process took it for an abandoned one before it was locked.
                os.close(handle)
                handle = None
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
        if name:
            Path(name).unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def _lock(handle: int, *, wait: bool = False) -> bool:
    """Lock an open file until it is closed or the process ends; return whether it is locked now.

    Some network file systems have no locks: a file then counts as in use.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _remove_abandoned(folder: Path, of: str | None = None) -> None:
    """Remove temporary files in `folder`, of the file named `of` or of any, that no process is writing."""
    with os.scandir(folder) as entries:
        partial = [entry for entry in entries if (match := _NAME.fullmatch(entry.name)) and of in (None, match["of"])]
    for entry in partial:
        if not entry.is_file(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError):
            handle = os.open(entry.path, os.O_RDWR)
            try:
                if _lock(handle):
                    Path(entry.path).unlink(missing_ok=True)
            finally:
                os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and its parents, unless they exist.

    Raises
    ------
    OSError
        If it cannot be made; `NotADirectoryError` if a file has its name.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(error.filename)) from error


def sweep(*folders: Path) -> None:
    """Remove what killed processes left half-written right in `folders`, as far as they are there.

    Only files that `atomic_path` made and that no process is writing.
    """
    for folder in folders:
        if folder.is_dir():
            _remove_abandoned(folder)


@contextlib.contextmanager
def locked_folder(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock on a folder, which also ends when the process is killed; with `wait`, once it is free.

    Raises
    ------
    FolderInUseError
        If another process holds it.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise FolderInUseError(
                f"{folder}: another run is using this folder; wait for it or choose another folder"
            ) from error
        except OSError:
            # Some network file systems have no locks.
            pass
        yield
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_npz(path: Path, arrays: dict[str, np.ndarray[Any, Any]], *, compress: bool = True, level: int = 6) -> None:
    """Write arrays to a ``.npz``, compressed (1: fast, to 9: small) or not; equal arrays give equal bytes."""
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", method, compresslevel=level) as archive:
        for name, array in arrays.items():
            # Opened by its name, an entry has a fixed date.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
