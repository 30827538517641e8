"""Photographs of any size as small images of one size."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from neurosyn.plugins import DataError

__all__ = ["MOST_PIXELS", "Fit", "load_images"]

Fit = Literal["crop", "pad", "stretch"]

MOST_PIXELS = 64_000_000
"""Of a picture, as its header declares them: more than cameras make, and 200 MB once it is decoded."""

MOST_BYTES = 8 << 30
"""Of all images of a split together, once they are small."""

_BROKEN = (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, OverflowError, struct.error, MemoryError)
"""Exceptions of Pillow on damaged or inconsistent files."""


def load_images(
    files: tuple[Path, ...],
    size: int,
    fit: Fit,
    colours: Literal["rgb", "grey"],
    progress: Callable[[int, int, str], None],
) -> NDArray[np.uint8]:
    """Read pictures and bring them to one size.

    Parameters
    ----------
    files
        PNG, JPEG, PPM or PGM files.
    size
        Height and width of the result in pixels.
    fit
        ``"crop"`` to the middle square, ``"pad"`` with black to a square, or ``"stretch"``.
    colours
        RGB or one channel of grey.
    progress
        Called with (done, total, unit).

    Returns
    -------
    uint8 array (n, size, size, 3 or 1)

    Raises
    ------
    DataError
        If a file is damaged, no picture, or declares too many pixels, with its name.
    """
    channels = 3 if colours == "rgb" else 1
    if len(files) * size * size * channels > MOST_BYTES:
        raise DataError(
            f"{len(files):,} images of {size}×{size} need more than {MOST_BYTES >> 30} GiB; choose a smaller `size`"
        )
    images = np.empty((len(files), size, size, channels), np.uint8)
    for number, file in enumerate(files, start=1):
        images[number - 1] = _load(file, size, fit, "RGB" if channels == 3 else "L").reshape(size, size, channels)
        if number % 100 == 0 or number == len(files):
            progress(number, len(files), "images")
    return images


def _load(file: Path, size: int, fit: Fit, mode: str) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            # The limit below is stricter.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(file, formats=("PNG", "JPEG", "PPM"))
        with picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise DataError(
                    f"{file}: declares {picture.width}×{picture.height} pixels, the limit is {MOST_PIXELS:,}; "
                    "make the picture smaller"
                )
            # JPEG is decoded at a fraction of its size where that is still enough.
            picture.draft("RGB" if mode == "RGB" else "L", (4 * size, 4 * size))
            upright = ImageOps.exif_transpose(picture)
            return np.asarray(_scaled(_flat(upright, mode), size, fit))
    except Image.DecompressionBombError as error:
        raise DataError(f"{file}: declares too many pixels, the limit is {MOST_PIXELS:,}; remove it") from error
    except _BROKEN as error:
        raise DataError(f"{file}: cannot be read as an image ({error}); replace or remove it") from error


def _flat(picture: Image.Image, mode: str) -> Image.Image:
    """Return the picture with 8-bit levels and without transparency: white shines through."""
    if picture.mode.startswith("I"):  # 16-bit grey
        levels = np.clip(np.asarray(picture, np.int64) >> 8, 0, 255)
        picture = Image.fromarray(levels.astype(np.uint8))
    if picture.has_transparency_data:
        front = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", front.size, "white"), front)
    return picture.convert(mode)


def _scaled(picture: Image.Image, size: int, fit: Fit) -> Image.Image:
    method = Image.Resampling.BICUBIC
    if fit == "crop":
        return ImageOps.fit(picture, (size, size), method)
    if fit == "pad":
        return ImageOps.pad(picture, (size, size), method)
    return picture.resize((size, size), method)
