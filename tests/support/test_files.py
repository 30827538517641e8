import errno
import os
import subprocess
import sys

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


@pytest.fixture
def killed(tmp_path):
    """A folder in which a process was killed while it wrote ``b.txt``."""
    script = """
import os, signal, sys
from pathlib import Path
from neurosyn.support.files import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "deep" / "b.txt")], check=False)
    assert [path.name[:9] for path in (tmp_path / "deep").iterdir()] == [".partial-"]
    return tmp_path / "deep"


def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_the_file(killed):
    write_text(killed / "a.txt", "kept")
    assert len(list(killed.iterdir())) == 2, "another file's"
    write_text(killed / "b.txt", "whole")
    assert sorted(path.name for path in killed.iterdir()) == ["a.txt", "b.txt"]


def test_sweeping_removes_what_killed_processes_left_and_nothing_else(killed):
    foreign = [killed / ".partial-thesis.tex", killed / ".partial-x", killed / "deeper" / ".partial-abcdefgh-a.txt"]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("the user's")
    (killed / ".partial-abcdefgh-folder").mkdir()
    with atomic_path(killed / "c.txt") as in_use:
        sweep(killed, killed / "missing")
        assert in_use.exists()
        in_use.write_text("written")
    assert all(path.exists() for path in foreign)
    assert (killed / "c.txt").read_text() == "written"
    names = sorted(path.name for path in killed.iterdir())
    assert names == [".partial-abcdefgh-folder", ".partial-thesis.tex", ".partial-x", "c.txt", "deeper"]
