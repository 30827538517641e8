"""Data sets ``cifar10`` and ``cifar100``: records, archives and damage."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.official import cifar
from neurosyn_plugins.datasets.official.cifar import Cifar10, Cifar100
from neurosyn_plugins.datasets.official.published_files import PublishedFile

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from tests.plugins.datasets.damage import read_damaged

NAMES10 = [f"cifar-10-batches-bin/data_batch_{k}.bin" for k in range(1, 6)] + ["cifar-10-batches-bin/test_batch.bin"]


def records(n, labels, seed=0):
    """Return `n` records with the given numbers of classes."""
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, classes, (n, 1), dtype=np.uint8) for classes in labels]
    return np.concatenate([*columns, rng.integers(0, 256, (n, 3072), dtype=np.uint8)], 1)


def archive(path, members):
    """Write a .tar.gz of bytes or ready `TarInfo`s by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return path


def cifar10(context, n=3, replace=None):
    members = [(name, records(n, [10], seed).tobytes()) for seed, name in enumerate(NAMES10)]
    members.insert(0, ("cifar-10-batches-bin/batches.meta.txt", b"airplane\n"))
    members = [(name, (replace or {}).get(name, content)) for name, content in members]
    return archive(context.folder / "cifar10/cifar-10-binary.tar.gz", [m for m in members if m[1] is not None])


def test_are_registered():
    assert registry.get("datasets", "cifar10") is Cifar10
    assert registry.get("datasets", "cifar100") is Cifar100


def test_a_record_is_a_label_and_planes_of_red_green_blue(context):
    record = np.zeros((1, 3073), np.uint8)
    record[0, 0] = 7
    record[0, 1 + 0 * 1024 + 2 * 32 + 5] = 11  # red of row 2, column 5
    record[0, 1 + 1 * 1024 + 31 * 32 + 0] = 12  # green of row 31, column 0
    record[0, 1 + 2 * 1024 + 0 * 32 + 31] = 13  # blue of row 0, column 31
    cifar10(context, replace={NAMES10[5]: record.tobytes()})
    split = Cifar10().load("test", context)
    assert split.labels.tolist() == [7]
    assert (split.images[0, 2, 5, 0], split.images[0, 31, 0, 1], split.images[0, 0, 31, 2]) == (11, 12, 13)
    assert split.images.sum() == 36
    assert split.images.flags.c_contiguous


def test_training_images_are_the_five_batches_in_order(context):
    cifar10(context, n=2)
    split = Cifar10().load("train", context)
    wanted = np.concatenate([records(2, [10], seed) for seed in range(5)])
    np.testing.assert_array_equal(split.labels, wanted[:, 0])
    np.testing.assert_array_equal(split.images.transpose(0, 3, 1, 2).reshape(10, 3072), wanted[:, 1:])


def test_fine_and_coarse_labels_of_a_hundred_classes(context):
    rows = records(20, [20, 100])
    members = [(f"cifar-100-binary/{split}.bin", rows.tobytes()) for split in ("train", "test")]
    archive(context.folder / "cifar-100-binary.tar.gz", members)
    fine, coarse = Cifar100(), Cifar100(label="coarse")
    np.testing.assert_array_equal(fine.load("test", context).labels, rows[:, 1])
    np.testing.assert_array_equal(coarse.load("train", context).labels, rows[:, 0])
    assert [len(d.info(context).classes) for d in (fine, coarse)] == [100, 20]
    assert "coarse" in coarse.info(context).name


def test_class_names_are_all_different():
    for names, count in ((cifar.CIFAR10_CLASSES, 10), (cifar.CIFAR100_FINE, 100), (cifar.CIFAR100_COARSE, 20)):
        assert len(set(names)) == count


def test_only_the_official_archive_is_called_so(context, monkeypatch):
    assert Cifar10().info(context).official
    assert Cifar10().info(context).sizes == {"train": 50_000, "test": 10_000}
    path = cifar10(context)
    info = Cifar10().info(context)
    assert not info.official
    assert info.name == "CIFAR-10 format (unofficial cifar-10-binary.tar.gz)"
    assert info.sizes == {}
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(Cifar10, "FILES", (PublishedFile(path.name, md5, ("train", "test")),))
    assert Cifar10().info(context).official
    assert Cifar10().fingerprint(context) == {path.name: md5}


def test_missing_archive_says_what_to_put_where(context):
    reason = Cifar10().available(context, "test")
    for word in ("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", cifar.URL, "data fetch cifar10"):
        assert word in reason
    assert str(context.folder / "cifar10") in reason
    with pytest.raises(DataError, match="not found"):
        Cifar10().load("train", context)


def _entry(name, size=0, kind=tarfile.REGTYPE):
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.linkname = size, kind, "/etc/passwd"
    return entry


HOSTILE = {
    "a batch is missing": ({NAMES10[2]: None}, "no member 'cifar-10-batches-bin/data_batch_3.bin'"),
    "half a record": ({NAMES10[0]: bytes(3073 + 100)}, "no number of records"),
    "no record": ({NAMES10[0]: b""}, "no number of records"),
    "label 10": ({NAMES10[0]: bytes([10]) + bytes(3072)}, "holds label 10"),
    "a link": ({NAMES10[0]: _entry(NAMES10[0], kind=tarfile.SYMTYPE)}, "no file or is there twice"),
    "a device": ({NAMES10[0]: _entry(NAMES10[0], kind=tarfile.CHRTYPE)}, "no file or is there twice"),
    "a folder": ({NAMES10[0]: _entry(NAMES10[0], kind=tarfile.DIRTYPE)}, "no file or is there twice"),
    "a bomb": ({NAMES10[0]: _entry(NAMES10[0], size=1 << 40)}, "declares 1,099,511,627,776 bytes"),
    "another bomb": ({"cifar-10-batches-bin/batches.meta.txt": bytes(2 << 20)}, "declares 2,097,152 bytes"),
}


@pytest.mark.parametrize(("replace", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_contents_are_refused(context, replace, message):
    path = cifar10(context, replace=replace)
    with pytest.raises(DataError, match=message) as caught:
        Cifar10().load("train", context)
    assert str(path) in str(caught.value)


def test_a_member_twice_and_too_many_members_are_refused(context):
    path = context.folder / "cifar-10-binary.tar.gz"
    batches = [(name, records(1, [10]).tobytes()) for name in NAMES10]
    archive(path, [*batches, batches[0]])
    with pytest.raises(DataError, match="there twice"):
        Cifar10().load("train", context)
    archive(path, [(f"f{k}", b"") for k in range(cifar.MAX_MEMBERS + 1)])
    with pytest.raises(DataError, match="more than 100 members"):
        Cifar10().load("train", context)


def test_nothing_is_unpacked(context, tmp_path):
    path = context.folder / "cifar-10-binary.tar.gz"
    batches = [(name, records(1, [10]).tobytes()) for name in NAMES10]
    archive(path, [("../../escaped", b"x"), (str(tmp_path / "absolute"), b"x"), *batches])
    assert len(Cifar10().load("train", context)) == 5
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


# Named, since a test's own name must be the same in every process, and gzip writes the time into its header.
@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", gzip.compress(b"not a tar"), gzip.compress(bytes(4096))],
    ids=["empty", "garbage", "no tar within", "zeros within"],
)
def test_files_of_another_kind_are_refused(context, content):
    path = context.folder / "cifar-10-binary.tar.gz"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
        Cifar10().load("test", context)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_archives_never_raise_anything_else(context, data):
    path = context.folder / "cifar10/cifar-10-binary.tar.gz"

    def load():
        return Cifar10().load("train", context)

    # The second half is padding of the archive, which nothing needs.
    read_damaged(data, path, lambda: cifar10(context, n=1), load, 10, longest_cut=0.5)


def copy_of_cifar10(folder):
    """Write an image archive as the JPEG copy is one."""
    from PIL import Image

    arrays = {"classes": np.array(cifar.CIFAR10_CLASSES)}
    for split, n in (("train", 4), ("test", 2)):
        items = []
        for k in range(n):
            stream = io.BytesIO()
            Image.new("RGB", (32, 32), (20 * k, 0, 0)).save(stream, "JPEG")
            items.append(stream.getvalue())
        arrays[f"{split}_bytes"] = np.frombuffer(b"".join(items), np.uint8)
        arrays[f"{split}_offsets"] = np.cumsum([0, *map(len, items)])
        arrays[f"{split}_labels"] = np.arange(n)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "cifar10_jpeg.npz", **arrays)


def test_the_jpeg_copy_stands_in_by_its_own_name_until_the_archive_is_here(context):
    copy_of_cifar10(context.folder)
    info = Cifar10().info(context)
    assert (info.name, info.official, info.sizes) == ("CIFAR-10 (JPEG copy)", False, {"train": 4, "test": 2})
    assert Cifar10().available(context, "train") is None
    assert Cifar10().load("train", context).labels.tolist() == [0, 1, 2, 3]
    assert Cifar10().fingerprint(context).keys() == {"cifar10_jpeg.npz"}
    cifar10(context)
    assert "JPEG" not in Cifar10().info(context).name
    assert len(Cifar10().load("train", context)) == 15


@pytest.mark.data
def test_the_real_copy(real_data, tmp_path):
    if not (real_data / "cifar10_jpeg.npz").exists():
        pytest.skip("NEUROSYN_DATA has no cifar10_jpeg.npz")
    split = Cifar10().load("test", DataContext(real_data, tmp_path))
    assert np.bincount(split.labels).tolist() == [1000] * 10
