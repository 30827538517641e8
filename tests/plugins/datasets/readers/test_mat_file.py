"""MATLAB files: what SciPy writes is read alike; damaged ones are refused."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from neurosyn_plugins.datasets.readers.mat_file import MatArray, read_arrays, read_headers
from scipy.io import loadmat, savemat

from neurosyn.errors import DataError

KINDS = ("uint8", "int8", "uint16", "int32", "float32", "float64")
LIMITED = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None}


@settings(max_examples=40, **LIMITED)
@given(data=st.data(), compressed=st.booleans())
def test_arrays_equal_those_that_scipy_reads(tmp_path, data, compressed):
    shape = data.draw(array_shapes(min_dims=2, max_dims=4, max_side=5))
    written = {
        name: data.draw(arrays(np.dtype(data.draw(st.sampled_from(KINDS))), shape, elements=st.integers(0, 100)))
        for name in ("X", "a_longer_name")
    }
    path = tmp_path / "a.mat"
    savemat(path, written, do_compression=compressed)
    back, expected = read_arrays(path, ("X", "a_longer_name")), loadmat(path)
    for name in written:
        np.testing.assert_array_equal(back[name], expected[name])
        assert back[name].dtype == expected[name].dtype
        assert read_headers(path)[name].shape == expected[name].shape


def test_headers_name_the_classes(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"text": "ab", "real": np.zeros((2, 2)), "many": np.array([[1, "a"]], object)})
    headers = read_headers(path)
    assert headers["real"] == MatArray((2, 2), "double")
    assert headers["text"].kind == "char"
    assert headers["many"].kind == "cell"
    assert read_arrays(path, ("text",)) == {}


@settings(max_examples=300, **LIMITED)
@given(
    compressed=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_bytes_are_read_or_refused(tmp_path, compressed, changes):
    path = tmp_path / "a.mat"
    savemat(path, {"X": np.arange(600, dtype=np.uint16).reshape(20, 30)}, do_compression=compressed)
    content = bytearray(path.read_bytes())
    for position, value in changes:
        content[position % len(content)] = value
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        if read_headers(path).get("X", MatArray((0,), "")).shape == (20, 30):
            assert read_arrays(path, ("X",)).get("X", np.zeros((20, 30))).shape == (20, 30)


def test_a_stream_that_unpacks_to_more_than_declared_costs_nothing(tmp_path):
    import struct
    import zlib

    bomb = zlib.compress(struct.pack("<II", 14, 1 << 31) + bytes(64 << 20), 9)
    path = tmp_path / "bomb.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(DataError, match="an element of type 6 is of type 0"):
        read_headers(path)
