"""Values of nodes in a step: weighted spikes of populations plus a constant."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.importing.network import Shape, Synapses

__all__ = ["Value", "fits"]


@dataclass(frozen=True, eq=False)
class Value:
    """Output of a node in a step.

    Attributes
    ----------
    shape : tuple of int
    terms : dict of (int, int) to csr array
        Weights of the spikes of a population (or the input), so many steps ago.
    constant : float64 array (size,)
    nodes : frozenset of str
        Linear nodes that it has passed since the last neurons.
    """

    shape: Shape
    terms: dict[tuple[int, int], sparse.csr_array]
    constant: NDArray[np.float64]
    nodes: frozenset[str]

    @classmethod
    def of_spikes(cls, shape: Shape, source: int, delay: int = 0, *nodes: str, quantum: float = 1.0) -> Value:
        """Return the spikes of a population, each of which counts `quantum`."""
        size = math.prod(shape)
        identity = quantum * sparse.eye_array(size, format="csr")
        return cls(shape, {(source, delay): identity}, np.zeros(size), frozenset(nodes))

    @property
    def synapses(self) -> tuple[Synapses, ...]:
        """The terms with weights other than 0."""
        parts = []
        for (source, delay), term in sorted(self.terms.items()):
            term.eliminate_zeros()
            if term.nnz:
                term.sort_indices()
                parts.append(Synapses(source, delay, term))
        return tuple(parts)

    def apply(
        self, matrix: sparse.csr_array, shape: Shape, node: str, bias: NDArray[np.float64] | float = 0.0
    ) -> Value:
        """Return the value behind a linear node."""
        terms = {key: (matrix @ term).tocsr() for key, term in self.terms.items()}
        return Value(shape, terms, matrix @ self.constant + bias, self.nodes | {node})

    def scaled(self, factor: NDArray[np.float64], node: str) -> Value:
        """Return the value with each element multiplied."""
        return self.apply(sparse.diags_array(factor, format="csr"), self.shape, node)

    def reshaped(self, shape: Shape, node: str) -> Value:
        """Return the value in another shape."""
        return dataclasses.replace(self, shape=shape, nodes=self.nodes | {node})


def fits(shape: Shape, target: Shape) -> bool:
    """Whether an array can be broadcast to a target."""
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False
