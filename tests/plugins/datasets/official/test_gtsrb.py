"""Data set ``gtsrb``: tracks, boxes, labels and damage."""

import hashlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.official import gtsrb
from neurosyn_plugins.datasets.official.gtsrb import Gtsrb
from neurosyn_plugins.datasets.official.published_files import PublishedFile
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from tests.plugins.datasets.archives import pack_zip
from tests.plugins.datasets.damage import read_damaged

HEAD = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"
IMAGES = "GTSRB/Final_Training/Images"


def ppm(width, height, box, inside=(200, 10, 20), outside=(0, 90, 0)):
    """Return a photograph that is of one colour in the box (both ends within) and of another around it."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = outside
    pixels[box[1] : box[3] + 1, box[0] : box[2] + 1] = inside
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PPM")
    return stream.getvalue()


def row(name, label, size=(40, 50), box=(5, 6, 34, 43)):
    return ";".join(map(str, (name, *size, *box, label))) + "\n"


def training(context, replace=None, tracks=2, frames=2):
    """Write the training archive: each class has `tracks` signs with `frames` photographs each."""
    members = {"GTSRB/Readme-Images.txt": b"hello"}
    for label in range(43):
        names = [f"{track:05}_{frame:05}.ppm" for track in range(tracks) for frame in range(frames)]
        folder = f"{IMAGES}/{label:05}"
        members[f"{folder}/GT-{label:05}.csv"] = HEAD + "".join(row(name, label) for name in names)
        for name in names:
            members[f"{folder}/{name}"] = ppm(40, 50, (5, 6, 34, 43), inside=(200, label, 20))
    return pack_zip(context.folder / "gtsrb/GTSRB_Final_Training_Images.zip", (members | (replace or {})).items())


def publish_test(context, labels):
    table = HEAD + "".join(row(f"{k:05}.ppm", label) for k, label in enumerate(labels))
    pack_zip(context.folder / "gtsrb/GTSRB_Final_Test_GT.zip", [("GT-final_test.csv", table)])
    photos = {f"GTSRB/Final_Test/Images/{k:05}.ppm": ppm(40, 50, (5, 6, 34, 43)) for k in range(len(labels))}
    pack_zip(context.folder / "gtsrb/GTSRB_Final_Test_Images.zip", photos.items())


def test_is_registered_with_43_different_classes(context):
    assert registry.get("datasets", "gtsrb") is Gtsrb
    info = Gtsrb().info(context)
    assert (info.name, info.official, info.sizes) == ("GTSRB", True, {"train": 39_209, "test": 12_630})
    assert len(set(info.classes)) == 43


def test_tracks_are_groups_that_do_not_cross_classes(context):
    training(context)
    split = Gtsrb().load("train", context)
    assert split.images.shape == (43 * 4, 32, 32, 3)
    assert split.labels.tolist() == [label for label in range(43) for _ in range(4)]
    assert split.groups.tolist() == [2 * label + track for label in range(43) for track in (0, 0, 1, 1)]


def test_the_sign_is_cut_out_at_the_box_or_the_photograph_kept_whole(context):
    training(context)
    cut, whole = Gtsrb(cut_out=True).load("train", context), Gtsrb().load("train", context)
    assert (cut.images == np.array([200, 0, 20])).reshape(43 * 4, -1).all(1).tolist()[:4] == [True] * 4
    assert (cut.images[4:8] == np.array([200, 1, 20])).all(), "not one pixel of what is around the sign"
    assert whole.images[0, 0, 0].tolist() == [0, 90, 0]
    assert whole.images[0, 16, 16].tolist() == [200, 0, 20]
    assert "cut out" in Gtsrb(cut_out=True).info(context).name


def test_the_test_labels_are_in_an_archive_of_their_own(context):
    publish_test(context, (16, 1, 38))
    split = Gtsrb().load("test", context)
    assert split.labels.tolist() == [16, 1, 38]
    assert split.groups is None
    (context.folder / "gtsrb/GTSRB_Final_Test_GT.zip").unlink()
    assert "GTSRB_Final_Test_GT.zip" in Gtsrb().available(context, "test")


def test_only_official_files_are_called_so(context, monkeypatch):
    path = training(context)
    assert Gtsrb().info(context).name == "GTSRB format (unofficial GTSRB_Final_Training_Images.zip)"
    assert not Gtsrb().info(context).official
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(Gtsrb, "FILES", (PublishedFile(path.name, md5, ("train",)), *Gtsrb.FILES[1:]))
    assert Gtsrb().info(context).official


def test_missing_files_say_what_to_put_where(context):
    reason = Gtsrb().available(context, "train")
    for word in ("GTSRB_Final_Training_Images.zip", "f33fd80ac59bff73c82d25ab499e03a3", gtsrb.URL, "data fetch gtsrb"):
        assert word in reason


CSV = f"{IMAGES}/00007/GT-00007.csv"
PPM = f"{IMAGES}/00007/00001_00000.ppm"
FIRST = "00000_00000.ppm"
HOSTILE = {
    "a table is missing": ({CSV: None}, "no member"),
    "a photograph is missing": ({PPM: None}, "no member"),
    "other columns": ({CSV: "a;b\n1;2\n"}, "they must be Filename;Width"),
    "no rows": ({CSV: HEAD}, "lists no photographs"),
    "a word for a number": ({CSV: HEAD + f"{FIRST};40;x;5;6;34;43;7\n"}, "row 1 is not seven whole numbers"),
    "a short row": ({CSV: HEAD + f"{FIRST};40;50\n"}, "row 1 is not seven whole numbers"),
    "another class": ({CSV: HEAD + row(FIRST, 8)}, "row 1 has class 8"),
    "a box beside the photograph": ({CSV: HEAD + row(FIRST, 7, box=(5, 6, 40, 43))}, r"row 1 has box \(5, 6, 40, 43\)"),
    "a box inside out": ({CSV: HEAD + row(FIRST, 7, box=(34, 6, 5, 43))}, "row 1 has box"),
    "an absurd size": ({CSV: HEAD + row(FIRST, 7, size=(99999, 50))}, "row 1 has size 99999 x 50"),
    "another size": ({CSV: HEAD + row(FIRST, 7, size=(41, 50))}, r"RGB \(40, 50\), its table lists RGB \(41, 50\)"),
    "a path for a name": ({CSV: HEAD + row("../00000/00000_00000.ppm", 7)}, "row 1 has box"),
    "another name": ({CSV: HEAD + row("x.ppm", 7), f"{IMAGES}/00007/x.ppm": ppm(40, 50, (5, 6, 34, 43))}, "not named"),
    "no text": ({CSV: b"\xff\xfe\x00"}, "is no text"),
    "no picture": ({PPM: b"P6 garbage"}, "cannot be decoded"),
    "a cut picture": ({PPM: ppm(40, 50, (5, 6, 34, 43))[:-9]}, "cannot be decoded"),
    "grey": ({PPM: b"P5 40 50 255\n" + bytes(2000)}, "is L"),
    "another format": ({PPM: b"\x89PNG\r\n\x1a\n" + bytes(50)}, "cannot be decoded"),
    "a bomb": ({PPM: bytes(gtsrb.MAX_PHOTO + 1)}, "the limit is"),
    "a way out": ({"../../etc/passwd": b"x"}, "leads out of the archive"),
    "an absolute name": ({"/etc/passwd": b"x"}, "leads out of the archive"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The members of a sound training archive of the smallest size."""
    context = DataContext(tmp_path_factory.mktemp("gtsrb"), tmp_path_factory.mktemp("cache"))
    with zipfile.ZipFile(training(context, tracks=2, frames=1)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(("replace", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_contents_are_refused(context, whole, replace, message):
    path = pack_zip(context.folder / "GTSRB_Final_Training_Images.zip", (whole | replace).items())
    with pytest.raises(DataError, match=message) as caught:
        Gtsrb().load("train", context)
    assert str(path) in str(caught.value)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_archives_never_raise_anything_else(context, whole, data):
    path = context.folder / "GTSRB_Final_Training_Images.zip"
    # The directory is at the end.
    near = (slice(None), slice(-3000, None))
    read_damaged(
        data, path, lambda: pack_zip(path, whole.items()), lambda: Gtsrb().load("train", context), 43, near=near
    )


@pytest.mark.data
def test_the_real_copy_and_its_tracks(real_data, tmp_path):
    if not (real_data / "gtsrb32_webp.npz").exists():
        pytest.skip("NEUROSYN_DATA has no gtsrb32_webp.npz")
    context = DataContext(real_data, tmp_path)
    info = Gtsrb().info(context)
    assert (info.name, info.official) == ("GTSRB, 32x32 copy", True)
    assert info.sizes == {"train": 39_209, "test": 12_630}
    assert "cut out" in Gtsrb(cut_out=True).available(context, "train"), "the copy holds whole photographs"
    split = Gtsrb().load("test", context)
    assert len(split) == 12_630
