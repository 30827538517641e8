"""Data set ``archive``: the user's images in one .npz file, and damage."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.own.archive import Archive
from neurosyn_plugins.datasets.readers import image_archive
from neurosyn_plugins.datasets.readers.image_archive import declared_size
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.support.files import write_npz


def encode(image, kind="WEBP", **options):
    stream = io.BytesIO()
    options = {"lossless": True} | options if kind == "WEBP" else options
    Image.fromarray(image).save(stream, kind, **options)
    return stream.getvalue()


def pictures(n, height=8, width=9, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


def arrays_of(items, labels, prefix="train_", **more):
    return {
        f"{prefix}bytes": np.frombuffer(b"".join(items), np.uint8),
        f"{prefix}offsets": np.cumsum([0, *map(len, items)]),
        f"{prefix}labels": np.array(labels, np.uint8),
    } | {f"{prefix}{name}": array for name, array in more.items()}


TRAIN, TEST = pictures(6), pictures(3, seed=1)


@pytest.fixture(autouse=True)
def _data_folder(context):
    context.folder.mkdir()


def write(context, **changes):
    arrays = (
        arrays_of([encode(p) for p in TRAIN], [0, 0, 1, 1, 2, 2], track=np.array([0, 0, 0, 1, 0, 0], np.uint16))
        | arrays_of([encode(p) for p in TEST], [2, 1, 0], "test_")
        | changes
    )
    write_npz(context.folder / "a.npz", {name: array for name, array in arrays.items() if array is not None})
    return Archive(file="a.npz", name="Made up")


def test_is_registered():
    assert registry.get("datasets", "archive") is Archive


def test_images_labels_and_tracks(context):
    archive = write(context)
    train, test = archive.load("train", context), archive.load("test", context)
    np.testing.assert_array_equal(train.images, TRAIN)
    np.testing.assert_array_equal(test.images, TEST)
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2]
    # A track's number counts within its class: three classes have a track 0.
    assert train.groups.tolist() == [0, 0, 1, 2, 3, 3]
    assert test.groups is None


def test_info_comes_from_labels_and_one_header(context):
    info = write(context).info(context)
    assert (info.name, info.official) == ("Made up", False)
    assert (info.classes, info.shape, info.sizes) == (("0", "1", "2"), (8, 9, 3), {"train": 6, "test": 3})
    names = write(context, classes=np.array(["cat", "dog", "eel"])).info(context).classes
    assert names == ("cat", "dog", "eel")
    mine = Archive.from_table({"file": "a.npz", "name": "n", "official": True, "classes": ["x", "y", "z"], "size": 4})
    assert (mine.info(context).classes, mine.info(context).shape) == (("x", "y", "z"), (4, 4, 3))
    assert mine.info(context).official


def test_size_scales_images(context):
    flat = np.full((2, 8, 9, 3), 77, np.uint8)
    archive = write(context, **arrays_of([encode(p) for p in flat], [0, 1], "test_"))
    images = Archive(file=archive.file, name="n", size=5).load("test", context).images
    assert images.shape == (2, 5, 5, 3)
    assert (images == 77).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_other_encodings(context, kind):
    archive = write(context, **arrays_of([encode(p, kind) for p in TEST], [0, 1, 2], "test_"))
    images = archive.load("test", context).images
    assert images.shape == TEST.shape
    assert (images == TEST).all() == (kind == "PNG")


def test_grey_and_transparent_images_become_rgb(context):
    grey = encode(TEST[0, :, :, 0], "PNG")
    clear = encode(np.dstack([TEST[1], np.full((8, 9), 255, np.uint8)]), "PNG")
    images = write(context, **arrays_of([grey, clear], [0, 1], "test_")).load("test", context).images
    np.testing.assert_array_equal(images[0], np.repeat(TEST[0, :, :, :1], 3, axis=2))
    np.testing.assert_array_equal(images[1], TEST[1])


def test_prefix(context):
    items = [encode(p) for p in TEST]
    write_npz(context.folder / "b.npz", arrays_of(items, [0, 1, 0], "x/train/") | arrays_of(items[:1], [1], "x/test/"))
    archive = Archive(file="b.npz", name="n", prefix="x/{split}/")
    assert archive.load("test", context).labels.tolist() == [1]


def test_an_archive_may_have_test_images_alone(context):
    archive = write(context, train_bytes=None, train_offsets=None, train_labels=None)
    assert archive.available(context, "test") is None
    assert "no train images" in archive.available(context, "train")
    assert archive.info(context).sizes == {"test": 3}
    assert len(archive.load("test", context)) == 3
    with pytest.raises(DataError, match="no array 'train_bytes'"):
        archive.load("train", context)


def test_missing_archive_says_what_to_put_where(context):
    archive = Archive(file="gone.npz", name="Gone")
    reason = archive.available(context, "test")
    assert str(context.folder / "gone.npz") in reason
    assert "NEUROSYN_DATA" in reason
    for ask in (lambda: archive.info(context), lambda: archive.load("train", context)):
        with pytest.raises(DataError, match="Gone: there is no"):
            ask()
    assert archive.fingerprint(context) == {}


def test_fingerprint_follows_the_contents(context):
    archive = write(context)
    first = archive.fingerprint(context)
    assert archive.fingerprint(context) == first
    other = Archive(file=str(context.folder / "c.npz"), name="n")
    write_npz(context.folder / "c.npz", arrays_of([encode(TEST[0])], [0]))
    assert other.fingerprint(context) != first


def test_progress_ends_at_the_total(context):
    steps = []
    write(context).load("train", DataContext(context.folder, context.cache, 0, lambda *step: steps.append(step)))
    assert steps[-1] == (6, 6, "images")


ITEMS = [encode(p) for p in TEST]
ENDS = np.cumsum([0, *map(len, ITEMS)])
LONG = np.frombuffer(b"".join(ITEMS), np.uint8)


def webp_header(width, height):
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


PNG_BOMB = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 60000, 60000) + bytes(9)

HOSTILE = {
    "no bytes": ({"test_bytes": None}, "no array 'test_bytes'"),
    "no offsets": ({"test_offsets": None}, "no array 'test_offsets'"),
    "no labels": ({"test_labels": None}, "no array 'test_labels'"),
    "bytes of another type": ({"test_bytes": LONG.astype(np.int16)}, "'bytes' is int16"),
    "offsets fall": ({"test_offsets": ENDS[[0, 2, 1, 3]]}, "offsets must rise"),
    "an empty item": ({"test_offsets": ENDS[[0, 1, 1, 3]]}, "offsets must rise"),
    "offsets begin late": ({"test_offsets": ENDS + 1}, "offsets must rise"),
    "offsets end late": ({"test_offsets": ENDS + np.array([0, 0, 0, 9])}, "offsets must rise"),
    "huge offsets": ({"test_offsets": np.array([0, 1, 2, 2**64 - 1], np.uint64)}, "out of range"),
    "negative offsets": ({"test_offsets": -ENDS}, "offsets must rise"),
    "real offsets": ({"test_offsets": ENDS.astype(float)}, "'offsets' is float64"),
    "too few offsets": ({"test_offsets": ENDS[:3]}, "3 labels but 3 offsets"),
    "no items": ({"test_labels": np.zeros(0, int), "test_offsets": np.zeros(1, int)}, "'labels' is int64"),
    "negative label": ({"test_labels": np.array([0, -1, 2])}, "0 or more"),
    "label beyond 32 bits": ({"test_labels": np.array([0, 1, 2**40])}, "below 2\\^31"),
    "label without a class": ({"classes": np.array(["a", "b"])}, "label 2 with 2 classes"),
    "classes of another type": ({"classes": np.arange(3)}, "'classes' is int64"),
    "two-dimensional labels": ({"test_labels": np.zeros((3, 1), int)}, "integers"),
    "text": (arrays_of([b"no picture at all, this"], [0], "test_"), "neither WebP, PNG nor JPEG"),
    "gif": (arrays_of([encode(TEST[0], "GIF")], [0], "test_"), "neither WebP, PNG nor JPEG"),
    "cut picture": (arrays_of([ITEMS[0][:-20]], [0], "test_"), "image 0 cannot be decoded"),
    "cut later": (arrays_of([ITEMS[0], ITEMS[1][:40]], [0, 1], "test_"), "image 1 cannot be decoded"),
    "sizes differ": (arrays_of([ITEMS[0], encode(pictures(1, 9, 9)[0])], [0, 1], "test_"), "image 1 is not 9 x 8"),
    "WebP bomb": (arrays_of([webp_header(16384, 16384)], [0], "test_"), "declares 16384 x 16384"),
    "PNG bomb": (arrays_of([PNG_BOMB], [0], "test_"), "declares 60000 x 60000"),
    "later bomb": (arrays_of([ITEMS[0], webp_header(1, 9000)], [0, 1], "test_"), "declares 1 x 9000"),
    "objects": ({"test_labels": np.array([0, None, 2], dtype=object)}, "holds Python objects"),
}


@pytest.mark.parametrize(("changes", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_contents_are_refused(context, changes, message):
    if "objects" in message:
        archive = write(context)
        np.savez(context.folder / "a.npz", **changes)
    else:
        archive = write(context, **changes)
    with pytest.raises(DataError, match=message) as caught:
        archive.load("test", context)
    assert "a.npz" in str(caught.value)


def test_too_many_tracks_or_too_few(context):
    archive = write(context, train_track=np.zeros(5, int))
    with pytest.raises(DataError, match="6 labels but 5 tracks"):
        archive.load("train", context)


def test_more_pixels_than_the_limit_are_refused_before_they_are_decoded(context, monkeypatch):
    monkeypatch.setattr(image_archive, "MAX_DECODED_BYTES", 3 * 8 * 9 * 3 - 1)
    with pytest.raises(DataError, match="set `size`"):
        write(context).load("test", context)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", bytes(1000)])
def test_files_of_another_kind_are_refused(context, content):
    (context.folder / "a.npz").write_bytes(content)
    archive = Archive(file="a.npz", name="n")
    assert "a.npz" in archive.available(context, "test")
    for ask in (lambda: archive.info(context), lambda: archive.load("train", context)):
        with pytest.raises(DataError, match=r"a\.npz"):
            ask()


@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from(
        [
            ("WEBP", {}),
            ("WEBP", {"lossless": False}),
            ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
            ("PNG", {}),
            ("JPEG", {}),
            ("JPEG", {"progressive": True, "comment": b"a comment before the frame"}),
        ]
    ),
)
def test_declared_size_is_the_size(width, height, how):
    kind, options = how
    assert declared_size(encode(pictures(1, height, width)[0], kind, **options)) == (width, height)


@given(st.binary(max_size=80))
def test_declared_size_of_anything(item):
    for begin in (b"", b"RIFF....WEBPVP8 ", b"RIFF....WEBPVP8L", b"RIFF....WEBPVP8X", b"\xff\xd8\xff", ITEMS[0][:12]):
        size = declared_size(begin + item)
        assert size is None or all(0 <= side < 2**32 for side in size)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_garbled_pictures_never_raise_anything_else(context, data):
    kind = data.draw(st.sampled_from(["WEBP", "PNG", "JPEG"]))
    item = bytearray(encode(TEST[0], kind))
    for _ in range(data.draw(st.integers(1, 5))):
        item[data.draw(st.integers(0, len(item) - 1))] = data.draw(st.integers(0, 255))
    archive = write(context, **arrays_of([bytes(item)], [0], "test_"))
    with contextlib.suppress(DataError):
        assert len(archive.load("test", context)) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_archives_never_raise_anything_else(context, data):
    archive = write(context)
    path = context.folder / "a.npz"
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        archive.info(context)
        archive.load("train", context)


@pytest.mark.data
def test_traffic_signs(real_data, tmp_path):
    if not (real_data / "gtsrb32_webp.npz").exists():
        pytest.skip("no gtsrb32_webp.npz under NEUROSYN_DATA")
    context = DataContext(real_data, tmp_path)
    archive = Archive(file="gtsrb32_webp.npz", name="GTSRB, 32x32 copy")
    assert archive.info(context).sizes == {"train": 39209, "test": 12630}
    split = archive.load("test", context)
    assert np.bincount(split.labels, minlength=43).min() == 60
    assert 20 < split.images.mean() < 200


def test_a_label_that_no_chip_has_classes_for_is_refused_before_it_is_named(context):
    archive = write(context, test_labels=np.array([0, 2**31 - 1, 2], np.uint32))
    with pytest.raises(DataError, match=r"label 2,147,483,647; there can be 65,536 classes"):
        archive.info(context)


def test_a_second_header_of_a_png_does_not_decide_the_size(context):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    item = encode(TEST[0], "PNG")
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 5000, 5000, 8, 2, 0, 0, 0))
    end_of_first = 8 + 25
    lying = item[:end_of_first] + second + item[end_of_first:]
    archive = write(context, **arrays_of([lying, encode(TEST[1])], [0, 1], "test_"))
    with pytest.raises(DataError, match=r"decodes to \(5000, 5000\)"):
        archive.load("test", context)
