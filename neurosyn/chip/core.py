"""One tick of a batch of cores, on arrays: crossbar, random draws and neurons.

Cores whose neurons are all deterministic and stay clear of saturation are integrated by counting; the others axon by
axon, with the draws in the order that `neurosyn.chip.lfsr` defines. That order depends on what is active, not on what
is drawn, so a whole tick's draws are laid out first and then taken at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip import lfsr
from neurosyn.chip.crossbar import count_synapses, unpack_bits
from neurosyn.chip.neuron import (
    NeuronParameters,
    add_counts,
    apply_leak,
    apply_threshold,
    sum_in_order,
)

__all__ = ["Cores", "tick"]


@dataclass(frozen=True)
class Cores:
    """A batch of cores.

    Attributes
    ----------
    crossbars : uint64 array (C, W, N)
    axon_types : uint8 array (C, A)
    type_masks : uint64 array (C, G, W)
        `neurosyn.chip.crossbar.type_masks` of the axon types.
    neurons : NeuronParameters (C, N)
    stochastic : bool array (C,)
        Cores with a neuron that may draw.
    """

    crossbars: NDArray[np.uint64]
    axon_types: NDArray[np.uint8]
    type_masks: NDArray[np.uint64]
    neurons: NeuronParameters
    stochastic: NDArray[np.bool_]

    def __getitem__(self, cores: Any) -> Cores:
        """Some of the cores."""
        return Cores(
            self.crossbars[cores],
            self.axon_types[cores],
            self.type_masks[cores],
            self.neurons[cores],
            self.stochastic[cores],
        )


def tick(
    cores: Cores, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Play one tick.

    Parameters
    ----------
    cores : Cores
    active : uint64 array (C, W)
        The axons that are active in this tick.
    potential : int32 array (C, N)
        V; updated in place.
    rng : uint32 array (C,)
        States of the cores' registers; updated in place.

    Returns
    -------
    fired : bool array (C, N)
    synaptic_events : int32 array (C, N)
        Active axons whose synapse onto the neuron is on.
    """
    neurons = cores.neurons
    of_type = [active & masks for masks in np.moveaxis(cores.type_masks, 1, 0)]
    kinds = [kind for kind, axons in enumerate(of_type) if axons.any()]
    counts = np.zeros((len(kinds), *potential.shape), np.int32)
    for count, kind in zip(counts, kinds, strict=True):
        count[...] = count_synapses(cores.crossbars, of_type[kind])
    summed, order_matters = add_counts(neurons.weights[kinds], potential, counts, neurons.limits)
    ordered = cores.stochastic | order_matters.any(axis=-1)
    fired, kept = apply_threshold(neurons, apply_leak(neurons, summed))
    for core in np.flatnonzero(ordered):
        one = slice(core, core + 1)
        fired[one], kept[one], rng[one] = _tick_in_order(cores[one], active[one], potential[one], rng[one])
    potential[...] = kept
    return fired, counts.sum(axis=0, dtype=np.int32)


def _tick_in_order(
    cores: Cores, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]
) -> tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.uint32]]:
    neurons = cores.neurons
    size, axons = len(active), cores.axon_types.shape[-1]
    columns = np.swapaxes(cores.crossbars & active[..., None], -1, -2)
    on = unpack_bits(columns, axons)
    weights = _of_axons(neurons.weights, cores.axon_types)
    noisy = on & _of_axons(neurons.stochastic_weights, cores.axon_types)

    leaps = np.empty((*potential.shape, axons + 2), np.int64)
    leaps[..., :axons] = noisy
    leaps[..., axons] = neurons.stochastic_leak
    leaps[..., axons + 1] = lfsr.leaps_for(neurons.threshold_mask_bits)
    ends = leaps.reshape(size, -1).cumsum(axis=-1)
    states = lfsr.stream(rng, int(ends[:, -1].max()))
    drawn = np.take_along_axis(states, ends, axis=-1).reshape(leaps.shape).astype(np.int64)

    rho = drawn[..., :axons] & 0xFF
    acts = (np.abs(weights) >= rho) * np.sign(weights)
    terms = np.where(on, np.where(noisy, acts, weights), 0).astype(np.int16)
    eta = (drawn[..., axons + 1] & ((1 << neurons.threshold_mask_bits.astype(np.int64)) - 1)).astype(np.int32)
    summed = sum_in_order(potential, terms, neurons.limits)
    fired, kept = apply_threshold(neurons, apply_leak(neurons, summed, drawn[..., axons] & 0xFF), eta)
    return fired, kept, np.take_along_axis(states, ends[:, -1:], axis=-1)[:, 0]


def _of_axons(per_type: NDArray[Any], axon_types: NDArray[np.uint8]) -> NDArray[Any]:
    """Turn values (G, C, N) of each axon type into values (C, N, A) of each axon."""
    return np.take_along_axis(np.moveaxis(per_type, 0, -1), axon_types[:, None, :].astype(np.intp), axis=-1)
