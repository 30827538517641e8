"""SynthPhones: synthetic speech with timed phones, the stand-in where TIMIT is absent.

Sentences of a small grammar, spoken by eSpeak NG in American English, whose phone events give the transcription in the
39 classes that TIMIT's phones are folded to. The voices of the test set are not those of the training set. Training
speech is made on demand with the extra ``neurosyn[speech]`` and cached; the test set ships with the package as 8-bit
mel levels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from neurosyn.plugins import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import write_npz
from neurosyn_plugins.datasets.labels.phones import CLASSES
from neurosyn_plugins.datasets.readers.cached import cached
from neurosyn_plugins.datasets.speech.phone_corpus import PhoneCorpus, PhoneTask, load_corpus, make_patches, patch_shape

__all__ = ["TEST_FILE", "TEST_SHA256", "SynthPhones"]

TEST_FILE = Path(__file__).with_name("synth_phones_test.npz")
"""The shipped test set, made by ``python -m neurosyn_plugins.datasets.stand_ins.render phones``."""

TEST_SHA256 = "ff99f1e9e11594c8ad49721d873916ada2d5bcc250c407f41ef24849e763376a"
"""SHA-256 of `TEST_FILE`."""

TEST_SIZES: dict[PhoneTask, int] = {"class": 2000, "frames": 4000}
"""Patches of the test set: drawn once and for all from all phones and frames of the shipped sentences."""


class SynthPhones(Dataset):
    """Phones of synthetic speech as pictures of time, frequency and (level, Δ, ΔΔ); 39 classes, voices as groups."""

    task: PhoneTask = Field(default="class", description="classify whole phones (class) or every 10 ms (frames)")
    sentences: int = Field(default=2000, ge=12, le=100_000, description="training sentences to say, about 3 s each")
    train_size: int | None = Field(
        default=80_000, ge=100, description="training patches drawn from them; null takes every phone or frame"
    )

    def info(self, context: DataContext) -> DatasetInfo:  # noqa: ARG002
        """Describe the data set."""
        return DatasetInfo(
            name=f"SynthPhones, {'whole phones' if self.task == 'class' else 'frames'} (stand-in for TIMIT)",
            official=False,
            licence="Apache-2.0; spoken by eSpeak NG (GPL-3.0-or-later)",
            source="sentences of a grammar, spoken by eSpeak NG 1.52",
            classes=CLASSES,
            shape=patch_shape(self.task),
            sizes={"test": TEST_SIZES[self.task]},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:  # noqa: ARG002
        """Return None if `split` can be loaded: the test set always, training speech with eSpeak NG."""
        if split == "test":
            return None
        from neurosyn_plugins.datasets.speech.espeak import missing_espeak

        missing = missing_espeak()
        return missing and f"SynthPhones: to make the training speech, {missing}"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return the shipped test set, or training patches of speech from the cache or newly made.

        Raises
        ------
        DataError
            If eSpeak NG is not installed; the message names the extra to install.
        """
        if split == "test":
            return make_patches(load_corpus(TEST_FILE), self.task, TEST_SIZES[self.task], np.random.default_rng(0))
        rng = np.random.default_rng([context.seed, 1])
        return make_patches(self._training_corpus(context), self.task, self.train_size, rng)

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return what decides the patches: the shipped file, the generator and its seed."""
        mark: dict[str, Any] = {"test_sha256": TEST_SHA256}
        if self.available(context, "train") is None:
            from neurosyn_plugins.datasets.speech.sentences import VERSION

            mark |= {"generator": VERSION, "seed": context.seed}
        return mark

    def _training_corpus(self, context: DataContext) -> PhoneCorpus:
        from neurosyn_plugins.datasets.speech.phone_synthesis import make_corpus
        from neurosyn_plugins.datasets.speech.sentences import VERSION

        path = context.cache / "synth_phones" / f"train-v{VERSION}-seed{context.seed}-{self.sentences}.npz"
        return cached(
            path,
            load_corpus,
            lambda: make_corpus("train", context.seed, self.sentences, progress=context.progress),
            lambda path, corpus: write_npz(path, corpus.arrays()),
        )
