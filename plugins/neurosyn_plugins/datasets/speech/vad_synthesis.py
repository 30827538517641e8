"""SynthVad's sound: sentences of eSpeak NG in noise and the levels of their mel bands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.labels.phones import SILENCE
from neurosyn_plugins.datasets.speech.noise import KINDS, Noise
from neurosyn_plugins.datasets.speech.sentences import Sentence, say_sentences
from neurosyn_plugins.datasets.speech.vad_corpus import RATE, CleanSpeech, VadCorpus, join_corpora, mix_recordings

__all__ = ["BLOCK", "PAUSES_MS", "make_corpus"]

BLOCK = 120
"""Sentences said by one process; a block depends on the seed, the side and its number alone."""


PAUSES_MS = (300, 2000)
"""Shortest and longest pause before and after a sentence."""


_STREAM: dict[SplitName, int] = {"train": 2, "test": 3}


def make_corpus(
    side: SplitName, seed: int, count: int, *, progress: Callable[[int, int, str], None] | None = None
) -> VadCorpus:
    """Say `count` sentences, mix them with noise and measure the levels of their mel bands."""
    noises = [partial(_at_rate, kind) for kind in KINDS[side].values()]
    blocks = []
    for start in range(0, count, BLOCK):
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_STREAM[side], start // BLOCK)))
        sentences = say_sentences(side, min(BLOCK, count - start), RATE, rng, pauses_ms=PAUSES_MS)
        blocks.append(mix_recordings([_clean(sentence) for sentence in sentences], noises, rng))
        if progress is not None:
            progress(start + len(sentences), count, "sentences")
    return join_corpora(blocks)


def _at_rate(kind: Noise, count: int, rng: np.random.Generator) -> NDArray[np.floating[Any]]:
    return kind(count, RATE, rng)


def _clean(sentence: Sentence) -> CleanSpeech:
    active = np.zeros(len(sentence.samples), np.bool_)
    for begin, end, phone in zip(sentence.begin_ms, sentence.end_ms, sentence.phone, strict=True):
        active[begin * RATE // 1000 : end * RATE // 1000] = phone != SILENCE
    return CleanSpeech(sentence.samples, active, sentence.speaker)
