"""Make the test sets that ship: ``python -m neurosyn_plugins.datasets.stand_ins.render digits|phones|vad [FILE]``.

``digits`` needs the extra ``neurosyn[fonts]``, the others ``neurosyn[speech]``. Other versions of Pillow, FreeType,
eSpeak NG, librosa, SciPy or NumPy may give other pixels or levels, so a new file means a new `TEST_SHA256` in the data
set's module, and results on it are not comparable with those on the old one.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neurosyn.plugins.files import sha256_file, write_npz
from neurosyn_plugins.datasets.drawing.digits.pictures import draw_pictures
from neurosyn_plugins.datasets.speech import phone_synthesis, vad_synthesis
from neurosyn_plugins.datasets.stand_ins import synth_digits, synth_phones, synth_vad

__all__ = ["SEEDS", "SENTENCES", "encode_webp", "render_digits", "render_phones", "render_vad"]

SEEDS = {"digits": 20150706, "phones": 19891101, "vad": 19930701}
"""Seeds of the shipped test sets. Fixed; the files depend on them."""

SENTENCES = {"phones": 60, "vad": 72}
"""Sentences of the shipped test sets of speech."""


def encode_webp(image: NDArray[np.uint8]) -> bytes:
    """Return an RGB image as lossless WebP."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "WEBP", lossless=True, quality=100, method=6)
    return stream.getvalue()


def render_digits(path: Path, count: int = synth_digits.TEST_SIZE) -> str:
    """Draw SynthDigits' test images, write them to `path` and return the file's SHA-256."""
    images, labels = draw_pictures("test", SEEDS["digits"], count)
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


def render_phones(path: Path, count: int = SENTENCES["phones"]) -> str:
    """Make SynthPhones' test set, write it to `path` and return the file's SHA-256."""
    write_npz(path, phone_synthesis.make_corpus("test", SEEDS["phones"], count).arrays())
    return sha256_file(path)


def render_vad(path: Path, count: int = SENTENCES["vad"]) -> str:
    """Make SynthVad's test set, write it to `path` and return the file's SHA-256."""
    write_npz(path, vad_synthesis.make_corpus("test", SEEDS["vad"], count).arrays())
    return sha256_file(path)


def main() -> None:
    """Make one test set and print its SHA-256."""
    sets = {
        "digits": (render_digits, synth_digits.TEST_FILE),
        "phones": (render_phones, synth_phones.TEST_FILE),
        "vad": (render_vad, synth_vad.TEST_FILE),
    }
    parser = argparse.ArgumentParser(description="Make a test set that ships with neurosyn.")
    parser.add_argument("set", choices=sets)
    parser.add_argument("file", type=Path, nargs="?", help="where to write it; the shipped file if absent")
    arguments = parser.parse_args()
    render, shipped = sets[arguments.set]
    path = arguments.file or shipped
    sys.stdout.write(f"{render(path)}  {path}\n")


if __name__ == "__main__":
    main()
