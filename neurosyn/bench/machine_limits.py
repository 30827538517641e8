"""Limits of the machine, measured in the same run: memory bandwidth and popcounts."""

# mypy: ignore-errors
# Numba infers the types in the kernels when it compiles them.

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from neurosyn.backend.numba_backend import NumbaBackend
from neurosyn.backend.numba_kernels import popcount
from neurosyn.bench.measure import time_calls

__all__ = ["measure_limits"]

_NEAR, _MASKS, _ROUNDS = 2**11, 8, 2**12
"""Words that fit the first-level cache (16 KB); masks for each word that is read, so that reading does not limit;
passes of each task over the words, enough that the start of threads does not count."""
_PARTS = 64


# Loops run over indices: Numba does not vectorise loops over items.
@numba.njit(parallel=True, boundscheck=False)
def _read(words, sums):
    for part in numba.prange(sums.size):
        part_words, total = words[part], np.uint64(0)
        for k in range(part_words.size):
            total += part_words[k]
        sums[part] = total


@numba.njit(parallel=True, boundscheck=False)
def _count(words, masks, counts):
    for task in numba.prange(counts.size):
        total = np.uint64(0)
        for a, b, c, d, e, f, g, h in masks[task]:
            for k in range(words.size):
                word = words[k]
                total += popcount(word & a) + popcount(word & b) + popcount(word & c) + popcount(word & d)
                total += popcount(word & e) + popcount(word & f) + popcount(word & g) + popcount(word & h)
        counts[task] = total


def measure_limits(read_bytes: int = 2**28, repeats: int = 30) -> dict[str, Any]:
    """Measure the rates at which all threads read memory and count the bits of masked words.

    Parameters
    ----------
    read_bytes
        Bytes to read repeatedly; the last-level cache may hold a part of them.
    repeats
        Number of measurements.

    Returns
    -------
    dict
        ``threads``, ``read_gb_per_s`` (10⁹ bytes) and ``popcount_gwords_per_s`` (10⁹ words of 64 bits), both of the
        fastest repeat.
    """
    threads = NumbaBackend().threads
    random = np.random.default_rng(0)
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        # Pages that were never written all map to one page of zeros.
        words = np.arange(read_bytes // 8 // _PARTS * _PARTS, dtype=np.uint64).reshape(_PARTS, -1)
        sums = np.zeros(_PARTS, np.uint64)
        read = time_calls(lambda: _read(words, sums), repeats)
        near = random.integers(0, 2**63, _NEAR, np.uint64)
        masks = random.integers(0, 2**63, (threads, _ROUNDS, _MASKS), np.uint64)
        counts = np.zeros(threads, np.uint64)
        counted = time_calls(lambda: _count(near, masks, counts), repeats)
    finally:
        numba.set_num_threads(before)
    return {
        "threads": threads,
        "read_gb_per_s": float(f"{words.nbytes / min(read) / 1e9:.3g}"),
        "popcount_gwords_per_s": float(f"{near.size * masks.size / min(counted) / 1e9:.3g}"),
    }
