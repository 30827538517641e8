"""NIR files made by hand, in the layout of the package nir."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np


def write_nir(path: Path, nodes: dict[str, dict[str, Any]], edges: list[tuple[str, str]]) -> Path:
    import h5py

    def write_graph(group: Any, nodes: dict[str, dict[str, Any]], edges: list[tuple[str, str]]) -> None:
        group.create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
        group.create_dataset("edges", data=np.array(edges, "S").reshape(-1, 2))
        inner = group.create_group("nodes")
        for name, node in nodes.items():
            member = inner.create_group(name)
            if node["type"] == "NIRGraph":
                write_graph(member, node["nodes"], node["edges"])
                continue
            for key, value in node.items():
                if isinstance(value, str):
                    member.create_dataset(key, data=value, dtype=h5py.string_dtype())
                else:
                    member.create_dataset(key, data=value)

    with h5py.File(path, "w") as file:
        file.create_dataset("version", data="1.0.8", dtype=h5py.string_dtype())
        write_graph(file.create_group("node"), nodes, edges)
    return path


def chain(*names: str) -> list[tuple[str, str]]:
    return list(itertools.pairwise(names))


def if_node(size: int | tuple[int, ...], threshold: float = 1.0, **more: Any) -> dict[str, Any]:
    shape = size if isinstance(size, tuple) else (size,)
    return {
        "type": "IF", "r": np.ones(shape), "v_threshold": np.full(shape, threshold), "v_reset": np.zeros(shape), **more,
    }  # fmt: skip


def lif_node(size: int, tau: float = 10.0, r: float = 10.0, threshold: float = 1.0) -> dict[str, Any]:
    return {
        "type": "LIF", "tau": np.full(size, tau), "r": np.full(size, r), "v_leak": np.zeros(size),
        "v_threshold": np.full(size, threshold), "v_reset": np.zeros(size),
    }  # fmt: skip


def linear(weight: Any) -> dict[str, Any]:
    return {"type": "Linear", "weight": np.asarray(weight, np.float32)}


def affine(weight: Any, bias: Any) -> dict[str, Any]:
    return {"type": "Affine", "weight": np.asarray(weight, np.float32), "bias": np.asarray(bias, np.float32)}


def conv2d(weight: Any, input_shape: tuple[int, int], **more: Any) -> dict[str, Any]:
    weight = np.asarray(weight, np.float32)
    return {
        "type": "Conv2d", "weight": weight, "bias": np.zeros(len(weight), np.float32), "stride": np.array([1, 1]),
        "padding": np.array([0, 0]), "dilation": np.array([1, 1]), "groups": 1, "input_shape": np.array(input_shape),
        **more,
    }  # fmt: skip


def ends(inputs: Any, outputs: Any) -> dict[str, dict[str, Any]]:
    return {
        "input": {"type": "Input", "shape": np.atleast_1d(inputs)},
        "output": {"type": "Output", "shape": np.atleast_1d(outputs)},
    }


def dense_network(path: Path, weight: Any, **more: Any) -> Path:
    """Write input → Linear → IF → output."""
    outputs, inputs = np.shape(weight)
    nodes = {**ends(inputs, outputs), "fc": linear(weight), "if": if_node(outputs, **more)}
    return write_nir(path, nodes, chain("input", "fc", "if", "output"))


def spiking_scenario(folder: Path, samples: int = 12) -> Path:
    """Write a scenario with its network and its samples, once as an archive and once as a table of events."""
    import pandas as pd

    rng = np.random.default_rng(4)
    dense_network(folder / "net.nir", rng.normal(size=(3, 10)) / 2)
    spikes = (rng.random((6, samples, 10)) < 0.5).astype(np.uint8)
    labels = rng.integers(0, 3, samples)
    np.savez(folder / "in.npz", spikes=spikes, labels=labels)
    step, sample, channel = np.nonzero(spikes)
    table = pd.DataFrame({"sample": sample, "tick": step, "channel": channel, "label": labels[sample]})
    table.sample(frac=1, random_state=0).to_parquet(folder / "in.parquet")
    text = '[data]\nkind = "spikes"\nfile = "./in.npz"\n[encoder]\nkind = "events"\n'
    text += '[network]\nkind = "nir"\nfile = "./net.nir"\n[place]\nkind = "row_major"\n'
    (folder / "net.toml").write_text(text + '[simulate]\nbackend = "numpy"\ntimed_frames = 3\n')
    return folder / "net.toml"
