"""Flattening of nested graphs: one graph of plain nodes, whose edges are checked."""

from __future__ import annotations

from dataclasses import dataclass

from neurosyn.errors import DataError, did_you_mean
from neurosyn.formats.nir.reader import NirGraph, NirNode

__all__ = ["FlatGraph", "flatten_graph"]


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """A graph without nested graphs.

    Attributes
    ----------
    nodes : dict of str to NirNode
        Nodes of nested graphs are named GRAPH.NODE.
    sources, targets : dict of str to tuple of str
        Nodes before and after each node, in the order of the file.
    input, output : str
        The one node of type Input and of type Output.
    """

    @property
    def walk(self) -> list[str]:
        """The nodes in breadth-first order from the input, then those that it does not reach."""
        order = [self.input]
        for name in order:
            order += [target for target in dict.fromkeys(self.targets[name]) if target not in order]
        return [*order, *(name for name in self.nodes if name not in order)]

    nodes: dict[str, NirNode]
    sources: dict[str, tuple[str, ...]]
    targets: dict[str, tuple[str, ...]]
    input: str
    output: str


def flatten_graph(graph: NirGraph, where: str) -> FlatGraph:
    """Return a graph in which the nodes of nested graphs stand beside the others.

    Parameters
    ----------
    graph
    where
        The file, for messages.

    Raises
    ------
    DataError
        If an edge leads to a missing node, an input has an edge before it, or the graph does not have one Input and one
        Output.
    """
    nodes: dict[str, NirNode] = {}
    edges: list[tuple[str, str]] = []
    _collect(graph, "", nodes, edges, where)
    ends = [_only(graph, kind, "", where) for kind in ("Input", "Output")]
    for source, target in edges:
        if target == ends[0]:
            raise DataError(f"{where}: node '{target}' is the input and has an edge from '{source}'; remove the edge")
        if source == ends[1]:
            raise DataError(f"{where}: node '{source}' is the output and has an edge to '{target}'; remove the edge")
    before: dict[str, list[str]] = {name: [] for name in nodes}
    after: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    return FlatGraph(
        nodes,
        {name: tuple(names) for name, names in before.items()},
        {name: tuple(names) for name, names in after.items()},
        *ends,
    )


def _collect(graph: NirGraph, prefix: str, nodes: dict[str, NirNode], edges: list[tuple[str, str]], where: str) -> None:
    """Add the nodes and edges of a graph; those of nested graphs connect to their Input and Output."""
    entry, leave = {}, {}
    for name, node in graph.nodes.items():
        full = prefix + name
        if node.graph is None:
            entry[name] = leave[name] = full
            if full in nodes:
                raise DataError(f"{where}: two nodes are named '{full}'; rename one")
            nodes[full] = node
            continue
        inner = f"{full}."
        entry[name] = inner + _only(node.graph, "Input", full, where)
        leave[name] = inner + _only(node.graph, "Output", full, where)
        _collect(node.graph, inner, nodes, edges, where)
    for source, target in graph.edges:
        for end in (source, target):
            if end not in graph.nodes:
                inside = f" of the nested graph '{prefix.rstrip('.')}'" if prefix else ""
                raise DataError(
                    f"{where}: the edge '{source}' → '{target}'{inside} names '{end}', which is no node"
                    f"{did_you_mean(end, graph.nodes)}; export the network again"
                )
        edges.append((leave[source], entry[target]))


def _only(graph: NirGraph, kind: str, inside: str, where: str) -> str:
    names = [name for name, node in graph.nodes.items() if node.kind == kind]
    if len(names) != 1:
        place = f"the nested graph '{inside}'" if inside else "the graph"
        raise DataError(f"{where}: {place} has {len(names)} nodes of type {kind}, not 1; export one input and output")
    return names[0]
