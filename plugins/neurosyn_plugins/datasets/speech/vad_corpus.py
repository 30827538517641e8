"""Speech mixed with noise, and patches of it labelled by the presence of speech in their middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError, Split
from neurosyn.plugins.files import read_npz
from neurosyn_plugins.datasets.speech.features import (
    CHANNELS,
    FRAMES_PER_SECOND,
    cut_windows,
    derive_channels,
    measure_levels,
)

__all__ = [
    "CLASSES",
    "PATCH_SHAPE",
    "RATE",
    "SNR_DB",
    "CleanSpeech",
    "VadCorpus",
    "join_corpora",
    "load_corpus",
    "make_patches",
    "mix_recordings",
]

RATE = 8000
"""Samples a second. Speech and noise are both brought to it, so that bandwidth does not tell them apart."""
BANDS = 16
LOWEST_HZ = 300.0
HIGHEST_HZ = 3400.0
"""The bands lie within those of a telephone, which some collections are limited to."""
WINDOW = 16
"""Frames of a patch: 160 ms."""

PATCH_SHAPE = (WINDOW, BANDS, CHANNELS)
CLASSES = ("no speech", "speech")

SNR_DB = (-5, 0, 5, 10, 15, 20)
"""Ratios of speech to noise; speech is measured where it is present, both over the whole band."""

NoiseSource = Callable[[int, np.random.Generator], NDArray[np.floating[Any]]]
"""Returns so many samples of noise."""


@dataclass(frozen=True)
class CleanSpeech:
    """Speech without noise.

    Attributes
    ----------
    samples : float32 array (n,)
        At `RATE` samples a second.
    active : bool array (n,)
        True at samples with speech.
    speaker
        Number of the speaker.
    """

    samples: NDArray[np.float32]
    active: NDArray[np.bool_]
    speaker: int


@dataclass(frozen=True)
class VadCorpus:
    """Recordings one after the other.

    Attributes
    ----------
    levels : uint8 array (frames, BANDS)
    active : uint8 array (frames,)
        1 in frames with speech.
    first_frame : int32 array (recordings + 1,)
        First frame of each recording, and the end of the last.
    speaker, noise, snr_db : int32 arrays (recordings,)
        Speaker, the number of the noise's kind, and the ratio.
    """

    levels: NDArray[np.uint8]
    active: NDArray[np.uint8]
    first_frame: NDArray[np.int32]
    speaker: NDArray[np.int32]
    noise: NDArray[np.int32]
    snr_db: NDArray[np.int32]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what `load_corpus` reads back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def mix_recordings(
    speech: list[CleanSpeech],
    noises: Sequence[NoiseSource],
    rng: np.random.Generator,
    progress: Callable[[int], None] = lambda _done: None,
) -> VadCorpus:
    """Mix each piece of speech with a noise at a ratio, all drawn from `rng`, and measure its levels."""
    levels, active, kinds, ratios = [], [], [], []
    for number, clean in enumerate(speech, start=1):
        kind, snr_db = int(rng.integers(len(noises))), int(rng.choice(SNR_DB))
        mixed = _mix(clean, noises[kind](len(clean.samples), rng), snr_db) * 10 ** rng.uniform(-2, -0.7)
        measured = measure_levels(
            np.clip(mixed, -1, 1).astype(np.float32), RATE, bands=BANDS, low=LOWEST_HZ, high=HIGHEST_HZ
        )
        centres = np.minimum(np.arange(len(measured)) * (RATE // FRAMES_PER_SECOND), len(clean.active) - 1)
        levels.append(measured)
        active.append(clean.active[centres])
        kinds.append(kind)
        ratios.append(snr_db)
        progress(number)
    return VadCorpus(
        np.concatenate(levels),
        np.concatenate(active).astype(np.uint8),
        np.cumsum([0, *map(len, levels)]).astype(np.int32),
        np.array([clean.speaker for clean in speech], np.int32),
        np.array(kinds, np.int32),
        np.array(ratios, np.int32),
    )


def _mix(clean: CleanSpeech, noise: NDArray[np.floating[Any]], snr_db: float) -> NDArray[np.floating[Any]]:
    """Return speech of power 1 where it is present, and noise at a ratio to it."""
    spoken = clean.samples[clean.active] if clean.active.any() else clean.samples
    speech = clean.samples / np.sqrt(max(float(np.mean(spoken.astype(np.float64) ** 2)), 1e-12))
    noise = noise - noise.mean()
    return np.asarray(speech + noise / max(float(noise.std()), 1e-12) * 10 ** (-snr_db / 20))


def join_corpora(corpora: list[VadCorpus]) -> VadCorpus:
    """Return the recordings of several corpora as one; kinds of noise keep their numbers."""
    lengths = np.concatenate([np.diff(corpus.first_frame) for corpus in corpora])
    joined = {name: np.concatenate([corpus.arrays()[name] for corpus in corpora]) for name in corpora[0].arrays()}
    return VadCorpus(**joined | {"first_frame": np.cumsum([0, *lengths]).astype(np.int32)})


def load_corpus(path: Path) -> VadCorpus:
    """Read a corpus that was written with `neurosyn.plugins.files.write_npz`.

    Raises
    ------
    DataError
        If the file is missing, damaged or not of this kind.
    """
    arrays = read_npz(path)
    names = list(VadCorpus.__dataclass_fields__)
    if sorted(arrays) != sorted(names):
        raise DataError(f"{path}: has the arrays {', '.join(arrays)}, not {', '.join(names)}; make the file again")
    corpus = VadCorpus(**arrays)
    frames, count = len(corpus.levels), len(corpus.speaker)
    shapes = {"levels": (frames, BANDS), "active": (frames,), "first_frame": (count + 1,), "noise": (count,)}
    for name, shape in (shapes | {"speaker": (count,), "snr_db": (count,)}).items():
        array = arrays[name]
        kind = np.uint8 if name in ("levels", "active") else np.int32
        if array.shape != shape or array.dtype != kind:
            raise DataError(
                f"{path}: '{name}' is {array.dtype} {array.shape}, not {np.dtype(kind)} {shape}; make the file again"
            )
    first = corpus.first_frame
    if first[0] != 0 or first[-1] != frames or (np.diff(first) < 1).any() or corpus.active.max(initial=0) > 1:
        raise DataError(f"{path}: its recordings do not divide its frames; make the file again")
    return corpus


def make_patches(corpus: VadCorpus, limit: int, rng: np.random.Generator) -> Split:
    """Return patches, half of them with speech in the middle.

    Parameters
    ----------
    corpus
        The recordings to draw from.
    limit
        Number of patches, drawn from `rng`; fewer if there are not as many of each class.

    Returns
    -------
    Split
        In the order of the recordings; speakers are the groups.
    """
    each = min(limit // 2, *np.bincount(corpus.active, minlength=2).tolist())
    drawn = [rng.permutation(np.flatnonzero(corpus.active == label))[:each] for label in (0, 1)]
    chosen = np.sort(np.concatenate(drawn))
    bounds = np.searchsorted(chosen, corpus.first_frame)
    images = np.empty((len(chosen), *PATCH_SHAPE), np.uint8)
    for number, (start, stop) in enumerate(zip(corpus.first_frame[:-1], corpus.first_frame[1:], strict=True)):
        of_recording = slice(bounds[number], bounds[number + 1])
        images[of_recording] = cut_windows(
            derive_channels(corpus.levels[start:stop]), chosen[of_recording] - start, WINDOW
        )
    recording = np.searchsorted(corpus.first_frame, chosen, side="right") - 1
    return Split(images, corpus.active[chosen].astype(np.int32), corpus.speaker[recording])
