"""A spiking network in steps of time, from the nodes of a NIR graph.

Chains of linear nodes between neurons become one sparse matrix for each pair of populations and delay. Per step::

    v ← (1 − a)·v + Σ W·x + b          spike if v > θ, or v ≥ θ;   then v ← v_reset, or v − θ

with W and b scaled by dt·r (IF) or dt·r/τ (LIF) and a = dt/τ (0 for IF). A spike reaches the next population in the
same step, over a recurrent edge in the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.importing.flattening import FlatGraph

__all__ = [
    "INPUT",
    "INTEGRATORS",
    "LINEAR",
    "NEURONS",
    "POOLS",
    "Population",
    "Shape",
    "SpikingNetwork",
    "Synapses",
    "refused_nodes",
]

INPUT = -1
"""Source of synapses from the network's input."""
NEURONS = ("IF", "LIF", "I", "LI", "Threshold")
"""Nodes that become neurons. I and LI have no threshold: they integrate and are read at the end."""
INTEGRATORS = ("I", "LI")
"""Nodes that have no threshold."""
POOLS = ("SumPool2d", "AvgPool2d")
LINEAR = ("Linear", "Affine", "Conv1d", "Conv2d", *POOLS, "Scale")
_CURRENT = (
    "its synapses have a current that decays by itself, and a neuron of the chip has one state, the potential; train "
    "the network with IF or LIF neurons"
)
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Synapses:
    """Synapses from one population to another with one delay.

    Attributes
    ----------
    source : int
        Index of the population, or `INPUT`.
    delay : int
        Steps; 0 is the same step.
    weights : csr array (targets, sources)
    """

    source: int
    delay: int
    weights: sparse.csr_array


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons of one node; arrays (size,).

    Attributes
    ----------
    name, kind : str
        Node and its type; relays that the chip needs are of kind ``pool`` and ``partial``.
    shape : tuple of int
    synapses : tuple of Synapses
    bias : float64 array
        Added in every step.
    decay : float64 array
        a, the share of v that is lost in a step.
    threshold, reset : float64 arrays
        θ and v_reset; θ is infinite where there is no threshold.
    linear_reset : bool
        Whether a spike subtracts θ.
    fires_at : bool
        Whether v = θ fires.
    sign : int64 array or None
        Of relays in pairs: 1 for those of sums that rise, −1 for those of sums that fall.
    """

    name: str
    kind: str
    shape: Shape
    synapses: tuple[Synapses, ...]
    bias: NDArray[np.float64]
    decay: NDArray[np.float64]
    threshold: NDArray[np.float64]
    reset: NDArray[np.float64]
    linear_reset: bool
    fires_at: bool
    sign: NDArray[np.int64] | None = None

    @property
    def size(self) -> int:
        """Number of neurons."""
        return math.prod(self.shape)


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """Populations in an order in which each follows those that reach it in the same step.

    Attributes
    ----------
    input_shape : tuple of int
    populations : tuple of Population
    output : int
        The population that is read.
    members : dict of str to int
        The population that each linear node is part of.
    remarks : dict of str to list of str
        For nodes, deviations from what NIR describes.
    assumptions : tuple of str
    """

    input_shape: Shape
    populations: tuple[Population, ...]
    output: int
    members: dict[str, int]
    remarks: dict[str, list[str]] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()

    @property
    def inputs(self) -> int:
        """Number of elements of the input."""
        return math.prod(self.input_shape)


def refused_nodes(graph: FlatGraph) -> dict[str, str]:
    """Return the nodes whose type has no counterpart on the chip, with reason and remedy."""
    refused = {}
    for name, node in graph.nodes.items():
        if node.kind in ("CubaLIF", "CubaLI"):
            refused[name] = _CURRENT
        elif node.kind not in (*NEURONS, *LINEAR, "Input", "Output", "Flatten", "Delay"):
            refused[name] = f"has no counterpart on the chip; use {', '.join(NEURONS)} and {', '.join(LINEAR)}"
    return refused
