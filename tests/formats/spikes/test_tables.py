"""Input spikes as tables."""

import re

import numpy as np
import pandas as pd
import pytest

import neurosyn as ns
from neurosyn.errors import DataError
from neurosyn.formats.spikes.files import read_spikes
from tests.cli.conftest import neurosyn

__all__ = ["neurosyn"]


@pytest.fixture(scope="module")
def program():
    """Two cores with an input line each, to axons 3 and 7."""
    circuit = ns.Circuit()
    for axon in (3, 7):
        core = circuit.core()
        core.connect(axon, core.neuron(weights=(1,)).to_pin(axon))
        circuit.input(core, axon)
    return circuit.build()


@pytest.fixture(params=[".csv", ".parquet"])
def write(tmp_path, request):
    def write(columns):
        path, frame = tmp_path / f"spikes{request.param}", pd.DataFrame(columns)
        frame.to_csv(path, index=False) if request.param == ".csv" else frame.to_parquet(path)
        return path

    return write


def rows(spikes):
    return list(zip(*(getattr(spikes, name).tolist() for name in ("tick", "core", "axon", "line")), strict=True))


def test_lines_in_any_order(program, write):
    spikes = read_spikes(write({"line": [1, 0, 1], "tick": [5, 0, 2]}), program)
    assert rows(spikes) == [(0, 0, 3, 0), (2, 1, 7, 1), (5, 1, 7, 1)]
    delayed = read_spikes(write({"tick": [5], "line": [1], "delay": [15]}), program)
    assert rows(delayed) == [(19, 1, 7, 1)]


def test_cores_and_axons(program, write):
    spikes = read_spikes(write({"tick": [4, 1], "core": [1, 0], "axon": [255, 0]}), program)
    assert rows(spikes) == [(1, 0, 0, -1), (4, 1, 255, -1)]


def test_no_spikes(program, write):
    columns = {"tick": np.empty(0, np.int64), "line": np.empty(0, np.int64)}
    assert rows(read_spikes(write(columns), program)) == []


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"tick": [0], "line": [2]}, "line 2; the range is 0…1"),
        ({"tick": [3, -1], "line": [0, 0]}, "tick -1; the range is 0…2147483647"),
        ({"tick": [0], "line": [0], "delay": [16]}, "delay 16; the range is 1…15"),
        ({"tick": [0], "core": [2], "axon": [0]}, "it goes to core 2"),
        ({"tick": [0], "core": [0], "axon": [256]}, "it goes to axon 256"),
        ({"tick": [0]}, "has the columns tick; give tick and line"),
        ({"tick": [0], "core": [0]}, "has no column axon"),
        ({"tick": [0], "line": [0], "core": [0]}, "give tick and line, or tick, core and axon"),
        ({"tick": [0], "line": [0], "pin": [0]}, "has the columns tick, line, pin"),
        ({"tick": [0], "line": [0.5]}, "column line has values that are no whole numbers"),
        ({"tick": [0, 1], "line": [0, None]}, "column line has values that are no whole numbers"),
        ({"tick": [2**63], "line": [0]}, "column tick has values that are no whole numbers"),
    ],
)
def test_what_is_wrong_is_named(program, write, columns, problem):
    with pytest.raises(DataError, match=re.escape(problem)):
        read_spikes(write(columns), program)


def test_the_row_is_that_of_the_file(program, tmp_path):
    path = tmp_path / "spikes.csv"
    path.write_text("tick,line\n9,0\n3,5\n")
    with pytest.raises(DataError, match=r"spikes\.csv: line 3: line 5"):
        read_spikes(path, program)


@pytest.mark.parametrize("name", ["damaged.csv", "damaged.parquet"])
def test_damaged_tables(program, tmp_path, name):
    (tmp_path / name).write_bytes(b"tick,line\n1,2,3\n")
    with pytest.raises(DataError, match="cannot be read as a table"):
        read_spikes(tmp_path / name, program)


def test_a_circuit_goes_to_the_command_line_and_back(program, tmp_path, neurosyn):
    """The way of the guide on circuits: paths as text, spikes as CSV in and out."""
    path = str(tmp_path / "circuit.npz")
    ns.save_program(program, path)
    assert ns.load_program(path).cores == program.cores
    (tmp_path / "in.csv").write_text("tick,line\n0,0\n3,1\n")
    words = ["run", path, "--spikes", tmp_path / "in.csv", "--ticks", 8, "--out", tmp_path / "out.csv", "--quiet"]
    assert neurosyn(*words).code == 0
    spikes = pd.read_csv(tmp_path / "out.csv")
    assert spikes[["tick", "core", "pin"]].to_numpy().tolist() == [[1, 0, 3], [4, 1, 7]]
