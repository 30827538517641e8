"""Traffic patterns on a mesh of k × k routers, with their mean hops and saturation in closed form.

Loads are in packets per core and link cycle. Routes go along x, then along y; a packet with h hops passes through h + 1
servers, the last of which is the local port of its destination. A pattern saturates when its busiest link carries one
packet in every cycle (Dally and Towles 2004, chapter 3):

- *uniform random* (each core sends to all k² cores with equal probability, itself included): half of the packets of the
  k/2 cores on one side of the middle of a row go to the other side, so the link there carries k/4 packets per packet of
  a core, and so does the middle link of each column: saturation at 4/k;
- *transpose* ((x, y) sends to (y, x)): the k − 1 other cores of the last row send to its end, where packets turn, so
  the row's last link carries k − 1: saturation at 1/(k − 1);
- *hot spot* (a share s of the packets goes to one core, the others are uniform): the local port of
  that core carries s·k² + 1 − s: saturation at the inverse. No link into its router carries more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PATTERNS", "Pattern", "hot_spot", "link_load", "transpose", "uniform"]


@dataclass(frozen=True)
class Pattern:
    """Traffic pattern on a mesh of `side` × `side` routers; core y·side + x is at router (x, y).

    Attributes
    ----------
    name : str
    side : int
    mean_hops : float
        Mean number of hops of a packet.
    saturation : float
        Load at which the busiest link or port is always busy.
    destinations : callable
        Function of a number of packets and a generator; returns the destinations (cores, packets) of each core's
        packets in random order, with balanced counts.
    """

    name: str
    side: int
    mean_hops: float
    saturation: float
    destinations: Callable[[int, np.random.Generator], NDArray[np.int64]]

    @property
    def cores(self) -> int:
        """Number of cores."""
        return self.side**2


def uniform(side: int) -> Pattern:
    """Return the pattern in which every core sends to all cores with equal probability."""
    cores = side * side

    def destinations(packets: int, random: np.random.Generator) -> NDArray[np.int64]:
        return np.stack([_balanced(cores, packets, random) for _ in range(cores)])

    saturation = min(1.0, 1 / link_load(side, side // 2 - 1))
    return Pattern("uniform random", side, 2 * _mean_distance(side), saturation, destinations)


def transpose(side: int) -> Pattern:
    """Return the pattern in which core (x, y) sends to core (y, x)."""
    cores = np.arange(side * side)
    mirrored = cores % side * side + cores // side

    def destinations(packets: int, _: np.random.Generator) -> NDArray[np.int64]:
        return np.repeat(mirrored[:, None], packets, axis=1)

    return Pattern("transpose", side, 2 * _mean_distance(side), 1 / (side - 1), destinations)


def hot_spot(side: int, share: float = 0.1) -> Pattern:
    """Return the pattern with a share of the packets to the core at (k/2, k/2), and the others uniform."""
    cores, middle, last = side * side, side // 2, side - 1

    def destinations(packets: int, random: np.random.Generator) -> NDArray[np.int64]:
        hot = np.full(round(share * packets), middle * side + middle)
        rest = packets - len(hot)
        return np.stack(
            [random.permutation(np.concatenate([hot, _balanced(cores, rest, random)])) for _ in range(cores)]
        )

    to_middle = (middle * (middle + 1) + (last - middle) * (last - middle + 1)) / (2 * side)
    hops = share * 2 * to_middle + (1 - share) * 2 * _mean_distance(side)
    return Pattern(f"hot spot, {share:.0%}", side, hops, 1 / (share * cores + 1 - share), destinations)


def link_load(side: int, column: int) -> float:
    """Return the load of the link from router `column` to the next one of a row, under uniform traffic of load 1."""
    return (column + 1) * (side - 1 - column) / side


def _mean_distance(side: int) -> float:
    """Return the mean |a − b| of two independent uniform coordinates 0 … side − 1."""
    return (side * side - 1) / (3 * side)


def _balanced(cores: int, packets: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return random destinations in which every core occurs equally often, as far as possible."""
    rounds = -(-packets // cores)
    return np.concatenate([random.permutation(cores) for _ in range(rounds)])[:packets]


PATTERNS = (uniform, transpose, hot_spot)
"""Functions that return the patterns of the check for a side of the mesh."""
