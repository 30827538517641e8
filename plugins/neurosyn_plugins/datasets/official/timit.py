"""TIMIT, the acoustic-phonetic corpus (LDC93S1), from its published files.

``TIMIT/{TRAIN,TEST}/DR1…8/SPEAKER/SENTENCE.{WAV,PHN}``: NIST SPHERE sound of 16 kHz, 16 bit, and transcriptions whose
lines are ``begin end phone`` in samples. Names match in upper and lower case. The two sentences that all speakers read
(SA) are dropped, as is usual, since they would give the phones' order away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import read_bytes
from neurosyn_plugins.datasets.labels.phones import CLASSES, LEFT_OUT, TIMIT_PHONES, class_of
from neurosyn_plugins.datasets.readers.sound_file import read_sound
from neurosyn_plugins.datasets.speech.features import measure_levels
from neurosyn_plugins.datasets.speech.phone_corpus import (
    BANDS,
    HIGHEST_HZ,
    LOWEST_HZ,
    RATE,
    PhoneTask,
    Recording,
    join_recordings,
    make_patches,
    patch_shape,
)

__all__ = ["CORE_TEST", "PUBLISHED", "Sentence", "Timit", "find_root", "find_sentences", "read_phones"]

CORE_TEST = frozenset(
    {
        *("mdab0", "mwbt0", "felc0", "mtas1", "mwew0", "fpas0", "mjmp0", "mlnt0", "fpkt0", "mlll0", "mtls0", "fjlm0"),
        *("mbpm0", "mklt0", "fnlp0", "mcmj0", "mjdh0", "fmgd0", "mgrt0", "mnjm0", "fdhc0", "mjln0", "mpam0", "fmld0"),
    }
)
"""Speakers of the core test set: two men and a woman of each dialect region (the corpus's ``doc/testset.doc``)."""

PUBLISHED = {"train": (462, 3696), "core": (24, 192), "complete": (168, 1344)}
"""Speakers and sentences, without SA, of the training set and the two test sets."""

_MOST_PHONES = 10_000
_MOST_BYTES = 100 * _MOST_PHONES
"""More phones than this are no transcription of a sentence."""


class Sentence(NamedTuple):
    """The two files of a sentence, and its speaker."""

    sound: Path
    phones: Path
    speaker: str


class Timit(Dataset):
    """TIMIT's phones as pictures of time, frequency and (level, Δ, ΔΔ); 39 classes, speakers as groups."""

    task: PhoneTask = Field(default="class", description="classify whole phones (class) or every 10 ms (frames)")
    test_set: Literal["core", "complete"] = Field(
        default="core", description="core: 24 speakers, 192 sentences; complete: 168 speakers, 1,344 sentences"
    )
    train_size: int | None = Field(
        default=200_000, ge=100, description="training patches drawn by seed; null takes every phone or frame"
    )
    folder: str | None = Field(
        default=None,
        description="folder that has TRAIN and TEST, absolute or inside the data folder; by default the data folder's "
        "`timit` or `TIMIT`, or the data folder itself",
    )

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set; official only if all its speakers and sentences are here."""
        differs = []
        root = find_root(context, self.folder)
        for split in ("train", "test"):
            part = "train" if split == "train" else self.test_set
            sentences = find_sentences(root, split) if root is not None else []
            if split == "test" and part == "core":
                sentences = [sentence for sentence in sentences if sentence.speaker in CORE_TEST]
            counts = len({sentence.speaker for sentence in sentences}), len(sentences)
            if sentences and counts != PUBLISHED[part]:
                differs.append(f"{counts[1]} of {PUBLISHED[part][1]} {split} sentences")
        task = "whole phones" if self.task == "class" else "frames"
        return DatasetInfo(
            name=f"TIMIT format, {task} (unofficial: {', '.join(differs)})"
            if differs
            else f"TIMIT, {task}, {self.test_set} test set",
            official=not differs,
            licence="LDC User Agreement; cite Garofolo et al. 1993 (LDC93S1)",
            source="https://catalog.ldc.upenn.edu/LDC93S1",
            classes=CLASSES,
            shape=patch_shape(self.task),
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the corpus and what reads it are here, else what to put where."""
        root = find_root(context, self.folder)
        if root is None or not self._sentences(root, split):
            folders = places(context, self.folder)
            return (
                f"TIMIT: no {split.upper()}/DR*/*/*.WAV with *.PHN found in "
                f"{' or '.join(map(str, folders))}; get LDC93S1 from the Linguistic Data Consortium and put its "
                f"folders TRAIN and TEST into {folders[0]}"
            )
        from neurosyn_plugins.datasets.readers.sound_file import missing_reader

        missing = missing_reader()
        return missing and f"TIMIT: to read the sound, {missing}"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return the patches of a split; speakers are the groups.

        Raises
        ------
        DataError
            If files are missing (with what to put where), cut short, or not what they should be.
        """
        reason = self.available(context, split)
        if reason:
            raise DataError(reason)
        root = find_root(context, self.folder)
        assert root is not None
        sentences = self._sentences(root, split)
        numbers = {name: number for number, name in enumerate(sorted({sentence.speaker for sentence in sentences}))}
        recordings = []
        for sentence in sentences:
            recordings.append(_read_sentence(sentence, numbers[sentence.speaker]))
            context.progress(len(recordings), len(sentences), "sentences")
        limit = self.train_size if split == "train" else None
        return make_patches(join_recordings(recordings), self.task, limit, np.random.default_rng([context.seed, 1]))

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return a checksum over names, sizes and times of change of the files that are here."""
        root = find_root(context, self.folder)
        if root is None:
            return {}
        mark = hashlib.sha256()
        for split in ("train", "test"):
            for sentence in self._sentences(root, split):
                for path in sentence[:2]:
                    stat = path.stat()
                    mark.update(f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        return {"files_sha256": mark.hexdigest()}

    def _sentences(self, root: Path, split: str) -> list[Sentence]:
        sentences = find_sentences(root, split)
        if split == "test" and self.test_set == "core":
            return [sentence for sentence in sentences if sentence.speaker in CORE_TEST]
        return sentences


def find_root(context: DataContext, folder: str | None = None) -> Path | None:
    """Return the folder that has TRAIN or TEST: `folder`, by default `places`, or its folder ``TIMIT`` or ``data``."""
    for place in places(context, folder):
        for root in (place, *_children(place, "timit"), *_children(place, "data")):
            if any(_children(root, "train")) or any(_children(root, "test")):
                return root
    return None


def places(context: DataContext, folder: str | None = None) -> list[Path]:
    """Return where the corpus is looked for."""
    if folder is not None:
        return [context.folder / Path(folder).expanduser()]
    return [context.folder / "timit", context.folder / "TIMIT", context.folder]


def find_sentences(root: Path, split: str) -> list[Sentence]:
    """Return the sentences of TRAIN or TEST that have both files, without SA, ordered by region, speaker and name."""
    sentences = []
    for part in _children(root, split):
        for region in _folders_in(part):
            if not (region.name[:2].lower() == "dr" and region.name[2:].isdigit()):
                continue
            for speaker in _folders_in(region):
                files = {_plain_name(path): path for path in speaker.iterdir()}
                for name in sorted(files):
                    stem, dot, suffix = name.rpartition(".")
                    phones = files.get(f"{stem}.phn")
                    if dot and suffix == "wav" and phones is not None and not stem.startswith("sa"):
                        sentences.append(Sentence(files[name], phones, speaker.name.lower()))
    return sentences


def read_phones(path: Path, samples: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Read a ``.PHN`` file.

    Parameters
    ----------
    path
        The file.
    samples
        Length of the sound. Some of the published transcriptions end a little after it.

    Returns
    -------
    begin, end, phone : int32 arrays (phones,)
        Ends in samples, and class; glottal stops are left out.

    Raises
    ------
    DataError
        If a line is not ``begin end phone``, phones are not in order or reach out of the sound, or TIMIT has no such
        phone.
    """
    try:
        lines = read_bytes(path, _MOST_BYTES, what="transcription").decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not a readable transcription ({error}); copy it again") from error
    rows: list[tuple[int, int, int]] = []
    before = 0
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 3 or not (fields[0].isdecimal() and fields[1].isdecimal()) or len(line) > 100:
            raise DataError(f"{where}: '{line[:40]}' is not `begin end phone`; copy the file again")
        begin, end, phone = int(fields[0]), int(fields[1]), fields[2].lower()
        if phone not in TIMIT_PHONES:
            raise DataError(f"{where}: TIMIT has no phone '{phone}'; copy the file again")
        if not before <= begin < end or begin >= samples:
            raise DataError(
                f"{where}: a phone from sample {begin} to {end} after one to {before}, in {samples} samples of sound; "
                "phones must follow each other within the sound, copy both files again"
            )
        before = end
        if phone != LEFT_OUT:
            rows.append((begin, min(end, samples), class_of(phone)))
    if not rows or len(rows) > _MOST_PHONES:
        raise DataError(f"{path}: has {len(rows)} phones; copy the file again")
    begins, ends, classes = np.array(rows, np.int32).T
    return begins.copy(), ends.copy(), classes.copy()


def _read_sentence(sentence: Sentence, speaker: int) -> Recording:
    samples = read_sound(sentence.sound, RATE)
    begin, end, phone = read_phones(sentence.phones, len(samples))
    levels = measure_levels(samples, RATE, bands=BANDS, low=LOWEST_HZ, high=HIGHEST_HZ)
    per_ms = RATE // 1000
    begin_ms = begin // per_ms
    return Recording(levels, begin_ms, np.maximum(end // per_ms, begin_ms + 1), phone, speaker)


def _plain_name(path: Path) -> str:
    """Return a file's name in lower case, without the version that CD-ROMs put behind it (``SX1.WAV;1``)."""
    return path.name.partition(";")[0].lower()


def _children(folder: Path, name: str) -> Iterator[Path]:
    return (path for path in _folders_in(folder) if path.name.lower() == name)


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []
