"""Placement files: round trip and refusals."""

import json

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.placement import Placement
from neurosyn.errors import DataError
from neurosyn.formats.placement_file import load_placement, save_placement
from neurosyn.support.files import write_npz
from neurosyn.support.untrusted import read_npz


def header(kind, version):
    return json.dumps({"format": kind, "version": version}).encode()


PLACEMENT = Placement(Mesh(2, 3, 8), np.array([[23, 15], [0, 0], [7, 9]], np.int32))


@pytest.fixture
def path(tmp_path):
    save_placement(PLACEMENT, tmp_path / "placement.npz")
    return tmp_path / "placement.npz"


def test_what_is_saved_is_loaded(path, tmp_path):
    loaded = load_placement(path, cores=3)
    assert loaded.mesh == PLACEMENT.mesh
    assert np.array_equal(loaded.xy, PLACEMENT.xy)
    save_placement(loaded, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_placement_of_another_program_is_refused(path):
    with pytest.raises(DataError, match="places 3 cores, the program has 4"):
        load_placement(path, cores=4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"header": None}, "is not a placement file"),
        ({"header": b"\xff"}, "is not a placement file"),
        ({"header": b"[]"}, "is not a placement file"),
        (
            {"header": header("neurosyn-program", 1)},
            "is neurosyn-program version 1",
        ),
        (
            {"header": header("neurosyn-placement", 2)},
            "version 2, not .* version 1",
        ),
        ({"mesh": None}, "has no valid board"),
        ({"mesh": np.array([1, 0, 8])}, "has no valid board"),
        ({"mesh": np.array([1.0, 1.0, 8.0])}, "has no valid board"),
        ({"mesh": np.array([1, 1, 2**30])}, "has no valid board"),
        ({"xy": None}, "has no int32 positions"),
        ({"xy": np.zeros((3, 2))}, "has no int32 positions"),
        ({"xy": np.zeros((3, 2), np.int32)}, "two cores share a position"),
        ({"xy": np.array([[24, 0]], np.int32)}, "outside the board"),
    ],
)
def test_damaged_file_is_refused(path, changes, message):
    arrays = read_npz(path)
    for name, value in changes.items():
        if value is None:
            del arrays[name]
        else:
            arrays[name] = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
    write_npz(path, arrays)
    with pytest.raises(DataError, match=message) as caught:
        load_placement(path)
    assert str(path) in str(caught.value)


def test_truncated_or_missing_file_is_refused(path):
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="is not a readable"):
        load_placement(path)
    path.unlink()
    with pytest.raises(DataError, match="No such file"):
        load_placement(path)
