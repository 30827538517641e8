"""Conformance check of topologies."""

from __future__ import annotations

from typing import Any

from neurosyn.errors import ChipLimitError, ScenarioError
from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.model import SpikingModel
from neurosyn.importing.topology import SpikingTopology
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.network.topology import Topology
from neurosyn.testing.conformance.problems import Problems, why_not_plain

__all__ = ["check_topology"]

DATA = ((MapShape(32, 32, 3), 10), (MapShape(32, 32, 12), 10), (MapShape(28, 28, 1), 2), (MapShape(16, 40, 1), 39))
"""Shapes of encoded images and numbers of classes of the check."""


def check_topology(plugin: type[Any] | Topology | SpikingTopology, options: dict[str, Any] | None = None) -> None:
    """Check a topology: its layers for several shapes of data, or its graph, and that they fit cores.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; ignored for an instance.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("topologies", plugin)
    if issubclass(plugin if isinstance(plugin, type) else type(plugin), SpikingTopology):
        _check_graph(problems, plugin, options)
        return
    topology = problems.instance(plugin, Topology, options)  # type: ignore[type-abstract]
    if topology is not None:
        refusals: list[str] = []
        with problems.watching(topology):
            for shape, n_classes in DATA:
                _check_layers(problems, topology, shape, n_classes, refusals)
        if len(refusals) == len(DATA):
            problems.add("layers()", f"refuses all data of the check ({refusals[0]}); give suitable options")
    problems.raise_if_any()


def _check_graph(problems: Problems, plugin: Any, options: dict[str, Any] | None) -> None:
    """Check a topology with state: its graph is one, the same in a second call, and fits cores."""
    topology = problems.instance(plugin, SpikingTopology, options)  # type: ignore[type-abstract]
    if topology is not None:
        with problems.watching(topology), problems.blaming("graph()"):
            graphs = [topology.graph() for _ in range(2)]
            if not all(isinstance(graph, NirGraph) for graph in graphs):
                problems.add("graph()", f"returns {type(graphs[0]).__name__}; return a NirGraph")
            elif [list(graph.nodes) for graph in graphs] != [list(graphs[0].nodes)] * 2:
                problems.add("graph()", "gives other nodes in a second call; read the same file")
            else:
                SpikingModel.of(topology.path.name, graphs[0], topology).compile()
    problems.raise_if_any()


def _check_layers(problems: Problems, topology: Topology, shape: MapShape, n_classes: int, refusals: list[str]) -> None:
    from neurosyn.compiler.compile import count_cores

    where = f"layers() for {shape} and {n_classes} classes"
    with problems.blaming(where):
        try:
            specs = topology.layers(shape, n_classes)
        except ScenarioError as refusal:
            refusals.append(str(refusal))
            return
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            problems.add(where, f"returns {type(specs).__name__}; return a list of tables, one for each layer")
            return
        reason = why_not_plain(specs)
        if reason is not None:
            problems.add(where, f"its tables go into model files and must be plain values: {reason}")
            return
        if isinstance(topology.copies, bool) or not isinstance(topology.copies, int) or topology.copies < 1:
            problems.add("copies", f"is {topology.copies!r}; it is a whole number, 1 without copies")
            return
        again = topology.layers(shape, n_classes)
        if again != specs:
            problems.add(where, "lists other layers in a second call; let it depend on its arguments alone")
        if any(spec is other for spec in specs for other in again):
            problems.add(where, "returns the same tables in two calls; return new ones, the caller may change them")
        try:
            network = build_network(specs, shape, n_classes, 1, topology.copies)
        except ScenarioError as refusal:
            refusals.append(str(refusal))
            return
        if not network.off_chip and shape.channels == 3:
            # The topology may expect a transduction before it, or an encoder of spikes; cores cannot be counted.
            return
        try:
            count_cores(network)
        except ChipLimitError as limit:
            problems.add(where, f"a layer does not fit a core: {limit}")
