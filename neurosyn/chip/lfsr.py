"""The random numbers of a core: a 32-bit linear feedback shift register.

TrueNorth has one generator for each core, started from a 32-bit seed [P]. Its polynomial and the order of its draws are
not published; this is what neurosyn does instead [A]:

*Register.* Galois form with the primitive polynomial of CRC-32 (0x04C11DB7), hence of maximal length 2³² − 1. A step
shifts the state right by one bit and, if a 1 falls out, flips the bits of 0xEDB88320. The polynomial has 14 taps: with
few of them, a register that starts from a small seed would give mostly zeros for hundreds of draws. Eight steps (a
*leap*) are one look-up, as CRC-32 is usually computed: ``state = state >> 8 ^ TABLE[state & 255]``. 8 and 2³² − 1 have
no common divisor, so leaps run through all states, too.

*Seed.* The state before the first draw is the seed. The state 0 would stay 0 for ever, so seed 0 means 2³² − 1, the
seed that IBM's tools write by default.

*Draw.* A draw of k bits makes ⌈k/8⌉ leaps, then takes the k low bits of the state.

- Synapses and leak compare |s| ≥ ρ with a draw ρ of 8 bits, 0 … 255: the same comparison with the same range that a
  threshold mask of 8 bits shows in IBM's recorded outputs, where P(fire) = (x + 1)/256 [V]. So a stochastic weight
  s ≠ 0 acts with probability (|s| + 1)/256; ±255 is certain, and 0 never acts because sgn(0) = 0.
- The threshold's η is a draw of TM bits, 0 … 2^TM − 1.

*Order.* In each tick: neurons 0 … N−1; for each neuron, first the axons in ascending order, a draw wherever the axon is
active, its synapse on and the weight of its type stochastic (b = 1, even if the weight is 0); then one draw if the leak
is stochastic (c = 1); then one if TM > 0. Nothing else draws.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT_SEED", "LEAP_BITS", "TABLE", "initial_states", "jump_tables", "leap", "leaps_for", "stream"]

DEFAULT_SEED = 0xFFFF_FFFF
"""``rngSeed`` that IBM's tools write by default. [IBM]"""
LEAP_BITS = 8
"""Steps of the register in one leap. [A]"""


def _leap_table() -> NDArray[np.uint32]:
    states = np.arange(256, dtype=np.uint32)
    for _ in range(LEAP_BITS):
        states = (states >> np.uint32(1)) ^ np.where(states & np.uint32(1), np.uint32(0xEDB8_8320), np.uint32(0))
    return states


TABLE = _leap_table()
"""Images of the low byte of a state under a leap: uint32 array (256,)."""


def initial_states(seeds: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the states of the registers before the first draw: the seeds, with 0 replaced by `DEFAULT_SEED`."""
    states: NDArray[np.uint32] = np.where(seeds == 0, np.uint32(DEFAULT_SEED), seeds)
    return states


def leaps_for(bits: NDArray[Any]) -> NDArray[np.int64]:
    """Return the number of leaps of draws of a number of bits."""
    return -(-bits.astype(np.int64) // LEAP_BITS)


def leap(states: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Advance registers by eight steps."""
    result: NDArray[np.uint32] = (states >> np.uint32(8)) ^ TABLE[states & np.uint32(0xFF)]
    return result


@lru_cache(maxsize=32)
def _images(doublings: int) -> NDArray[np.uint32]:
    """Images of the 32 unit vectors under 2^doublings leaps: leaps are linear over bits."""
    if doublings == 0:
        return leap(np.uint32(1) << np.arange(32, dtype=np.uint32))
    half = _tables(doublings - 1)
    return _apply(half, _images(doublings - 1))


@lru_cache(maxsize=32)
def _tables(doublings: int) -> NDArray[np.uint32]:
    """The same map as four tables (4, 256), one for each byte of the state."""
    images = _images(doublings).reshape(4, 8)
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    table: NDArray[np.uint32] = np.bitwise_xor.reduce(images[:, None, :] * bits.astype(np.uint32), axis=-1)
    return table


def jump_tables(leaps: int) -> NDArray[np.uint32]:
    """Return tables that advance a register by up to a number of leaps: tables (D, 4, 256).

    With b₀ … b₃ the bytes of a state from the lowest, it is ``T[d, 0, b₀] ^ T[d, 1, b₁] ^ T[d, 2, b₂] ^ T[d, 3, b₃]``
    after 2^d leaps; `leaps` has at most D binary digits, and D is at least 1.
    """
    return np.stack([_tables(doublings) for doublings in range(max(1, int(leaps).bit_length()))])


def _apply(tables: NDArray[np.uint32], states: NDArray[np.uint32]) -> NDArray[np.uint32]:
    low, high = tables[0][states & 0xFF] ^ tables[1][(states >> 8) & 0xFF], tables[2][(states >> 16) & 0xFF]
    result: NDArray[np.uint32] = low ^ high ^ tables[3][states >> 24]
    return result


def stream(states: NDArray[np.uint32], leaps: int) -> NDArray[np.uint32]:
    """Return the states (C, leaps + 1) of registers (C,) after 0, 1, … leaps."""
    result = np.empty((len(states), leaps + 1), np.uint32)
    result[:, 0] = states
    known, doublings = 1, 0
    while known <= leaps:
        more = min(known, leaps + 1 - known)
        result[:, known : known + more] = _apply(_tables(doublings), result[:, :more])
        known += more
        doublings += 1
    return result
