"""Reading the members of ZIP archives by name, in memory, without trust; nothing is ever unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from neurosyn.plugins import DataError
from neurosyn.plugins.files import open_file

__all__ = ["ZipFiles"]

MAX_MEMBERS = 200_000
MAX_BYTES = 8 << 30
_DAMAGE = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class ZipFiles:
    """An archive whose list of members has been checked.

    Parameters
    ----------
    path
        The archive.

    Raises
    ------
    DataError
        If it is no ZIP archive, has too many members or too large ones, a name twice, names that lead out of it,
        links, or encrypted members.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = open_file(path)
        try:
            self._archive = zipfile.ZipFile(self._stream)
        except _DAMAGE as error:
            self._stream.close()
            raise DataError(f"{path}: is not a readable ZIP archive ({error}); download it again") from error
        try:
            self._members = self._checked()
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._archive.close()
        self._stream.close()

    def names(self) -> list[str]:
        """Return the names of all files, in the archive's order."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, limit: int) -> bytes:
        """Return the contents of a member.

        Raises
        ------
        DataError
            If there is none of this name, it declares more than `limit` bytes, or it is damaged.
        """
        member = self._members.get(name)
        if member is None:
            raise DataError(f"{self.path}: has no member '{name}'; is it the right archive, and whole?")
        if member.file_size > limit:
            raise DataError(f"{self.path}: member '{name}' has {member.file_size:,} bytes, the limit is {limit:,}")
        try:
            with self._archive.open(member) as stream:
                content = stream.read(limit + 1)
        except _DAMAGE as error:
            raise DataError(
                f"{self.path}: member '{name}' cannot be read ({error}); the archive is damaged, download it again"
            ) from error
        if len(content) != member.file_size:
            raise DataError(f"{self.path}: member '{name}' is not of the size declared; the archive is damaged")
        return content

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._archive.infolist()
        if len(entries) > MAX_MEMBERS:
            raise DataError(f"{self.path}: has {len(entries):,} members, the limit is {MAX_MEMBERS:,}")
        total = sum(entry.file_size for entry in entries)
        if total > MAX_BYTES:
            raise DataError(f"{self.path}: declares {total:,} bytes, the limit is {MAX_BYTES:,}")
        members: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = entry.filename
            if not name:
                raise DataError(f"{self.path}: has a member without a name; it is not to be trusted")
            if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
                raise DataError(f"{self.path}: member '{name}' leads out of the archive; it is not to be trusted")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise DataError(f"{self.path}: member '{name}' is a link; it is not to be trusted")
            if entry.flag_bits & 1:
                raise DataError(f"{self.path}: member '{name}' is encrypted; use the official archive")
            if entry.is_dir():
                continue
            if name in members:
                raise DataError(f"{self.path}: has two members '{name}'; it is not to be trusted")
            members[name] = entry
        return members
