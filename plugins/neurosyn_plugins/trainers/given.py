"""Trainer ``given``: trained elsewhere; weights and thresholds of every layer come from a file.

A neuron spikes iff Σ weight·input ≥ threshold, with weights −1, 0, 1 on the chip and real ones before it. The file is
an ``.npz`` or ``.safetensors`` with two arrays for each layer, whose prefix is the layer's name or its number from 1:

``fc1.weight``
    As PyTorch has it: (features, inputs) of a dense layer; (features, channels of a group, rows, columns) of a
    convolution. Inputs count in the order in which the layer before has its features. A layer with several groups or
    blocks also takes the weights from all channels or inputs, with zeros where it has no connections.
``fc1.threshold``
    (features,); real numbers are rounded up, which changes no spike on the chip: sums are integers.

The network's own shuffle of channels is undone, so the result is the plain product or convolution of these arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load

from neurosyn.plugins import (
    BoundLayer,
    DataError,
    LayerParameters,
    Model,
    Network,
    Normalisation,
    ScenarioError,
    Trainer,
    TrainingContext,
    TrainingData,
    did_you_mean,
)
from neurosyn.plugins.files import read_bytes, read_npz, sha256_file

__all__ = ["Given"]

Array = NDArray[Any]

_LARGEST_FILE = 1 << 30


class Given(Trainer):
    """Weights and thresholds of all layers from a file: nothing is trained.

    Layers with fixed weights keep them and have no arrays in the file.
    """

    fixed_layers: ClassVar[bool] = True

    file: str = Field(
        min_length=1,
        description=".npz or .safetensors with the arrays LAYER.weight and LAYER.threshold of every layer",
    )

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Return the model of the given weights; see `neurosyn.plugins.trainers.Trainer.train`."""
        self.check_labels(network, data.train.labels)
        if network.copies > 1:
            raise ScenarioError(
                f"trainer given: the topology makes {network.copies} copies of the network, the file has one; "
                "set its `copies` to 1"
            )
        path = Path(self.file).expanduser()
        reader = _Reader(path, network)
        parameters = tuple(reader.layer(layer) for layer in network.layers)
        provenance = {
            "seed": context.seed,
            "file": path.name,
            "sha256": sha256_file(path),
            "layers": [_describe(*pair) for pair in zip(network.layers, parameters, strict=True)],
        }
        return Model(network, parameters, dict(data.encoder_spec), provenance)


class _Reader:
    """Reader of the arrays of each layer; refuses a file that lacks one or has another."""

    def __init__(self, path: Path, network: Network) -> None:
        self._path = path
        self._arrays = _read(path)
        self._names: dict[str, str] = {}
        expected = []
        for number, layer in enumerate(network.layers, start=1):
            if layer.fixed is not None:
                continue
            prefixes = [
                name for name in (layer.name, str(number)) if any(key.startswith(f"{name}.") for key in self._arrays)
            ]
            self._names[layer.name] = prefixes[0] if prefixes else layer.name
            expected += [f"{self._names[layer.name]}.{part}" for part in ("weight", "threshold")]
        missing = [name for name in expected if name not in self._arrays]
        if missing:
            raise DataError(
                f"{path}: has no array '{missing[0]}'; save weight and threshold of every layer under its name or its "
                f"number: {', '.join(expected)}"
            )
        extra = [name for name in self._arrays if name not in expected]
        if extra:
            raise DataError(
                f"{path}: has the array '{extra[0]}', which no layer takes (they take "
                f"{', '.join(expected)}); leave it out{did_you_mean(extra[0], expected)}"
            )

    def layer(self, layer: BoundLayer) -> LayerParameters:
        """Return the parameters of a layer."""
        if layer.fixed is not None:
            return LayerParameters(layer.fixed.weights, leak=1 - layer.fixed.threshold)
        weight = self._take(layer, "weight")
        threshold = self._take(layer, "threshold")
        where = f"{self._path}: {self._names[layer.name]}"
        if not layer.off_chip and not np.isin(weight, (-1, 0, 1)).all():
            wrong = weight[~np.isin(weight, (-1, 0, 1))][0]
            raise DataError(
                f"{where}.weight: has {wrong:g} and the chip −1, 0, 1; where all are −a, 0 or a, divide weight and "
                "threshold by a"
            )
        if not layer.off_chip:
            weight = weight.astype(np.int8)
        wiring = layer.connectivity
        if threshold.shape != (layer.output.channels,):
            raise DataError(
                f"{where}.threshold: has the shape {threshold.shape}; layer {layer.name} takes "
                f"({layer.output.channels},), one a feature"
            )
        weights = np.zeros((wiring.n_banks, wiring.fan_in, wiring.features))
        thresholds = np.zeros((wiring.n_banks, wiring.features))
        connected = 0
        everything = _from_all_channels(layer, weight, f"{where}.weight")
        for bank in range(wiring.n_banks):
            sites = np.flatnonzero(wiring.banks == bank)
            features = wiring.outputs[sites[0]] % layer.output.channels
            tap, channel = _slots(layer, sites)
            weights[bank] = np.where(channel >= 0, everything[features][:, channel, tap], 0).T
            thresholds[bank] = threshold[features]
            connected += int(np.count_nonzero(weights[bank]))
        if connected < np.count_nonzero(everything):
            shuffle = "; set `shuffle = false` in the layer" if hasattr(layer.layer, "shuffle") else ""
            raise DataError(
                f"{where}.weight: {np.count_nonzero(everything) - connected} weights are not 0 where layer "
                f"{layer.name} has no connection (its neurons see {wiring.fan_in} of {layer.inputs.size} inputs, after "
                f"a shuffle of the channels by the seed){shuffle}, or train with zeros there"
            )
        if layer.off_chip:
            # (s − θ)/(1 + ε) has the sign of s − θ.
            unit = Normalisation(thresholds, np.ones_like(thresholds), np.zeros_like(thresholds))
            return LayerParameters(weights.astype(np.float32), unit)
        # Beyond these two, a neuron spikes always or never.
        limited = np.clip(np.ceil(thresholds), -wiring.fan_in, wiring.fan_in + 1)
        return LayerParameters(weights.astype(np.int8), leak=(1 - limited).astype(np.int32))

    def _take(self, layer: BoundLayer, part: str) -> Array:
        name = f"{self._names[layer.name]}.{part}"
        array = self._arrays[name]
        if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            problem = f"is of type {array.dtype}" if array.dtype.kind not in "iuf" else "holds NaN or infinity"
            raise DataError(f"{self._path}: {name}: {problem}; save finite numbers")
        return array.astype(np.float64)


def _read(path: Path) -> dict[str, Array]:
    if path.suffix != ".safetensors":
        return read_npz(path, max_bytes=_LARGEST_FILE)
    content = read_bytes(path, _LARGEST_FILE, what="safetensors file")
    try:
        arrays: dict[str, Array] = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is not a readable safetensors file ({error}); save it again") from error
    return arrays


def _from_all_channels(layer: BoundLayer, weight: Array, where: str) -> Array:
    """Return weights (features, channels of the input map, taps), a tap being a place of the window, row by row.

    The window of a layer without a kernel is the whole map.
    """
    inputs, features = layer.inputs, layer.output.channels
    kernel = getattr(layer.layer, "kernel", None)
    height, width = (inputs.height, inputs.width) if kernel is None else (kernel, kernel)
    groups = 1 if kernel is None else layer.connectivity.n_banks
    depths = {inputs.channels, inputs.channels // groups}
    shapes = [(features, depth, height, width) for depth in sorted(depths)]
    # In two dimensions the order of rows, columns and channels would have to be guessed.
    flat = [shape for shape in shapes if height * width == 1 or shape[1] == 1]
    accepted = shapes + [(features, shape[1] * height * width) for shape in flat]
    if kernel is None and layer.connectivity.sites != layer.connectivity.n_banks:
        raise DataError(f"{where}: no order of the weights is defined for layers of kind {layer.kind}; use another one")
    if weight.shape not in accepted:
        takes = " or ".join(str(shape) for shape in accepted)
        raise DataError(
            f"{where}: has the shape {weight.shape}; layer {layer.name} on a map {inputs} takes {takes}: (features, "
            "channels, rows, columns)"
        )
    if weight.ndim == 2:
        weight = weight.reshape(next(shape for shape in flat if shape[1] * height * width == weight.shape[1]))
    weight = weight.reshape(features, weight.shape[1], height * width)
    depth = weight.shape[1]
    if depth == inputs.channels:
        return weight
    everything = np.zeros((features, inputs.channels, height * width), weight.dtype)
    for group, members in enumerate(np.split(np.arange(features), groups)):
        everything[members, group * depth : (group + 1) * depth] = weight[members]
    return everything


def _slots(layer: BoundLayer, sites: Array) -> tuple[Array, Array]:
    """Return tap and input channel of each input of the sites of a bank; channel −1: outside the map at every site."""
    wiring, channels = layer.connectivity, layer.inputs.channels
    rows = wiring.inputs[sites]
    channel = np.where(rows >= 0, rows % channels, -1).max(axis=0)
    kernel = getattr(layer.layer, "kernel", None)
    if kernel is None:
        return np.maximum(rows[0] // channels, 0), channel
    # A window's inputs are numbered by row, column and channel; each channel keeps its place in all taps.
    depth = wiring.fan_in // kernel**2
    channel = np.tile(channel.reshape(kernel**2, depth).max(axis=0), kernel**2)
    return np.repeat(np.arange(kernel**2), depth), channel


def _describe(layer: BoundLayer, parameters: LayerParameters) -> dict[str, Any]:
    """Return a description of a layer's parameters as plain values."""
    weights = parameters.weights
    description: dict[str, Any] = {
        "name": layer.name,
        "inputs_of_a_neuron": layer.connectivity.fan_in,
        "features": layer.output.channels,
        "zeros": float((weights == 0).mean()),
    }
    if parameters.leak is not None:
        threshold = 1 - parameters.leak
        description |= {
            "thresholds": [int(threshold.min()), int(threshold.max())],
            "never_spike": int((threshold > (weights > 0).sum(axis=1)).sum()),
            "always_spike": int((threshold <= -(weights < 0).sum(axis=1).astype(int)).sum()),
        }
    return description
