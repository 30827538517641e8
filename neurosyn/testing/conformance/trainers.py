"""Whether trainers keep their contract."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.data.dataset import Split
from neurosyn.model.model import Model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network, build_network
from neurosyn.network.topology import LayerSpec
from neurosyn.registry import registry
from neurosyn.testing.conformance.on_chip import differing_frames
from neurosyn.testing.conformance.problems import Findings, plain_value
from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

__all__ = ["check_trainer"]

_ENCODER = {"kind": "contrast"}


def check_trainer(plugin: type[Trainer] | Trainer, options: dict[str, Any] | None = None) -> None:
    """Check a trainer: it trains a small network on stripes, twice alike, to a model that runs on the chip.

    Parameters
    ----------
    plugin
        The class, or an instance with the options to check it with. Options that make it quick are welcome.
    options
        Options for a class.

    Raises
    ------
    ConformanceError
        With everything that does not conform, a sentence each.
    """
    found = Findings("trainers", plugin)
    trainer = found.instance(plugin, Trainer, options)  # type: ignore[type-abstract]
    if trainer is not None:
        network = _network()
        first = _train(found, trainer, network)
        if first is not None and not found:
            _check_model(found, first, trainer.result(network))
            second = _train(found, trainer, network)
            if second is not None and not _alike(first, second):
                found.add("train()", "gives another model for the same seed; draw from the context's seed alone")
    found.raise_if_any()


def _network() -> Network:
    specs: list[LayerSpec] = [
        {"kind": "transduction", "features": 4},
        {"kind": "conv2d", "features": 16, "kernel": 4, "stride": 4},
        {"kind": "readout"},
    ]
    return build_network(specs, MapShape(8, 8, 3), 2, seed=1)


def _data() -> TrainingData:
    """Return noisy pictures with a bright row (0) or a bright column (1), which nobody may write to."""
    random = np.random.default_rng(0)
    images = random.integers(0, 90, (160, 8, 8, 3), dtype=np.uint8)
    labels = random.integers(0, 2, len(images), dtype=np.int32)
    for image, label, at in zip(images, labels, random.integers(0, 8, len(images)), strict=True):
        image[(at, slice(None)) if label == 0 else (slice(None), at)] += 150
    images.flags.writeable = labels.flags.writeable = False
    encoder = registry.get("encoders", _ENCODER["kind"])()
    return TrainingData(Split(images[:128], labels[:128]), Split(images[128:], labels[128:]), encoder, dict(_ENCODER))


def _train(found: Findings, trainer: Trainer, network: Network) -> Model | None:
    with found.blaming("train()"), tempfile.TemporaryDirectory() as folder:
        reports: list[Any] = []
        state = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
        model = trainer.train(network, _data(), TrainingContext(Path(folder), seed=1, report=reports.append))
        if not np.array_equal(state, np.random.get_state()[1]):  # type: ignore[index]  # noqa: NPY002
            found.add("train()", "draws from NumPy's global random numbers; use default_rng(context.seed)")
        if not all(isinstance(report, dict) for report in reports):
            found.add("train()", "reports something else than a dictionary; see TrainingContext.report")
        if not isinstance(model, Model):
            found.add("train()", f"returns {type(model).__name__}; return a Model")
            return None
        return model
    return None


def _check_model(found: Findings, model: Model, wanted: Network) -> None:
    where = "the model of train()"
    with found.blaming(where):
        if model.network.describe() != wanted.describe():
            found.add(where, "is of another network than result() says; train the one that is given")
            return
        if model.encoder != _ENCODER:
            found.add(where, f"says it was trained with encoder {model.encoder}; pass data.encoder_spec on")
        reason = plain_value(model.provenance)
        if reason is not None:
            found.add(where, f"its provenance holds something else than plain values: {reason}")
        for layer, parameters in zip(model.network.layers, model.parameters, strict=True):
            if not np.isfinite(parameters.weights).all():
                found.add(where, f"layer {layer.name} has weights that are no numbers; stop where training diverges")
        if not found:
            differing = differing_frames(model)
            if differing:
                found.add(where, f"{differing} frames leave the chip with other spikes than the model's arithmetic")


def _alike(one: Model, other: Model) -> bool:
    return all(np.array_equal(a.weights, b.weights) for a, b in zip(one.parameters, other.parameters, strict=True))
