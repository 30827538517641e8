"""Card of a model file: origin, accuracy, network and use of the chip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.compiler.compile import count_cores
from neurosyn.model.model import LayerParameters, Model
from neurosyn.model.model_file import load_model
from neurosyn.network.layer import CORE_INPUTS
from neurosyn.network.layer_table import network_table
from neurosyn.network.network import BoundLayer
from neurosyn.support.files import sha256_file

__all__ = ["layer_weights", "model_card", "weight_statistics"]


def model_card(path: Path) -> dict[str, Any]:
    """Return the card of a model file as plain JSON values; None for values that it does not record.

    Returns
    -------
    dict
        ``name``, ``bytes``, ``sha256`` of the file; ``task`` (its scenario's name), ``dataset`` (its name) and
        ``official`` (whether publications refer to it); ``accuracy`` of the trained network on
        ``test_frames`` frames; ``topology`` in words, ``inputs``, ``classes``, ``ticks_per_frame``, ``encoder``;
        ``cores``, splitters included; ``zero_weights`` and ``fan_in``, see `weight_statistics`; ``layers``, see
        `layer_weights`; ``command``, ``seed``, ``data`` (checksums or versions of the data trained on) and ``trainer``.

    Raises
    ------
    DataError
        If the file is missing, damaged or no model.
    PluginError
        If it needs a layer plugin that is not installed.
    ChipLimitError
        If its network does not fit a core.
    """
    model = load_model(path)
    network, provenance = model.network, model.provenance
    trainer = provenance.get("trainer")
    return {
        "name": path.stem,
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "task": _text(provenance.get("scenario")),
        "dataset": _text(provenance.get("dataset")),
        "official": provenance.get("official") is True,
        "accuracy": _share(provenance.get("test_accuracy")),
        "test_frames": _whole(provenance.get("test_frames")),
        "topology": f"{len(network.layers)} layers, {network.inputs} to {network.layers[-1].output}",
        "inputs": list(network.inputs),
        "classes": network.n_classes,
        "ticks_per_frame": network.ticks_per_frame,
        "encoder": model.encoder,
        "cores": count_cores(network),
        **weight_statistics(model),
        "layers": layer_weights(model),
        "command": _text(provenance.get("command")),
        "seed": _whole(provenance.get("seed")),
        "data": provenance.get("data"),
        "trainer": trainer if isinstance(trainer, Mapping) else None,
    }


def weight_statistics(model: Model) -> dict[str, float | None]:
    """Return shares and means over the neurons on the chip, each of them counted once.

    Returns
    -------
    dict
        ``zero_weights`` : share of the weights that are 0.
        ``fan_in`` : mean number of other weights of a neuron with 128 inputs; None if there is no such neuron.
        IBM's deployed one-chip network has 45–47 % and 56–81. [IBM]
    """
    weights = zeros = full = fan_in = 0
    for layer, parameters in _on_chip(model):
        neurons = _neurons_by_filter(layer)
        on = np.count_nonzero(parameters.weights, axis=1)
        weights += int(neurons.sum()) * layer.connectivity.features * layer.connectivity.fan_in
        zeros += int(((layer.connectivity.fan_in - on) * neurons[:, None]).sum())
        if layer.connectivity.fan_in == CORE_INPUTS:
            full += int(neurons.sum()) * layer.connectivity.features
            fan_in += int((on * neurons[:, None]).sum())
    return {"zero_weights": zeros / weights if weights else None, "fan_in": fan_in / full if full else None}


def layer_weights(model: Model) -> list[dict[str, Any]]:
    """Return the rows of `neurosyn.network.layer_table.network_table` with statistics of the on-chip layers' weights.

    Each has ``zero_weights`` (share) and ``mean_fan_in`` (other weights of a neuron), None before the chip.
    """
    rows = []
    for row, layer, parameters in zip(
        network_table(model.network), model.network.layers, model.parameters, strict=True
    ):
        share = None if layer.off_chip else 1 - np.count_nonzero(parameters.weights) / parameters.weights.size
        mean = None if share is None else (1 - share) * layer.connectivity.fan_in
        rows.append({**row, "zero_weights": share, "mean_fan_in": mean})
    return rows


def _on_chip(model: Model) -> list[tuple[BoundLayer, LayerParameters]]:
    both = zip(model.network.layers, model.parameters, strict=True)
    return [(layer, parameters) for layer, parameters in both if not layer.off_chip]


def _neurons_by_filter(layer: BoundLayer) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return how many neurons share each filter of a bank: one for each of its sites."""
    wiring = layer.connectivity
    return np.bincount(wiring.banks, minlength=wiring.n_banks).astype(np.int64)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _share(value: Any) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) and 0 <= value <= 1 else None
