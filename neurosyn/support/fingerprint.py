"""Fingerprints of files and folders that options name, by which a stage notices that their contents changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from neurosyn.support.files import sha256_file

__all__ = ["files_below", "named_paths", "package_digest", "path_digests"]


def path_digests(values: Any, folder: Path, *, folders: bool = True) -> list[tuple[str, str]]:
    """Return each value that names an existing file or folder, with the SHA-256 of its contents.

    Parameters
    ----------
    values
        A table of options, as plain values.
    folder
        The data folder, as for `named_paths`.
    folders
        Include folders: the names and contents of all files below.
    """
    digests = []
    for value, path in named_paths(values, folder):
        if path.is_file():
            digests.append((value, _file_digest(path)))
        elif folders:
            digest = hashlib.sha256()
            for file in files_below(path):
                digest.update(f"{file.relative_to(path)}\0{_file_digest(file)}\n".encode("utf-8", "surrogateescape"))
            digests.append((value, digest.hexdigest()))
    return digests


def named_paths(values: Any, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each text among values that names an existing file or folder, and its path.

    Parameters
    ----------
    values
        Plain values; tables and lists are searched, the key ``kind`` is not.
    folder
        The data folder. A path that is not absolute is looked for in it, and a file also in the current folder.
    """
    if isinstance(values, Mapping):
        for key, value in values.items():
            if key != "kind":
                yield from named_paths(value, folder)
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from named_paths(value, folder)
    elif isinstance(values, str) and values:
        # A text may be no path at all: too long, with a NUL, or of an unknown user's home.
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            path = Path(values).expanduser()
            inside = folder / path
            if inside.is_file() or inside.is_dir():
                yield values, inside
            if not path.is_absolute() and path.is_file():
                yield values, path.absolute()


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the regular files in a folder and in its subfolders, in a fixed order."""
    for path, folders, names in os.walk(folder):
        folders.sort()
        for file in (Path(path, name) for name in sorted(names)):
            if file.is_file():
                yield file


@cache
def package_digest(package: str) -> str:
    """Return a hash of the Python files of an imported package, or of a module at the top; "" if it has none."""
    origin = getattr(sys.modules.get(package), "__file__", None)
    if origin is None:
        return ""
    root = Path(origin)
    files = [root] if root.name != "__init__.py" else sorted(root.parent.rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root.parent)}\0{_file_digest(file)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    status = path.stat()
    return _digest_of_version(path, status.st_size, status.st_mtime_ns)


@lru_cache(65_536)
def _digest_of_version(path: Path, _size: int, _mtime_ns: int) -> str:
    return sha256_file(path)
