"""Data set ``timit``: phones, core test set, frames and damage."""

import contextlib
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.labels.phones import CLASSES, FOLDING, LEFT_OUT, TIMIT_PHONES, class_of
from neurosyn_plugins.datasets.official import timit
from neurosyn_plugins.datasets.official.timit import CORE_TEST, Timit, find_sentences, read_phones
from neurosyn_plugins.datasets.readers import sound_file
from neurosyn_plugins.datasets.readers.sound_file import read_sound

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.testing.conformance.datasets import check_dataset
from tests.plugins.datasets.speech_files import PHONES, sphere, tone, write_sentence, write_timit

pytest.importorskip("soundfile", reason="the extra 'speech' is not installed")
pytest.importorskip("librosa", reason="the extra 'speech' is not installed")


@pytest.fixture
def corpus(context):
    return write_timit(context.folder / "timit")


def test_the_61_phones_are_folded_to_39_classes():
    assert len(CLASSES) == 39
    assert len(TIMIT_PHONES) == 61
    assert sum(map(len, FOLDING.values())) == 60, "each phone but q is in one class"
    assert class_of(LEFT_OUT) == -1
    # Lee and Hon 1989, table II: the groups of phones that are one class.
    groups = (
        "sil=pcl tcl kcl bcl dcl gcl h# pau epi,ah=ax ax-h,aa=ao,er=axr,hh=hv,ih=ix,"
        "l=el,m=em,n=en nx,ng=eng,sh=zh,uw=ux"
    )
    for group in groups.split(","):
        name, _, phones = group.partition("=")
        assert {CLASSES[class_of(phone)] for phone in phones.split()} == {name}


def test_core_test_set_has_two_men_and_a_woman_of_each_region():
    assert len(CORE_TEST) == 24
    assert sum(name.startswith("f") for name in CORE_TEST) == 8
    assert all(len(name) == 5 for name in CORE_TEST)


def test_is_registered_and_keeps_the_contract(context, corpus):
    assert registry.get("datasets", "timit") is Timit
    check_dataset(Timit, {"task": "class"}, context)
    check_dataset(Timit, {"task": "frames"}, context)


def test_phones_of_a_sentence(tmp_path):
    path = tmp_path / "SX1.PHN"
    path.write_text(PHONES.replace("9600", "9700"))
    begin, end, phone = read_phones(path, 9600)
    assert [CLASSES[label] for label in phone] == ["sil", "sh", "ih", "hh", "eh", "sil", "d", "sil"], (
        "the glottal stop is left out"
    )
    assert begin.tolist() == [0, 2000, 3200, 4800, 5600, 6400, 7000, 8000]
    assert end.tolist() == [2000, 3200, 4800, 5600, 6400, 7000, 7400, 9600], "cut to the sound"


def test_sa_sentences_are_dropped_and_order_is_fixed(corpus):
    found = find_sentences(corpus, "train")
    assert [(s.speaker, s.sound.stem) for s in found] == [
        ("fcjf0", "SI1027"),
        ("fcjf0", "SX37"),
        ("mabc0", "SI1027"),
        ("mabc0", "SX37"),
    ]


@pytest.mark.parametrize("place", ["timit/TIMIT", "TIMIT", "timit/data", "Timit", "elsewhere"])
@pytest.mark.parametrize("form", ["lower", "upper"])
def test_names_match_in_either_case(context, place, form):
    root = context.folder / place
    change = getattr(str, form)
    write_sentence(root / change("train") / change("dr1") / change("fcjf0"), change("sx37"), wav=change(".wav"))
    options = {"folder": "elsewhere"} if place == "elsewhere" else {}
    assert len(Timit(task="class", **options).load("train", context)) == 8


def test_version_numbers_of_a_cd_rom(context):
    write_sentence(context.folder / "timit/TRAIN/DR1/FCJF0", "SX37", wav=".WAV;1")
    assert len(Timit(task="class").load("train", context)) == 8


def test_whole_phones(context, corpus):
    split = Timit(task="class").load("train", context)
    assert split.images.shape == (4 * 8, 16, 32, 3)
    assert [CLASSES[label] for label in split.labels[:8]] == ["sil", "sh", "ih", "hh", "eh", "sil", "d", "sil"]
    assert split.groups.tolist() == [0] * 16 + [1] * 16


def test_frames(context, corpus):
    split = Timit(task="frames").load("train", context)
    # Frames lie at 0, 10, … 600 ms; the last is not before the end of the last phone, and three, at 470 to 490 ms, lie
    # in the glottal stop (462.5 to 500 ms).
    phones = [("sil", 13), ("sh", 7), ("ih", 10), ("hh", 5), ("eh", 5), ("sil", 4), ("d", 3), ("sil", 10)]
    expected = [name for name, count in phones for _ in range(count)]
    assert [CLASSES[label] for label in split.labels] == 4 * expected
    assert split.images.shape == (4 * 57, 20, 32, 3)


def test_training_patches_drawn_by_seed(context, corpus):
    some = Timit(task="frames", train_size=100).load("train", context)
    every = Timit(task="frames").load("train", context)
    assert len(some) == 100
    rows = {image.tobytes() for image in every.images}
    assert all(image.tobytes() in rows for image in some.images)
    other = DataContext(context.folder, context.cache, seed=2)
    assert not np.array_equal(Timit(task="frames", train_size=100).load("train", other).images, some.images)


def test_core_and_complete_test_sets(context, corpus):
    assert set(Timit(task="class").load("test", context).groups.tolist()) == {0, 1}
    assert set(Timit(task="class", test_set="complete").load("test", context).groups.tolist()) == {0, 1, 2}


def test_only_the_whole_corpus_is_called_official(context, corpus, monkeypatch):
    info = Timit(task="class").info(context)
    assert not info.official
    assert "4 of 3696 train sentences, 4 of 192 test sentences" in info.name
    monkeypatch.setattr(timit, "PUBLISHED", {"train": (2, 4), "core": (2, 4), "complete": (3, 6)})
    assert Timit(task="frames").info(context).name == "TIMIT, frames, core test set"
    assert Timit(task="frames", test_set="complete").info(context).official


def test_missing_files_say_what_to_put_where(context):
    reason = Timit(task="class").available(context, "train")
    for word in ("TRAIN/DR*", "LDC93S1", str(context.folder / "timit")):
        assert word in reason
    with pytest.raises(DataError, match="LDC93S1"):
        Timit(task="class").load("test", context)


def test_without_the_extra_it_is_named(context, corpus, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "librosa and soundfile must be installed; run `pip install 'neurosyn[speech]'`" in Timit().available(
        context, "train"
    )
    assert sound_file.missing_reader() is not None


def test_fingerprint_changes_with_the_files(context):
    assert Timit().fingerprint(context) == {}
    corpus = write_timit(context.folder / "timit")
    first = Timit().fingerprint(context)
    write_sentence(corpus / "TRAIN/DR1/FCJF0", "SX99")
    assert Timit().fingerprint(context) != first


HOSTILE = {
    "two numbers": ("0 2000\n", "line 1: '0 2000' is not `begin end phone`"),
    "a word": ("zero 2000 h#\n", "is not `begin end phone`"),
    "below zero": ("-5 2000 h#\n", "is not `begin end phone`"),
    "other digits": ("0 ² h#\n", "not a readable transcription"),
    "unknown phone": ("0 2000 h#\n2000 2400 xx\n", "line 2: TIMIT has no phone 'xx'"),
    "ends before it begins": ("2000 1000 h#\n", "from sample 2000 to 1000"),
    "overlaps": ("0 2000 h#\n1000 2400 sh\n", "after one to 2000"),
    "after the sound": ("9600 9700 h#\n", "in 9600 samples of sound"),
    "nothing": ("", "has 0 phones"),
    "glottal stops alone": ("0 2000 q\n", "has 0 phones"),
    "huge": ("0 99999999999999999999999999 h#" + " " * 200, "is not `begin end phone`"),
}


@pytest.mark.parametrize(("text", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_transcriptions_are_refused(tmp_path, text, message):
    path = tmp_path / "SX1.PHN"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message.replace("²", ".")) as caught:
        read_phones(path, 9600)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_pipes_in_place_of_a_sentence_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for read in (lambda path: read_phones(path, 9600), read_sound):
        with pytest.raises(DataError, match="is not a file that can be read"):
            read(tmp_path / "pipe")


def test_a_transcription_that_ends_far_after_the_sound_is_cut_to_it(tmp_path):
    path = tmp_path / "SX1.PHN"
    path.write_text("0 2000 h#\n2000 99999999999999999999999999 sh\n")
    assert read_phones(path, 9600)[1].tolist() == [2000, 9600]


@pytest.mark.parametrize("order", ["01", "10"])
def test_sphere_in_both_byte_orders(tmp_path, order):
    path = tmp_path / "SX1.WAV"
    path.write_bytes(sphere(tone(), order=order))
    np.testing.assert_array_equal(read_sound(path, 16_000), tone().astype(np.float32) / 32768)


BAD_SOUND = {
    "empty": (b"", "not a readable sound file"),
    "garbage": (b"garbage" * 300, "not a readable sound file"),
    "header alone": (sphere(tone())[:1024], "SX1.WAV"),
    "cut": (sphere(tone())[:-100], "has 9,550 of the 9,600 samples in its header"),
    "cut in its header": (sphere(tone())[:500], "SX1.WAV"),
    "other rate": (sphere(tone(), rate=8000), "has 8000 samples a second; it must have 16000"),
    "two channels": (sphere(tone(), channels=2), "has 2 channels"),
}


@pytest.mark.parametrize(("content", "message"), BAD_SOUND.values(), ids=BAD_SOUND.keys())
def test_wrong_sound_is_refused(tmp_path, content, message):
    path = tmp_path / "SX1.WAV"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_sound(path, 16_000)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_garbled_files_never_raise_anything_else(context, data):
    folder = context.folder / "timit/TRAIN/DR1/FCJF0"
    write_sentence(folder, "SX37")
    path = folder / data.draw(st.sampled_from(["SX37.WAV", "SX37.PHN"]), "file")
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, min(len(content), 1200) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        split = Timit(task="class").load("train", context)
        assert 0 <= split.labels.min() <= split.labels.max() < 39
