"""Untrusted files are refused before they cost time or memory."""

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest

from neurosyn.errors import DataError, ScenarioError
from neurosyn.support.files import write_npz
from neurosyn.support.untrusted import open_file, read_bytes, read_json, read_npz, read_text


def test_pipes_devices_and_folders_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(DataError, match="is not a file that can be read"):
            open_file(path)
    with pytest.raises(ScenarioError, match="cannot be read: embedded null byte"):
        open_file("a\0b", error=ScenarioError)


def test_the_size_is_checked_before_reading(tmp_path):
    path = tmp_path / "sparse.toml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(DataError, match="has 1,099,511,627,776 bytes, a scenario at most 1,000"):
        read_bytes(path, 1000, what="scenario")


def test_text_is_utf_8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfname")
    assert read_text(path, 100) == "name"
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_text(path, 100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 2}', "the key 'a' is given twice"),
        ('{"a": 1e999}', "1e999 is too large"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": ' + "9" * 5000 + "}", "is not valid JSON"),
        ("{", "is not valid JSON"),
    ],
)
def test_json_that_is_none_or_means_two_things_is_refused(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_json(path, 1 << 20)


def _archive(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)


def _array(array):
    import io

    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("a.npy", b"no array")], "magic"),
        ([("a", b"text")], "magic|EOF"),
        ([("a.npy", b"\x93NUMPY\x01\x00v\x00{'descr': (((" + b" " * 100)], "not a readable"),
        ([("a.npy", b"A"), ("a.npy", b"B")], "two arrays named 'a'"),
        ([("a.npy", b"A"), ("a", b"B")], "two arrays named 'a'"),
        ([("a.npy", _array(np.arange(10))[:-1])], "declares another size"),
        ([("a.npy", _array(np.arange(10)) + b"more")], "declares another size"),
    ],
)
def test_members_that_are_no_arrays_are_refused(tmp_path, members, message):
    path = tmp_path / "a.npz"
    _archive(path, members)
    with pytest.raises(DataError, match=message):
        read_npz(path)


def test_a_lie_about_the_shape_costs_nothing(tmp_path):
    path = tmp_path / "a.npz"
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }".ljust(
        117
    )
    _archive(path, [("a.npy", header + b"\n")])
    with pytest.raises(DataError, match="declares another size"):
        read_npz(path)


def test_types_and_shapes_are_checked_before_the_contents_are_unpacked(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, {"a": np.zeros((2, 3), np.int16)})
    whole = path.read_bytes()
    seen = {}

    def check(headers):
        seen.update(headers)
        raise DataError("a: too many rows")

    with pytest.raises(DataError, match="too many rows"):
        read_npz(path, check=check)
    assert seen["a"] == (np.dtype(np.int16), (2, 3))
    assert path.read_bytes() == whole


def test_arrays_in_either_order_come_back_writable(tmp_path):
    path = tmp_path / "a.npz"
    matrix = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez(path, matrix=matrix, empty=np.zeros((0, 4)), scalar=np.float32(3))
    arrays = read_npz(path)
    np.testing.assert_array_equal(arrays["matrix"], matrix)
    assert arrays["empty"].shape == (0, 4)
    assert arrays["scalar"] == 3
    arrays["matrix"][0, 0] = 7
