"""SynthVad: synthetic speech in synthetic noise, the stand-in for voice activity detection without recordings.

Sentences spoken by eSpeak NG with pauses round them, mixed with kinds of noise at −5 to 20 dB. The voices and the kinds
of noise of the test set are not those of the training set. Training sound is made on demand with the extra
``neurosyn[speech]`` and cached; the test set ships with the package as 8-bit mel levels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from neurosyn.plugins import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import write_npz
from neurosyn_plugins.datasets.readers.cached import cached
from neurosyn_plugins.datasets.speech.vad_corpus import CLASSES, PATCH_SHAPE, VadCorpus, load_corpus, make_patches

__all__ = ["TEST_FILE", "TEST_SHA256", "TEST_SIZE", "SynthVad"]

TEST_FILE = Path(__file__).with_name("synth_vad_test.npz")
"""The shipped test set, made by ``python -m neurosyn_plugins.datasets.stand_ins.render vad``."""

TEST_SHA256 = "cd0604b4d82db7d2a2cf179a1f0e1859ebea88500c2c3cb325b6bd987fdaf426"
"""SHA-256 of `TEST_FILE`."""

TEST_SIZE = 4000
"""Patches of the test set: drawn once and for all from all frames of the shipped recordings."""


class SynthVad(Dataset):
    """Patches of synthetic speech in noise, half of them with speech in the middle; voices as groups."""

    sentences: int = Field(default=1000, ge=12, le=100_000, description="training sentences to say, about 5 s each")
    train_size: int = Field(default=60_000, ge=100, description="training patches drawn from them")

    def info(self, context: DataContext) -> DatasetInfo:  # noqa: ARG002
        """Describe the data set."""
        return DatasetInfo(
            name="SynthVad (stand-in for voice activity in TIMIT and NOISEX-92)",
            official=False,
            licence="Apache-2.0; spoken by eSpeak NG (GPL-3.0-or-later)",
            source="sentences spoken by eSpeak NG 1.52, in synthetic noise",
            classes=CLASSES,
            shape=PATCH_SHAPE,
            sizes={"test": TEST_SIZE},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:  # noqa: ARG002
        """Return None if `split` can be loaded: the test set always, training sound with eSpeak NG."""
        if split == "test":
            return None
        from neurosyn_plugins.datasets.speech.espeak import missing_espeak

        missing = missing_espeak()
        return missing and f"SynthVad: to make the training sound, {missing}"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return the shipped test set, or training patches of sound from the cache or newly made.

        Raises
        ------
        DataError
            If eSpeak NG is not installed; the message names the extra to install.
        """
        if split == "test":
            return make_patches(load_corpus(TEST_FILE), TEST_SIZE, np.random.default_rng(0))
        rng = np.random.default_rng([context.seed, 1])
        return make_patches(self._training_corpus(context), self.train_size, rng)

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return what decides the patches: the shipped file, the generators and their seed."""
        mark: dict[str, Any] = {"test_sha256": TEST_SHA256}
        if self.available(context, "train") is None:
            from neurosyn_plugins.datasets.speech import noise as synth_noise
            from neurosyn_plugins.datasets.speech import sentences as synth_speech

            mark |= {"generators": [synth_speech.VERSION, synth_noise.VERSION], "seed": context.seed}
        return mark

    def _training_corpus(self, context: DataContext) -> VadCorpus:
        from neurosyn_plugins.datasets.speech import noise as synth_noise
        from neurosyn_plugins.datasets.speech import sentences as synth_speech
        from neurosyn_plugins.datasets.speech.vad_synthesis import make_corpus

        version = f"{synth_speech.VERSION}.{synth_noise.VERSION}"
        path = context.cache / "synth_vad" / f"train-v{version}-seed{context.seed}-{self.sentences}.npz"
        return cached(
            path,
            load_corpus,
            lambda: make_corpus("train", context.seed, self.sentences, progress=context.progress),
            lambda path, corpus: write_npz(path, corpus.arrays()),
        )
