"""Filters that spike in more than half of the ticks, replaced by their complements.

A filter and its complement, which spikes when the filter does not, say the same. With ū = 1 − u for the inputs that
come as complements,

    Σ w·u = Σ_others w·u − Σ_complemented w·ū + c,   c = Σ_complemented w

so the layer that reads them takes −w there and adds c to its leak, and a filter that is a complement itself spikes iff
Σ w·u + λ ≤ 0, that is, iff Σ (−w)·u + (1 − λ) ≥ 1. The outputs are the same to the last spike, and there are fewer
spikes on the way. Inputs outside the map never spike: at the rim c leaves them out, so the leak depends on the site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.model.model import LayerParameters, Model
from neurosyn.network.layer import Connectivity
from neurosyn.network.network import BoundLayer

__all__ = ["LayerOnChip", "OnChip", "complement_filters"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LayerOnChip:
    """Numbers of a layer as its neurons have them.

    Attributes
    ----------
    weights : int8 array (banks, fan_in, features)
    leak : int32 array (sites, features)
    activity : float32 array (banks, features) or None
        Expected spikes in a tick.
    """

    weights: NDArray[np.int8]
    leak: NDArray[np.int32]
    activity: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class OnChip:
    """Layers on the chip, and the inputs that come to it as complements.

    Attributes
    ----------
    layers : list of LayerOnChip
    complemented : bool array (inputs,)
        Elements of the chip's input map in whose place the complement is sent.
    filters : tuple of int
        Complemented filters, and all filters; those before the chip count.
    """

    layers: list[LayerOnChip]
    complemented: Mask
    filters: tuple[int, int]


def complement_filters(model: Model, *, wanted: bool = True) -> OnChip:
    """Replace the filters that spike in more than half of the ticks by their complements.

    Filters of the last layer stay, since their spikes are the answer, and so do filters whose activity is not known.

    Parameters
    ----------
    model
        Deployed.
    wanted
        False: leave all filters as they are.
    """
    layers, before = model.network.layers, len(model.network.off_chip)
    chosen = [_often_active(p) if wanted else np.zeros(_filters(p), np.bool_) for p in model.parameters]
    chosen[-1][...] = False
    for number in range(max(before, 1), len(layers)):
        _keep_alike(chosen[number - 1], layers[number - 1].connectivity, layers[number])

    parts = []
    inputs = np.zeros(model.network.chip_inputs.size, np.bool_)
    if before:
        inputs = _elements(chosen[before - 1], layers[before - 1])
    sent = inputs
    for number in range(before, len(layers)):
        parts.append(_with_complements(model.parameters[number], layers[number].connectivity, sent, chosen[number]))
        sent = _elements(chosen[number], layers[number])
    used = chosen[max(before - 1, 0) :]
    return OnChip(parts, inputs, (sum(int(c.sum()) for c in used), sum(c.size for c in used)))


def _filters(parameters: LayerParameters) -> tuple[int, int]:
    banks, _, features = parameters.weights.shape
    return banks, features


def _often_active(parameters: LayerParameters) -> Mask:
    activity = parameters.activity
    return np.zeros(_filters(parameters), np.bool_) if activity is None else activity > 0.5


def _elements(chosen: Mask, layer: BoundLayer) -> Mask:
    """Return which elements of a layer's output map belong to chosen filters (banks, features)."""
    wiring = layer.connectivity
    elements = np.zeros(wiring.output.size, np.bool_)
    elements[wiring.outputs] = chosen[wiring.banks]
    return elements


def _keep_alike(chosen: Mask, before: Connectivity, layer: BoundLayer) -> None:
    """Leave filters out until all sites of a bank, which share weights, get an input alike."""
    wiring = layer.connectivity
    filter_of = np.full(before.output.size + 1, -1)
    filter_of[before.outputs] = before.banks[:, None] * before.outputs.shape[1] + np.arange(before.outputs.shape[1])
    source = filter_of[wiring.inputs]
    flat = chosen.reshape(-1)
    while True:
        is_complement = flat[source] & (source >= 0)
        is_plain = ~flat[source] & (source >= 0)
        mixed = np.zeros((wiring.n_banks, wiring.fan_in), np.bool_)
        for bank in range(wiring.n_banks):
            members = wiring.banks == bank
            mixed[bank] = is_complement[members].any(axis=0) & is_plain[members].any(axis=0)
        if not mixed.any():
            return
        flat[source[mixed[wiring.banks] & is_complement]] = False


def _with_complements(parameters: LayerParameters, wiring: Connectivity, inputs: Mask, chosen: Mask) -> LayerOnChip:
    """Return a layer that gets complements of the elements `inputs`, and sends those of the filters `chosen`."""
    assert parameters.leak is not None
    leak = parameters.leak[wiring.banks].astype(np.int32)
    if not inputs.any() and not chosen.any():
        return LayerOnChip(parameters.weights, leak, parameters.activity)
    comes = np.append(inputs, np.False_)[wiring.inputs]
    weights = parameters.weights.copy()
    for bank in range(wiring.n_banks):
        members = wiring.banks == bank
        leak[members] += comes[members].astype(np.int32) @ weights[bank].astype(np.int32)
        weights[bank, comes[members].any(axis=0)] *= -1
    sends = chosen[wiring.banks]
    leak = np.where(sends, 1 - leak, leak)
    weights = np.where(chosen[:, None], -weights, weights)
    # Beyond the sums that can occur, a leak means always or never.
    lowest, highest = -(weights < 0).sum(axis=1)[wiring.banks], (weights > 0).sum(axis=1)[wiring.banks]
    leak = np.clip(leak, -highest, 1 - lowest).astype(np.int32)
    activity = parameters.activity
    if activity is not None:
        activity = np.where(chosen, 1 - activity, activity)
    return LayerOnChip(weights, leak, activity)
