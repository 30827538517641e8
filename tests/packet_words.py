"""Decoder of packet words, for comparison with the packed fields."""

from typing import NamedTuple

import numpy as np


class Fields(NamedTuple):
    dx: np.ndarray
    dy: np.ndarray
    tick: np.ndarray
    axon: np.ndarray


def unpack(words):
    """Return the fields of words (n,): from the left dx and dy (9 bits, signed), tick (4), axon (8), debug (2)."""
    bits = [f"{word:032b}" for word in words.tolist()]

    def field(begin, end):
        return np.array([int(word[begin:end], 2) for word in bits], np.int32)

    dx, dy = ((value + 256) % 512 - 256 for value in (field(0, 9), field(9, 18)))
    return Fields(dx, dy, field(18, 22), field(22, 30))
