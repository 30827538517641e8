"""Populations of neurons with typed synapses: what a network with state is before it is cut into cores.

A synapse from a source to a neuron goes through one axon for each axon type G in its mask, and adds the neuron's
weights s^G of these types. A source reaches a core through as many axons as the neurons there use types.

Ticks: a spike of the input that is stamped t is sent on by the splitter cores in tick t + 1. A population of stage s
integrates the first step in tick s + 1, so synapses without a delay of their own from stage a to stage b take b − a
ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["INPUT", "ChipPopulation", "TypedSynapses"]

INPUT = -1
"""Source of synapses from the splitter cores."""


@dataclass(frozen=True, eq=False)
class TypedSynapses:
    """Synapses from one source, all with one delay.

    Attributes
    ----------
    source : int
        Index of the population, or `INPUT`.
    delay : int
        1 … 15 ticks.
    types : csr array of uint8 (targets, sources)
        Bit G: through an axon of type G.
    """

    source: int
    delay: int
    types: sparse.csr_array


@dataclass(frozen=True, eq=False)
class ChipPopulation:
    """Neurons as integers; arrays (size,), named as in `neurosyn.chip.program.NEURON_TYPE`.

    Attributes
    ----------
    name : str
        Layer of the program.
    synapses : tuple of TypedSynapses
    constants : csr array of uint8 (size, constants)
        Types of the axons that are active in every tick from `start` on, driven by neurons of the same core.
    start : int
        Tick.
    weights : int16 array (size, 4)
    leak : int16 array
    leak_reversal : bool array
    threshold, negative_threshold : int32 arrays
    reset_mode : uint8 array
    negative_saturation : bool array
    reset, initial : int32 arrays
    activity : float32 array
        Expected spikes in a tick, for placement.
    """

    name: str
    synapses: tuple[TypedSynapses, ...]
    constants: sparse.csr_array
    start: int
    weights: NDArray[np.int16]
    leak: NDArray[np.int16]
    leak_reversal: NDArray[np.bool_]
    threshold: NDArray[np.int32]
    negative_threshold: NDArray[np.int32]
    reset_mode: NDArray[np.uint8]
    negative_saturation: NDArray[np.bool_]
    reset: NDArray[np.int32]
    initial: NDArray[np.int32]
    activity: NDArray[np.float32]

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.threshold)

    def sums(self, types: sparse.csr_array) -> sparse.csr_array:
        """Return the weights that synapses of given types add, csr int32 of the same shape."""
        rows = np.repeat(np.arange(types.shape[0]), np.diff(types.indptr))
        bits = (types.data[:, None] >> np.arange(4)) & 1
        values = (bits * self.weights[rows].astype(np.int32)).sum(axis=1, dtype=np.int32)
        return sparse.csr_array((values, types.indices, types.indptr), shape=types.shape)
