"""Synthetic speakers, and sentences of theirs as a microphone would take them up, with the classes of their phones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError, SplitName
from neurosyn_plugins.datasets.labels.phones import CLASSES
from neurosyn_plugins.datasets.speech.espeak import Speech, Utterance, speak
from neurosyn_plugins.datasets.speech.grammar import make_sentence

__all__ = ["PHONES", "VERSION", "VOICES", "Sentence", "say_sentences"]

VERSION = 1
"""Counts changes that alter the speech, so that caches of older speech are not used."""

VOICES: dict[SplitName, tuple[str, ...]] = {
    "train": (
        *("f1", "f2", "f4", "f5", "m1", "m2", "m3", "m5", "m6", "m8", "Alex", "Andrea", "Annie", "Diogo", "Gene"),
        *("Gene2", "Henrique", "Jacky", "Mario", "Michael", "Mike", "Nguyen", "Reed", "adam", "antonio", "aunty"),
        *("belinda", "benjamin", "boris", "david", "ed", "edward", "edward2", "grandma", "gustave", "ian", "iven"),
        *("iven2", "iven3", "iven4", "john", "kaukovalta", "klatt3", "klatt4", "klatt5", "klatt6", "marcelo", "max"),
        *("michel", "miguel", "mike2", "norbert", "pablo", "pedro", "rob", "robert", "sandro", "shelby", "travis"),
    ),
    "test": ("f3", "m4", "m7", "Alicia", "Andy", "Hugo", "Lee", "Denis", "linda", "paul", "quincy", "steph"),
}
"""Variants of eSpeak NG's American voice. Neither a voice nor a relative of it (``edward2``) is on both sides."""

_MNEMONICS = {
    **{name: (name,) for name in ("b", "d", "f", "g", "k", "m", "p", "s", "v", "w", "z")},
    "l": ("l", "@L"),
    "n": ("n", "n-"),
    "r": ("r", "r-"),
    "t": ("t", "t2"),
    "dh": ("D",),
    "th": ("T",),
    "sh": ("S", "Z"),
    "ch": ("tS",),
    "jh": ("dZ",),
    "ng": ("N",),
    "hh": ("h",),
    "y": ("j", ";"),
    "dx": ("t#",),
    "er": ("3", "3:"),
    "ih": ("I", "I#", "I2"),
    "iy": ("i", "i:"),
    "eh": ("E",),
    "ae": ("a", "aa"),
    "ah": ("V", "@", "@2", "a#"),
    "uw": ("u:",),
    "uh": ("U",),
    "aa": ("0", "A:", "O:", "O2"),
    "ey": ("eI",),
    "ay": ("aI",),
    "oy": ("OI",),
    "aw": ("aU",),
    "ow": ("oU",),
    "sil": ("_", "_:"),
}

PHONES: dict[str, tuple[str, ...]] = {
    **{mnemonic: (name,) for name, mnemonics in _MNEMONICS.items() for mnemonic in mnemonics},
    # A vowel and r, or two vowels, under one mnemonic.
    "e@": ("eh", "r"),
    "U@": ("uh", "r"),
    "O@": ("aa", "r"),
    "o@": ("aa", "r"),
    "A@": ("aa", "r"),
    "i@3": ("ih", "r"),
    "i@": ("iy", "ah"),
    "aI@": ("ay", "ah"),
    "aI3": ("ay", "er"),
    "?": (),
}
"""Classes of `neurosyn_plugins.datasets.labels.phones` that a mnemonic of eSpeak's American English stands for.

``?`` is the glottal stop, which is left out. Closures have no mnemonic: they belong to the stop or the phone before it,
where TIMIT's transcriptions, folded to 39 classes, have silence.
"""

_CLASS = {name: number for number, name in enumerate(CLASSES)}


@dataclass(frozen=True)
class Sentence:
    """A spoken sentence.

    Attributes
    ----------
    samples : float32 array (n,)
        Sound, −1 … 1.
    rate
        Samples a second.
    begin_ms, end_ms : int32 arrays (phones,)
        Ends of each phone, ascending.
    phone : int32 array (phones,)
        Class.
    speaker
        Index into the side's `VOICES`.
    """

    samples: NDArray[np.float32]
    rate: int
    begin_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    phone: NDArray[np.int32]
    speaker: int


def say_sentences(
    side: SplitName, count: int, rate: int, rng: np.random.Generator, *, pauses_ms: tuple[int, int] = (80, 300)
) -> list[Sentence]:
    """Say sentences in the voices of a side, each voice about as often as any other.

    Parameters
    ----------
    side
        Split that the voices belong to.
    count
        Number of sentences.
    rate
        Samples a second to bring the speech to.
    rng
        Source of words, of the speakers' rate and pitch, of pauses before and after, of microphone and noise.
    pauses_ms
        Shortest and longest silence before and after a sentence.

    Raises
    ------
    DataError
        If eSpeak NG is not installed or fails.
    """
    speakers = [number % len(VOICES[side]) for number in range(count)]
    utterances = [
        Utterance(
            make_sentence(rng),
            f"en-us+{VOICES[side][speaker]}",
            rate=int(rng.integers(140, 211)),
            pitch=int(rng.integers(35, 66)),
            range=int(rng.integers(30, 71)),
        )
        for speaker in speakers
    ]
    spoken = zip(speak(utterances), speakers, strict=True)
    return [_record(speech, speaker, rate, pauses_ms, rng) for speech, speaker in spoken]


def _record(speech: Speech, speaker: int, rate: int, pauses_ms: tuple[int, int], rng: np.random.Generator) -> Sentence:
    """Put silence round a sentence, send it through a microphone with a slope of its own, and add its noise."""
    import librosa
    from scipy.signal import lfilter

    before_ms, after_ms = rng.integers(pauses_ms[0], pauses_ms[1] + 1, 2)
    sound = librosa.resample(speech.samples / np.float32(32768), orig_sr=speech.rate, target_sr=rate)
    sound = np.pad(sound, (before_ms * rate // 1000, after_ms * rate // 1000)).astype(np.float64)
    # First-order shelf: at most some ±6 dB between the ends of the band.
    sound = lfilter([1.0, rng.uniform(-0.35, 0.35)], [1.0], sound)
    power = np.mean(sound**2)
    noise = rng.normal(size=len(sound)) * np.sqrt(power) * 10 ** (-rng.uniform(20, 45) / 20)
    sound = (sound + noise) * (rng.uniform(0.02, 0.2) / np.sqrt(power))
    phone, begin_ms, end_ms = _time_phones(speech, int(before_ms), len(sound) * 1000 // rate)
    return Sentence(np.clip(sound, -1, 1).astype(np.float32), rate, begin_ms, end_ms, phone, speaker)


def _time_phones(
    speech: Speech, before_ms: int, length_ms: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return class, begin and end of each phone; silence takes what is before and after the speech."""
    starts = before_ms + speech.begin.astype(np.int64) * 1000 // speech.rate
    rows: list[tuple[int, int, int]] = [(_CLASS["sil"], 0, int(starts[0]))]
    for name, begin, end in zip(speech.phones, starts, [*starts[1:], length_ms], strict=True):
        if name not in PHONES:
            raise DataError(
                f"synthetic speech: eSpeak NG gives a phone '{name}' that has no class; use espeakng-loader 0.2.4"
            )
        classes = PHONES[name]
        edges = np.linspace(begin, end, len(classes) + 1).astype(int)
        for label, left, right in zip(classes, edges[:-1], edges[1:], strict=True):
            number = _CLASS[label]
            if number == rows[-1][0] == _CLASS["sil"]:
                rows[-1] = (number, rows[-1][1], int(right))
            elif right > left:
                rows.append((number, int(left), int(right)))
    phone, begin_ms, end_ms = np.array(rows, np.int32).T
    return phone.copy(), begin_ms.copy(), end_ms.copy()
