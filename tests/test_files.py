import numpy as np
import pytest

from neurosyn.errors import DataError
from neurosyn.files import atomic_path, read_npz, write_npz


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
    with pytest.raises(DataError, match="x.npz"):
        read_npz(path)
    write_npz(path, {"a": np.arange(1000)})
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="x.npz"):
            read_npz(path)
    with pytest.raises(DataError, match="no such file"):
        read_npz(tmp_path / "none.npz")


def test_archive_that_would_unpack_to_too_much_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    write_npz(path, {"a": np.zeros(100_000)})
    with pytest.raises(DataError, match="more than the limit"):
        read_npz(path, max_bytes=1000)
