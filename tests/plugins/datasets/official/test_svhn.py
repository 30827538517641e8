"""Data set ``svhn``: images, labels, download and damage."""

import hashlib
import http.server
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurosyn_plugins.datasets.official import svhn
from neurosyn_plugins.datasets.official.svhn import OfficialFile, Svhn
from scipy.io import savemat
from scipy.sparse import csc_array

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from tests.plugins.datasets.damage import read_damaged


def small_file(path, n=12, seed=0, **arrays):
    """Write a file of the official layout with `n` images."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    images = rng.integers(0, 256, (32, 32, 3, n), dtype=np.uint8)
    labels = (np.arange(n) % 10 + 1).astype(np.uint8)[:, None]
    savemat(path, {"X": images, "y": labels} | arrays, do_compression=True)
    return images, labels


def test_is_registered():
    assert registry.get("datasets", "svhn") is Svhn


@pytest.mark.parametrize("place", ["svhn/test_32x32.mat", "test_32x32.mat"])
def test_images_and_labels_as_in_the_file(context, place):
    images, labels = small_file(context.folder / place)
    split = Svhn().load("test", context)
    assert split.images.shape == (12, 32, 32, 3)
    assert split.images.flags.c_contiguous
    for i in (0, 11):
        np.testing.assert_array_equal(split.images[i], images[:, :, :, i])
    assert split.labels.dtype == np.int32
    assert split.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]
    assert labels[9, 0] == 10


def test_folder_option(context):
    small_file(context.folder / "elsewhere/test_32x32.mat")
    assert Svhn().available(context, "test") is not None
    assert Svhn(folder="elsewhere").available(context, "test") is None
    assert len(Svhn(folder=str(context.folder / "elsewhere")).load("test", context)) == 12


def test_extra_images_follow_the_training_images(context):
    small_file(context.folder / "train_32x32.mat", 5)
    extra, _ = small_file(context.folder / "extra_32x32.mat", 3, seed=1)
    assert len(Svhn().load("train", context)) == 5
    split = Svhn(use_extra=True).load("train", context)
    np.testing.assert_array_equal(split.images[5], extra[:, :, :, 0])
    assert split.labels.tolist() == [1, 2, 3, 4, 5, 1, 2, 3]


def test_one_image_whose_last_dimension_matlab_drops(context):
    small_file(context.folder / "test_32x32.mat", 1, X=np.full((32, 32, 3), 9, np.uint8))
    assert Svhn().load("test", context).images.shape == (1, 32, 32, 3)


def test_missing_files_say_what_to_put_where(context):
    reason = Svhn(use_extra=True).available(context, "train")
    for word in ("train_32x32.mat", svhn.FILES["extra"].md5, svhn.URL, str(context.folder / "svhn"), "data fetch"):
        assert word in reason
    with pytest.raises(DataError, match=r"test_32x32\.mat not found"):
        Svhn().load("test", context)


def test_only_official_files_are_called_so(context):
    info = Svhn().info(context)
    assert (info.name, info.official, info.sizes) == ("SVHN", True, {"train": 73257, "test": 26032})
    assert Svhn(use_extra=True).info(context).sizes["train"] == 73257 + 531131
    small_file(context.folder / "test_32x32.mat")
    info = Svhn().info(context)
    assert not info.official
    assert "unofficial test_32x32.mat" in info.name
    assert info.sizes == {"train": 73257}


def test_damaged_official_file_is_refused(context, monkeypatch):
    path = context.folder / "test_32x32.mat"
    small_file(path)
    content = path.read_bytes()
    official = OfficialFile(
        path.name, hashlib.md5(content).hexdigest(), len(content), 12, hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setitem(svhn.FILES, "test", official)
    assert Svhn().info(context).official
    assert len(Svhn().load("test", context)) == 12
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match="not its MD5"):
        Svhn().load("test", context)


def test_fingerprint_changes_with_the_files(context):
    assert Svhn().fingerprint(context) == {}
    small_file(context.folder / "test_32x32.mat")
    first = Svhn().fingerprint(context)
    small_file(context.folder / "svhn/test_32x32.mat", seed=1)
    assert first.keys() == {"test"}
    assert Svhn().fingerprint(context)["test"] != first["test"]


HOSTILE = {
    "X is missing": ({"X": None}, "no array 'X'"),
    "y is missing": ({"y": None}, "no array 'y'"),
    "other image size": ({"X": np.zeros((28, 28, 3, 12), np.uint8)}, r"must be uint8 \(32, 32, 3, n\)"),
    "grey images": ({"X": np.zeros((32, 32, 12), np.uint8)}, r"must be uint8 \(32, 32, 3, n\)"),
    "real images": ({"X": np.zeros((32, 32, 3, 12))}, "'X' is double"),
    "five dimensions": ({"X": np.zeros((32, 32, 3, 2, 6), np.uint8)}, r"\(32, 32, 3, 2, 6\)"),
    "no images": ({"X": np.zeros((32, 32, 3, 0), np.uint8), "y": np.zeros((0, 1))}, "declares 0 images"),
    "too few labels": ({"y": np.ones((11, 1), np.uint8)}, r"\(11, 1\) for 12 images"),
    "label 0": ({"y": np.zeros((12, 1), np.uint8)}, "label 0 is 0"),
    "label 11": ({"y": np.full((12, 1), 11, np.uint8)}, "whole numbers from 1 to 10"),
    "negative label": ({"y": np.full((12, 1), -1, np.int16)}, "label 0 is -1"),
    "half a label": ({"y": np.full((12, 1), 1.5)}, "label 0 is 1.5"),
    "not a number": ({"y": np.full((12, 1), np.nan)}, "label 0 is nan"),
    "text labels": ({"y": np.array([["a"]] * 12)}, "'y' is char"),
    "objects": ({"y": np.array([[1.0]] * 12, dtype=object)}, "'y' is cell"),
    "sparse labels": ({"y": csc_array(np.ones((12, 1)))}, "'y' is sparse"),
    "complex labels": ({"y": np.full((12, 1), 1 + 1j)}, "'y' is complex"),
}


@pytest.mark.parametrize(("arrays", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_wrong_contents_are_refused(context, arrays, message):
    path = context.folder / "test_32x32.mat"
    path.parent.mkdir()
    content = {"X": np.zeros((32, 32, 3, 12), np.uint8), "y": np.ones((12, 1), np.uint8)} | arrays
    savemat(path, {name: array for name, array in content.items() if array is not None})
    with pytest.raises(DataError, match=message) as caught:
        Svhn().load("test", context)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x89HDF\r\n\x1a\n" + bytes(600), bytes(4096)])
def test_files_of_another_kind_are_refused(context, content):
    path = context.folder / "test_32x32.mat"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"test_32x32\.mat"):
        Svhn().load("test", context)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_and_garbled_files_never_raise_anything_else(context, data):
    path = context.folder / "test_32x32.mat"
    # Most of the file is one compressed array: its headers are garbled as often.
    near = (slice(200), slice(None))
    read_damaged(data, path, lambda: small_file(path), lambda: Svhn().load("test", context), 10, near=near)


class _Server:
    """A web server on this machine that serves what a test gives it."""

    def __init__(self):
        files = self.files = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content, length = files.get(self.path.strip("/"), (None, 0))
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if content is not None:
                    self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    server = _Server()
    monkeypatch.setattr(svhn, "URL", server.url)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield server
    server.close()


def publish(server, monkeypatch, part, content, length=None):
    name = svhn.FILES[part].name
    monkeypatch.setitem(
        svhn.FILES,
        part,
        OfficialFile(name, hashlib.md5(content).hexdigest(), len(content), 1, hashlib.sha256(content).hexdigest()),
    )
    server.files[name] = (content, len(content) if length is None else length)


def test_fetch_downloads_checks_and_reports(context, server, monkeypatch):
    steps = []
    context = DataContext(context.folder, context.cache, 0, lambda *step: steps.append(step))
    publish(server, monkeypatch, "train", b"t" * 5000)
    publish(server, monkeypatch, "test", b"u" * 700)
    paths = Svhn().fetch(context)
    assert [path.read_bytes() for path in paths] == [b"t" * 5000, b"u" * 700]
    assert all(path.parent == context.folder / "svhn" for path in paths)
    assert (5000, 5000, "bytes") in steps
    server.files.clear()
    assert Svhn().fetch(context) == paths, "what is here and whole is not downloaded again"


def test_wrong_or_cut_downloads_leave_nothing(context, server, monkeypatch):
    publish(server, monkeypatch, "train", b"right")
    server.files["train_32x32.mat"] = (b"wrong", 5)
    with pytest.raises(DataError, match=r"train_32x32.mat cannot be downloaded"):
        Svhn().fetch(context)
    server.files["train_32x32.mat"] = (b"rig", 5)
    with pytest.raises(DataError, match=r"train_32x32.mat cannot be downloaded"):
        Svhn().fetch(context)
    assert not [path for path in context.folder.rglob("*") if path.is_file()]


def test_no_network_says_what_to_put_where(context, server):
    server.close()
    with pytest.raises(DataError) as caught:
        Svhn().fetch(context)
    for word in ("train_32x32.mat", svhn.FILES["train"].md5, str(context.folder / "svhn"), "by hand"):
        assert word in str(caught.value)
    assert caught.value.exit_code == 5
    assert not [path for path in context.folder.rglob("*") if path.is_file()]
