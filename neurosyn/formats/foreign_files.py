"""Open files that somebody else wrote."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from neurosyn.errors import DataError

__all__ = ["open_file"]


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises
    ------
    DataError
        If it is missing, cannot be read or is no regular file (one could wait for ever for a pipe).
    """
    try:
        if S_ISREG(path.stat().st_mode):
            return path.open("rb")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); check the path"
        ) from error
    raise DataError(f"{path}: is not a file that can be read (a folder, a pipe or a device); give a file")
