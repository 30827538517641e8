"""Data set ``vad``: speech of TIMIT or NOIZEUS in noise, and missing files."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.official import vad
from neurosyn_plugins.datasets.official.vad import HELD_OUT, NOISEX, NOISEX_RATE, Vad
from neurosyn_plugins.datasets.readers.sound_archive import decode_item, read_sounds
from neurosyn_plugins.datasets.speech.vad_corpus import RATE, CleanSpeech, load_corpus, make_patches, mix_recordings

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.support.files import write_npz
from neurosyn.testing.conformance.datasets import check_dataset
from tests.plugins.datasets.speech_files import write_timit

soundfile = pytest.importorskip("soundfile", reason="the extra 'speech' is not installed")
pytest.importorskip("librosa", reason="the extra 'speech' is not installed")

SMALL = {"recordings": 10, "train_size": 100}
NOIZEUS_NOISES = ("noise_babble", "noise_car", "noise_station", "noise_train")
MORE_NOISES = ("doing_the_dishes", "running_tap", "exercise_bike")


def noise(count, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def sentence(seed=0):
    """Half a second of a tone between two pauses of 0.3 s."""
    tone = 0.3 * np.sin(np.arange(4000) * 0.7)
    return np.concatenate([np.zeros(2400), tone, np.zeros(2400)]).astype(np.float32) + noise(8800, seed) / 1000


def write_noisex(folder, names=NOISEX):
    folder.mkdir(parents=True)
    for number, name in enumerate(names):
        soundfile.write(folder / f"{name}.wav", noise(NOISEX_RATE, number), NOISEX_RATE, subtype="PCM_16")


def archive(sounds, rate):
    items = []
    for samples in sounds.values():
        stream = io.BytesIO()
        soundfile.write(stream, samples, rate, format="FLAC", subtype="PCM_16")
        items.append(stream.getvalue())
    return {
        "bytes": np.frombuffer(b"".join(items), np.uint8),
        "offsets": np.cumsum([0, *map(len, items)]),
        "names": np.array(list(sounds)),
    }


def write_noizeus(folder):
    noises = {name: noise(16_000, number) for number, name in enumerate(NOIZEUS_NOISES)}
    speech = {f"speech_sp{number:02d}": sentence(number) for number in range(1, 31)}
    write_npz(folder / vad.NOIZEUS_FILE, archive(noises | speech, 8000))
    more = {name: noise(32_000, number) for number, name in enumerate(MORE_NOISES)}
    write_npz(folder / vad.NOISE_FILE, archive(more, 16_000))


def test_is_registered_and_says_what_to_put_where(context):
    assert registry.get("datasets", "vad") is Vad
    reason = Vad().available(context, "train")
    for word in ("LDC93S1", str(context.folder / "timit"), "babble.wav", str(context.folder / "noisex-92")):
        assert word in reason
    assert "pink.wav" not in reason, "a noise of the test set"
    assert vad.NOIZEUS_FILE in Vad(source="noizeus").available(context, "test")
    with pytest.raises(DataError, match="LDC93S1"):
        Vad().load("train", context)


def test_timit_in_the_noises_of_noisex(context):
    write_timit(context.folder / "timit")
    write_noisex(context.folder / "noisex-92")
    assert not Vad(**SMALL).info(context).official, "the mixtures are ours"
    assert "NOISEX-92" in Vad(**SMALL).info(context).name
    split = Vad(**SMALL).load("train", context)
    assert split.images.shape == (100, 16, 16, 3)
    assert np.bincount(split.labels).tolist() == [50, 50]
    check_dataset(Vad, SMALL, context)


def test_noises_are_needed_for_each_split_apart(context):
    write_timit(context.folder / "timit")
    write_noisex(context.folder / "NOISEX-92", sorted(HELD_OUT["timit"]))
    assert Vad().available(context, "test") is None
    assert "babble.wav" in Vad().available(context, "train")


def test_official_files_come_before_noizeus(context):
    write_noizeus(context.folder)
    assert "NOIZEUS" in Vad().info(context).name
    write_timit(context.folder / "timit")
    write_noisex(context.folder / "noisex-92")
    assert "NOIZEUS" not in Vad().info(context).name
    assert "NOIZEUS" in Vad(source="noizeus").info(context).name


def test_noizeus_holds_speakers_and_noises_out(context):
    write_noizeus(context.folder)
    train, test = (Vad(**SMALL | {"recordings": 40}).load(side, context) for side in ("train", "test"))
    assert set(train.groups.tolist()) <= {0, 1, 3, 5}
    assert set(test.groups.tolist()) <= {2, 4}
    assert len(set(train.groups.tolist())) > 2
    check_dataset(Vad, SMALL, context)


def test_held_out_noises_exist():
    assert HELD_OUT["timit"] < set(NOISEX)
    assert len(NOISEX) == 15


def test_fingerprint_names_the_source_and_its_files(context):
    assert Vad().fingerprint(context) == {}
    write_noizeus(context.folder)
    first = Vad().fingerprint(context)
    assert first["source"] == "noizeus"
    write_timit(context.folder / "timit")
    write_noisex(context.folder / "noisex-92")
    assert Vad().fingerprint(context)["source"] == "timit"


@pytest.mark.parametrize("snr_db", [-5, 20])
def test_ratio_is_that_of_the_power_where_somebody_speaks(snr_db):
    samples = sentence()
    active = np.abs(np.arange(8800) - 4400) < 2000
    speech = CleanSpeech(samples, active, 0)
    mixed = vad_mix(speech, snr_db)
    power = np.mean(samples[active].astype(float) ** 2)
    rest = mixed - samples / np.sqrt(power)
    assert 10 * np.log10(1 / np.mean(rest**2)) == pytest.approx(snr_db, abs=1e-6)


def vad_mix(speech, snr_db):
    from neurosyn_plugins.datasets.speech.vad_corpus import _mix

    return _mix(speech, noise(len(speech.samples), 5).astype(float) + 0.3, snr_db)


def test_patches_are_half_speech_and_labelled_by_their_middle(tmp_path):
    active = np.zeros(RATE, np.bool_)
    active[3000:5000] = True
    speech = [CleanSpeech(noise(RATE, seed) * (0.01 + active), active, 3 + seed) for seed in range(2)]
    corpus = mix_recordings(speech, [lambda count, rng: rng.normal(size=count)], np.random.default_rng(0))
    assert corpus.levels.shape == (202, 16)
    # Frames at 3000/80 = 37.5 … 62.4 of each recording.
    np.testing.assert_array_equal(np.flatnonzero(corpus.active), [*range(38, 63), *range(139, 164)])
    split = make_patches(corpus, 60, np.random.default_rng(0))
    assert np.bincount(split.labels).tolist() == [30, 30]
    assert set(split.groups.tolist()) == {3, 4}
    every = make_patches(corpus, 1000, np.random.default_rng(0))
    assert np.bincount(every.labels).tolist() == [50, 50], "as many as there are of the rarer class"
    write_npz(tmp_path / "c.npz", corpus.arrays())
    np.testing.assert_array_equal(load_corpus(tmp_path / "c.npz").levels, corpus.levels)


@pytest.mark.parametrize(
    "change",
    [
        {"levels": np.zeros((202, 15), np.uint8)},
        {"active": np.full(202, 2, np.uint8)},
        {"active": np.zeros(201, np.uint8)},
        {"first_frame": np.array([0, 300, 202], np.int32)},
        {"noise": np.zeros(3, np.int32)},
        {"more": np.zeros(1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_damaged_corpus_is_refused(tmp_path, change):
    speech = [CleanSpeech(noise(RATE), np.ones(RATE, np.bool_), 0)] * 2
    corpus = mix_recordings(speech, [lambda count, rng: rng.normal(size=count)], np.random.default_rng(0))
    write_npz(tmp_path / "c.npz", corpus.arrays() | change)
    with pytest.raises(DataError, match="make the file again"):
        load_corpus(tmp_path / "c.npz")


HOSTILE = {
    "no names": ({"names": None}, "no array 'names'"),
    "numbers for names": ({"names": np.arange(2)}, "no archive of sounds"),
    "offsets that fall": ({"offsets": np.array([0, 900, 100])}, "do not divide"),
    "offsets beyond": ({"offsets": np.array([0, 10, 1 << 40])}, "do not divide"),
    "real offsets": ({"offsets": np.array([0.0, 1.0, 2.0])}, "no archive of sounds"),
    "wide bytes": ({"bytes": np.zeros(10, np.int32)}, "no archive of sounds"),
    "objects": ({"names": np.array(["a", 1], dtype=object)}, "Object arrays|not a readable"),
}


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_archives_are_refused(tmp_path, change, message):
    arrays = archive({"one": noise(800), "two": noise(900)}, 8000) | change
    np.savez(tmp_path / "a.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(DataError, match=message):
        read_sounds(tmp_path / "a.npz")


def test_damaged_and_absent_sounds(tmp_path):
    arrays = archive({"one": noise(8000), "two": noise(9000)}, 8000)
    arrays["bytes"] = arrays["bytes"].copy()
    arrays["bytes"][arrays["offsets"][1] :] = 7
    write_npz(tmp_path / "a.npz", arrays)
    sounds = read_sounds(tmp_path / "a.npz")
    samples, rate = decode_item(sounds, "one")
    assert rate == 8000
    np.testing.assert_allclose(samples, noise(8000), atol=1 / 32768)
    with pytest.raises(DataError, match="sound 'two': is not a readable sound file"):
        decode_item(sounds, "two")
    with pytest.raises(DataError, match="has no sound 'three'"):
        decode_item(sounds, "three")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_archives_never_raise_anything_else(tmp_path, data):
    path = tmp_path / "a.npz"
    write_npz(path, archive({"one": noise(400), "two": noise(500)}, 8000))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        samples, rate = decode_item(read_sounds(path), "two")
        assert samples.ndim == 1
        assert rate > 0


@pytest.mark.data
def test_the_real_archives(real_data, tmp_path):
    context = DataContext(real_data, tmp_path, seed=1)
    missing = Vad(source="noizeus").available(context, "test")
    if missing:
        pytest.skip(missing)
    split = Vad(source="noizeus", recordings=50).load("test", context)
    assert np.bincount(split.labels)[0] == np.bincount(split.labels)[1] > 100
