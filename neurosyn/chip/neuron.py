"""The neuron of TrueNorth (Cassidy et al. 2013), on arrays.

Once in every tick and for every neuron, in this order [V]::

    synapses   V ← V + Σ_i A_i·w_ij·[(1−b^G)·s^G + b^G·F(s^G, ρ)·sgn(s^G)]        G = type of axon i
    leak       Ω = (1−ε) + ε·sgn(V);   V ← V + Ω·[(1−c)·λ + c·F(λ, ρ)·sgn(λ)]
               with ε = 1, a leak that would change the sign of V leaves V = 0
    threshold  if V ≥ α + η:                  spike;  V ← R (γ=0) | V − (α+η) (γ=1) | min(V, α + 2^TM − 1) (γ=2)
               elif V < −[β·κ + (β+η)(1−κ)]:  V ← −β (κ=1) | −R (κ=0, γ=0) | V + (β+η) (κ=0, γ=1) | V (κ=0, γ=2)

    F(s, ρ) = 1 if |s| ≥ ρ else 0;   sgn(0) = 0;   ρ and η are draws of the core's register (`neurosyn.chip.lfsr`)

V has 20 bits with sign on TrueNorth [P]; what a sum beyond them gives is not published: here it saturates, at every
single addition (axons in ascending order) [A]. As long as no partial sum can get there the order does not matter, and
the synapses of a deterministic neuron are a count times a weight for each axon type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.limits import Limits
from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.chip.shipped import TRUENORTH

__all__ = [
    "POTENTIAL_MAX",
    "POTENTIAL_MIN",
    "NeuronParameters",
    "add_counts",
    "apply_leak",
    "apply_threshold",
    "sum_in_order",
]

_LIMITS = TRUENORTH.limits
POTENTIAL_MIN, POTENTIAL_MAX = _LIMITS.potential_min, _LIMITS.potential_max
"""Range of a membrane potential on TrueNorth: 20 bits with sign. [P] Cassidy et al. 2013."""
_PER_TYPE = ("weights", "stochastic_weights")
_COLUMNS = NEURON_TYPE.names or ()


@dataclass(frozen=True)
class NeuronParameters:
    """The parameters of neurons, each an array (…, N) of its own; those per axon type are (G, …, N).

    The names are those of `neurosyn.chip.program.NEURON_TYPE`; `limits` has the range of the potentials.
    """

    weights: NDArray[np.int16]
    stochastic_weights: NDArray[np.bool_]
    leak: NDArray[np.int16]
    stochastic_leak: NDArray[np.bool_]
    leak_reversal: NDArray[np.bool_]
    threshold: NDArray[np.int32]
    negative_threshold: NDArray[np.int32]
    threshold_mask_bits: NDArray[np.uint8]
    reset_mode: NDArray[np.uint8]
    negative_saturation: NDArray[np.bool_]
    reset: NDArray[np.int32]
    limits: Limits = _LIMITS

    @classmethod
    def of_types(cls, types: NDArray[np.void], index: NDArray[np.int32], limits: Limits = _LIMITS) -> NeuronParameters:
        """Look up rows of a table of `NEURON_TYPE` for indices (…, N)."""
        columns = {name: np.ascontiguousarray(np.moveaxis(types[name], -1, 0)) for name in _COLUMNS}
        return cls(**{name: np.take(column, index, axis=-1) for name, column in columns.items()}, limits=limits)

    @classmethod
    def of_program(cls, program: Program) -> NeuronParameters:
        """The parameters (C, N) of all neurons of a program."""
        return cls.of_types(program.neuron_types, program.neuron_type, program.limits)

    def __getitem__(self, cores: Any) -> NeuronParameters:
        """The parameters of some cores: an index of the axis before the last."""
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return NeuronParameters(
            **{name: of[:, cores] if name in _PER_TYPE else of[cores] for name, of in columns.items()},
            limits=self.limits,
        )

    @property
    def stochastic(self) -> NDArray[np.bool_]:
        """True for neurons that may draw random numbers, bool (…, N)."""
        synapses: NDArray[np.bool_] = np.any(self.stochastic_weights, axis=0)
        return synapses | self.stochastic_leak | (self.threshold_mask_bits > 0)


def _saturated(potential: NDArray[Any], limits: Limits) -> NDArray[np.int32]:
    clipped: NDArray[np.int32] = np.clip(potential, limits.potential_min, limits.potential_max).astype(
        np.int32, copy=False
    )
    return clipped


def add_counts(
    weights: NDArray[np.int16], potential: NDArray[np.int32], counts: NDArray[np.int32], limits: Limits = _LIMITS
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Add the synapses of deterministic neurons, given the active ones of each of G axon types.

    Parameters
    ----------
    weights : int16 array (G, …, N)
    potential : int32 array (…, N)
    counts : int32 array (G, …, N)
        Active axons of each type whose synapse is on.
    limits

    Returns
    -------
    potential : int32 array (…, N)
    order_matters : bool array (…, N)
        Where additions one by one could leave the range of V, so that the result is not to be used.
    """
    rise: NDArray[np.int32] = (np.maximum(weights, 0) * counts).sum(axis=0, dtype=np.int32)
    fall: NDArray[np.int32] = (np.minimum(weights, 0) * counts).sum(axis=0, dtype=np.int32)
    order_matters = (potential + rise > limits.potential_max) | (potential + fall < limits.potential_min)
    return potential + rise + fall, order_matters


def sum_in_order(potential: NDArray[np.int32], terms: NDArray[np.int16], limits: Limits = _LIMITS) -> NDArray[np.int32]:
    """Add the terms (…, N, A) of all axons to the potentials (…, N), saturating at every addition."""
    rise = np.maximum(terms, 0).sum(axis=-1, dtype=np.int32)
    fall = np.minimum(terms, 0).sum(axis=-1, dtype=np.int32)
    if (potential + rise <= limits.potential_max).all() and (potential + fall >= limits.potential_min).all():
        result: NDArray[np.int32] = potential + rise + fall
        return result
    for axon in range(terms.shape[-1]):
        potential = _saturated(potential + terms[..., axon], limits)
    return potential


def apply_leak(
    neurons: NeuronParameters, potential: NDArray[np.int32], rho: NDArray[Any] | int = 0
) -> NDArray[np.int32]:
    """Return the potentials (…, N) after the leak.

    Parameters
    ----------
    neurons : NeuronParameters
    potential : int32 array (…, N)
    rho : array (…, N)
        Draws 0 … 255; read where the leak is stochastic.
    """
    leak = neurons.leak.astype(np.int32)
    if neurons.stochastic_leak.any():
        leak = np.where(neurons.stochastic_leak, (np.abs(leak) >= rho) * np.sign(leak), leak)
    if not neurons.leak_reversal.any():
        return _saturated(potential + leak, neurons.limits)
    sign = np.sign(potential)
    moved = potential + np.where(neurons.leak_reversal, sign * leak, leak)
    rings = neurons.leak_reversal & (np.sign(moved) == -sign)
    return _saturated(np.where(rings, 0, moved), neurons.limits)


def apply_threshold(
    neurons: NeuronParameters, potential: NDArray[np.int32], eta: NDArray[Any] | int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Return the spikes, bool (…, N), and the potentials (…, N) after them.

    Parameters
    ----------
    neurons : NeuronParameters
    potential : int32 array (…, N)
        V after synapses and leak.
    eta : int32 array (…, N)
        Draws η, 0 … 2^TM − 1; 0 where TM = 0.
    """
    threshold = neurons.threshold + eta
    ceiling = neurons.threshold + (1 << neurons.threshold_mask_bits.astype(np.int32)) - 1
    reset = [neurons.reset_mode == 0, neurons.reset_mode == 1]
    fired = potential >= threshold
    after_spike = np.select(reset, [neurons.reset, potential - threshold], np.minimum(potential, ceiling))
    depth = neurons.negative_threshold + np.where(neurons.negative_saturation, 0, eta)
    below = ~fired & (potential < -depth)
    after_fall = np.select(
        [neurons.negative_saturation, *reset],
        [-neurons.negative_threshold, -neurons.reset, potential + depth],
        potential,
    )
    kept = np.where(fired, after_spike, np.where(below, after_fall, potential))
    return fired, _saturated(kept, neurons.limits)
