"""Data sets ``synth_phones`` and ``synth_vad``: shipped sentences and synthesis."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from neurosyn_plugins.datasets.labels.phones import CLASSES
from neurosyn_plugins.datasets.speech import espeak, phone_synthesis, vad_synthesis
from neurosyn_plugins.datasets.speech import noise as synth_noise
from neurosyn_plugins.datasets.speech.espeak import Speech, Utterance
from neurosyn_plugins.datasets.speech.grammar import make_sentence
from neurosyn_plugins.datasets.speech.phone_corpus import load_corpus
from neurosyn_plugins.datasets.speech.sentences import PHONES, VOICES, _time_phones
from neurosyn_plugins.datasets.speech.vad_corpus import SNR_DB
from neurosyn_plugins.datasets.speech.vad_corpus import load_corpus as load_vad
from neurosyn_plugins.datasets.stand_ins import synth_phones, synth_vad
from neurosyn_plugins.datasets.stand_ins.synth_phones import SynthPhones
from neurosyn_plugins.datasets.stand_ins.synth_vad import SynthVad

from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.support.files import sha256_file
from neurosyn.testing.conformance.datasets import check_dataset

STAND_INS = {"phones": SynthPhones(task="class"), "frames": SynthPhones(task="frames"), "vad": SynthVad()}


@pytest.fixture
def speech():
    reason = espeak.missing_espeak()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def no_speech(monkeypatch):
    monkeypatch.setattr(espeak, "missing_espeak", lambda: "it must be installed; run `pip install 'neurosyn[speech]'`")


def test_registered_and_never_official(context):
    assert registry.get("datasets", "synth_phones") is SynthPhones
    assert registry.get("datasets", "synth_vad") is SynthVad
    for dataset in STAND_INS.values():
        info = dataset.info(context)
        assert not info.official
        assert "stand-in for" in info.name


@pytest.mark.parametrize("module", [synth_phones, synth_vad])
def test_shipped_files_are_the_recorded_ones(module):
    assert sha256_file(module.TEST_FILE) == module.TEST_SHA256
    assert module.TEST_FILE.stat().st_size < 700_000


@pytest.mark.parametrize("dataset", STAND_INS.values(), ids=STAND_INS.keys())
def test_the_test_set_needs_no_extra_and_training_names_it(context, dataset, no_speech):
    assert dataset.available(context, "test") is None
    assert "pip install 'neurosyn[speech]'" in dataset.available(context, "train")
    with pytest.raises(DataError, match=r"neurosyn\[speech\]"):
        dataset.load("train", context)
    check_dataset(dataset, context=context)
    assert not context.cache.exists()


def test_shipped_phones_are_all_there():
    corpus = load_corpus(synth_phones.TEST_FILE)
    assert np.bincount(corpus.phone, minlength=39).min() >= 5, "each of the 39 classes"
    assert set(corpus.speaker.tolist()) == set(range(len(VOICES["test"])))


def test_shipped_mixtures_hold_every_noise_and_ratio(context):
    corpus = load_vad(synth_vad.TEST_FILE)
    assert set(corpus.noise.tolist()) == set(range(len(synth_noise.KINDS["test"])))
    assert set(corpus.snr_db.tolist()) == set(SNR_DB)
    assert np.bincount(SynthVad().load("test", context).labels).tolist() == [2000, 2000]


def test_voices_and_noises_are_on_one_side_only():
    train, test = (
        {voice.rstrip("0123456789").lower() if len(voice) > 2 else voice for voice in VOICES[side]}
        for side in ("train", "test")
    )
    assert not train & test, "relatives such as edward and edward2 count as one"
    assert not set(synth_noise.KINDS["train"]) & set(synth_noise.KINDS["test"])


def test_every_class_has_a_mnemonic():
    assert {name for classes in PHONES.values() for name in classes} == set(CLASSES)


def test_sentences_are_drawn_from_the_seed():
    one, other = (make_sentence(np.random.default_rng(4)) for _ in range(2))
    assert one == other
    drawn = {make_sentence(np.random.default_rng(seed)) for seed in range(50)}
    assert len(drawn) == 50
    assert all(4 <= len(sentence.split()) <= 20 and sentence.endswith(".") for sentence in drawn)


def said(*phones):
    """Speech of 1,000 samples a second, which begins with its first phone at 0."""
    begin = np.array([start for start, _ in phones], np.int32)
    return Speech(np.zeros(400, np.int16), 1000, begin, tuple(name for _, name in phones))


def test_phones_are_timed_with_silence_round_them():
    spoken = said((0, "D"), (40, "e@"), (140, "?"), (150, "t"), (200, "_:"), (300, "_"))
    phone, begin, end = _time_phones(spoken, 100, 500)
    assert [CLASSES[label] for label in phone] == ["sil", "dh", "eh", "r", "t", "sil"]
    assert begin.tolist() == [0, 100, 140, 190, 250, 300]
    assert end.tolist() == [100, 140, 190, 240, 300, 500]


def test_an_unknown_mnemonic_says_which_release_to_use():
    with pytest.raises(DataError, match=r"'Q' that has no class; use espeakng-loader 0\.2\.4"):
        _time_phones(said((0, "Q")), 100, 500)


@pytest.mark.parametrize("name", [name for kinds in synth_noise.KINDS.values() for name in kinds])
def test_noises_are_sound_that_the_seed_decides(name):
    kind = (synth_noise.KINDS["train"] | synth_noise.KINDS["test"])[name]
    sound = kind(8000, 8000, np.random.default_rng(1))
    assert sound.shape == (8000,)
    assert np.isfinite(sound).all()
    assert sound.std() > 0
    np.testing.assert_array_equal(sound, kind(8000, 8000, np.random.default_rng(1)))
    assert not np.array_equal(sound, kind(8000, 8000, np.random.default_rng(2)))


def test_spectra_of_the_coloured_noises():
    def octave(kind, low):
        power = np.abs(np.fft.rfft(kind(1 << 16, 8000, np.random.default_rng(0)))) ** 2
        frequency = np.fft.rfftfreq(1 << 16, 1 / 8000)
        return 10 * np.log10(power[(frequency >= low) & (frequency < 2 * low)].mean())

    # Twice the frequency: as much power, half, a quarter.
    for kind, fall in ((synth_noise.white, 0), (synth_noise.pink, 3.01), (synth_noise.brown, 6.02)):
        assert abs(octave(kind, 500) - octave(kind, 1000) - fall) < 0.5


def test_the_same_sentences_are_the_same_samples(speech):
    utterances = [Utterance("The boy measures water.", "en-us+f2"), Utterance("It is late.", "en-us+m1", rate=200)]
    one, other = espeak.speak(utterances), espeak.speak(utterances)
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first.samples, second.samples)
        assert first.phones == second.phones
    assert one[0].phones[:5] == ("D", "@2", "b", "OI", "m")
    assert len(one[0].begin) == len(one[0].phones)
    assert (np.diff(one[0].begin) >= 0).all()


def test_an_unknown_voice_or_a_crash_is_a_data_error(speech, monkeypatch):
    with pytest.raises(DataError, match="there is no voice 'nobody'"):
        espeak.speak([Utterance("Hello.", "nobody")])
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: SimpleNamespace(returncode=-11, stderr=""))
    with pytest.raises(DataError, match="it ended with -11"):
        espeak.speak([Utterance("Hello.", "en-us")])


@pytest.mark.parametrize(
    ("dataset", "synthesis"),
    [
        (SynthPhones(task="frames", sentences=12, train_size=150), phone_synthesis),
        (SynthVad(sentences=12, train_size=150), vad_synthesis),
    ],
    ids=["phones", "vad"],
)
def test_training_speech_is_made_cached_and_mended(context, speech, dataset, synthesis, monkeypatch):
    first = dataset.load("train", context)
    assert len(first) == 150
    assert first.images.shape[1:] == dataset.info(context).shape
    (file,) = context.cache.rglob("*.npz")
    with monkeypatch.context() as patched:
        patched.setattr(synthesis, "make_corpus", None)
        np.testing.assert_array_equal(dataset.load("train", context).images, first.images)
    file.write_bytes(file.read_bytes()[:-500])
    np.testing.assert_array_equal(dataset.load("train", context).images, first.images)


def test_the_generator_still_makes_what_is_shipped(speech):
    from neurosyn_plugins.datasets.speech.phone_synthesis import make_corpus
    from neurosyn_plugins.datasets.stand_ins.render import SEEDS

    shipped = load_corpus(synth_phones.TEST_FILE).recording(0)
    made = make_corpus("test", SEEDS["phones"], 1).recording(0)
    assert made.speaker == shipped.speaker
    # What is said does not depend on how many sentences there are; pauses and microphone are drawn after all of them.
    assert made.phone.tolist() == shipped.phone.tolist()
    lengths = made.end_ms - made.begin_ms, shipped.end_ms - shipped.begin_ms
    assert np.abs(lengths[0][1:-1] - lengths[1][1:-1]).max() <= 1


def test_the_plugins_are_light_to_import():
    code = (
        "import sys, neurosyn_plugins.datasets.stand_ins.synth_phones, neurosyn_plugins.datasets.stand_ins.synth_vad;"
        "import neurosyn_plugins.datasets.official.timit, neurosyn_plugins.datasets.official.vad;"
        "print([m for m in ('scipy', 'librosa', 'soundfile', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
