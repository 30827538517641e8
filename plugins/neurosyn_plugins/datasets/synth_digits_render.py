"""Make the test images that ship with neurosyn: ``python -m neurosyn_plugins.datasets.synth_digits_render [FILE]``.

Needs the extra ``neurosyn[fonts]``. Other versions of Pillow, FreeType or NumPy may round a pixel differently, so a new
file means a new `TEST_SHA256` in `synth_digits`, and results on it are not comparable with those on the old one.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neurosyn.files import sha256_file, write_npz
from neurosyn_plugins.datasets.digit_pictures import draw_pictures
from neurosyn_plugins.datasets.synth_digits import TEST_FILE, TEST_SIZE

__all__ = ["TEST_SEED", "encode_webp", "render_test"]

TEST_SEED = 20150706
"""Seed of the shipped test images: the day ICML 2015, where SYN NUMBERS was presented, began."""


def encode_webp(image: NDArray[np.uint8]) -> bytes:
    """Return an RGB image as lossless WebP."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "WEBP", lossless=True, quality=100, method=6)
    return stream.getvalue()


def render_test(path: Path, count: int = TEST_SIZE) -> str:
    """Draw the test images, write them to `path` and return the file's SHA-256."""
    images, labels = draw_pictures("test", TEST_SEED, count)
    items = [encode_webp(image) for image in images]
    write_npz(
        path,
        {
            "test_bytes": np.frombuffer(b"".join(items), np.uint8),
            "test_offsets": np.cumsum([0, *map(len, items)]).astype(np.uint32),
            "test_labels": labels.astype(np.uint8),
            "classes": np.array(list("0123456789")),
        },
    )
    return sha256_file(path)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TEST_FILE
    sys.stdout.write(f"{render_test(target)}  {target}\n")
