"""Make SynthPhones' speech, and the test set that ships: ``python -m neurosyn_plugins.datasets.synth_phones_render``.

Needs the extra ``neurosyn[speech]``. Other versions of eSpeak NG, librosa or NumPy may give other levels, so a new file
means a new `TEST_SHA256` in `synth_phones`, and results on it are not comparable with those on the old one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from neurosyn.data.dataset import SplitName
from neurosyn.files import sha256_file, write_npz
from neurosyn_plugins.datasets.phone_corpus import (
    BANDS,
    HIGHEST_HZ,
    LOWEST_HZ,
    RATE,
    PhoneCorpus,
    Recording,
    join_recordings,
)
from neurosyn_plugins.datasets.speech_features import measure_levels
from neurosyn_plugins.datasets.synth_phones import TEST_FILE
from neurosyn_plugins.datasets.synth_speech import say_sentences

__all__ = ["BLOCK", "TEST_SEED", "TEST_SENTENCES", "make_corpus", "render_test"]

BLOCK = 120
"""Sentences said by one process; a block depends on the seed, the side and its number alone."""

TEST_SEED = 19891101
"""Seed of the shipped test set: November 1989, when Lee and Hon's article appeared."""
TEST_SENTENCES = 60

_STREAM: dict[SplitName, int] = {"train": 0, "test": 1}


def make_corpus(
    side: SplitName, seed: int, count: int, *, progress: Callable[[int, int, str], None] | None = None
) -> PhoneCorpus:
    """Say `count` sentences and measure the levels of their mel bands."""
    recordings = []
    for start in range(0, count, BLOCK):
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_STREAM[side], start // BLOCK)))
        for sentence in say_sentences(side, min(BLOCK, count - start), RATE, rng):
            levels = measure_levels(sentence.samples, RATE, bands=BANDS, low=LOWEST_HZ, high=HIGHEST_HZ)
            times = sentence.begin_ms, sentence.end_ms
            recordings.append(Recording(levels, *times, sentence.phone, sentence.speaker))
            if progress is not None:
                progress(len(recordings), count, "sentences")
    return join_recordings(recordings)


def render_test(path: Path, count: int = TEST_SENTENCES) -> str:
    """Make the test set, write it to `path` and return the file's SHA-256."""
    write_npz(path, make_corpus("test", TEST_SEED, count).arrays())
    return sha256_file(path)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TEST_FILE
    sys.stdout.write(f"{render_test(target)}  {target}\n")
