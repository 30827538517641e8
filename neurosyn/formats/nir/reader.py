"""Reader of NIR files: names, types and arrays of the nodes, and the edges, without their meaning.

A NIR file is HDF5: a group ``node`` with the datasets ``type``, ``edges`` (strings, E × 2) and the group ``nodes``.
Each node is a group with a ``type`` and one dataset for each parameter; one of type ``NIRGraph`` holds a graph.

The file is foreign: only links inside it are followed, sizes are checked before contents are read, and what is read is
numbers and text.
"""

from __future__ import annotations

import io
import math
import os
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError, NeurosynError, PluginError
from neurosyn.support.untrusted import read_bytes

__all__ = ["NirGraph", "NirNode", "read_nir"]

Parameter = NDArray[Any] | str

_MOST_BYTES = 1 << 30
"""Size of a file, and of all arrays in it."""
_MOST_NODES = 10_000
_MOST_EDGES = 100_000
_MOST_NAME = 1_000
_DEEPEST = 16
"""Graphs nested in one another."""
_LONGEST_S = 3.0
"""Processor time of reading a small file, which takes a hundredth of it."""
_BYTES_PER_S = 1e7
"""Rate at which the time for larger files grows; they are read ten times as fast."""
_LONGEST_WAIT_S = 600
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FILTERS = frozenset({1, 2, 3})
"""Filters of chunks that HDF5 itself has: deflate, shuffle, Fletcher's checksum. Others are loaded as plugins."""


@dataclass(frozen=True, eq=False)
class NirNode:
    """A node of a graph, as it stands in the file.

    Attributes
    ----------
    kind : str
        Its type, such as ``Conv2d``; ``NIRGraph`` for a nested graph.
    parameters : dict
        Arrays of numbers (shape () for scalars), or text.
    graph : NirGraph or None
        The nested graph.
    """

    kind: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    graph: NirGraph | None = None


@dataclass(frozen=True, eq=False)
class NirGraph:
    """A graph of nodes.

    Attributes
    ----------
    nodes : dict of str to NirNode
    edges : tuple of (str, str)
        Source and target, in the order of the file; equal ones once.
    version : str
        Version of the package `nir` that wrote the file, "" if it gives none.
    """

    nodes: dict[str, NirNode]
    edges: tuple[tuple[str, str], ...]
    version: str = ""


def read_nir(path: Path) -> NirGraph:
    """Read a NIR file.

    Parameters
    ----------
    path
        A file of at most 1 GiB.

    Raises
    ------
    DataError
        If the file is missing, cut short, damaged, no NIR file, or larger than the limits.
    PluginError
        If h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise PluginError("NIR files are HDF5, and h5py is not installed; pip install 'neurosyn[nir]'") from error
    content = read_bytes(path, _MOST_BYTES, what="NIR file")
    if not content.startswith(_SIGNATURE):
        raise DataError(f"{path}: is no HDF5 file, as NIR files are; is it the right file?")
    _try_in_child(path, lambda: _read(h5py, content), _LONGEST_S + len(content) / _BYTES_PER_S)
    try:
        return _read(h5py, content)
    except NeurosynError:
        raise
    except _MalformedError as error:
        raise DataError(f"{path}: {error}; export the network again") from error
    except MemoryError as error:
        raise DataError(f"{path}: does not fit the memory; is it the right file?") from error
    # The library raises errors of many kinds for damaged files.
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: is not a readable HDF5 file ({reason}); export the network again") from error


def _read(h5py: Any, content: bytes) -> NirGraph:
    with h5py.File(io.BytesIO(content), "r") as file:
        reader = _Reader(h5py)
        graph = reader.graph(reader.group(file, "node"), 0)
        return NirGraph(graph.nodes, graph.edges, reader.text(file, "version") if "version" in file else "")


def _try_in_child(path: Path, read: Callable[[], object], longest_s: float) -> None:
    """Read once in a child process: damaged files can make the HDF5 library crash, or loop without end.

    Raises
    ------
    DataError
        If the child was ended by a signal.
    """
    with warnings.catch_warnings():
        # Other threads may exist; the child only reads and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, longest_s)
            signal.alarm(_LONGEST_WAIT_S)
            read()
        finally:
            # What was raised is raised again in the parent.
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise DataError(
            f"{path}: is damaged: the HDF5 library fails on it ({signal.Signals(os.WTERMSIG(status)).name}); export "
            "the network again"
        )


class _MalformedError(Exception):
    """The contents are not those of a NIR file."""


class _Reader:
    """Reads groups and datasets of one file, and adds up their sizes."""

    def __init__(self, h5py: Any) -> None:
        self._h5py = h5py
        self._bytes = 0
        self._nodes = 0

    def graph(self, group: Any, depth: int) -> NirGraph:
        if depth > _DEEPEST:
            raise _MalformedError(f"{group.name} is nested more than {_DEEPEST} graphs deep")
        members = self.group(group, "nodes")
        names = list(members)
        self._nodes += len(names)
        if self._nodes > _MOST_NODES:
            raise _MalformedError(f"it has more than {_MOST_NODES:,} nodes")
        nodes = {name: self._node(self.group(members, name), depth) for name in names}
        return NirGraph(nodes, self._edges(group))

    def _node(self, group: Any, depth: int) -> NirNode:
        kind = self.text(group, "type")
        if kind == "NIRGraph":
            return NirNode(kind, graph=self.graph(group, depth + 1))
        parameters: dict[str, Parameter] = {}
        for name in group:
            if name in ("type", "metadata"):
                continue
            parameters[name] = self._parameter(self._dataset(group, name))
        return NirNode(kind, parameters)

    def _edges(self, group: Any) -> tuple[tuple[str, str], ...]:
        dataset = self._dataset(group, "edges")
        if dataset.size == 0:
            return ()
        if len(dataset.shape) != 2 or dataset.shape[1] != 2:
            raise _MalformedError(f"{dataset.name} has the shape {dataset.shape}, not (edges, 2)")
        if dataset.shape[0] > _MOST_EDGES:
            raise _MalformedError(f"{dataset.name} has {dataset.shape[0]:,} edges, at most {_MOST_EDGES:,} are read")
        rows = [tuple(self._decode(dataset, name) for name in row) for row in dataset[()]]
        return tuple(dict.fromkeys((a, b) for a, b in rows))

    def group(self, parent: Any, name: str) -> Any:
        item = self._member(parent, name)
        if not isinstance(item, self._h5py.Group):
            raise _MalformedError(f"{parent.name.rstrip('/')}/{name} is no group of a NIR graph")
        return item

    def text(self, group: Any, name: str) -> str:
        dataset = self._dataset(group, name)
        if dataset.shape != ():
            raise _MalformedError(f"{dataset.name} has the shape {dataset.shape}, it is one text")
        return self._decode(dataset, dataset[()])

    def _parameter(self, dataset: Any) -> Parameter:
        kind = dataset.dtype.kind
        if kind in "SO":
            return self.text(dataset.parent, dataset.name.rsplit("/", 1)[-1])
        if kind not in "fiub":
            raise _MalformedError(f"{dataset.name} holds {dataset.dtype}, no numbers or text")
        value: NDArray[Any] = np.asarray(dataset[()])
        return value

    def _dataset(self, group: Any, name: str) -> Any:
        item = self._member(group, name)
        if not isinstance(item, self._h5py.Dataset):
            raise _MalformedError(f"{group.name.rstrip('/')}/{name} is a group where an array or text belongs")
        if item.shape is None:
            raise _MalformedError(f"{item.name} is empty")
        kind = item.dtype.kind
        text = kind == "S" or self._h5py.check_string_dtype(item.dtype) is not None
        if kind not in "fiub" and not text:
            raise _MalformedError(f"{item.name} holds {item.dtype}, no numbers or text")
        if item.is_virtual or item.external:
            raise _MalformedError(f"{item.name} lies in another file")
        self._check_filters(item)
        self._bytes += math.prod(item.shape) * item.dtype.itemsize
        if self._bytes > _MOST_BYTES:
            raise _MalformedError(f"its arrays have more than {_MOST_BYTES:,} bytes")
        return item

    def _check_filters(self, dataset: Any) -> None:
        creation = dataset.id.get_create_plist()
        for number in range(creation.get_nfilters()):
            code = creation.get_filter(number)[0]
            if code not in _FILTERS:
                raise _MalformedError(f"{dataset.name} is compressed by filter {code}; gzip is read")

    def _member(self, group: Any, name: str) -> Any:
        if name not in group:
            raise _MalformedError(f"{group.name} has no '{name}', as a NIR graph has")
        link = group.get(name, getlink=True)
        if not isinstance(link, self._h5py.HardLink):
            raise _MalformedError(f"{group.name.rstrip('/')}/{name} is a link to another place")
        return group[name]

    @staticmethod
    def _decode(dataset: Any, value: Any) -> str:
        text = value.decode("utf-8") if isinstance(value, bytes) else value
        if not isinstance(text, str):
            raise _MalformedError(f"{dataset.name} holds {type(value).__name__}, no text")
        if len(text) > _MOST_NAME:
            raise _MalformedError(
                f"{dataset.name} has a text of {len(text):,} characters; at most {_MOST_NAME:,} are read"
            )
        return text
