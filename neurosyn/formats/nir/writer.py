"""Writer of NIR files, in the layout that the package nir reads."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.errors import PluginError
from neurosyn.formats.nir.reader import NirGraph
from neurosyn.support.files import atomic_path

__all__ = ["write_nir"]

_VERSION = "1.0.8"
"""Version of the package nir whose layout this is."""
_COMPRESSED = 1 << 12
"""Elements of an array from which on it is compressed."""


def write_nir(path: Path, graph: NirGraph, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a graph without nested ones, whole or not at all.

    Parameters
    ----------
    path
    graph
    metadata
        Texts, numbers and arrays of the whole graph.

    Raises
    ------
    PluginError
        If h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise PluginError("NIR files are HDF5, and h5py is not installed; pip install 'neurosyn[nir]'") from error

    def write(group: Any, name: str, value: Any) -> None:
        if isinstance(value, str):
            group.create_dataset(name, data=value, dtype=h5py.string_dtype())
        else:
            array = np.asarray(value)
            compression = {"compression": "gzip", "shuffle": True} if array.size >= _COMPRESSED else {}
            group.create_dataset(name, data=array, **compression)

    # In memory: HDF5 locks the files that it opens, and so does atomic_path.
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        write(file, "version", _VERSION)
        root = file.create_group("node")
        write(root, "type", "NIRGraph")
        edges = np.array([[name.encode() for name in edge] for edge in graph.edges]).reshape(-1, 2)
        root.create_dataset("edges", data=edges)
        nodes = root.create_group("nodes")
        for name, node in graph.nodes.items():
            group = nodes.create_group(name)
            write(group, "type", node.kind)
            for key, value in node.parameters.items():
                write(group, key, value)
        if metadata:
            group = root.create_group("metadata")
            for key, value in metadata.items():
                write(group, key, value)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getvalue())
