"""Tests of the reader of NIR files: what is in them, and files that are cut, garbled or hostile."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosyn.errors import DataError, NeurosynError
from neurosyn.formats.nir import reader
from neurosyn.formats.nir.reader import read_nir
from tests.nir_files import chain, dense_network, ends, if_node, write_nir

h5py = pytest.importorskip("h5py")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return dense_network(tmp_path / "net.nir", [[1, 0], [0, -1]])


def test_nodes_edges_and_version(file: Path) -> None:
    graph = read_nir(file)
    assert graph.version == "1.0.8"
    assert graph.edges == (("input", "fc"), ("fc", "if"), ("if", "output"))
    assert {name: node.kind for name, node in graph.nodes.items()} == {
        "input": "Input", "output": "Output", "fc": "Linear", "if": "IF",
    }  # fmt: skip
    assert np.array_equal(graph.nodes["fc"].parameters["weight"], [[1, 0], [0, -1]])


def test_what_the_package_nir_writes(tmp_path: Path) -> None:
    nir = pytest.importorskip("nir")
    nodes = {
        "in": nir.Input({"input": np.array([2])}),
        "conv": nir.Linear(np.eye(2)),
        "lif": nir.LIF(tau=np.ones(2), r=np.ones(2), v_leak=np.zeros(2), v_threshold=np.ones(2)),
        "out": nir.Output({"output": np.array([2])}),
    }
    nir.write(tmp_path / "a.nir", nir.NIRGraph(nodes, [("in", "conv"), ("conv", "lif"), ("lif", "out")]))
    graph = read_nir(tmp_path / "a.nir")
    assert graph.nodes["lif"].kind == "LIF"
    assert set(graph.nodes["lif"].parameters) == {"tau", "r", "v_leak", "v_threshold", "v_reset"}


def test_nested_graphs(tmp_path: Path) -> None:
    inner = {"type": "NIRGraph", "nodes": {**ends(2, 2), "if": if_node(2)}, "edges": chain("input", "if", "output")}
    path = write_nir(tmp_path / "a.nir", {**ends(2, 2), "block": inner}, chain("input", "block", "output"))
    block = read_nir(path).nodes["block"]
    assert block.graph is not None
    assert block.graph.edges == (("input", "if"), ("if", "output"))


def test_text_parameters(tmp_path: Path) -> None:
    nodes = {**ends(2, 2), "x": {"type": "Conv1d", "padding": "same"}}
    assert read_nir(write_nir(tmp_path / "a.nir", nodes, [])).nodes["x"].parameters["padding"] == "same"


def edit(path: Path, change: Any) -> Path:
    with h5py.File(path, "r+") as file:
        change(file["node"])
    return path


def drop_nodes(node: Any) -> None:
    del node["nodes"]


def soft_link(node: Any) -> None:
    node["nodes/again"] = h5py.SoftLink("/node/nodes/fc")


def external_link(node: Any) -> None:
    node["nodes/far"] = h5py.ExternalLink("/etc/passwd", "/node")


def loop(node: Any) -> None:
    del node["nodes/fc/type"]
    node["nodes/fc"].create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
    node["nodes/fc/nodes"] = node["nodes"]
    node["nodes/fc"].create_dataset("edges", data=np.zeros((0, 2), "S1"))


def strange_edges(node: Any) -> None:
    del node["edges"]
    node.create_dataset("edges", data=np.array([b"a", b"b", b"c"]))


def numbers_as_edges(node: Any) -> None:
    del node["edges"]
    node.create_dataset("edges", data=np.zeros((1, 2)))


def huge_array(node: Any) -> None:
    node["nodes/fc"].create_dataset("more", (1 << 40,), "f4", chunks=(1 << 20,))


def outside_data(node: Any) -> None:
    node["nodes/fc"].create_dataset("more", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def compound(node: Any) -> None:
    node["nodes/fc"].create_dataset("more", data=np.zeros(2, [("a", "i4"), ("b", "f4")]))


def references(node: Any) -> None:
    node["nodes/fc"].create_dataset("more", data=node.ref, dtype=h5py.ref_dtype)


def number_as_type(node: Any) -> None:
    del node["nodes/fc/type"]
    node["nodes/fc/type"] = 3


def lzf(node: Any) -> None:
    node["nodes/fc"].create_dataset("more", data=np.zeros(1000), compression="lzf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_nodes, "no 'nodes'"),
        (soft_link, "is a link to another place"),
        (external_link, "is a link to another place"),
        (loop, "nested more than 16 graphs deep|more than 10,000 nodes"),
        (strange_edges, "not \\(edges, 2\\)"),
        (numbers_as_edges, "no text"),
        (huge_array, "more than 1,073,741,824 bytes"),
        (outside_data, "lies in another file"),
        (compound, "no numbers or text"),
        (references, "no numbers or text"),
        (number_as_type, "no text"),
        (lzf, "compressed by filter"),
    ],
)
def test_hostile_files_are_refused(file: Path, change: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_nir(edit(file, change))


def test_other_files(tmp_path: Path) -> None:
    other = tmp_path / "a.nir"
    other.write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match="is no HDF5 file"):
        read_nir(other)
    with pytest.raises(DataError, match="check the path"):
        read_nir(tmp_path / "missing.nir")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_files(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError):
        read_nir(file)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def loop_forever() -> None:
    while True:
        pass


@pytest.mark.parametrize(("failure", "name"), [(crash, "SIGSEGV"), (loop_forever, "SIGPROF")])
def test_failures_of_the_library_end_a_child_alone(file: Path, monkeypatch, failure, name) -> None:
    monkeypatch.setattr(reader, "_LONGEST_S", 0.2)
    monkeypatch.setattr(reader, "_read", lambda *_: failure())
    with pytest.raises(DataError, match=f"the HDF5 library fails on it \\({name}\\)"):
        read_nir(file)


def test_garbled_files_raise_our_errors_alone(file: Path) -> None:
    content, rng = file.read_bytes(), np.random.default_rng(1)
    for _ in range(60):
        garbled = bytearray(content)
        for place in rng.integers(8, len(content), 12):
            garbled[place] = rng.integers(256)
        file.write_bytes(garbled)
        try:
            read_nir(file)
        except NeurosynError as error:
            assert str(error).startswith(str(file))  # noqa: PT017
