"""Make SynthVad's sound, and the test set that ships: ``python -m neurosyn_plugins.datasets.synth_vad_render``.

Needs the extra ``neurosyn[speech]``. Other versions of eSpeak NG, librosa, SciPy or NumPy may give other levels, so a
new file means a new `TEST_SHA256` in `synth_vad`, and results on it are not comparable with those on the old one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.dataset import SplitName
from neurosyn.files import sha256_file, write_npz
from neurosyn_plugins.datasets.phones import SILENCE
from neurosyn_plugins.datasets.synth_noise import KINDS, Noise
from neurosyn_plugins.datasets.synth_speech import Sentence, say_sentences
from neurosyn_plugins.datasets.synth_vad import TEST_FILE
from neurosyn_plugins.datasets.vad_corpus import RATE, CleanSpeech, VadCorpus, join_corpora, mix_recordings

__all__ = ["BLOCK", "TEST_SEED", "TEST_SENTENCES", "make_corpus", "render_test"]

BLOCK = 120
"""Sentences said by one process; a block depends on the seed, the side and its number alone."""

PAUSES_MS = (300, 2000)
"""Shortest and longest pause before and after a sentence."""

TEST_SEED = 19930701
"""Seed of the shipped test set: July 1993, when Varga and Steeneken's article on NOISEX-92 appeared."""
TEST_SENTENCES = 72

_STREAM: dict[SplitName, int] = {"train": 2, "test": 3}


def make_corpus(
    side: SplitName, seed: int, count: int, *, progress: Callable[[int, int, str], None] | None = None
) -> VadCorpus:
    """Say `count` sentences, mix them with noise and measure the levels of their mel bands."""
    noises = [partial(_at_rate, kind) for kind in KINDS[side].values()]
    blocks = []
    for start in range(0, count, BLOCK):
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_STREAM[side], start // BLOCK)))
        said = say_sentences(side, min(BLOCK, count - start), RATE, rng, pauses_ms=PAUSES_MS)
        blocks.append(mix_recordings([_clean(sentence) for sentence in said], noises, rng))
        if progress is not None:
            progress(start + len(said), count, "sentences")
    return join_corpora(blocks)


def _at_rate(kind: Noise, count: int, rng: np.random.Generator) -> NDArray[np.floating[Any]]:
    return kind(count, RATE, rng)


def _clean(sentence: Sentence) -> CleanSpeech:
    active = np.zeros(len(sentence.samples), np.bool_)
    for begin, end, phone in zip(sentence.begin_ms, sentence.end_ms, sentence.phone, strict=True):
        active[begin * RATE // 1000 : end * RATE // 1000] = phone != SILENCE
    return CleanSpeech(sentence.samples, active, sentence.speaker)


def render_test(path: Path, count: int = TEST_SENTENCES) -> str:
    """Make the test set, write it to `path` and return the file's SHA-256."""
    write_npz(path, make_corpus("test", TEST_SEED, count).arrays())
    return sha256_file(path)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TEST_FILE
    sys.stdout.write(f"{render_test(target)}  {target}\n")
