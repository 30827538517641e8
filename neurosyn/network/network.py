"""Networks: layers bound to the shapes of the data, the common input of training and compilation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import PluginError, ScenarioError
from neurosyn.network.copies import copy_connectivity, copy_readout
from neurosyn.network.layer import Connectivity, FixedWeights, Layer, MapShape, Readout
from neurosyn.network.topology import LayerSpec
from neurosyn.registry import blame, registry
from neurosyn.support.formatting import counted

__all__ = ["BoundLayer", "Network", "build_network"]


@dataclass(frozen=True, eq=False)
class BoundLayer:
    """A layer of a network, with its input shape and connectivity.

    Attributes
    ----------
    name
        Unique in the network, e.g. ``"5 conv2d-512"``.
    kind
        Name of the layer plugin.
    layer
        The layer plugin with its options.
    inputs
        Shape of the input map.
    connectivity
        Inputs of each neuron; the permutation is applied, so indices refer to the output map of the layer before.
    fixed
        Fixed weights of the layer; None if training determines them.
    """

    name: str
    kind: str
    layer: Layer
    inputs: MapShape
    connectivity: Connectivity
    fixed: FixedWeights | None = None

    @property
    def output(self) -> MapShape:
        """Shape of the output map."""
        return self.connectivity.output

    @property
    def off_chip(self) -> bool:
        """True if the layer runs before the chip, on real values."""
        return self.layer.off_chip


@dataclass(frozen=True, eq=False)
class Network:
    """Layers from the encoded image to the read-out.

    Attributes
    ----------
    inputs
        Shape of an encoded image.
    n_classes, seed
        Number of classes; seed of the permutations.
    specs
        Tables of the layers from the scenario or topology; with `inputs`, `n_classes` and `seed` they determine the
        network.
    layers
        The bound layers in order, off-chip ones first.
    readout : int32 array (outputs,)
        Class of each output of the last layer, −1 for none.
    copies
        Number of copies of the on-chip layers, see `neurosyn.network.copies`; `layers` are those of all copies
        together.
    ticks_per_frame
        Number of ticks during which a frame enters the chip: each tick is a separate input to all layers, and the
        read-out sums over them.
    """

    inputs: MapShape
    n_classes: int
    seed: int
    specs: tuple[LayerSpec, ...]
    layers: tuple[BoundLayer, ...]
    readout: NDArray[np.int32]
    copies: int = 1
    ticks_per_frame: int = 1

    def __repr__(self) -> str:
        before = f" ({len(self.off_chip)} before the chip)" if self.off_chip else ""
        neurons = sum(layer.output.size for layer in self.layers)
        return (
            f"Network: {counted(len(self.layers), 'layer')}{before} on {self.inputs}, {counted(neurons, 'neuron')}, "
            f"{self.n_classes} classes"
        )

    @property
    def off_chip(self) -> tuple[BoundLayer, ...]:
        """The layers before the chip."""
        return tuple(layer for layer in self.layers if layer.off_chip)

    @property
    def on_chip(self) -> tuple[BoundLayer, ...]:
        """The layers on the chip."""
        return tuple(layer for layer in self.layers if not layer.off_chip)

    @property
    def chip_inputs(self) -> MapShape:
        """Shape of the map of input spikes that enters the chip with each frame."""
        return self.on_chip[0].inputs

    def describe(self) -> dict[str, Any]:
        """Return the arguments of `build_network` that rebuild this network, as plain JSON values."""
        description: dict[str, Any] = {
            "inputs": list(self.inputs),
            "n_classes": self.n_classes,
            "seed": self.seed,
            "layers": [dict(spec) for spec in self.specs],
        }
        if self.copies != 1:
            description["copies"] = self.copies
        if self.ticks_per_frame != 1:
            description["ticks_per_frame"] = self.ticks_per_frame
        return description

    def copied(self, copies: int) -> Network:
        """Return the network with `copies` copies of its on-chip layers, all with the connectivity of this one."""
        return build_network(
            list(self.specs), self.inputs, self.n_classes, self.seed, copies, ticks_per_frame=self.ticks_per_frame
        )


def build_network(
    specs: list[LayerSpec],
    inputs: MapShape,
    n_classes: int,
    seed: int,
    copies: int = 1,
    *,
    ticks_per_frame: int = 1,
) -> Network:
    """Build a network by binding layers to shapes.

    Parameters
    ----------
    specs
        Layers from first to last; the last is a read-out.
    inputs
        Shape of an encoded image.
    n_classes
        Number of classes.
    seed
        Seed of the permutations between layers.
    copies
        Number of copies of the on-chip layers, side by side.
    ticks_per_frame
        Number of ticks during which a frame enters the chip.

    Raises
    ------
    ScenarioError
        If a layer's options are wrong or do not suit its input; the message gives the layer's number and kind.
    PluginError
        If a layer's plugin is missing or its connectivity breaks the contract.
    """
    if len(specs) < 2:
        raise ScenarioError(f"network: has {len(specs)} layers; it needs at least one layer and a read-out")
    where = f"network: layer {len(specs)} ({specs[-1].get('kind', 'no kind')})"
    readout = _build(specs[-1], where)
    if not isinstance(readout, Readout):
        raise ScenarioError(f'{where}: the last layer must be a read-out; add {{ kind = "readout" }}')
    seeds = np.random.SeedSequence(seed).spawn(len(specs))
    shape = inputs
    bound: list[BoundLayer] = []
    for number, (spec, layer_seed) in enumerate(zip(specs[:-1], seeds[:-1], strict=True), start=1):
        where = f"network: layer {number} ({spec.get('kind', 'no kind')})"
        layer = _build(spec, where)
        if not isinstance(layer, Layer):
            raise ScenarioError(
                f"{where}: plugin '{spec['kind']}' cannot be a layer; a network is layers, then one read-out"
            )
        if layer.off_chip and any(not before.off_chip for before in bound):
            raise ScenarioError(f"{where}: an off-chip layer follows an on-chip one; move it to the front")
        connectivity = _connect(layer, spec["kind"], shape, where)
        name = str(spec.get("name", f"{number} {spec['kind']}-{connectivity.output.channels}"))
        if any(before.name == name for before in bound):
            raise ScenarioError(f"{where}: the name '{name}' is taken; give each layer its own")
        if layer.permute and getattr(layer, "shuffle", True) and bound:
            connectivity = _permuted(connectivity, shape, np.random.default_rng(layer_seed))
        fixed = _fixed_weights(layer, spec["kind"], shape, connectivity, where)
        bound.append(BoundLayer(name, str(spec["kind"]), layer, shape, connectivity, fixed))
        shape = connectivity.output
    if not any(not layer.off_chip for layer in bound):
        raise ScenarioError("network: has no layer on the chip; add one before the read-out")
    with blame("layers", specs[-1]["kind"], "assign"):
        classes = np.asarray(readout.assign(shape, n_classes))
    if classes.shape != (shape.size,) or classes.min() < -1 or classes.max() >= n_classes:
        raise PluginError(
            f"read-out {specs[-1]['kind']}: does not give each of {shape.size} outputs a class; correct it"
        )
    silent = sorted(set(range(n_classes)) - set(classes.tolist()))
    if silent:
        raise ScenarioError(
            f"network: {shape.size} outputs leave {len(silent)} of {n_classes} classes without one; widen the last "
            "layer"
        )
    if copies > 1:
        bound = _copied(bound, copies)
        classes = copy_readout(classes, shape, copies)
    written = tuple(dict(spec) for spec in specs)
    return Network(inputs, n_classes, seed, written, tuple(bound), classes, copies, ticks_per_frame)


def _copied(layers: list[BoundLayer], copies: int) -> list[BoundLayer]:
    """Return the layers of all copies together; layers off the chip are not copied."""
    copied = [layer for layer in layers if layer.off_chip]
    for layer in layers[len(copied) :]:
        shared = not copied or copied[-1].off_chip
        wiring = copy_connectivity(layer.connectivity, layer.inputs, copies, shared=shared)
        fixed = layer.fixed
        if fixed is not None:
            fixed = FixedWeights(np.tile(fixed.weights, (copies, 1, 1)), np.tile(fixed.threshold, (copies, 1)))
        inputs = layer.inputs if shared else copied[-1].output
        copied.append(replace(layer, inputs=inputs, connectivity=wiring, fixed=fixed))
    return copied


def _build(spec: LayerSpec, where: str) -> Layer | Readout:
    table = {key: value for key, value in spec.items() if key != "name"}
    layer: Layer | Readout = registry.build("layers", table, where, Layer, Readout)
    return layer


def _connect(layer: Layer, kind: str, inputs: MapShape, where: str) -> Connectivity:
    """Return the checked connectivity of a layer."""
    try:
        with blame("layers", kind, "connect"):
            connectivity = layer.connect(inputs)
            if not isinstance(connectivity, Connectivity):
                raise TypeError(f"it returned {type(connectivity).__name__}, not a Connectivity")
            connectivity.check(inputs, kind)
    except (ScenarioError, PluginError) as error:
        raise type(error)(f"{where}: {error}") from error
    return connectivity


def _fixed_weights(
    layer: Layer, kind: str, inputs: MapShape, connectivity: Connectivity, where: str
) -> FixedWeights | None:
    """Return the checked fixed weights of a layer, or None."""
    with blame("layers", kind, "fixed_weights"):
        fixed = layer.fixed_weights(inputs)
        if fixed is None:
            return None
        if not isinstance(fixed, FixedWeights):
            raise TypeError(f"it returned {type(fixed).__name__}, neither FixedWeights nor None")
    if layer.off_chip:
        raise PluginError(f"{where}: layer {kind}: fixes weights before the chip; only layers on the chip may")
    try:
        fixed.check(connectivity, kind)
    except PluginError as error:
        raise PluginError(f"{where}: {error}") from error
    return fixed


def _permuted(connectivity: Connectivity, inputs: MapShape, rng: np.random.Generator) -> Connectivity:
    """Shuffle the input channels: channel c of the layer's input is channel permutation[c] of the map before."""
    permutation = rng.permutation(inputs.channels).astype(np.int32)
    position, channel = np.divmod(connectivity.inputs, inputs.channels)
    moved = position * inputs.channels + permutation[channel]
    return replace(connectivity, inputs=np.where(connectivity.inputs < 0, -1, moved).astype(np.int32))
