"""Trained networks of layers as NIR graphs, for other frameworks.

A neuron of a layer spikes iff Σ w·x + λ ≥ 1 and keeps nothing. In NIR it is the bias λ before a neuron with threshold
½: sums are whole, so v > ½ and v ≥ ½ are the same. LIF with τ = dt keeps nothing either, and most frameworks have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError
from neurosyn.formats.nir.reader import NirGraph, NirNode
from neurosyn.model.inference import spike_thresholds
from neurosyn.model.model import LayerParameters, Model
from neurosyn.network.layer import Connectivity, MapShape
from neurosyn.network.network import BoundLayer

__all__ = ["STEP_S", "Exported", "export_layers"]

STEP_S = 1e-4
"""dt in seconds that frameworks take where a file does not say (snnTorch, SpikingJelly)."""
_MOST_WEIGHTS = 1 << 27
"""Weights of a dense layer."""
_FAR = 1 << 30


@dataclass(frozen=True, eq=False)
class Exported:
    """A network as a NIR graph.

    Attributes
    ----------
    graph : NirGraph
    output_order : int64 array (outputs,)
        Output of the trained network that each output of the graph is.
    notes : tuple of str
        What a reader has to know, a sentence each.
    """

    graph: NirGraph
    output_order: NDArray[np.int64]
    notes: tuple[str, ...]


def export_layers(model: Model, neurons: Literal["lif", "threshold"] = "lif") -> Exported:
    """Return the layers of a trained network that run on the chip.

    Maps have the order of other frameworks: channel, row, column.

    Parameters
    ----------
    model
    neurons
        Type of the nodes: LIF with τ = dt, or Threshold, which fewer frameworks read.

    Raises
    ------
    ChipLimitError
        If a layer is no convolution and too large to be written as a dense one.
    """
    network = model.network
    shape = network.chip_inputs
    order = _frameworks_order(shape)
    nodes = {"input": NirNode("Input", {"shape": np.array(_channels_first(shape))})}
    edges: list[tuple[str, str]] = []
    last = "input"
    output: tuple[int, ...] = _channels_first(shape)
    dense, convolutions = [], 0
    for number, layer in enumerate(network.on_chip):
        parameters = model.parameters[len(network.off_chip) + number]
        leak = 1 - spike_thresholds(parameters, layer.connectivity.fan_in)
        is_flat = len(output) == 1 or layer.output.size == layer.output.channels
        convolution = None if is_flat else _convolution(layer.inputs, layer.connectivity, parameters, leak)
        name = f"layer{number + 1}"
        if convolution is None:
            if len(output) > 1:
                flatten: dict[str, Any] = {"start_dim": np.array(0), "end_dim": np.array(-1)}
                flatten["input_type"] = np.array(output)
                last = _append(nodes, edges, last, f"{name}_flatten", NirNode("Flatten", flatten))
            node, order = _dense(layer, parameters, leak, order)
            output = (layer.output.size,)
            dense.append(layer.name)
        else:
            node, output = convolution, _channels_first(layer.output)
            order = _frameworks_order(layer.output)
            convolutions += 1
        last = _append(nodes, edges, last, f"{name}_weights", node)
        last = _append(nodes, edges, last, name, _neurons(output, neurons))
    nodes["output"] = NirNode("Output", {"shape": np.array(output)})
    edges.append((last, "output"))
    notes = ["The input is the chip's input spikes, in order channel, row, column."]
    if network.off_chip:
        names = ", ".join(f"'{layer.name}'" for layer in network.off_chip)
        notes.append(f"Layers before the chip ({names}) are left out: they work on real values.")
    if convolutions:
        notes.append("Convolutions have groups = 1: weights between groups are 0, since some readers refuse groups.")
    if dense:
        notes.append(f"Written as dense: {', '.join(dense)}.")
    notes.append(
        f"Neurons keep nothing: {'Threshold' if neurons == 'threshold' else f'LIF with tau = dt = {STEP_S:g} s'}."
    )
    notes.append("A class's score is the mean of its outputs' spikes (metadata output_class).")
    return Exported(NirGraph(nodes, tuple(edges)), order, tuple(notes))


def _append(nodes: dict[str, NirNode], edges: list[tuple[str, str]], last: str, name: str, node: NirNode) -> str:
    nodes[name] = node
    edges.append((last, name))
    return name


def _channels_first(shape: MapShape) -> tuple[int, int, int]:
    return shape.channels, shape.height, shape.width


def _frameworks_order(shape: MapShape) -> NDArray[np.int64]:
    """Return the flat index in a map of each element in the order channel, row, column."""
    order: NDArray[np.int64] = np.arange(shape.size).reshape(shape).transpose(2, 0, 1).ravel()
    return order


def _neurons(shape: tuple[int, ...], kind: Literal["lif", "threshold"]) -> NirNode:
    half = np.full(shape, 0.5, np.float32)
    if kind == "threshold":
        return NirNode("Threshold", {"threshold": half})
    zeros = np.zeros(shape, np.float32)
    lif: dict[str, Any] = {"tau": zeros + np.float32(STEP_S), "r": zeros + 1, "v_leak": zeros, "v_reset": zeros}
    return NirNode("LIF", {**lif, "v_threshold": half})


def _dense(
    layer: BoundLayer, parameters: LayerParameters, leak: NDArray[np.int32], order: NDArray[np.int64]
) -> tuple[NirNode, NDArray[np.int64]]:
    """Return a layer as Affine, and the order of its outputs: that of the map."""
    wiring, inputs, outputs = layer.connectivity, layer.inputs.size, layer.output.size
    if inputs * outputs > _MOST_WEIGHTS:
        raise ChipLimitError(
            f"layer {layer.name}: is no convolution of its input map, and {inputs:,} × {outputs:,} dense weights are "
            f"more than {_MOST_WEIGHTS:,}; export a smaller network"
        )
    place = np.empty(inputs, np.int64)
    place[order] = np.arange(inputs)
    weight = np.zeros((outputs, inputs + 1), np.float32)
    columns = np.where(wiring.inputs >= 0, place[wiring.inputs], inputs)
    values = parameters.weights[wiring.banks].transpose(0, 2, 1)
    weight[wiring.outputs[:, :, None], columns[:, None, :]] = values
    bias = np.zeros(outputs, np.float32)
    bias[wiring.outputs] = leak[wiring.banks]
    return NirNode("Affine", {"weight": weight[:, :-1], "bias": bias}), np.arange(outputs)


def _convolution(
    inputs: MapShape, wiring: Connectivity, parameters: LayerParameters, leak: NDArray[np.int32]
) -> NirNode | None:
    """Return a layer as Conv2d without groups, or None if it is none."""
    output, inside = wiring.output, wiring.inputs >= 0
    position, channel = np.divmod(wiring.outputs, output.channels)
    read, source = np.divmod(wiring.inputs, inputs.channels)
    site = position[:, 0]
    rows = _Axis.of(site // output.width, read // inputs.width, inputs.height, output.height, wiring)
    columns = _Axis.of(site % output.width, read % inputs.width, inputs.width, output.width, wiring)
    features = np.full((wiring.n_banks, wiring.features), -1)
    features[wiring.banks] = channel
    from_channel = _of_banks(source, wiring)
    is_one = (
        rows is not None
        and columns is not None
        and from_channel is not None
        and (position == site[:, None]).all()
        and (features[wiring.banks] == channel).all()
        and np.array_equal(np.sort(features, axis=None), np.arange(output.channels))
        and (inside | rows.beyond | columns.beyond).all()
    )
    if not is_one:
        return None
    assert rows is not None
    assert columns is not None
    assert from_channel is not None
    weight = np.zeros((output.channels, inputs.channels, rows.kernel, columns.kernel), np.float32)
    seen = np.zeros((wiring.n_banks, wiring.fan_in), bool)
    np.logical_or.at(seen, wiring.banks, inside)
    bank, slot = np.nonzero(seen)
    at = (from_channel, rows.offset, columns.offset)
    weight[(features[bank], *(values[bank, slot][:, None] for values in at))] = parameters.weights[bank, slot]
    bias = np.zeros(output.channels, np.float32)
    bias[features] = leak
    pairs = {"stride": (rows.stride, columns.stride), "padding": (rows.padding, columns.padding), "dilation": (1, 1)}
    whole = {name: np.array(pair) for name, pair in pairs.items()}
    shape = {"input_shape": np.array([inputs.height, inputs.width]), "groups": np.array(1)}
    return NirNode("Conv2d", {"weight": weight, "bias": bias, **whole, **shape})


@dataclass(frozen=True, eq=False)
class _Axis:
    """One direction of a convolution: where the inputs of each bank lie in the window, int64 (banks, fan-in)."""

    stride: int
    padding: int
    kernel: int
    offset: NDArray[np.int64]
    beyond: NDArray[np.bool_]

    @classmethod
    def of(
        cls, to: NDArray[np.intp], at: NDArray[np.intp], size: int, extent: int, wiring: Connectivity
    ) -> _Axis | None:
        """Return the direction in which sites at `to` read inputs at `at`, (sites, fan-in); None if it is none."""
        stride = _stride(to, at, wiring)
        offset = _of_banks(at - stride * to[:, None], wiring)
        if offset is None:
            return None
        reached = stride * to[:, None] + offset[wiring.banks]
        padding = max(0, -int(offset.min()))
        kernel = int(offset.max()) + padding + 1
        if (size + 2 * padding - kernel) // stride + 1 != extent:
            return None
        return cls(stride, padding, kernel, offset + padding, (reached < 0) | (reached >= size))


def _stride(to: NDArray[np.intp], at: NDArray[np.intp], wiring: Connectivity) -> int:
    """Return the inputs between neighbouring sites, from two sites of the first bank that use the same slot."""
    for slot in range(wiring.fan_in):
        sites = np.flatnonzero((wiring.banks == 0) & (wiring.inputs[:, slot] >= 0))
        if not len(sites):
            continue
        low, high = sites[to[sites].argmin()], sites[to[sites].argmax()]
        steps = int(to[high] - to[low])
        if steps:
            return max(1, int(at[high, slot] - at[low, slot]) // steps)
    return 1


def _of_banks(values: NDArray[np.intp], wiring: Connectivity) -> NDArray[np.int64] | None:
    """Return the value of each bank's slots, int64 (banks, fan-in), 0 for unused ones; None if sites differ."""
    shape, inside = (wiring.n_banks, wiring.fan_in), wiring.inputs >= 0
    lowest, highest = np.full(shape, _FAR), np.full(shape, -_FAR)
    np.minimum.at(lowest, wiring.banks, np.where(inside, values, _FAR))
    np.maximum.at(highest, wiring.banks, np.where(inside, values, -_FAR))
    used = highest >= lowest
    if (lowest != highest)[used].any():
        return None
    return np.where(used, lowest, 0)
