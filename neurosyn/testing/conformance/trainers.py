"""Conformance check of trainers."""

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
from neurosyn.testing.conformance.problems import Problems, why_not_plain
from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

__all__ = ["check_trainer"]

_ENCODER = {"kind": "contrast"}


def check_trainer(plugin: type[Trainer] | Trainer, options: dict[str, Any] | None = None) -> None:
    """Check a trainer: trained twice on stripes it gives equal models, which run on the chip.

    Parameters
    ----------
    plugin
        The class, or an instance with options; options that make training short are recommended.
    options
        Options for the class; ignored for an instance.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("trainers", plugin)
    trainer = problems.instance(plugin, Trainer, options)  # type: ignore[type-abstract]
    if trainer is not None:
        network = _network()
        with problems.watching(trainer):
            first = _train(problems, trainer, network)
        if first is not None and not problems:
            _check_model(problems, first, trainer.result(network))
            second = _train(problems, trainer, network)
            if second is not None and not _alike(first, second):
                problems.add("train()", "gives another model for the same seed; draw from the context's seed alone")
    problems.raise_if_any()


def _network() -> Network:
    specs: list[LayerSpec] = [
        {"kind": "transduction", "features": 4},
        {"kind": "conv2d", "features": 16, "kernel": 4, "stride": 4},
        {"kind": "readout"},
    ]
    return build_network(specs, MapShape(8, 8, 3), 2, seed=1)


def _data() -> TrainingData:
    """Return read-only noisy pictures with a bright row (class 0) or a bright column (class 1)."""
    random = np.random.default_rng(0)
    images = random.integers(0, 90, (160, 8, 8, 3), dtype=np.uint8)
    labels = random.integers(0, 2, len(images), dtype=np.int32)
    for image, label, at in zip(images, labels, random.integers(0, 8, len(images)), strict=True):
        image[(at, slice(None)) if label == 0 else (slice(None), at)] += 150
    images.flags.writeable = labels.flags.writeable = False
    encoder = registry.get("encoders", _ENCODER["kind"])()
    return TrainingData(Split(images[:128], labels[:128]), Split(images[128:], labels[128:]), encoder, dict(_ENCODER))


def _train(problems: Problems, trainer: Trainer, network: Network) -> Model | None:
    with problems.blaming("train()"), tempfile.TemporaryDirectory() as folder:
        reports: list[Any] = []
        state = _global_state()
        model = trainer.train(network, _data(), TrainingContext(Path(folder), seed=1, report=reports.append))
        if _global_state() != state:
            problems.add("train()", "draws from NumPy's global random numbers; use default_rng(context.seed)")
        if not all(isinstance(report, dict) for report in reports):
            problems.add("train()", "reports a value that is no dictionary; see TrainingContext.report")
        if not isinstance(model, Model):
            problems.add("train()", f"returns {type(model).__name__}; return a Model")
            return None
        return model
    return None


def _check_model(problems: Problems, model: Model, expected: Network) -> None:
    where = "the model of train()"
    with problems.blaming(where):
        if model.network.describe() != expected.describe():
            problems.add(where, "has another network than result() gives; train the given network")
            return
        if model.encoder != _ENCODER:
            problems.add(where, f"has the encoder {model.encoder}; pass on data.encoder_spec")
        reason = why_not_plain(model.provenance)
        if reason is not None:
            problems.add(where, f"its provenance must be plain values: {reason}")
        for layer, parameters in zip(model.network.layers, model.parameters, strict=True):
            if not np.isfinite(parameters.weights).all():
                problems.add(where, f"layer {layer.name} has weights that are not finite; stop where training diverges")
        if not problems:
            differing = differing_frames(model)
            if differing:
                problems.add(where, f"{differing} frames have other spikes on the chip than in the model's arithmetic")


def _alike(first: Model, second: Model) -> bool:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return all(np.array_equal(a.weights, b.weights) for a, b in pairs)


def _global_state() -> tuple[bytes, int]:
    """Return the state of NumPy's global generator: its key, and the position in it, which every draw moves."""
    state: Any = np.random.get_state()  # noqa: NPY002
    return state[1].tobytes(), int(state[2])
