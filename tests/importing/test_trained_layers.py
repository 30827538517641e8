"""Tests of trained networks as NIR files: against a plain simulation of the file, read back, and by other packages."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neurosyn_plugins.topologies.committee import Committee
from neurosyn_plugins.topologies.dense import Dense
from neurosyn_plugins.topologies.reservoir import Reservoir

from neurosyn.errors import ChipLimitError
from neurosyn.formats.nir.reader import read_nir
from neurosyn.formats.nir.writer import write_nir
from neurosyn.importing import trained_layers
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.trained_layers import export_layers
from neurosyn.model.inference import infer
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.run.network_import import import_network, play_samples
from tests.networks import bind_topology, make_random_model, make_small_network

h5py = pytest.importorskip("h5py")

LAYERS = [
    {"kind": "depthwise", "kernel": 2, "stride": 2},
    {"kind": "conv2d", "features": 9, "kernel": 2, "padding": 1, "groups": 3},
    {"kind": "dense", "features": 12},
    {"kind": "readout"},
]


def networks() -> dict[str, Any]:
    shape = MapShape(7, 5, 3)
    return {
        "groups, strides and shuffled channels": make_small_network(),
        "depthwise, then dense": build_network(LAYERS, MapShape(8, 8, 6), 3, 5),
        "dense": bind_topology(Dense(), shape, 3),
        "reservoir": bind_topology(Reservoir(), MapShape(6, 6, 2), 3),
        "committee": bind_topology(Committee.from_table({"members": 2, "member": {"kind": "dense"}}), shape, 3),
    }


def simulate(path: Path, spikes: np.ndarray) -> np.ndarray:
    """Run a file step by step, as NIR describes its nodes; input (steps, samples, elements), output the last spikes."""
    with h5py.File(path) as file:
        nodes = {name: {key: node[key][()] for key in node} for name, node in file["node/nodes"].items()}
        edges = {a.decode(): b.decode() for a, b in file["node/edges"][()]}
    potential: dict[str, Any] = {}
    outputs = []
    for step in spikes:
        name, x = "input", step.astype(float).reshape(len(step), *nodes["input"]["shape"])
        while (name := edges[name]) != "output":
            node = nodes[name]
            kind = node["type"].decode()
            if kind == "Flatten":
                x = x.reshape(len(x), -1)
            elif kind == "Affine":
                x = x @ node["weight"].T + node["bias"]
            elif kind == "Conv2d":
                x = convolve(x, node)
            elif kind == "LIF":
                a = 1e-4 / node["tau"]
                v = (1 - a) * potential.get(name, 0.0) + a * node["r"] * x
                x = (v > node["v_threshold"]).astype(float)
                potential[name] = np.where(x > 0, node["v_reset"], v)
            else:
                assert kind == "Threshold"
                x = (x > node["threshold"]).astype(float)
        outputs.append(x.reshape(len(x), -1))
    return np.stack(outputs)


def convolve(x: np.ndarray, node: dict[str, Any]) -> np.ndarray:
    weight, (sy, sx), (py, px) = node["weight"], node["stride"], node["padding"]
    assert (node["groups"], weight.shape[1]) == (1, x.shape[1])
    padded = np.pad(x, ((0, 0), (0, 0), (py, py), (px, px)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::sy, ::sx]
    return np.einsum("nchwij,ocij->nohw", windows, weight) + node["bias"][:, None, None]


@pytest.mark.parametrize(
    ("name", "neurons"), [*((name, "lif") for name in networks()), ("depthwise, then dense", "threshold")]
)
def test_files_give_the_outputs_of_the_network(tmp_path: Path, name: str, neurons: Any) -> None:
    model = make_random_model(networks()[name])
    exported = export_layers(model, neurons)
    write_nir(tmp_path / "net.nir", exported.graph, {"notes": " ".join(exported.notes)})
    shape = model.network.chip_inputs
    spikes = (np.random.default_rng(1).random((3, 16, shape.size)) < 0.4).astype(np.uint8)
    expected = infer(model, spikes.reshape(-1, shape.size)).reshape(3, 16, -1)
    assert 0 < expected.mean() < 1
    maps = spikes.reshape(3, 16, *shape).transpose(0, 1, 4, 2, 3).reshape(3, 16, -1)
    assert np.array_equal(simulate(tmp_path / "net.nir", maps), expected[..., exported.output_order])

    # Read back, every node is exact, and the chip gives the same counts.
    network = import_network(tmp_path / "net.nir", ImportOptions())
    assert {rating["rating"] for rating in network.ratings} == {"exact"}
    np.savez(tmp_path / "in.npz", spikes=maps)
    np.savez(tmp_path / "out.npz", counts=expected[..., exported.output_order].sum(axis=0, dtype=int))
    result = play_samples(network, tmp_path / "in.npz", tmp_path / "out.npz")
    assert (result["equal_samples"], result["mismatched_spikes"]) == (16, 0)


def test_kinds_of_nodes_and_notes() -> None:
    exported = export_layers(make_random_model(make_small_network()))
    assert [node.kind for node in exported.graph.nodes.values()] == [
        "Input", "Conv2d", "LIF", "Conv2d", "LIF", "Output",
    ]  # fmt: skip
    assert any("groups = 1" in note for note in exported.notes)
    assert any("'1 transduction-4'" in note for note in exported.notes)


def test_dense_layers_too_large_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained_layers, "_MOST_WEIGHTS", 100)
    with pytest.raises(ChipLimitError, match="is no convolution of its input map"):
        export_layers(make_random_model(networks()["dense"]))


def test_the_package_nir_reads_the_file(tmp_path: Path) -> None:
    nir = pytest.importorskip("nir")
    write_nir(tmp_path / "net.nir", export_layers(make_random_model(make_small_network())).graph, {"note": "a"})
    graph = nir.read(tmp_path / "net.nir")
    assert sorted(type(node).__name__ for node in graph.nodes.values()) == [
        "Conv2d", "Conv2d", "Input", "LIF", "LIF", "Output",
    ]  # fmt: skip
    assert graph.nodes["layer2_weights"].weight.shape == (18, 12, 2, 2)


def test_snntorch_gives_the_outputs_of_the_network(tmp_path: Path) -> None:
    snntorch = pytest.importorskip("snntorch.import_nir")
    nir, torch = pytest.importorskip("nir"), pytest.importorskip("torch")
    model = make_random_model(networks()["dense"])
    exported = export_layers(model)
    write_nir(tmp_path / "net.nir", exported.graph)
    network = snntorch.import_from_nir(nir.read(tmp_path / "net.nir"))
    shape = model.network.chip_inputs
    spikes = (np.random.default_rng(1).random((16, shape.size)) < 0.4).astype(np.uint8)
    maps = spikes.reshape(16, *shape).transpose(0, 3, 1, 2).astype(np.float32)
    outputs, _ = network(torch.from_numpy(maps))
    assert np.array_equal(outputs.detach().numpy() > 0, infer(model, spikes)[:, exported.output_order] > 0)


def test_written_graphs_are_read_as_they_are(tmp_path: Path) -> None:
    graph = export_layers(make_random_model(make_small_network())).graph
    write_nir(tmp_path / "net.nir", graph, {"numbers": np.arange(3)})
    again = read_nir(tmp_path / "net.nir")
    assert again.edges == graph.edges
    for name, node in graph.nodes.items():
        assert again.nodes[name].kind == node.kind
        for key, value in node.parameters.items():
            assert np.array_equal(again.nodes[name].parameters[key], value)
