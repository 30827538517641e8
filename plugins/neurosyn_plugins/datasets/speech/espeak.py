"""Synthetic speech with timed phones, by eSpeak NG from the wheel ``espeakng-loader`` (extra ``neurosyn[speech]``).

The library keeps state from one sentence to the next, so each list of sentences is spoken by a process of its own,
``python -m neurosyn_plugins.datasets.speech.espeak REQUESTS.json SPEECH.npz``: the same list gives the same samples.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError
from neurosyn.plugins.files import read_npz

__all__ = ["Speech", "Utterance", "missing_espeak", "speak"]

# Constants of espeak-ng/speak_lib.h.
_SYNCHRONOUS = 2
_PHONEME_EVENTS = 1
_DO_NOT_EXIT = 0x8000
_EVENT_PHONEME = 7
_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8 = 1


@dataclass(frozen=True)
class Utterance:
    """A sentence and its delivery: voice as eSpeak names it, words a minute, pitch and its range from 0 to 100."""

    text: str
    voice: str
    rate: int = 175
    pitch: int = 50
    range: int = 50


@dataclass(frozen=True)
class Speech:
    """Spoken sentences.

    Attributes
    ----------
    samples : int16 array (n,)
    rate
        Samples a second.
    begin : int32 array (phones,)
        Sample at which each phone begins; it ends where the next begins.
    phones
        eSpeak's mnemonics without marks of stress.
    """

    samples: NDArray[np.int16]
    rate: int
    begin: NDArray[np.int32]
    phones: tuple[str, ...]


def missing_espeak() -> str | None:
    """Return None if speech can be made here, else what to install."""
    from importlib.util import find_spec

    missing = [name for name in ("espeakng_loader", "librosa", "soundfile") if find_spec(name) is None]
    if not missing:
        return None
    return f"{' and '.join(missing)} must be installed; run `pip install 'neurosyn[speech]'`"


def speak(utterances: list[Utterance]) -> list[Speech]:
    """Say sentences in a process of their own.

    Raises
    ------
    DataError
        If eSpeak NG is not installed or fails.
    """
    reason = missing_espeak()
    if reason:
        raise DataError(f"synthetic speech: {reason}")
    with tempfile.TemporaryDirectory(prefix="neurosyn-") as folder:
        requests, result = Path(folder) / "requests.json", Path(folder) / "speech.npz"
        requests.write_text(json.dumps([asdict(utterance) for utterance in utterances]), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 -- this interpreter and this module
            [sys.executable, "-m", "neurosyn_plugins.datasets.speech.espeak", str(requests), str(result)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not result.is_file():
            cause = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
            raise DataError(f"synthetic speech: eSpeak NG failed ({cause}); reinstall `neurosyn[speech]`")
        arrays = read_npz(result)
    samples = np.split(arrays["samples"], arrays["first_sample"][1:-1])
    begin = np.split(arrays["begin"], arrays["first_phone"][1:-1])
    phones = np.split(arrays["phones"], arrays["first_phone"][1:-1])
    rate = int(arrays["rate"])
    return [
        Speech(sound, rate, starts, tuple(map(str, names)))
        for sound, starts, names in zip(samples, begin, phones, strict=True)
    ]


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Espeak:
    """The library, initialised; one to a process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS | _DO_NOT_EXIT))
        if self.rate <= 0:
            raise RuntimeError("espeak_Initialize failed")
        # It seeds its noises with the time of day.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        self._pieces: list[NDArray[np.int16]] = []
        self._phones: list[tuple[int, str]] = []
        # Kept: the library calls it as long as it lives.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))
        number = 0
        while events[number].type:
            event = events[number]
            if event.type == _EVENT_PHONEME:
                self._phones.append((event.sample, event.id.string.decode(errors="replace").lstrip("',%")))
            number += 1
        return 0

    def say(self, utterance: Utterance) -> tuple[NDArray[np.int16], list[tuple[int, str]]]:
        self._pieces.clear()
        self._phones.clear()
        if self._library.espeak_SetVoiceByName(utterance.voice.encode()):
            raise ValueError(f"there is no voice '{utterance.voice}'")
        for parameter, value in ((_RATE, utterance.rate), (_PITCH, utterance.pitch), (_RANGE, utterance.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        text = utterance.text.encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._pieces:
            raise RuntimeError(f"nothing was said for '{utterance.text}'")
        return np.concatenate(self._pieces), list(self._phones)


def _main(requests: Path, result: Path) -> None:
    espeak = _Espeak()
    spoken = [espeak.say(Utterance(**request)) for request in json.loads(requests.read_text(encoding="utf-8"))]
    np.savez(
        result,
        rate=np.array(espeak.rate),
        samples=np.concatenate([samples for samples, _ in spoken]),
        first_sample=np.cumsum([0, *(len(samples) for samples, _ in spoken)]),
        begin=np.array([begin for _, phones in spoken for begin, _ in phones], np.int32),
        phones=np.array([phone for _, phones in spoken for _, phone in phones]),
        first_phone=np.cumsum([0, *(len(phones) for _, phones in spoken)]),
    )


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
