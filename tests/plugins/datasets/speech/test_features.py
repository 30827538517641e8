"""Features of speech: bands, levels, slopes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.speech.features import cut_windows, derive_channels, measure_levels, warp_segments
from neurosyn_plugins.datasets.speech.phone_corpus import (
    PhoneCorpus,
    Recording,
    join_recordings,
    load_corpus,
    make_patches,
    patch_shape,
)
from neurosyn_plugins.encoders.signed import Signed

from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.support.files import write_npz


def ramp(frames=40, bands=32):
    """Levels that rise by 2 a frame in even bands and stay at 100 in odd ones."""
    levels = np.full((frames, bands), 100, np.uint8)
    levels[:, ::2] = 50 + 2 * np.arange(frames)[:, None]
    return levels


def test_a_louder_tone_raises_its_own_band_by_as_many_half_decibels():
    pytest.importorskip("librosa", reason="the extra 'speech' is not installed")
    time = np.arange(16_000) / 16_000

    def levels(amplitude, frequency):
        sound = (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)
        return measure_levels(sound, 16_000, bands=32, low=60, high=7600)

    soft, loud = levels(0.01, 1000), levels(0.1, 1000)
    assert soft.shape == (101, 32)
    assert soft.dtype == np.uint8
    band = int(soft[50].argmax())
    assert abs(int(loud[50, band]) - int(soft[50, band]) - 40) <= 1, "20 dB are 40 levels"
    peaks = [int(levels(0.1, frequency)[50].argmax()) for frequency in (200, 500, 1000, 2000, 4000, 7000)]
    assert peaks == sorted(set(peaks)), "higher tones lie in higher bands"


def test_silence_is_the_lowest_level():
    pytest.importorskip("librosa", reason="the extra 'speech' is not installed")
    assert measure_levels(np.zeros(800, np.float32), 8000, bands=16, low=300, high=3400).max() == 0


def test_channels_are_level_less_mean_slope_and_its_slope():
    channels = derive_channels(ramp())
    assert channels.shape == (40, 32, 3)
    assert (channels[:, 1] == 128).all(), "what does not change is 128 in all channels"
    # Mean of 50 … 128 is 89; the slope of 2 a frame times 6; no change of slope. At the ends the edge is repeated.
    np.testing.assert_array_equal(channels[:, 0, 0], 128 - 39 + 2 * np.arange(40))
    assert (channels[4:-4, 0, 1] == 128 + 12).all()
    assert (channels[4:-4, 0, 2] == 128).all()


def test_loudness_of_the_recording_is_taken_out():
    levels = np.random.default_rng(0).integers(50, 150, (60, 32), dtype=np.uint8)
    np.testing.assert_array_equal(derive_channels(levels), derive_channels(levels + np.uint8(30)))


@pytest.mark.parametrize("frames", [1, 2, 8, 9])
def test_short_recordings(frames):
    assert derive_channels(ramp(frames)).shape == (frames, 32, 3)


def test_windows_lie_round_their_centre_and_repeat_the_edge():
    channels = np.zeros((10, 2, 3), np.uint8)
    channels[:, 0, 0] = np.arange(10)
    windows = cut_windows(channels, np.array([0, 5, 9]), 4)
    assert windows[:, :, 0, 0].tolist() == [[0, 0, 0, 1], [3, 4, 5, 6], [7, 8, 9, 9]]


def test_segments_are_stretched_between_their_surroundings():
    channels = np.zeros((50, 1, 3), np.uint8)
    channels[:, 0, 0] = 4 * np.arange(50)
    (patch,) = warp_segments(channels, np.array([10], np.float32), np.array([20], np.float32), inside=5, context=2)
    # Before at frames 8 and 9, within at 11, 13, 15, 17, 19, after at 20 and 21.
    assert patch[:, 0, 0].tolist() == [32, 36, 44, 52, 60, 68, 76, 80, 84]
    (patch,) = warp_segments(channels, np.array([0], np.float32), np.array([0.5], np.float32), inside=2, context=1)
    assert patch[:, 0, 0].tolist() == [0, 0, 2, 2], "interpolated; nothing before the recording"


@settings(max_examples=50, deadline=None)
@given(
    frames=st.integers(1, 30),
    begin=st.floats(0, 30, width=32),
    length=st.floats(0.125, 40, width=32),
    seed=st.integers(0, 99),
)
def test_a_stretched_segment_stays_within_what_was_measured(frames, begin, length, seed):
    channels = np.random.default_rng(seed).integers(0, 256, (frames, 4, 3), dtype=np.uint8)
    ends = np.array([begin], np.float32), np.array([begin + length], np.float32)
    (patch,) = warp_segments(channels, *ends, inside=10, context=3)
    assert patch.shape == (16, 4, 3)
    assert (patch.min(axis=0) >= channels.min(axis=0)).all()
    assert (patch.max(axis=0) <= channels.max(axis=0)).all()


def corpus():
    """Two recordings of two speakers: 4 and 2 phones."""

    def recording(frames, edges, phones, speaker):
        edges = np.array(edges, np.int32)
        return Recording(ramp(frames), edges[:-1], edges[1:], np.array(phones, np.int32), speaker)

    return join_recordings(
        [recording(40, [0, 50, 120, 200, 390], [38, 0, 1, 38], 7), recording(20, [30, 100, 150], [2, 3], 3)]
    )


def test_recordings_are_found_again():
    second = corpus().recording(1)
    np.testing.assert_array_equal(second.levels, ramp(20))
    assert (second.begin_ms.tolist(), second.end_ms.tolist(), second.phone.tolist()) == ([30, 100], [100, 150], [2, 3])
    assert second.speaker == 3


@pytest.mark.parametrize(("task", "count"), [("class", 6), ("frames", 39 + 12)])
def test_patches_of_a_task(task, count):
    split = make_patches(corpus(), task, None, np.random.default_rng(0))
    assert split.images.shape == (count, *patch_shape(task))
    if task == "class":
        assert split.labels.tolist() == [38, 0, 1, 38, 2, 3]
        assert split.groups.tolist() == [7, 7, 7, 7, 3, 3]
    else:
        # Frames at 0 … 40 ms, 50 … 110, 120 … 190, 200 … 380; then 30 … 90 and 100 … 140.
        counts = [(38, 5), (0, 7), (1, 8), (38, 19), (2, 7), (3, 5)]
        assert split.labels.tolist() == [label for label, repeats in counts for _ in range(repeats)]


@pytest.mark.parametrize("task", ["class", "frames"])
def test_drawn_patches_are_some_of_all_in_their_order(task):
    every = make_patches(corpus(), task, None, np.random.default_rng(0))
    some = make_patches(corpus(), task, 4, np.random.default_rng(5))
    assert len(some) == 4
    chosen = np.sort(np.random.default_rng(5).permutation(len(every))[:4])
    for own, all_ in ((some.images, every.images), (some.labels, every.labels), (some.groups, every.groups)):
        np.testing.assert_array_equal(own, all_[chosen])


def test_a_corpus_survives_its_file(tmp_path):
    write_npz(tmp_path / "c.npz", corpus().arrays())
    back = load_corpus(tmp_path / "c.npz")
    for name, array in corpus().arrays().items():
        np.testing.assert_array_equal(getattr(back, name), array)


HOSTILE = {
    "other bands": {"levels": np.zeros((60, 31), np.uint8)},
    "real levels": {"levels": np.zeros((60, 32))},
    "frames missing": {"levels": np.zeros((59, 32), np.uint8)},
    "recordings that overlap": {"first_frame": np.array([0, 70, 60], np.int32)},
    "a recording too many": {"speaker": np.array([7, 3, 1], np.int32)},
    "a phone of no class": {"phone": np.array([38, 0, 1, 39, 2, 3], np.int32)},
    "a negative phone": {"phone": np.array([38, 0, -1, 38, 2, 3], np.int32)},
    "a phone that ends first": {"end_ms": np.array([0, 120, 200, 390, 100, 150], np.int32)},
    "wide integers": {"end_ms": np.array([50, 120, 200, 390, 100, 150])},
    "one end too few": {"end_ms": np.array([50, 120, 200, 390, 100], np.int32)},
    "an array too many": {"more": np.zeros(1)},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_damaged_corpus_is_refused(tmp_path, change):
    write_npz(tmp_path / "c.npz", corpus().arrays() | change)
    with pytest.raises(DataError, match="make the file again"):
        load_corpus(tmp_path / "c.npz")
    assert set(HOSTILE["an array too many"]) - set(PhoneCorpus.__dataclass_fields__)


def test_signed_encoder():
    assert registry.get("encoders", "signed") is Signed
    images = np.array([0, 96, 128, 255], np.uint8).reshape(1, 2, 2, 1)
    assert Signed().encode(images).ravel().tolist() == [-4.0, -1.0, 0.0, 127 / 32]
