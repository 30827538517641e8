"""Conformance check of layers and read-outs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from neurosyn.errors import ChipLimitError, ScenarioError
from neurosyn.network.layer import Connectivity, FixedWeights, Layer, MapShape, Readout
from neurosyn.network.network import Network, build_network
from neurosyn.registry import registry
from neurosyn.testing.conformance.on_chip import differing_frames
from neurosyn.testing.conformance.problems import Problems
from neurosyn.testing.models import random_model

__all__ = ["check_layer"]

MAPS = (MapShape(6, 6, 4), MapShape(8, 8, 3), MapShape(12, 9, 8), MapShape(4, 4, 64), MapShape(1, 1, 128))
"""Shapes of the input maps of the check."""
_NAME = "checked-layer"


def check_layer(plugin: type[Layer | Readout] | Layer | Readout, options: dict[str, Any] | None = None) -> None:
    """Check a layer or a read-out: its options, its connectivity on several maps, and its spikes on the chip.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; values of required ones may also be examples of their fields.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("layers", plugin)
    cls = plugin if isinstance(plugin, type) else type(plugin)
    if isinstance(cls, type) and issubclass(cls, Readout):
        readout = problems.instance(plugin, Readout, options)  # type: ignore[type-abstract]
        if readout is not None:
            with problems.watching(readout):
                _check_readout(problems, readout)
    else:
        layer = problems.instance(plugin, Layer, options)  # type: ignore[type-abstract]
        if layer is not None:
            with problems.watching(layer):
                _check_layer(problems, layer)
    problems.raise_if_any()


def _check_layer(problems: Problems, layer: Layer) -> None:
    for flag in ("off_chip", "permute"):
        if not isinstance(getattr(layer, flag), bool):
            problems.add(flag, f"is {getattr(layer, flag)!r}; it is True or False")
    suitable, refusals = [], []
    for shape in MAPS:
        where = f"connect() on a {shape} map"
        with problems.blaming(where):
            try:
                wiring = layer.connect(shape)
            except ScenarioError as refusal:
                refusals.append(f"{shape}: {refusal}")
                continue
            if not isinstance(wiring, Connectivity):
                problems.add(where, f"returns {type(wiring).__name__}; return a Connectivity")
                continue
            if not isinstance(wiring.output, MapShape):
                problems.add(where, f"has an output of type {type(wiring.output).__name__}; give a MapShape")
                continue
            wiring.check(shape, type(layer).__name__)
            if not _alike(wiring, layer.connect(shape)):
                problems.add(
                    where, "gives another connectivity in a second call; use no random numbers without a fixed seed"
                )
            _check_fixed(problems, layer, shape, wiring)
            suitable.append(shape)
    if not suitable and not problems:
        problems.add("connect()", f"refuses every map of the check ({'; '.join(refusals)}); give suitable options")
    if not problems:
        _check_on_chip(problems, layer, suitable)


def _check_fixed(problems: Problems, layer: Layer, shape: MapShape, wiring: Connectivity) -> None:
    where = f"fixed_weights() on a {shape} map"
    with problems.blaming(where):
        first, second = layer.fixed_weights(shape), layer.fixed_weights(shape)
        if first is None and second is None:
            return
        if not isinstance(first, FixedWeights) or not isinstance(second, FixedWeights):
            problems.add(where, f"returns {type(first).__name__}; return FixedWeights or, always, None")
            return
        first.check(wiring, type(layer).__name__)
        if not np.array_equal(first.weights, second.weights) or not np.array_equal(first.threshold, second.threshold):
            problems.add(where, "gives other weights in a second call; use no random numbers without a fixed seed")


def _alike(a: Connectivity, b: Connectivity) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Connectivity))


def _check_on_chip(problems: Problems, layer: Layer, shapes: list[MapShape]) -> None:
    """Compile and simulate a random model; the chip must give the spikes of the model's arithmetic."""
    too_large = []
    for shape in shapes:
        with problems.blaming(f"on the chip, with a {shape} map"), registry.lend("layers", _NAME, type(layer)):
            spec = {"kind": _NAME, **layer.model_dump(mode="json", by_alias=True, exclude_none=True)}
            try:
                network = _network(spec, shape, off_chip=layer.off_chip)
                differing = differing_frames(random_model(network))
            except ChipLimitError as limit:
                too_large.append(str(limit))
                continue
            if differing:
                problems.add(
                    "on the chip", f"{differing} frames have other spikes than the model's arithmetic; report it"
                )
            return
    if len(too_large) == len(shapes):
        problems.add("on the chip", f"does not fit a core: {too_large[0]}")


def _network(spec: dict[str, Any], shape: MapShape, *, off_chip: bool) -> Network:
    after = [{"kind": "conv2d", "features": 4, "kernel": 1}] if off_chip else []
    return build_network([spec, *after, {"kind": "readout"}], shape, 1, seed=1)


def _check_readout(problems: Problems, readout: Readout) -> None:
    accepted, refusals = 0, []
    for shape in MAPS:
        for n_classes in (2, 10):
            where = f"assign() for a {shape} map and {n_classes} classes"
            with problems.blaming(where):
                try:
                    classes = readout.assign(shape, n_classes)
                except ScenarioError as refusal:
                    refusals.append(str(refusal))
                    continue
                accepted += 1
                if not isinstance(classes, np.ndarray) or classes.dtype != np.int32 or classes.shape != (shape.size,):
                    returned = (
                        f"{classes.dtype} {classes.shape}"
                        if isinstance(classes, np.ndarray)
                        else type(classes).__name__
                    )
                    problems.add(where, f"returns {returned}; return int32 ({shape.size},)")
                elif classes.min() < -1 or classes.max() >= n_classes:
                    problems.add(where, f"gives classes {classes.min()}…{classes.max()}; give −1…{n_classes - 1}")
                elif not np.array_equal(classes, readout.assign(shape, n_classes)):
                    problems.add(where, "gives other classes in a second call; let it depend on its arguments alone")
                elif n_classes == 2 and shape.channels > 1 and len(set(classes.tolist()) - {-1}) < n_classes:
                    problems.add(
                        where, "leaves a class without an output; give every class one where there are enough outputs"
                    )
    if not accepted and not problems:
        problems.add("assign()", f"refuses every map of the check ({refusals[0]}); give suitable options")
