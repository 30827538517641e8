"""Recordings with timed phones, and the two tasks made of them: classify whole phones, or every frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError, Split
from neurosyn.plugins.files import read_npz
from neurosyn_plugins.datasets.labels.phones import CLASSES
from neurosyn_plugins.datasets.speech.features import (
    CHANNELS,
    FRAMES_PER_SECOND,
    cut_windows,
    derive_channels,
    warp_segments,
)

__all__ = [
    "BANDS",
    "HIGHEST_HZ",
    "LOWEST_HZ",
    "RATE",
    "PhoneCorpus",
    "PhoneTask",
    "Recording",
    "join_recordings",
    "load_corpus",
    "make_patches",
    "patch_shape",
]

PhoneTask = Literal["class", "frames"]

RATE = 16_000
"""Samples a second of TIMIT; other speech is brought to it."""
BANDS = 32
LOWEST_HZ = 60.0
HIGHEST_HZ = 7600.0

INSIDE = 10
CONTEXT = 3
"""Points in, and on each side of, a phone that is to be classified."""
WINDOW = 20
"""Frames of the window whose middle frame is to be classified: 200 ms."""

_MS_PER_FRAME = 1000 / FRAMES_PER_SECOND


@dataclass(frozen=True)
class Recording:
    """One recording.

    Attributes
    ----------
    levels : uint8 array (frames, BANDS)
    begin_ms, end_ms : int32 arrays (segments,)
        Ends of each phone, ascending.
    phone : int32 array (segments,)
        Its class, an index into `CLASSES`.
    speaker
        Number of the speaker.
    """

    levels: NDArray[np.uint8]
    begin_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    phone: NDArray[np.int32]
    speaker: int


@dataclass(frozen=True)
class PhoneCorpus:
    """Recordings one after the other.

    Attributes
    ----------
    levels : uint8 array (frames, BANDS)
    first_frame, first_segment : int32 arrays (recordings + 1,)
        First frame and segment of each recording, and the end of the last.
    begin_ms, end_ms, phone : int32 arrays (segments,)
        As in `Recording`.
    speaker : int32 array (recordings,)
    """

    levels: NDArray[np.uint8]
    first_frame: NDArray[np.int32]
    first_segment: NDArray[np.int32]
    begin_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    phone: NDArray[np.int32]
    speaker: NDArray[np.int32]

    def recording(self, number: int) -> Recording:
        """Return one recording."""
        frames = slice(*self.first_frame[number : number + 2])
        segments = slice(*self.first_segment[number : number + 2])
        return Recording(
            self.levels[frames],
            self.begin_ms[segments],
            self.end_ms[segments],
            self.phone[segments],
            int(self.speaker[number]),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what `load_corpus` reads back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def join_recordings(recordings: list[Recording]) -> PhoneCorpus:
    """Return recordings as a corpus."""

    def joined(name: str) -> NDArray[np.int32]:
        return np.concatenate([getattr(recording, name) for recording in recordings]).astype(np.int32)

    def starts(counts: list[int]) -> NDArray[np.int32]:
        return np.cumsum([0, *counts]).astype(np.int32)

    return PhoneCorpus(
        np.concatenate([recording.levels for recording in recordings]),
        starts([len(recording.levels) for recording in recordings]),
        starts([len(recording.phone) for recording in recordings]),
        joined("begin_ms"),
        joined("end_ms"),
        joined("phone"),
        np.array([recording.speaker for recording in recordings], np.int32),
    )


def load_corpus(path: Path) -> PhoneCorpus:
    """Read a corpus that was written with `neurosyn.plugins.files.write_npz`.

    Raises
    ------
    DataError
        If the file is missing, damaged or not of this kind.
    """
    arrays = read_npz(path)
    names = list(PhoneCorpus.__dataclass_fields__)
    if sorted(arrays) != sorted(names):
        raise DataError(f"{path}: has the arrays {', '.join(arrays)}, not {', '.join(names)}; make the file again")
    corpus = PhoneCorpus(**arrays)
    _check(path, corpus)
    return corpus


def _check(path: Path, corpus: PhoneCorpus) -> None:
    def refuse(problem: str) -> None:
        raise DataError(f"{path}: {problem}; make the file again")

    if corpus.levels.dtype != np.uint8 or corpus.levels.ndim != 2 or corpus.levels.shape[1] != BANDS:
        refuse(f"levels are {corpus.levels.dtype} {corpus.levels.shape}, not uint8 (frames, {BANDS})")
    for name in list(PhoneCorpus.__dataclass_fields__)[1:]:
        array = getattr(corpus, name)
        if array.dtype != np.int32 or array.ndim != 1 or not len(array):
            refuse(f"'{name}' is {array.dtype} {array.shape}, not int32 (n,)")
    count = len(corpus.speaker)
    for name, size in (("first_frame", len(corpus.levels)), ("first_segment", len(corpus.phone))):
        first = getattr(corpus, name)
        if len(first) != count + 1 or first[0] != 0 or first[-1] != size or (np.diff(first) < 1).any():
            refuse(f"'{name}' does not divide {size} among {count} recordings")
    if not len(corpus.begin_ms) == len(corpus.end_ms) == len(corpus.phone):
        refuse("phones and their ends differ in number")
    if (corpus.begin_ms < 0).any() or (corpus.end_ms <= corpus.begin_ms).any():
        refuse("a phone ends before it begins")
    if corpus.phone.min() < 0 or corpus.phone.max() >= len(CLASSES):
        refuse(f"phones reach from {corpus.phone.min()} to {corpus.phone.max()}, classes are 0…{len(CLASSES) - 1}")


def patch_shape(task: PhoneTask) -> tuple[int, int, int]:
    """Return time, bands and channels of a task's patches."""
    return (CONTEXT + INSIDE + CONTEXT if task == "class" else WINDOW, BANDS, CHANNELS)


def make_patches(corpus: PhoneCorpus, task: PhoneTask, limit: int | None, rng: np.random.Generator) -> Split:
    """Return the labelled patches of a task.

    Parameters
    ----------
    corpus
        The recordings to draw from.
    task
        ``"class"``: one patch a phone, stretched to a common width. ``"frames"``: one patch a frame that belongs to
        a phone, with its surroundings.
    limit
        At most this many, drawn from `rng`, None for all.

    Returns
    -------
    Split
        In the order of the recordings; speakers are the groups.
    """
    placed = [_place(corpus.recording(number), task) for number in range(len(corpus.speaker))]
    counts = np.array([len(labels) for labels, _ in placed])
    total = int(counts.sum())
    chosen = np.arange(total) if limit is None or limit >= total else np.sort(rng.permutation(total)[:limit])
    bounds = np.searchsorted(chosen, np.cumsum([0, *counts]))
    images = np.empty((len(chosen), *patch_shape(task)), np.uint8)
    labels = np.empty(len(chosen), np.int32)
    groups = np.empty(len(chosen), np.int32)
    before = 0
    for number, (phones, items) in enumerate(placed):
        of_recording = slice(bounds[number], bounds[number + 1])
        picked = chosen[of_recording] - before
        before += len(phones)
        if not len(picked):
            continue
        recording = corpus.recording(number)
        channels = derive_channels(recording.levels)
        if task == "class":
            begin = (recording.begin_ms[picked] / _MS_PER_FRAME).astype(np.float32)
            end = (recording.end_ms[picked] / _MS_PER_FRAME).astype(np.float32)
            images[of_recording] = warp_segments(channels, begin, end, inside=INSIDE, context=CONTEXT)
        else:
            images[of_recording] = cut_windows(channels, items[picked], WINDOW)
        labels[of_recording] = phones[picked]
        groups[of_recording] = recording.speaker
    return Split(images, labels, groups)


def _place(recording: Recording, task: PhoneTask) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return the class of each item of a recording, and its number: of the phone, or of the frame."""
    if task == "class":
        return recording.phone, np.arange(len(recording.phone))
    time = np.arange(len(recording.levels)) * _MS_PER_FRAME
    segment = np.searchsorted(recording.begin_ms, time, side="right") - 1
    inside = (segment >= 0) & (time < recording.end_ms[segment])
    return recording.phone[segment[inside]], np.flatnonzero(inside)
