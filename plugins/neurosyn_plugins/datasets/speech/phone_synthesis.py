"""SynthPhones' speech: sentences of eSpeak NG and the levels of their mel bands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.speech.features import measure_levels
from neurosyn_plugins.datasets.speech.phone_corpus import (
    BANDS,
    HIGHEST_HZ,
    LOWEST_HZ,
    RATE,
    PhoneCorpus,
    Recording,
    join_recordings,
)
from neurosyn_plugins.datasets.speech.sentences import say_sentences

__all__ = ["BLOCK", "make_corpus"]

BLOCK = 120
"""Sentences said by one process; a block depends on the seed, the side and its number alone."""


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
