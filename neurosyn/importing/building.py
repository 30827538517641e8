"""Building of a spiking network: linear nodes become matrices, nodes of neurons populations."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.errors import ChipLimitError, DataError
from neurosyn.formats.nir.reader import NirGraph, NirNode
from neurosyn.importing.conventions import find_step, list_assumptions
from neurosyn.importing.flattening import FlatGraph, flatten_graph
from neurosyn.importing.linear_nodes import NodeParameters, conv, pool
from neurosyn.importing.network import (
    INPUT,
    INTEGRATORS,
    NEURONS,
    POOLS,
    Population,
    Shape,
    SpikingNetwork,
    refused_nodes,
)
from neurosyn.importing.neuron_nodes import make_neurons
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.values import Value, fits

__all__ = ["build_network"]

_LONGEST_DELAY = 1_000
"""Steps of a Delay."""


def build_network(graph: NirGraph, options: ImportOptions, where: str, relayed: Collection[str] = ()) -> SpikingNetwork:
    """Return the spiking network that a NIR graph describes.

    Parameters
    ----------
    graph
    options
        What NIR does not say: dt, reset, firing rule.
    where
        The file, for messages.
    relayed
        Pools that become neurons of their own; the others are part of the matrices.

    Raises
    ------
    ChipLimitError
        If a node cannot be mapped to the chip, with the reason and a remedy.
    DataError
        If nodes and edges do not fit together.
    """
    return _Builder(flatten_graph(graph, where), options, where, frozenset(relayed)).build()


class _Builder:
    """Walk through the nodes in the order of a step."""

    def __init__(self, graph: FlatGraph, options: ImportOptions, where: str, relayed: frozenset[str]) -> None:
        self._graph, self._options, self._where, self._relayed = graph, options, where, relayed
        self._populations: list[Population] = []
        self._numbers: dict[str, int] = {}
        self._members: dict[str, int] = {}
        self._remarks: dict[str, list[str]] = {}
        self._values: dict[str, Value] = {}
        self._recurrent = self._find_recurrent()
        self._dt = find_step(graph, options, where)

    def build(self) -> SpikingNetwork:
        self._refuse_unknown()
        order = self._order()
        counted = [name for name in order if self._graph.nodes[name].kind in NEURONS or name in self._relayed]
        self._numbers = {name: number for number, name in enumerate(counted)}
        for name in order:
            self._values[name] = self._evaluate(name)
        output = self._values[self._graph.output]
        if set(output.terms) - {(key, 0) for key in self._numbers.values()} or len(output.terms) != 1:
            raise ChipLimitError(
                f"{self._where}: node '{self._graph.output}' is not fed by one node of neurons; the chip sends spikes, "
                "so end the network with IF or LIF neurons, or with one integrator (I, LI)"
            )
        ((number, _), matrix) = next(iter(output.terms.items()))
        if matrix.shape[0] != matrix.shape[1] or (matrix != sparse.eye_array(matrix.shape[0])).nnz:
            raise ChipLimitError(
                f"{self._where}: between the last neurons '{self._populations[number].name}' and the output are linear "
                "nodes, so the output is no spikes; end the network with IF or LIF neurons"
            )
        for population in self._populations[:number] + self._populations[number + 1 :]:
            if population.kind in INTEGRATORS:
                raise ChipLimitError(
                    f"{self._where}: node '{population.name}' ({population.kind}) passes its potential on; the chip "
                    "sends spikes only; use IF or LIF neurons between layers"
                )
        shape = self._values[self._graph.input].shape
        return SpikingNetwork(
            shape,
            tuple(self._populations),
            number,
            self._members,
            self._remarks,
            tuple(list_assumptions(self._graph, self._options, self._dt)),
        )

    # Order of the nodes.

    def _find_recurrent(self) -> set[tuple[str, str]]:
        """Return the edges out of neurons back into a cycle: their spikes count in the next step."""
        component = _components(self._graph)
        edges = {
            (name, target)
            for name, targets in self._graph.targets.items()
            for target in targets
            if component[target] == component[name] and self._graph.nodes[name].kind in NEURONS
        }
        return edges | {(name, name) for name, targets in self._graph.targets.items() if name in targets}

    def _order(self) -> list[str]:
        waiting = {
            name: {source for source in sources if (source, name) not in self._recurrent}
            for name, sources in self._graph.sources.items()
        }
        order: list[str] = []
        ready = sorted((name for name, sources in waiting.items() if not sources), reverse=True)
        while ready:
            name = ready.pop()
            order.append(name)
            for target in sorted(self._graph.targets[name], reverse=True):
                if name in waiting[target]:
                    waiting[target].discard(name)
                    if not waiting[target]:
                        ready.append(target)
        if len(order) < len(waiting):
            cycle = ", ".join(f"'{name}'" for name in sorted(set(waiting) - set(order))[:5])
            raise DataError(f"{self._where}: the nodes {cycle} form a cycle without neurons; remove an edge")
        used = self._reachable()
        return [name for name in order if name in used]

    def _reachable(self) -> set[str]:
        """Return the nodes on a path to the output."""
        used, pending = {self._graph.output, self._graph.input}, [self._graph.output]
        while pending:
            for source in self._graph.sources[pending.pop()]:
                if source not in used:
                    used.add(source)
                    pending.append(source)
        for name in self._graph.nodes:
            if name not in used:
                self._remark(name, "not on a path to the output, left out")
        return used

    # Nodes.

    def _refuse_unknown(self) -> None:
        refused = refused_nodes(self._graph)
        if refused:
            name = next(iter(refused))
            others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            raise ChipLimitError(
                f"{self._where}: node '{name}' ({self._graph.nodes[name].kind}){others}: {refused[name]}"
            )

    def _remark(self, name: str, text: str) -> None:
        remarks = self._remarks.setdefault(name, [])
        if text not in remarks:
            remarks.append(text)

    def _parameters(self, name: str) -> NodeParameters:
        return NodeParameters(f"{self._where}: node '{name}'", self._graph.nodes[name].parameters)

    def _evaluate(self, name: str) -> Value:
        node = self._graph.nodes[name]
        if node.kind == "Input" and name == self._graph.input:
            return self._input(name)
        if not self._graph.sources[name]:
            raise DataError(f"{self._where}: node '{name}' has no edge to it; connect it or remove it")
        value = self._gather(name, node)
        if node.kind in ("Input", "Output"):
            return value
        if node.kind in NEURONS:
            population = make_neurons(
                name, node.kind, self._parameters(name), value, self._options, self._dt, partial(self._remark, name)
            )
            return self._add(name, population, value)
        if node.kind == "Flatten":
            return value.reshaped((math.prod(value.shape),), name)
        if node.kind == "Delay":
            return self._delayed(name, value)
        return self._linear(name, node, value)

    def _input(self, name: str) -> Value:
        shape = self._parameters(name).shape("shape")
        if len(shape) > 1 and shape[0] == 1 and self._has_batch(name, shape):
            self._remark(name, f"shape {list(shape)}: the first 1 is taken as the batch")
            shape = shape[1:]
        return Value.of_spikes(shape, INPUT, 0, name)

    def _has_batch(self, name: str, shape: Shape) -> bool:
        """Whether the first axis of a shape is a batch: the node after it takes an axis less."""
        for target in self._graph.targets[name]:
            kind = self._graph.nodes[target].kind
            axes = {"Conv2d": 3, "Conv1d": 2, "SumPool2d": 3, "AvgPool2d": 3, "Linear": 1, "Affine": 1}.get(kind)
            if axes is not None and len(shape) == axes + 1:
                return True
        return False

    def _gather(self, name: str, node: NirNode) -> Value:
        """Return the sum of what the edges bring to a node."""
        values = [self._source_value(source, name) for source in self._graph.sources[name]]
        shape = values[0].shape
        for source, value in zip(self._graph.sources[name], values, strict=True):
            if math.prod(value.shape) != math.prod(shape):
                raise DataError(
                    f"{self._where}: node '{name}' ({node.kind}) gets {value.shape} from '{source}' and {shape} from "
                    f"'{self._graph.sources[name][0]}'; export the network again"
                )
        terms: dict[tuple[int, int], sparse.csr_array] = {}
        for value in values:
            for key, term in value.terms.items():
                terms[key] = (terms[key] + term).tocsr() if key in terms else term
        # Linear nodes before a population belong to it; those before another population belong to that one.
        nodes = frozenset().union(*(value.nodes for value in values))
        return Value(shape, terms, sum((value.constant for value in values), np.zeros(math.prod(shape))), nodes)

    def _source_value(self, source: str, target: str) -> Value:
        if (source, target) not in self._recurrent:
            return self._values[source]
        return Value.of_spikes(self._recurrent_shape(source, target), self._numbers[source], 1)

    def _recurrent_shape(self, source: str, target: str) -> Shape:
        """Return the shape of neurons that are evaluated later: from parameters, or the weights after them."""
        parameters = self._parameters(source)
        for name in ("v_threshold", "r", "tau", "threshold"):
            if name in parameters and parameters.array(name).ndim:
                return parameters.array(name).shape
        after = self._parameters(target)
        if "weight" in after and self._graph.nodes[target].kind in ("Linear", "Affine"):
            return (after.weights("weight", 2).shape[1],)
        raise DataError(
            f"{self._where}: node '{source}' is in a cycle and its parameters have no shape; export it with arrays"
        )

    def _linear(self, name: str, node: NirNode, value: Value) -> Value:
        parameters, kind = self._parameters(name), node.kind
        if kind in ("Linear", "Affine"):
            return self._dense(name, parameters, value, bias=kind == "Affine")
        if kind in ("Conv1d", "Conv2d"):
            axes = int(kind[4])
            shape = self._without_batch(name, value.shape, axes + 1)
            matrix, bias, shape = conv(parameters, shape, axes)
            if parameters.whole("groups", 1, 1)[0] > 1:
                self._remark(name, "groups, which some readers of NIR refuse, are read")
            return value.apply(matrix, shape, name, bias)
        if kind in POOLS:
            shape = self._without_batch(name, value.shape, 3)
            matrix, shape, area = pool(parameters, shape, mean=kind == "AvgPool2d")
            pooled = value.apply(matrix, shape, name)
            return self._relay(name, pooled, 1.0 if kind == "AvgPool2d" else area) if name in self._relayed else pooled
        scale = parameters.array("scale")
        if not fits(scale.shape, value.shape) or not np.isfinite(scale).all():
            raise DataError(
                f"{parameters.where}: 'scale' has the shape {scale.shape}, its input {value.shape}, and infinite "
                "values do not count; export the network again"
            )
        return value.scaled(np.broadcast_to(scale, value.shape).ravel(), name)

    def _without_batch(self, name: str, shape: Shape, axes: int) -> Shape:
        if len(shape) == axes + 1 and shape[0] == 1:
            self._remark(name, f"its input has the shape {list(shape)}: the first 1 is taken as the batch")
            return shape[1:]
        return shape

    def _dense(self, name: str, parameters: NodeParameters, value: Value, *, bias: bool) -> Value:
        weight = parameters.weights("weight", 2)
        constant: NDArray[np.float64] = np.zeros(weight.shape[0])
        if bias:
            given = parameters.weights("bias", parameters.array("bias").ndim)
            if given.size not in (1, len(constant)):
                raise DataError(
                    f"{parameters.where}: 'bias' has the shape {given.shape}, its weights {weight.shape}; export again"
                )
            constant = constant + given.ravel()
        size = math.prod(value.shape)
        if size == weight.shape[1]:
            if len(value.shape) > 1 and value.shape[-1] != size:
                self._remark(name, f"its input of shape {list(value.shape)} is flattened")
            return value.apply(sparse.csr_array(weight), (weight.shape[0],), name, constant)
        if value.shape[-1] != weight.shape[1]:
            raise DataError(
                f"{self._where}: node '{name}' has weights for {weight.shape[1]} inputs, its input has the shape "
                f"{value.shape}; export the network again"
            )
        outer = size // weight.shape[1]
        matrix = sparse.kron(sparse.eye_array(outer), weight, format="csr")
        return value.apply(matrix, (*value.shape[:-1], weight.shape[0]), name, np.tile(constant, outer))

    def _delayed(self, name: str, value: Value) -> Value:
        delay = self._parameters(name).array("delay")
        if not fits(delay.shape, value.shape):
            raise DataError(
                f"{self._where}: node '{name}': 'delay' has the shape {delay.shape}, its input {value.shape}"
                "; export the network again"
            )
        steps = np.broadcast_to(delay, value.shape).ravel() / self._dt
        if not np.isfinite(steps).all() or (steps < 0).any() or (steps > _LONGEST_DELAY).any():
            raise ChipLimitError(
                f"{self._where}: node '{name}' delays by {np.min(steps):g} to {np.max(steps):g} steps of {self._dt:g} "
                "s; a core holds spikes for 15 ticks; use shorter delays, or give --dt"
            )
        whole = np.round(steps).astype(int)
        if np.abs(steps - whole).max(initial=0) > 1e-3:
            self._remark(name, "delays are rounded to whole steps")
        if value.constant.any():
            self._remark(name, "a constant that passes the delay is not delayed at the start")
        terms: dict[tuple[int, int], sparse.csr_array] = {}
        for length in np.unique(whole):
            mask = sparse.diags_array((whole == length).astype(float), format="csr")
            for (source, before), term in value.terms.items():
                part = (mask @ term).tocsr()
                part.eliminate_zeros()
                key = (source, before + int(length))
                terms[key] = (terms[key] + part).tocsr() if key in terms else part
        return Value(value.shape, terms, value.constant, value.nodes | {name})

    def _relay(self, name: str, value: Value, quantum: float) -> Value:
        """Make a pool neurons: each sends a spike for `quantum` that it has received."""
        size = math.prod(value.shape)
        population = Population(
            name, "pool", value.shape, value.synapses, value.constant, np.zeros(size), np.full(size, quantum),
            np.zeros(size), linear_reset=True, fires_at=True,
        )  # fmt: skip
        return self._add(name, population, value, quantum)

    def _add(self, name: str, population: Population, value: Value, quantum: float = 1.0) -> Value:
        """Add a population and return its spikes."""
        for node in value.nodes | {name}:
            self._members.setdefault(node, self._numbers[name])
        self._populations.append(population)
        return Value.of_spikes(population.shape, self._numbers[name], quantum=quantum)


def _components(graph: FlatGraph) -> dict[str, int]:
    """Return the strongly connected component of each node."""
    names = list(graph.nodes)
    number = {name: index for index, name in enumerate(names)}
    rows = [number[a] for a in names for _ in graph.targets[a]]
    columns = [number[b] for a in names for b in graph.targets[a]]
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    _, label = sparse.csgraph.connected_components(matrix, directed=True, connection="strong")
    return {name: int(label[number[name]]) for name in names}
