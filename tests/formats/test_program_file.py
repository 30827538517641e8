"""Program files: round trip, bytes and refusals."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.errors import DataError
from neurosyn.formats.program_file import load_program, save_program
from neurosyn.support.files import write_npz
from neurosyn.support.untrusted import read_npz
from neurosyn.testing.strategies import programs
from tests.comparing import assert_equal

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def make_program(**changes):
    values = {
        "axons": 2,
        "neurons": 3,
        "crossbars": np.array([[[1, 2, 3]]], np.uint64),
        "crossbar": np.zeros(1, np.int32),
        "axon_types": np.array([[0, 1]], np.uint8),
        "neuron_types": np.zeros(1, NEURON_TYPE),
        "neuron_type": np.zeros((1, 3), np.int32),
        "initial_potential": np.array([[-(2**19), 0, 2**19 - 1]], np.int32),
        "dest_core": np.array([[0, -1, -2]], np.int32),
        "dest_axon": np.array([[1, 0, 0]], np.int32),
        "delay": np.array([[15, 1, 1]], np.uint8),
        "seeds": np.array([2**32 - 1], np.uint32),
        "input_core": np.zeros(2, np.int32),
        "input_axon": np.array([0, 1], np.int32),
        "pins": 1,
        "pin_class": np.array([-1], np.int32),
        "layer_names": ("Schicht 1 · conv",),
        "core_layer": np.zeros(1, np.int32),
        "activity": np.array([[0.5, 0, 1]], np.float32),
        "about": {"by": ["a test", 1, None, {"µ": 0.1}]},
        "input_line": np.array([7, 0], np.int32),
    }
    return Program(**(values | changes))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "program.npz"
    save_program(make_program(), path)
    return path


def rewrite(path, **changes):
    arrays = {name: array for name, array in (read_npz(path) | changes).items() if array is not None}
    write_npz(path, arrays)


def rewrite_header(path, **changes):
    header = json.loads(read_npz(path)["header"].tobytes()) | changes
    rewrite(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8))


@QUICK
@given(program=programs())
def test_round_trip(tmp_path_factory, program):
    path = tmp_path_factory.mktemp("round") / "p.npz"
    save_program(program, path)
    assert_equal(load_program(path), program)


def test_round_trip_of_every_field(saved):
    assert_equal(load_program(saved), make_program())


def test_equal_programs_give_equal_bytes(saved, tmp_path):
    save_program(make_program(), tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == saved.read_bytes()


def test_integers_are_stored_in_the_narrowest_type(saved):
    arrays = read_npz(saved)
    assert arrays["dest_core"].dtype == np.int8
    assert arrays["dest_axon"].dtype == np.uint8
    assert arrays["initial_potential"].dtype == np.int32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"delay": None}, "array 'delay' is missing"),
        ({"colour": np.zeros(1)}, "has an array 'colour'"),
        ({"header": None}, "has no header"),
        ({"header": np.zeros(3)}, "has no header"),
        ({"header": np.frombuffer(b"\xff\xfe{", np.uint8)}, "header is no JSON"),
        ({"header": np.frombuffer(b'{"about": NaN}', np.uint8)}, "NaN is no JSON number"),
        ({"header": np.frombuffer(b"[1]", np.uint8)}, "is no neurosyn program"),
        ({"crossbars": np.zeros((1, 1, 3), np.int64)}, "crossbars is int64, not uint64"),
        ({"crossbars": np.zeros((1, 2, 3), np.uint64)}, r"crossbars is uint64 \(1, 2, 3\), not uint64 \(1, 1, 3\)"),
        ({"crossbars": np.full((1, 1, 3), 4, np.uint64)}, "synapses beyond axon 1"),
        ({"neuron_types": np.zeros(1, np.int64)}, "neuron_types is int64"),
        ({"activity": np.full((1, 3), np.nan, np.float32)}, "activity has values"),
        ({"activity": np.zeros((1, 3))}, "activity is float64"),
        ({"dest_core": np.zeros((1, 3))}, "dest_core is float64, not whole numbers"),
        ({"dest_core": np.full((1, 3), 2**40)}, "dest_core has values outside"),
        ({"dest_core": np.full((1, 3), 1)}, "dest_core has the value 1"),
        ({"delay": np.zeros((1, 3), np.int64)}, "delay has the value 0"),
        ({"delay": np.full((1, 3), -1)}, "delay has values outside 0…255"),
        ({"delay": np.ones((3, 1), np.uint8)}, r"delay is uint8 \(3, 1\)"),
        ({"seeds": np.zeros(2, np.uint8)}, r"seeds is uint8 \(2,\), the program has 1 cores of 3 neurons"),
        ({"crossbar": np.zeros(0, np.uint8)}, r"crossbar is uint8 \(0,\), the program has 1 cores"),
        ({"crossbar": np.zeros((1, 1), np.uint8)}, "crossbar has 2 dimensions, not 1"),
        ({"crossbars": np.zeros((0, 1, 3), np.uint64)}, "program: crossbar has the value 0"),
    ],
)
def test_nonsense_is_refused_with_file_and_reason(saved, changes, message):
    rewrite(saved, **changes)
    with pytest.raises(DataError, match=message) as caught:
        load_program(saved)
    assert str(caught.value).startswith(str(saved))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "is a program of version 2; this neurosyn reads version 1"),
        ({"format": "nir"}, "is no neurosyn program"),
        ({"axons": "2"}, "axons is not a whole number"),
        ({"axons": True}, "axons is not a whole number"),
        ({"axons": 0}, "both must be 1…65536"),
        ({"neurons": 10**30}, "both must be"),
        ({"pins": -1}, "pin"),
        ({"layer_names": [1]}, "layer_names are not all text"),
        ({"about": None}, "about is not an object"),
    ],
)
def test_bad_headers_are_refused(saved, changes, message):
    rewrite_header(saved, **changes)
    with pytest.raises(DataError, match=message):
        load_program(saved)


def test_flags_that_are_no_booleans_are_refused(saved):
    types = np.zeros(1, NEURON_TYPE)
    types.view(np.uint8)[NEURON_TYPE.fields["leak_reversal"][1]] = 2
    rewrite(saved, neuron_types=types)
    with pytest.raises(DataError, match="flag leak_reversal"):
        load_program(saved)


def test_arrays_without_dimensions_are_refused(saved):
    np.savez(saved, **(read_npz(saved) | {"crossbar": np.uint8(0)}))
    with pytest.raises(DataError, match="crossbar has 0 dimensions, not 1"):
        load_program(saved)


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        load_program(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DataError, match="not a readable"):
        load_program(tmp_path / "text.npz")


@QUICK
@given(data=st.data())
def test_damaged_files_are_refused_or_hold_the_same_program(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "p.npz"
    save_program(make_program(), path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        loaded = load_program(path)
    except DataError:
        return
    # Bytes that carry nothing, such as dates, may change.
    assert_equal(loaded, make_program())


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    program = make_program(about={"bad": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        save_program(program, tmp_path / "p.npz")
    assert list(tmp_path.iterdir()) == []
