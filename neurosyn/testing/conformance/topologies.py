"""Whether topologies keep their contract."""

from __future__ import annotations

from typing import Any

from neurosyn.errors import ChipLimitError, ScenarioError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.network.topology import Topology
from neurosyn.testing.conformance.problems import Findings, plain_value

__all__ = ["check_topology"]

DATA = ((MapShape(32, 32, 3), 10), (MapShape(32, 32, 12), 10), (MapShape(28, 28, 1), 2), (MapShape(16, 40, 1), 39))
"""Shapes of encoded images, and numbers of classes, that a topology is tried on."""


def check_topology(plugin: type[Topology] | Topology, options: dict[str, Any] | None = None) -> None:
    """Check a topology: what it lists for several shapes of data, and that the layers fit cores.

    Parameters
    ----------
    plugin
        The class, or an instance with the options to check it with.
    options
        Options for a class.

    Raises
    ------
    ConformanceError
        With everything that does not conform, a sentence each.
    """
    found = Findings("topologies", plugin)
    topology = found.instance(plugin, Topology, options)  # type: ignore[type-abstract]
    if topology is not None:
        refusals: list[str] = []
        for shape, n_classes in DATA:
            _check_layers(found, topology, shape, n_classes, refusals)
        if len(refusals) == len(DATA):
            found.add("layers()", f"nothing it was tried on suits it ({refusals[0]}); give options that suit")
    found.raise_if_any()


def _check_layers(found: Findings, topology: Topology, shape: MapShape, n_classes: int, refusals: list[str]) -> None:
    from neurosyn.compiler.compile import count_cores

    where = f"layers() for {shape} and {n_classes} classes"
    with found.blaming(where):
        try:
            specs = topology.layers(shape, n_classes)
        except ScenarioError as refusal:
            refusals.append(str(refusal))
            return
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            found.add(where, f"returns {type(specs).__name__}; return a list of tables, one a layer")
            return
        reason = plain_value(specs)
        if reason is not None:
            found.add(where, f"its tables go into model files and hold something else than plain values: {reason}")
            return
        if isinstance(topology.copies, bool) or not isinstance(topology.copies, int) or topology.copies < 1:
            found.add("copies", f"is {topology.copies!r}; it is a whole number, 1 where nothing stands side by side")
            return
        again = topology.layers(shape, n_classes)
        if again != specs:
            found.add(where, "lists other layers the second time; let it depend on its arguments alone")
        if any(spec is other for spec in specs for other in again):
            found.add(where, "returns its own tables; return new ones, who gets them may change them")
        try:
            network = build_network(specs, shape, n_classes, 1, topology.copies)
        except ScenarioError as refusal:
            refusals.append(str(refusal))
            return
        if not network.off_chip and shape.channels == 3:
            # Real values need a transduction; an encoder of spikes does not. Either may be meant.
            return
        try:
            count_cores(network)
        except ChipLimitError as limit:
            found.add(where, f"a layer fits no core: {limit}")
