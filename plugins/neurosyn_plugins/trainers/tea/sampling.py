"""Drawing a chip's synapses and leaks from their probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sample_leaks", "sample_weights"]


def sample_weights(hidden: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int8]:
    """Return trinary weights: sign(h) with probability |h|, else 0."""
    present = rng.random(hidden.shape, np.float32) < np.abs(hidden)
    return (np.sign(hidden) * present).astype(np.int8)


def sample_leaks(bias: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int32]:
    """Return integer leaks λ with mean β + ½, each one of the two integers beside it."""
    return np.floor(bias.astype(np.float64) + 0.5 + rng.random(bias.shape)).astype(np.int32)
