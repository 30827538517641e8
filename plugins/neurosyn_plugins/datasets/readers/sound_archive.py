"""Named sounds in one pickle-free ``.npz``: arrays ``bytes`` (encoded, concatenated), ``offsets`` and ``names``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError
from neurosyn.plugins.files import read_npz
from neurosyn_plugins.datasets.readers.sound_file import decode_sound

__all__ = ["SoundArchive", "decode_item", "read_sounds"]


@dataclass(frozen=True)
class SoundArchive:
    """Encoded sounds: item i, ``names[i]``, is ``content[offsets[i]:offsets[i + 1]]``."""

    path: Path
    content: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    names: tuple[str, ...]


def read_sounds(path: Path) -> SoundArchive:
    """Read an archive of sounds, still encoded.

    Raises
    ------
    DataError
        If the file is missing, damaged or not of this kind.
    """
    arrays = read_npz(path, names=("bytes", "offsets", "names"))
    missing = [name for name in ("bytes", "offsets", "names") if name not in arrays]
    if missing:
        raise DataError(f"{path}: has no array '{missing[0]}'; is it an archive of sounds?")
    content, offsets, names = arrays["bytes"], arrays["offsets"], arrays["names"]
    right = content.dtype == np.uint8 and content.ndim == 1 and names.dtype.kind == "U" and names.ndim == 1
    if not right or offsets.dtype.kind not in "iu" or offsets.shape != (len(names) + 1,):
        raise DataError(
            f"{path}: bytes {content.dtype} {content.shape}, offsets {offsets.dtype} {offsets.shape}, names "
            f"{names.dtype} {names.shape} are no archive of sounds; make the file again"
        )
    bounds = offsets.astype(np.int64)
    if bounds[0] != 0 or bounds[-1] != len(content) or (np.diff(bounds) < 1).any():
        raise DataError(f"{path}: offsets do not divide {len(content):,} bytes; make the file again")
    return SoundArchive(path, content, bounds, tuple(map(str, names)))


def decode_item(archive: SoundArchive, name: str) -> tuple[NDArray[np.float32], int]:
    """Return the samples of a sound, −1 … 1, and how many there are to a second.

    Raises
    ------
    DataError
        If there is no such sound, or it is damaged.
    """
    if name not in archive.names:
        raise DataError(f"{archive.path}: has no sound '{name}'; use another archive")
    number = archive.names.index(name)
    content = archive.content[archive.offsets[number] : archive.offsets[number + 1]].tobytes()
    return decode_sound(content, f"{archive.path}, sound '{name}'")
