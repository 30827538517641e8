"""Voice activity detection in real speech and real noise: TIMIT and NOISEX-92, or NOIZEUS where those are absent.

The paper's recipe (Esser et al. 2016: TIMIT with NOISEX) is not known to us beyond its sources, so even with the
official files the mixtures are neurosyn's own and never called official. Speech and noise are brought to 8 kHz and
looked at in the band of a telephone, which NOIZEUS is limited to: bandwidth does not give the speech away.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import read_bytes, sha256_file
from neurosyn_plugins.datasets.labels.phones import SILENCE
from neurosyn_plugins.datasets.official.timit import Sentence, find_root, find_sentences, read_phones
from neurosyn_plugins.datasets.readers.sound_archive import decode_item, read_sounds
from neurosyn_plugins.datasets.readers.sound_file import MAX_BYTES, decode_sound, missing_reader, read_sound
from neurosyn_plugins.datasets.speech.phone_corpus import RATE as TIMIT_RATE
from neurosyn_plugins.datasets.speech.vad_corpus import (
    CLASSES,
    PATCH_SHAPE,
    RATE,
    CleanSpeech,
    NoiseSource,
    make_patches,
    mix_recordings,
)

__all__ = ["HELD_OUT", "NOISEX", "NOISEX_RATE", "Vad"]

NOISEX = (
    *("babble", "buccaneer1", "buccaneer2", "destroyerengine", "destroyerops", "f16", "factory1", "factory2"),
    *("hfchannel", "leopard", "m109", "machinegun", "pink", "volvo", "white"),
)
"""The noises of NOISEX-92; each is a file ``NAME.wav`` of 235 s."""
NOISEX_RATE = 19_980
"""Samples a second of NOISEX-92. Copies with another rate in their header are read at that rate."""

NOIZEUS_FILE = "noizeus_flac.npz"
NOISE_FILE = "speechcommands_noise_flac.npz"
SENTENCES_EACH = 5
"""Sentences of each speaker of NOIZEUS, one after the other in its numbering."""

HELD_OUT: dict[str, frozenset[str]] = {
    "timit": frozenset({"buccaneer2", "destroyerops", "factory2", "leopard", "pink"}),
    "noizeus": frozenset({"noise_station", "noise_train", "exercise_bike", "running_tap"}),
}
"""Kinds of noise of the test set; the others are those of the training set."""

TEST_SPEAKERS = (2, 4)
"""Speakers of NOIZEUS, counted from 0, of the test set: a woman and a man of six."""

Source = Literal["timit", "noizeus"]


class _Material(NamedTuple):
    speech: list[CleanSpeech]
    noises: list[NoiseSource]


class Vad(Dataset):
    """Patches of real speech in real noise, half of them with speech in the middle; speakers as groups."""

    source: Literal["auto", "timit", "noizeus"] = Field(
        default="auto",
        description="timit: TIMIT's sentences in NOISEX-92's noises; noizeus: NOIZEUS's sentences in its own noises "
        "and those of Speech Commands, from pickle-free archives; auto: the first of these that is here",
    )
    recordings: int = Field(default=1000, ge=10, le=100_000, description="mixtures made for training; a fifth for test")
    train_size: int = Field(default=60_000, ge=100, description="training patches drawn from them; a tenth for test")

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set that the files here make."""
        if self._source(context) == "noizeus":
            return DatasetInfo(
                name="NOIZEUS sentences in real noise (stand-in for voice activity in TIMIT and NOISEX-92)",
                official=False,
                licence="research use; cite Hu and Loizou 2007; Speech Commands noise CC BY 4.0",
                source="NOIZEUS; Speech Commands, background noise; mixed by neurosyn",
                classes=CLASSES,
                shape=PATCH_SHAPE,
            )
        return DatasetInfo(
            name="voice activity in TIMIT and NOISEX-92, mixed by neurosyn",
            official=False,
            licence="LDC User Agreement (LDC93S1); NOISEX-92: cite Varga and Steeneken 1993",
            source="https://catalog.ldc.upenn.edu/LDC93S1; NOISEX-92",
            classes=CLASSES,
            shape=PATCH_SHAPE,
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if one of the sources and what reads it are here, else what to put where."""
        source = self._source(context)
        reason = self._missing(source, split, context)
        if reason:
            return reason
        missing = missing_reader()
        return missing and f"voice activity: to read the sound, {missing}"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Mix speech and noise of a split and return patches.

        Raises
        ------
        DataError
            If files are missing (with what to put where), damaged, or not what they should be.
        """
        reason = self.available(context, split)
        if reason:
            raise DataError(reason)
        rng = np.random.default_rng([context.seed, 2 if split == "train" else 3])
        count = self.recordings if split == "train" else max(self.recordings // 5, 10)
        gather = self._gather_timit if self._source(context) == "timit" else self._gather_noizeus
        material = gather(split, count, context, rng)
        corpus = mix_recordings(
            material.speech, material.noises, rng, lambda done: context.progress(done, count, "recordings")
        )
        return make_patches(corpus, self.train_size if split == "train" else max(self.train_size // 10, 100), rng)

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return the source, and a checksum over its files."""
        source = self._source(context)
        if self._missing(source, "train", context) or self._missing(source, "test", context):
            return {}
        if source == "noizeus":
            files = {name: sha256_file(context.folder / name) for name in (NOIZEUS_FILE, NOISE_FILE)}
            return {"source": source, "sha256": files}
        root = find_root(context)
        assert root is not None
        paths = [path for split in ("train", "test") for item in find_sentences(root, split) for path in item[:2]]
        mark = hashlib.sha256()
        for path in [*paths, *_find_noisex(context).values()]:
            stat = path.stat()
            mark.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        return {"source": source, "files_sha256": mark.hexdigest()}

    def _source(self, context: DataContext) -> Source:
        if self.source != "auto":
            return self.source
        here = not self._missing("timit", "train", context) and not self._missing("timit", "test", context)
        return "noizeus" if not here and not self._missing("noizeus", "test", context) else "timit"

    def _missing(self, source: Source, split: SplitName, context: DataContext) -> str | None:
        if source == "noizeus":
            missing = [name for name in (NOIZEUS_FILE, NOISE_FILE) if not (context.folder / name).is_file()]
            return f"voice activity: put {' and '.join(missing)} into {context.folder}" if missing else None
        root = find_root(context)
        lacks = []
        if root is None or not find_sentences(root, split):
            lacks.append(f"TIMIT (LDC93S1), its folders TRAIN and TEST, into {context.folder / 'timit'}")
        absent = [name for name in _noisex_names(split) if name not in _find_noisex(context)]
        if absent:
            files = ", ".join(f"{name}.wav" for name in absent)
            lacks.append(f"NOISEX-92's {files} into {context.folder / 'noisex-92'}")
        return f"voice activity: put {'; and '.join(lacks)}" if lacks else None

    def _gather_timit(self, split: SplitName, count: int, context: DataContext, rng: np.random.Generator) -> _Material:
        root = find_root(context)
        assert root is not None
        sentences = find_sentences(root, split)
        numbers = {name: number for number, name in enumerate(sorted({item.speaker for item in sentences}))}
        drawn = [sentences[item] for item in rng.choice(len(sentences), count, replace=count > len(sentences))]
        speech = [_clean_timit(sentence, numbers[sentence.speaker], rng) for sentence in drawn]
        files = _find_noisex(context)
        return _Material(speech, [_excerpts(_read_noisex(files[name])) for name in _noisex_names(split)])

    def _gather_noizeus(
        self, split: SplitName, count: int, context: DataContext, rng: np.random.Generator
    ) -> _Material:
        sounds = read_sounds(context.folder / NOIZEUS_FILE)
        names = sorted(name for name in sounds.names if name.startswith("speech_"))
        sentences = [
            (name, number // SENTENCES_EACH)
            for number, name in enumerate(names)
            if (number // SENTENCES_EACH in TEST_SPEAKERS) == (split == "test")
        ]
        noises = [
            _excerpts(_at_rate(*decode_item(archive, name)))
            for archive in (sounds, read_sounds(context.folder / NOISE_FILE))
            for name in archive.names
            if not name.startswith("speech_") and (name in HELD_OUT["noizeus"]) == (split == "test")
        ]
        if not sentences or not noises:
            raise DataError(f"{context.folder / NOIZEUS_FILE}: has no sentences or no noises of the {split} set")
        clean = [(_at_rate(*decode_item(sounds, name)), speaker) for name, speaker in sentences]
        chosen = [clean[number % len(clean)] for number in range(count)]
        speech = [_with_pauses(samples, _loud(samples), speaker, rng) for samples, speaker in chosen]
        return _Material(speech, noises)


def _noisex_names(split: SplitName) -> list[str]:
    return [name for name in NOISEX if (name in HELD_OUT["timit"]) == (split == "test")]


def _find_noisex(context: DataContext) -> dict[str, Path]:
    """Return the files of NOISEX-92 that are here, by name."""
    files: dict[str, Path] = {}
    for folder in (context.folder / name for name in ("noisex-92", "noisex92", "NOISEX-92", "NOISEX92")):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix.lower() == ".wav" and path.stem.lower() in NOISEX:
                    files.setdefault(path.stem.lower(), path)
    return files


def _read_noisex(path: Path) -> NDArray[np.float32]:
    return _at_rate(*decode_sound(read_bytes(path, MAX_BYTES, what="sound file"), str(path)))


def _at_rate(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return sound at the `RATE` of the corpus."""
    if rate == RATE:
        return samples
    import librosa

    return np.asarray(librosa.resample(samples, orig_sr=rate, target_sr=RATE), np.float32)


def _excerpts(noise: NDArray[np.float32]) -> NoiseSource:
    """Return a source of random stretches of a recorded noise."""
    return partial(_excerpt, noise)


def _excerpt(noise: NDArray[np.float32], count: int, rng: np.random.Generator) -> NDArray[np.floating[Any]]:
    start = int(rng.integers(len(noise)))
    return np.take(noise, np.arange(start, start + count), mode="wrap").astype(np.float64)


def _clean_timit(sentence: Sentence, speaker: int, rng: np.random.Generator) -> CleanSpeech:
    samples = read_sound(sentence.sound, TIMIT_RATE)
    begin, end, phone = read_phones(sentence.phones, len(samples))
    active = np.zeros(len(samples), np.bool_)
    for first, last, label in zip(begin, end, phone, strict=True):
        # A closure within a word is speech; only what is silent for long is none.
        active[first:last] = label != SILENCE or last - first < 0.2 * TIMIT_RATE
    narrow = _at_rate(samples, TIMIT_RATE)
    at = np.minimum(np.arange(len(narrow)) * TIMIT_RATE // RATE, len(active) - 1)
    return _with_pauses(narrow, active[at], speaker, rng)


def _loud(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where clean speech is loud: within 35 dB of its loudest 25 ms, gaps of up to 200 ms included."""
    from scipy.ndimage import binary_closing, uniform_filter1d

    power = uniform_filter1d(samples.astype(np.float64) ** 2, RATE // 40)
    active = power > power.max() * 10**-3.5
    gap = RATE // 5
    return np.asarray(binary_closing(np.pad(active, gap), np.ones(gap, np.bool_))[gap:-gap], np.bool_)


def _with_pauses(
    samples: NDArray[np.float32], active: NDArray[np.bool_], speaker: int, rng: np.random.Generator
) -> CleanSpeech:
    """Put 0.3 to 2 s of silence before and after speech."""
    pauses = tuple(int(pause) for pause in rng.integers(3 * RATE // 10, 2 * RATE + 1, 2))
    return CleanSpeech(np.pad(samples, pauses), np.pad(active, pauses), speaker)
