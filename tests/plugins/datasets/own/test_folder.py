"""Data set ``folder``: layouts, pictures of every kind, and what is refused with its name."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.own import labelled_files as folder_files
from neurosyn_plugins.datasets.own import resize as folder_images
from neurosyn_plugins.datasets.own.folder import Folder
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError

COLOURS = {"apple": (200, 20, 10), "lime": (10, 220, 30)}


@pytest.fixture
def fruit(context):
    """Ten pictures of each of two classes, right in ``fruit/CLASS``."""
    for name, colour in COLOURS.items():
        for number in range(10):
            save(context.folder / "fruit" / name / f"{number}.png", Image.new("RGB", (12, 10), colour))
    return context.folder / "fruit"


def save(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)
    return path


def load_one(context, folder, **options):
    """The first test image."""
    return Folder(folder=str(folder), size=8, **options).load("test", context).images[0]


def test_a_share_of_each_class_is_kept_for_the_test(context, fruit):
    data = Folder(folder="fruit", size=8, test_share=0.3)
    about = data.info(context)
    assert about.classes == ("apple", "lime")
    assert about.shape == (8, 8, 3)
    assert about.sizes == {"train": 14, "test": 6}
    assert not about.official
    assert "fruit" in about.name
    for split, count in (("train", 7), ("test", 3)):
        assert data.available(context, split) is None
        images = data.load(split, context)
        assert np.bincount(images.labels).tolist() == [count, count]
        np.testing.assert_array_equal(images.images[:, 4, 4], [list(COLOURS.values())[k] for k in images.labels])


def names_of(data, context, split):
    return {file.relative_to(data._root(context)).as_posix() for file in data._read(context)[0][split].files}


def test_the_division_depends_on_seed_and_names_alone(context, fruit):
    data = Folder(folder="fruit")
    before = {split: names_of(data, context, split) for split in ("train", "test")}
    assert not before["train"] & before["test"]
    assert before["test"] != names_of(data, DataContext(context.folder, context.cache, 4), "test")
    for number in range(10, 15):
        save(fruit / "apple" / f"{number}.png", Image.new("RGB", (3, 3)))
    after = names_of(data, context, "test")
    assert {name for name in after if name.startswith("lime")} == {n for n in before["test"] if n.startswith("lime")}


def test_a_share_to_test_on_is_named_where_there_are_test_images(context, fruit):
    data = Folder(folder="fruit", test_share=0.3)
    assert data.unused(context) == {}
    for split in ("train", "test"):
        save(context.folder / "split" / split / "apple" / "1.png", Image.new("RGB", (3, 3)))
    assert Folder(folder="split").unused(context) == {}
    unused = data.model_copy(update={"folder": "split"}).unused(context)
    assert unused == {"test_share": "there is a folder of test images"}


def test_folders_train_and_test_are_used_as_they_are(context):
    for split, count in (("train", 4), ("test", 2)):
        for name in COLOURS:
            for number in range(count):
                save(context.folder / "d" / split / name / f"{number}.jpg", Image.new("L", (9, 9), 80))
    data = Folder(folder="d", size=4, colours="grey", name="Mine")
    assert data.info(context).sizes == {"train": 8, "test": 4}
    assert data.info(context).name == "Mine"
    assert data.load("test", context).images.shape == (4, 4, 4, 1)
    (context.folder / "d/test/lime").rename(context.folder / "d/test/lemon")
    with pytest.raises(DataError, match="class 'lemon' that there is no training folder for"):
        data.load("test", context)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_is_the_test_part_where_there_is_no_test(context, fruit, name):
    (fruit / "train").mkdir()
    for label in COLOURS:
        (fruit / label).rename(fruit / "train" / label)
        save(fruit / name / label / "0.png", Image.new("RGB", (12, 10)))
    assert Folder(folder="fruit").info(context).sizes == {"train": 20, "test": 2}
    (fruit / "test").mkdir()
    with pytest.raises(DataError, match=f"a folder '{name}' beside 'train' and 'test'"):
        Folder(folder="fruit").info(context)


def test_every_ending_of_the_formats_is_read(context, fruit):
    picture = Image.new("RGB", (9, 9))
    for ending in (".jfif", ".jpe", ".JPEG"):
        save(fruit / "apple" / f"a{ending}", picture, format="JPEG")
    for ending in (".pnm", ".ppm"):
        save(fruit / "apple" / f"b{ending}", picture, format="PPM")
    save(fruit / "apple" / "c.pbm", Image.new("1", (9, 9)), format="PPM")
    data = Folder(folder="fruit", size=8)
    assert sum(data.info(context).sizes.values()) == 26
    assert len(data.load("train", context)) + len(data.load("test", context)) == 26


def test_what_systems_leave_and_other_files_are_no_images(context, fruit):
    (fruit / ".DS_Store").write_bytes(b"x")
    (fruit / ".git").mkdir()
    (fruit / "__MACOSX").mkdir()
    (fruit / "apple" / "Thumbs.db").write_bytes(b"x")
    (fruit / "apple" / "._0.png").write_bytes(b"x")
    (fruit / "apple" / "notes.txt").write_text("sweet")
    assert Folder(folder="fruit").info(context).sizes == {"train": 16, "test": 4}


def test_the_fingerprint_follows_names_contents_and_classes(context, fruit):
    data = Folder(folder="fruit")
    first = data.fingerprint(context)
    assert data.fingerprint(context) == first
    save(fruit / "apple" / "0.png", Image.new("RGB", (12, 10), (1, 2, 3)))
    second = data.fingerprint(context)
    assert second != first
    (fruit / "apple").rename(fruit / "avocado")
    assert data.fingerprint(context) != second
    assert Folder(folder="gone").fingerprint(context) == {}


@pytest.mark.parametrize(
    ("fit", "corner", "middle"), [("crop", 255, 255), ("pad", 0, 255), ("stretch", 0, 255)], ids=lambda v: str(v)
)
def test_fit(context, fit, corner, middle):
    picture = Image.new("L", (32, 16))
    picture.paste(255, (8, 0, 24, 16))  # white middle square, black sides
    for name in COLOURS:
        for number in range(2):
            save(context.folder / "d" / name / f"{number}.png", picture)
    image = load_one(context, "d", fit=fit, colours="grey")[..., 0]
    assert image[4, 4] == middle
    assert abs(int(image[0, 0]) - corner) < 20  # the filter looks a little beyond the edge


def with_orientation(path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    save(path, picture, exif=exif, quality=95)


def test_pictures_of_every_kind(context):
    for name in COLOURS:
        save(context.folder / "d/train" / name / "0.png", Image.new("L", (8, 8)))
    where = context.folder / "d/test/apple"
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    turned = np.zeros((32, 32), np.uint8)
    turned[:, :16] = 255  # the left half is up once it is turned
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    save(where / "a.png", Image.fromarray(ramp.astype(np.uint16) * 256))
    save(where / "b.pgm", Image.fromarray(ramp))
    save(where / "c.ppm", Image.fromarray(np.repeat(ramp[..., None], 3, -1)))
    save(where / "d.PNG", Image.fromarray(ramp).convert("P"))
    save(where / "e.png", clear)
    with_orientation(where / "f.jpg", Image.fromarray(turned))
    save(where / "g.JPEG", Image.new("CMYK", (8, 8), (0, 0, 0, 0)))
    images = Folder(folder="d", size=8, colours="grey").load("test", context).images[..., 0]
    for number in range(4):
        np.testing.assert_array_equal(images[number], ramp)
    assert (images[4] == 255).all(), "what shines through is white"
    assert images[5, 1].min() > 200
    assert images[5, 6].max() < 50
    assert images[6].min() > 250


def png_bomb(side):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10_000)))


BROKEN = {
    "empty.png": (b"", "has 0 bytes"),
    "text.png": (b"no picture", "cannot be read as an image"),
    "large.png": (png_bomb(9_000), "declares 9000×9000 pixels"),
    "bomb.png": (png_bomb(60_000), "declares too many pixels"),
    "wide.ppm": (b"P6\n9000 9000\n255\n" + bytes(90), "declares 9000×9000 pixels"),
    "cut.ppm": (b"P6\n90 90\n255\n" + bytes(90), "cannot be read as an image"),
    "gif.png": (b"GIF89a" + bytes(50), "cannot be read as an image"),
    "photo.webp": (b"RIFF", "is no PNG, JPEG or PPM image; convert it"),
    "cut.jpg": (None, "cannot be read as an image"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_pictures_are_named(context, fruit, name):
    content, message = BROKEN[name]
    if content is None:
        whole = save(fruit / "lime" / name, Image.effect_noise((40, 40), 90)).read_bytes()
        content = whole[: len(whole) // 2]
    (fruit / "lime" / name).write_bytes(content)
    data = Folder(folder="fruit", size=8)
    with pytest.raises(DataError, match=message) as caught:
        [data.load(split, context) for split in ("train", "test")]
    assert name in str(caught.value)


def test_files_and_images_beyond_the_limits_are_refused(context, fruit, monkeypatch):
    data = Folder(folder="fruit")
    with monkeypatch.context() as limits:
        limits.setattr(folder_files, "MOST_FILE_BYTES", 20)
        with pytest.raises(DataError, match="an image 1 to 20; replace"):
            data.info(context)
    with monkeypatch.context() as limits:
        limits.setattr(folder_files, "MOST_IMAGES", 19)
        with pytest.raises(DataError, match="has 20 images; at most 19"):
            data.info(context)
    with monkeypatch.context() as limits:
        limits.setattr(folder_images, "MOST_BYTES", 16 * 32 * 32 * 3 - 1)
        with pytest.raises(DataError, match="choose a smaller `size`"):
            data.load("train", context)
    monkeypatch.setattr(folder_files, "MOST_CLASSES", 1)
    with pytest.raises(DataError, match="has 2 class folders"):
        data.info(context)


def test_links_do_not_lead_out(context, fruit, tmp_path):
    data = Folder(folder="fruit")
    outside = save(tmp_path / "secret" / "s.png", Image.new("L", (4, 4)))
    (fruit / "lime" / "inside.png").symlink_to(fruit / "apple" / "0.png")
    assert data.info(context).sizes == {"train": 17, "test": 4}
    link = fruit / "lime" / "link.png"
    link.symlink_to(outside)
    with pytest.raises(DataError, match=r"link\.png: is a link that leads out of"):
        data.info(context)
    link.unlink()
    (fruit / "secret").symlink_to(outside.parent)
    with pytest.raises(DataError, match="secret: is a link"):
        data.info(context)
    (fruit / "secret").unlink()
    (fruit / "lime" / "gone.png").symlink_to(context.folder / "fruit" / "nowhere.png")
    with pytest.raises(DataError, match=r"gone\.png: is no regular file"):
        data.info(context)


def test_a_pipe_is_not_waited_for(context, fruit):
    os.mkfifo(fruit / "lime" / "pipe.png")
    with pytest.raises(DataError, match=r"pipe\.png: is no regular file"):
        Folder(folder="fruit").info(context)


def spoil_nothing(root):
    root.rename(root.with_name("gone"))


def spoil_class(root):
    (root / "plum").mkdir()


def spoil_nested(root):
    (root / "lime" / "more").mkdir()


def spoil_single(root):
    save(root / "plum" / "0.png", Image.new("L", (4, 4)))


def spoil_one_class(root):
    (root / "lime").rename(root.parent / "lime")


def spoil_test_alone(root):
    (root / "lime").rename(root / "test")


def spoil_third(root):
    (root / "lime").rename(root / "train")
    (root / "apple").rename(root / "more")


def spoil_root(root):
    save(root / "0.png", Image.new("L", (4, 4)))


def spoil_kind(root):
    (root / "apple" / "0.heic").write_bytes(b"x")


def spoil_name(root):
    (root / "lime").rename(root / os.fsdecode(b"\xff"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_nothing, "there is no such folder"),
        (spoil_class, "plum: has no PNG, JPEG or PPM image"),
        (spoil_nested, "more: is a folder within a class"),
        (spoil_single, "plum: has one image; give at least 2"),
        (spoil_one_class, "has 1 class folders"),
        (spoil_test_alone, "has a folder 'test' but none 'train'"),
        (spoil_third, "has a folder 'more' beside 'train'"),
        (spoil_root, "0.png: lies beside the class folders"),
        (spoil_kind, "0.heic: is no PNG, JPEG or PPM image"),
        (spoil_name, "no UTF-8 text"),
    ],
)
def test_layouts_that_are_refused(context, fruit, spoil, message):
    spoil(fruit)
    data = Folder(folder="fruit")
    assert message in data.available(context, "train")
    with pytest.raises(DataError, match=message):
        data.load("train", context)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_garbled_pictures_never_raise_anything_else(context, fruit, data):
    file = fruit / "apple" / data.draw(st.sampled_from(["x.png", "x.jpg", "x.ppm"]))
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 9, 3), dtype=np.uint8))
    content = bytearray(save(file, noise).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    with contextlib.suppress(DataError):
        assert folder_images._load(file, 8, "crop", "RGB").shape == (8, 8, 3)
