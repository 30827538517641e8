"""Data set ``event_files`` on miniatures in the formats of their publishers, and damage."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.own.event_files import EventFiles
from neurosyn_plugins.datasets.readers.event_camera import read_aedat, read_bin

from neurosyn.errors import DataError
from tests.plugins.datasets.damage import read_damaged


def bin_event(x: int, y: int, polarity: int, time_us: int) -> bytes:
    return bytes([x, y]) + (polarity << 23 | time_us).to_bytes(3, "big")


def write_digits(root: Path) -> Path:
    events = [(3, 1, 1, 100), (3, 1, 1, 900), (0, 33, 0, 2_100), (33, 0, 1, 70_000)]
    for split in ("Train", "Test"):
        for label in (0, 1):
            folder = root / split / str(label)
            folder.mkdir(parents=True)
            for number in range(2):
                (folder / f"0000{number}.bin").write_bytes(b"".join(bin_event(*event) for event in events))
    return root


def aedat(*packets: bytes) -> bytes:
    header = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-01-01 00:00:00 (TZ+0000)\r\n"
    return header + b"#!END-HEADER\r\n" + b"".join(packets)


def packet(events, kind: int = 1, overflows: int = 0) -> bytes:
    head = struct.pack("<hhiiiiii", kind, 1, 8, 4, overflows, len(events), len(events), len(events))
    words = [(x << 17 | y << 2 | polarity << 1 | valid, time) for x, y, polarity, time, valid in events]
    return head + b"".join(struct.pack("<II", *word) for word in words)


def write_gestures(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    first = packet([(5, 7, 1, 1_000, 1), (5, 7, 0, 1_500, 1), (9, 9, 1, 1_600, 0), (127, 0, 1, 4_100, 1)])
    other, later = packet([(1, 1, 1, 2_000, 1)], kind=0), packet([(2, 3, 0, 10, 1)], overflows=1)
    (root / "user01_led.aedat").write_bytes(aedat(first, other, later))
    (root / "user01_led_labels.csv").write_text(
        f"class,startTime_usec,endTime_usec\n2,1000,4000\n11,4000,5000\n1,{1 << 31},{(1 << 31) + 100}\n"
    )
    (root / "trials_to_test.txt").write_text("user01_led.aedat\n")
    (root / "trials_to_train.txt").write_text("user01_led.aedat\n\n")
    return root


def test_events_of_five_bytes(context) -> None:
    write_digits(context.folder / "digits")
    data = EventFiles(folder="digits", steps=70)
    assert data.info(context).shape == (70, 2 * 34 * 34, 1)
    split = data.load("test", context)
    assert split.labels.tolist() == [0, 0, 1, 1]
    spikes = split.images[0, :, :, 0].reshape(70, 2, 34, 34)
    # Time counts from the first event; elements are polarity, row, column.
    assert np.argwhere(spikes).tolist() == [[0, 1, 1, 3], [2, 0, 33, 0], [69, 1, 0, 33]]


def test_overflows_of_time(tmp_path: Path) -> None:
    events = [(1, 1, 1, 8_000), (0, 240, 0, 0), (1, 1, 0, 5)]
    (tmp_path / "a.bin").write_bytes(b"".join(bin_event(*event) for event in events))
    assert read_bin(tmp_path / "a.bin").time_us.tolist() == [8_000, 8_192 + 5]


def test_gestures(context) -> None:
    write_gestures(context.folder / "gestures")
    data = EventFiles(folder="gestures", steps=3, step_us=500, channels="any", pool=64)
    assert data.info(context).classes[:2] == ("hand clapping", "right hand wave")
    split = data.load("test", context)
    assert split.labels.tolist() == [1, 10, 0]
    # In the first window both events of pixel (5, 7), in the second one the event at 4,100 µs, then one after 2³¹ µs.
    assert split.images[:, :, :, 0].tolist() == [
        [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], [[0, 1, 0, 0], [0] * 4, [0] * 4], [[1, 0, 0, 0], [0] * 4, [0] * 4],
    ]  # fmt: skip
    assert len(EventFiles(folder="gestures", steps=3, per_class=1).load("train", context)) == 3


def test_parts_of_an_address_are_fifteen_bits(tmp_path: Path) -> None:
    (tmp_path / "a.aedat").write_bytes(aedat(packet([(0x7FFF, 0, 0, 5, 1), (0, 0x7FFF, 1, 6, 1)])))
    events = read_aedat(tmp_path / "a.aedat")
    assert (events.x.tolist(), events.y.tolist()) == ([0x7FFF, 0], [0, 0x7FFF])
    assert (events.polarity.tolist(), events.time_us.tolist()) == ([0, 1], [5, 6])


def damage_digits(root: Path) -> None:
    (root / "Test" / "0" / "00000.bin").write_bytes(b"123")


def damage_pixel(root: Path) -> None:
    (root / "Test" / "0" / "00000.bin").write_bytes(bin_event(34, 0, 0, 0))


def remove_class(root: Path) -> None:
    for file in (root / "Test").rglob("*.bin"):
        file.unlink()


def damage_version(root: Path) -> None:
    (root / "user01_led.aedat").write_bytes(b"#!AER-DAT2.0\r\n")


def damage_packet(root: Path) -> None:
    (root / "user01_led.aedat").write_bytes(aedat(struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, 9, -9, 9)))


def damage_labels(root: Path) -> None:
    (root / "user01_led_labels.csv").write_text("class,startTime_usec,endTime_usec\n2,5,1\n")


def damage_line(root: Path) -> None:
    (root / "user01_led_labels.csv").write_text("class,startTime_usec,endTime_usec\n2,5\n")


def damage_class(root: Path) -> None:
    (root / "user01_led_labels.csv").write_text("class,startTime_usec,endTime_usec\n12,5,9\n")


def damage_list(root: Path) -> None:
    (root / "trials_to_test.txt").write_text("../user01_led.aedat\n")


@pytest.mark.parametrize(
    ("write", "damage", "message"),
    [
        (write_digits, damage_digits, "has 3 bytes, not 5 for each event"),
        (write_digits, damage_pixel, "the camera has a side of 34"),
        (write_digits, remove_class, "has no recordings to test"),
        (write_gestures, damage_version, "header of AEDAT 3.1"),
        (write_gestures, damage_packet, "is damaged"),
        (write_gestures, damage_labels, ":2: has class 2 from 5 to 1"),
        (write_gestures, damage_line, ":2: is not class, start and end"),
        (write_gestures, damage_class, "class 12; there are"),
        (write_gestures, damage_list, "not an .aedat file of this folder"),
        (lambda root: root.mkdir(parents=True), lambda _: None, "has neither"),
        (lambda _: None, lambda _: None, "there is no such folder"),
    ],
)
def test_mistakes(context, write, damage, message) -> None:
    write(context.folder / "a")
    damage(context.folder / "a")
    with pytest.raises(DataError, match=message):
        EventFiles(folder="a", steps=4).load("test", context)


def test_what_is_missing_is_named(context) -> None:
    data = EventFiles(folder="a", steps=4)
    assert "there is no such folder" in str(data.available(context, "test"))
    (write_gestures(context.folder / "a") / "trials_to_train.txt").unlink()
    assert data.available(context, "test") is None
    assert "trials_to_train.txt: cannot be read" in str(data.available(context, "train"))


def test_more_than_fits(context) -> None:
    write_digits(context.folder / "a")
    with pytest.raises(DataError, match="use per_class, fewer steps, or pool"):
        EventFiles(folder="a", steps=100_000, side=400).load("test", context)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_recordings(context, data) -> None:
    root = context.folder / "a"
    if not root.exists():
        write_gestures(root)
    path = root / "user01_led.aedat"
    original = path.with_suffix(".kept")
    if not original.exists():
        original.write_bytes(path.read_bytes())
    read_damaged(
        data, path, lambda: path.write_bytes(original.read_bytes()),
        lambda: EventFiles(folder="a", steps=4).load("test", context), 11, longest_cut=0.6,
    )  # fmt: skip
