"""Sound files: NIST SPHERE, RIFF and FLAC, read by libsndfile (package ``soundfile``)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError
from neurosyn.plugins.files import read_bytes

__all__ = ["MAX_BYTES", "MAX_SAMPLES", "decode_sound", "missing_reader", "read_sound"]

MAX_SAMPLES = 1 << 26
"""More samples than this (70 minutes at 16 kHz) are none of the files read here: a bound on what headers ask for."""

MAX_BYTES = 4 * MAX_SAMPLES + (1 << 20)
"""Largest sound file: that many samples of 32 bits, and headers."""

_HEADER_BYTES = 1024
"""Of NIST SPHERE: lines of text, the first ``NIST_1A``."""


def missing_reader() -> str | None:
    """Return None if sound can be read and measured here, else what to install."""
    from importlib.util import find_spec

    missing = [name for name in ("librosa", "soundfile") if find_spec(name) is None]
    return f"{' and '.join(missing)} must be installed; run `pip install 'neurosyn[speech]'`" if missing else None


def read_sound(path: Path, rate: int | None = None) -> NDArray[np.float32]:
    """Read a sound file of one channel.

    Parameters
    ----------
    path
        The file.
    rate
        Samples a second that it must have.

    Returns
    -------
    float32 array (n,)
        −1 … 1.

    Raises
    ------
    DataError
        If the file is missing, damaged, cut short, or has another rate or more channels.
    """
    content = read_bytes(path, MAX_BYTES, what="sound file")
    samples, _ = decode_sound(content, str(path), rate)
    declared = _declared_samples(content)
    if declared is not None and declared != len(samples):
        raise DataError(f"{path}: has {len(samples):,} of the {declared:,} samples in its header; copy it again")
    return samples


def decode_sound(content: bytes, where: str, rate: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Return the samples of an encoded sound of one channel, and its rate; `where` names it in errors."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            if sound.channels != 1 or not 0 < sound.frames <= MAX_SAMPLES:
                raise DataError(
                    f"{where}: has {sound.channels} channels of {sound.frames:,} samples; it must be one channel of at "
                    f"most {MAX_SAMPLES:,}"
                )
            if rate is not None and sound.samplerate != rate:
                raise DataError(f"{where}: has {sound.samplerate} samples a second; it must have {rate}")
            samples, found_rate = sound.read(dtype="float32"), int(sound.samplerate)
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise DataError(f"{where}: is not a readable sound file ({error}); copy it again") from error
    if not len(samples) or not np.isfinite(samples).all():
        raise DataError(f"{where}: holds no sound; copy it again")
    return samples, found_rate


def _declared_samples(content: bytes) -> int | None:
    """Return ``sample_count`` of a NIST SPHERE header, None where there is none."""
    if not content.startswith(b"NIST_1A"):
        return None
    for line in content[:_HEADER_BYTES].decode("ascii", errors="replace").splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0] == "sample_count" and fields[2].isdecimal():
            return int(fields[2])
    return None
