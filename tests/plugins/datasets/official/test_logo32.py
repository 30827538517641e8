"""Data set ``logo32``: boxes, photographs without a logo and damage."""

import io
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.official import logo32
from neurosyn_plugins.datasets.official.logo32 import LOGO_CLASSES, Logo32
from PIL import Image

from neurosyn.errors import DataError
from neurosyn.registry import registry
from tests.plugins.datasets.archives import pack_zip
from tests.plugins.datasets.damage import read_damaged

ROOT = "FlickrLogos-v2"
NO_LOGOS = {"train": "valset-nologos.relpaths.txt", "test": "testset.relpaths.txt"}


def jpeg(box=None, size=(120, 80)):
    """Return a grey photograph, red inside a box of left, top, width and height."""
    picture = Image.new("RGB", size, (120, 120, 120))
    if box:
        picture.paste((220, 20, 20), (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95, subsampling=0)
    return stream.getvalue()


def members():
    """Return an archive without fault: per list one photograph of adidas and one of HP, which has two marks."""
    files = {}
    for number, name in enumerate(("trainset", "valset-logosonly", "testset-logosonly")):
        lines = []
        for brand, boxes in (("adidas", [(10, 20, 40, 30)]), ("HP", [(5, 5, 20, 20), (60, 30, 40, 40)])):
            photo = f"{brand}/{number}"
            lines.append(f"classes/jpg/{photo}.jpg")
            files[f"{ROOT}/classes/jpg/{photo}.jpg"] = jpeg(boxes[0])
            text = "x y width height\n" + "".join(" ".join(map(str, box)) + "\n" for box in boxes)
            files[f"{ROOT}/classes/masks/{photo}.jpg.bboxes.txt"] = text.encode()
        files[f"{ROOT}/{name}.relpaths.txt"] = ("\r\n".join(lines) + "\r\n").encode()
    for split, name in NO_LOGOS.items():
        files[f"{ROOT}/classes/jpg/no-logo/{split}.jpg"] = jpeg()
        shown = files[f"{ROOT}/testset-logosonly.relpaths.txt"] if split == "test" else b""
        files[f"{ROOT}/{name}"] = shown + f"./classes/jpg/no-logo/{split}.jpg\n".encode()
    return files


def pack(context, files):
    return pack_zip(context.folder / "logo32/FlickrLogos-32_dataset_v2.zip", files.items())


def test_is_registered_with_32_classes_or_33(context):
    assert registry.get("datasets", "logo32") is Logo32
    assert len(set(LOGO_CLASSES)) == 32
    assert list(LOGO_CLASSES) == sorted(LOGO_CLASSES)
    assert Logo32(n_classes=33).info(context).classes[32] == "no-logo"
    info = Logo32(size=30).info(context)
    assert info.shape == (30, 30, 3)
    assert not info.official, "no checksum is published, and how the paper cut the marks out is not known"


def test_every_box_is_an_image_and_every_photograph_a_group(context):
    pack(context, members())
    split = Logo32().load("train", context)
    adidas, hp = LOGO_CLASSES.index("adidas"), LOGO_CLASSES.index("hp")
    assert split.labels.tolist() == [adidas, hp, hp, adidas, hp, hp]
    assert split.groups.tolist() == [0, 1, 1, 2, 3, 3]
    assert split.images.shape == (6, 32, 32, 3)
    assert Logo32(size=30).load("test", context).images.shape == (3, 30, 30, 3)


def test_the_mark_is_in_the_middle_of_a_square(context):
    pack(context, members())
    image = Logo32(margin=0.0).load("train", context).images[0].astype(int)
    # 40 x 30 in a square of 40: five pixels of 40 above and below, four of 32.
    red = image[..., 0] - image[..., 1] > 100
    assert red[5:27, 1:31].all()
    assert not red[:3].any()
    assert not red[29:].any()
    whole = Logo32(margin=1.0).load("train", context).images[0].astype(int)
    assert (whole[..., 0] - whole[..., 1] > 100).mean() < 0.3


def test_photographs_without_a_logo_are_class_33(context):
    pack(context, members())
    for split, count in (("train", 6), ("test", 3)):
        labels = Logo32(n_classes=33).load(split, context).labels
        assert labels.tolist()[-1] == 32
        assert len(labels) == count + 1, "photographs of a second list are not taken twice"


def test_the_unpacked_folder_is_the_same(context):
    with zipfile.ZipFile(path := pack(context, members())) as archive:
        packed = Logo32(n_classes=33).load("test", context)
        archive.extractall(context.folder)
    path.unlink()
    unpacked = Logo32(n_classes=33).load("test", context)
    np.testing.assert_array_equal(unpacked.images, packed.images)
    (context.folder / ROOT / "classes/masks/adidas/2.jpg.bboxes.txt").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        Logo32().load("test", context)
    shutil.rmtree(context.folder / ROOT)
    assert "FlickrLogos-32_dataset_v2.zip" in Logo32().available(context, "test")


def test_it_cannot_be_fetched_and_says_why(context):
    with pytest.raises(DataError, match="on request"):
        Logo32().fetch(context)


LIST = f"{ROOT}/trainset.relpaths.txt"
BOXES = f"{ROOT}/classes/masks/adidas/0.jpg.bboxes.txt"
PHOTO = f"{ROOT}/classes/jpg/adidas/0.jpg"
HEAD = b"x y width height\n"
HOSTILE = {
    "a list is missing": ({LIST: None}, "no member"),
    "boxes are missing": ({BOXES: None}, "no member"),
    "a photograph is missing": ({PHOTO: None}, "no member"),
    "a path that leads out": ({LIST: b"classes/jpg/../../x.jpg\n"}, "not of the form"),
    "an absolute path": ({LIST: b"/etc/passwd\n"}, "not of the form"),
    "an unknown brand": ({LIST: b"classes/jpg/acme/1.jpg\n"}, "of no known class"),
    "no text": ({LIST: b"\xff\xff"}, "is no text"),
    "no boxes": ({BOXES: HEAD}, "has 0 boxes"),
    "words for boxes": ({BOXES: HEAD + b"a b c d\n"}, "is not x, y, width and height"),
    "three numbers": ({BOXES: HEAD + b"1 2 3\n"}, "is not x, y, width and height"),
    "a box outside": ({BOXES: HEAD + b"200 10 20 20\n"}, "is not inside the photograph"),
    "an empty box": ({BOXES: HEAD + b"10 10 0 20\n"}, "is not inside the photograph"),
    "no photograph": ({PHOTO: b"garbage"}, "is no photograph"),
    "an absurd photograph": ({PHOTO: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + bytes(90)}, "is no photograph"),
    "a cut photograph": ({PHOTO: jpeg()[:400]}, "cannot be decoded"),
}


@pytest.mark.parametrize(("replace", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_contents_are_refused(context, replace, message):
    path = pack(context, members() | replace)
    with pytest.raises(DataError, match=message) as caught:
        Logo32().load("train", context)
    assert str(path) in str(caught.value)


def test_a_list_that_is_too_large_is_refused(context, monkeypatch):
    monkeypatch.setattr(logo32, "MAX_TEXT", 10)
    pack(context, members())
    with pytest.raises(DataError, match="the limit is 10"):
        Logo32().load("train", context)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_archives_never_raise_anything_else(context, data):
    path = context.folder / "logo32/FlickrLogos-32_dataset_v2.zip"
    # The directory is at the end.
    near = (slice(None), slice(-3000, None))
    read_damaged(data, path, lambda: pack(context, members()), lambda: Logo32().load("train", context), 32, near=near)
