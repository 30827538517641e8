import errno
import os

import numpy as np
import pytest

from neurosyn.errors import DataError
from neurosyn.support.files import atomic_path, sweep, write_npz, write_text
from neurosyn.support.untrusted import read_npz


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_npz_round_trip_has_the_same_bytes_each_time(tmp_path):
    arrays = {"a": np.arange(7, dtype=np.int32), "b": np.ones((2, 3))}
    write_npz(tmp_path / "x.npz", arrays)
    write_npz(tmp_path / "y.npz", arrays)
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    back = read_npz(tmp_path / "x.npz")
    assert back.keys() == arrays.keys()
    np.testing.assert_array_equal(back["b"], arrays["b"])


def test_pickles_cut_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.array([{"no": "objects"}], dtype=object))
    with pytest.raises(DataError, match=r"x\.npz"):
        read_npz(path)
    write_npz(path, {"a": np.arange(1000)})
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"x\.npz"):
            read_npz(path)
    with pytest.raises(DataError, match="No such file"):
        read_npz(tmp_path / "none.npz")


def test_archive_that_would_unpack_to_too_much_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    write_npz(path, {"a": np.zeros(100_000)})
    with pytest.raises(DataError, match="more than the limit"):
        read_npz(path, max_bytes=1000)


def test_errors_of_the_file_system_name_the_file_and_not_its_temporary_name(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_text(tmp_path / "folder", "text")
    assert caught.value.filename == str(tmp_path / "folder")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=f"{tmp_path}/file"):
        write_text(tmp_path / "file" / "a", "text")

    def fill_the_disk():
        with atomic_path(tmp_path / "a.txt"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space") as full:
        fill_the_disk()
    assert full.value.filename == str(tmp_path / "a.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_sweeping_removes_what_a_killed_process_left_and_nothing_else(tmp_path):
    write_text(tmp_path / "deep" / "a.txt", "kept")
    killed = atomic_path(tmp_path / "deep" / "b.txt")
    left = killed.__enter__()
    assert left.exists()
    sweep(tmp_path)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.txt"]
    killed.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
