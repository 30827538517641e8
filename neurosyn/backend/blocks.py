"""Blocks of 64 frames: spikes of a neuron as one word, bit f for frame f, or of a frame as words of 64 neurons.

Between the two lies the transposition of matrices of 64 × 64 bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "axon_words", "frame_words", "transpose_bits"]

BLOCK = 64
"""Frames in a block: the bits of a word."""


def transpose_bits(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Transpose matrices of 64 × 64 bits, one for each column of words (64, …): bit c of row r becomes bit r of row c.

    Halves of rows and of words are swapped, then quarters, and so on (Warren, Hacker's Delight, 7-3).
    """
    rows = words.reshape(64, -1).copy()
    for half in (32, 16, 8, 4, 2, 1):
        low = np.uint64(sum(1 << bit for bit in range(64) if not bit & half))
        shift = np.uint64(half)
        pairs = rows.reshape(64 // (2 * half), 2, half, -1)
        first, second = pairs[:, 0], pairs[:, 1]
        swapped = ((first >> shift) ^ second) & low
        second ^= swapped
        first ^= swapped << shift
    return rows.reshape(words.shape)


def axon_words(lines: NDArray[np.uint64], words: int) -> NDArray[np.uint64]:
    """Turn frame words (K, A) of axons into axon words (64, K, W) of frames."""
    cores, axons = lines.shape
    padded = np.zeros((cores, 64 * words), np.uint64)
    padded[:, :axons] = lines
    return transpose_bits(np.ascontiguousarray(padded.reshape(cores, words, 64).transpose(2, 0, 1)))


def frame_words(spikes: NDArray[np.uint64], neurons: int) -> NDArray[np.uint64]:
    """Turn neuron words (F ≤ 64, K, W) of frames into frame words (K, N) of neurons."""
    frames, cores, words = spikes.shape
    padded = np.zeros((BLOCK, cores, words), np.uint64)
    padded[:frames] = spikes
    return transpose_bits(padded).transpose(1, 2, 0).reshape(cores, 64 * words)[:, :neurons]
