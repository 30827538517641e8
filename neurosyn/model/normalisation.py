"""Normalisation statistics of frozen weights, measured layer by layer.

During training every batch is normalised by its own mean and deviation. The network that leaves training needs fixed
ones: each layer's are measured on spikes that the layers before it make with theirs already fixed, so that no
statistic is of inputs that the finished network never sees. On-chip sums are integers: their moments are exact and
depend on no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.model.inference import exact_sums, integer_sums, normalised_spikes, spike_thresholds
from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.model.wiring import Bank, Wiring, wire_layers
from neurosyn.network.network import Network

__all__ = ["measure", "unfold"]

FRAMES = 64
"""Frames integrated together; bounds the memory."""

F32 = NDArray[np.float32]
Parts = Iterator[tuple[slice, NDArray[Any]]]


def measure(network: Network, weights: list[F32], biases: list[F32], encoded: F32) -> list[LayerParameters]:
    """Fix the normalisation of every layer.

    Parameters
    ----------
    network
        The network.
    weights, biases : lists of float32 arrays (banks, fan_in, features) and (banks, features)
        Trinary weights (real ones off the chip) and b, one entry a layer. A layer that brings its weights along has
        its own instead, and thresholds in place of a normalisation.
    encoded : float32 array (n, height, width, channels)
        Encoded training images to measure on.

    Returns
    -------
    list of LayerParameters
        With weights, normalisation (or leaks) and activity.
    """
    sources = _in_parts(encoded)
    measured = []
    for layer, wiring, weight, bias in zip(network.layers, wire_layers(network.layers), weights, biases, strict=True):
        sums = _real_parts if layer.off_chip else integer_sums
        if layer.fixed is not None:
            weight = layer.fixed.weights.astype(np.float32)
            parameters = LayerParameters(layer.fixed.weights, leak=1 - layer.fixed.threshold)
        else:
            normalisation = _normalisation(wiring, weight, bias, sources, sums)
            kept = weight.copy() if layer.off_chip else weight.astype(np.int8)
            parameters = LayerParameters(kept, normalisation)
        fires = _comparison(parameters, wiring.fan_in, layer.off_chip)
        sources, activity = _spikes(wiring, weight, sources, sums, fires)
        measured.append(replace(parameters, activity=activity))
    return measured


def unfold(model: Model, encoded: F32) -> Model:
    """Return a model with normalisations in place of leaks, so that training can go on from it.

    The bias of a filter puts its threshold half-way between the largest sum at which it is silent and the smallest at
    which it spikes, so folding gives the same leak again. Layers that have a normalisation keep it, as do those with
    weights of their own.

    Parameters
    ----------
    model
        The model, deployed or not.
    encoded : float32 array (n, height, width, channels)
        Encoded training images to measure means and deviations on.
    """
    if all(parameters.normalisation is not None for parameters in model.parameters):
        return model
    sources = _in_parts(encoded)
    unfolded = []
    for layer, wiring, parameters in zip(
        model.network.layers, wire_layers(model.network.layers), model.parameters, strict=True
    ):
        weights = parameters.weights.astype(np.float32)
        sums = _real_parts if layer.off_chip else integer_sums
        if parameters.normalisation is None and layer.fixed is None:
            thresholds = spike_thresholds(parameters, wiring.fan_in)
            measured = _normalisation(wiring, weights, np.zeros(thresholds.shape, np.float32), sources, sums)
            bias = (measured.mean - (thresholds - 0.5)) / (measured.std + NORMALISATION_EPSILON)
            unfolded.append(replace(parameters, normalisation=replace(measured, bias=bias), leak=None))
        else:
            unfolded.append(parameters)
        fires = _comparison(parameters, wiring.fan_in, layer.off_chip)
        sources, _ = _spikes(wiring, weights, sources, sums, fires)
    return replace(model, parameters=tuple(unfolded))


def _in_parts(encoded: F32) -> list[_Source]:
    return [
        _Source(np.vstack([images.reshape(len(images), -1).T, np.zeros((1, len(images)), np.float32)]))
        for images in np.split(encoded, range(FRAMES, len(encoded), FRAMES))
    ]


@dataclass(frozen=True, eq=False)
class _Source:
    """Activities (rows, images) of a layer for some frames; spikes are kept as bits."""

    values: NDArray[Any]
    images: int = 0

    @classmethod
    def pack(cls, spikes: NDArray[np.bool_]) -> _Source:
        return cls(np.packbits(spikes, axis=1), spikes.shape[1])

    def unpack(self) -> F32:
        if not self.images:
            return self.values
        return np.unpackbits(self.values, axis=1, count=self.images).astype(np.float32)


def _real_parts(bank: Bank, weights: F32, source: F32) -> Parts:
    yield slice(0, bank.sites), exact_sums(bank, weights, source.astype(np.float64))


def _normalisation(
    wiring: Wiring, weights: F32, bias: F32, sources: list[_Source], sums: Callable[[Bank, F32, F32], Parts]
) -> Normalisation:
    first = np.zeros(bias.shape)
    second = np.zeros(bias.shape)
    count = np.zeros((len(bias), 1))
    for source in sources:
        rows = source.unpack()
        for bank in wiring.banks:
            for _, part in sums(bank, weights[bank.number], rows):
                flat = part.reshape(bank.features, -1).astype(np.float64)
                first[bank.number] += flat.sum(axis=1)
                second[bank.number] += np.einsum("fi,fi->f", flat, flat)
                count[bank.number] += flat.shape[1]
    mean = first / count
    return Normalisation(mean, np.sqrt(np.maximum(second / count - np.square(mean), 0)), bias.astype(np.float64))


def _comparison(
    parameters: LayerParameters, fan_in: int, off_chip: bool
) -> Callable[[int, NDArray[Any]], NDArray[np.bool_]]:
    """Return the function (bank, sums) → spikes of a layer."""
    if off_chip:
        normalisation = parameters.normalisation
        assert normalisation is not None
        return lambda bank, sums: normalised_spikes(normalisation, bank, sums)
    thresholds = spike_thresholds(parameters, fan_in).astype(np.float32)[:, :, None, None]
    return lambda bank, sums: np.asarray(sums >= thresholds[bank])


def _spikes(
    wiring: Wiring,
    weights: F32,
    sources: list[_Source],
    sums: Callable[[Bank, F32, F32], Parts],
    fires: Callable[[int, NDArray[Any]], NDArray[np.bool_]],
) -> tuple[list[_Source], F32]:
    """Return the layer's spikes, and the share of (position, frame) pairs in which each filter spiked."""
    made = []
    totals = np.zeros((len(wiring.banks), wiring.features))
    for source in sources:
        rows = source.unpack()
        spikes = np.zeros((wiring.size + 1, rows.shape[1]), np.bool_)
        for bank in wiring.banks:
            bank_spikes = spikes[bank.rows].reshape(bank.features, bank.sites, -1)
            for sites, part in sums(bank, weights[bank.number], rows):
                bank_spikes[:, sites] = fires(bank.number, part)
            totals[bank.number] += np.count_nonzero(bank_spikes, axis=(1, 2))
        made.append(_Source.pack(spikes))
    frames = sum(source.images for source in made)
    positions = np.array([bank.sites for bank in wiring.banks])
    return made, (totals / (positions * frames)[:, None]).astype(np.float32)
