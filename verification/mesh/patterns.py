"""Traffic patterns on a mesh of k × k routers, with what theory says of them.

Loads are in packets per core and link cycle. Routes go along x, then along y; a packet with h hops passes through h + 1
servers, the last one being its target's local port. A pattern saturates when its busiest link carries one packet in
every cycle (Dally and Towles 2004, chapter 3):

- *uniform random* (each core sends to all k² cores alike, itself included): half of the packets of the k/2 cores on one
  side of the middle of a row go to the other side, so the link there carries k/4 packets per packet of a core, and so
  does the middle link of each column: saturation at 4/k;
- *transpose* ((x, y) sends to (y, x)): the k − 1 other cores of the last row send to its end, where packets turn, so
  the row's last link carries k − 1: saturation at 1/(k − 1);
- *hot spot* (a share s of the packets goes to one core, the others are uniform): that core's local port carries
  s·k² + 1 − s: saturation at the inverse. No link into its router carries more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PATTERNS", "Pattern", "hot_spot", "link_load", "transpose", "uniform"]


@dataclass(frozen=True)
class Pattern:
    """Who sends to whom on a mesh of `side` × `side` routers; core y·side + x sits at router (x, y).

    Attributes
    ----------
    name : str
    side : int
    mean_hops : float
        Hops of a packet.
    saturation : float
        The load at which the busiest link or port is always busy.
    destinations : callable
        Gives, for a number of packets and a generator, the destinations (cores, packets) of each core's packets: in
        random order, their numbers balanced.
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
    """Every core sends to every core alike."""
    cores = side * side

    def destinations(packets: int, random: np.random.Generator) -> NDArray[np.int64]:
        return np.stack([_balanced(cores, packets, random) for _ in range(cores)])

    saturation = min(1.0, 1 / link_load(side, side // 2 - 1))
    return Pattern("uniform random", side, 2 * _mean_distance(side), saturation, destinations)


def transpose(side: int) -> Pattern:
    """Core (x, y) sends to core (y, x)."""
    cores = np.arange(side * side)
    mirrored = cores % side * side + cores // side

    def destinations(packets: int, _: np.random.Generator) -> NDArray[np.int64]:
        return np.repeat(mirrored[:, None], packets, axis=1)

    return Pattern("transpose", side, 2 * _mean_distance(side), 1 / (side - 1), destinations)


def hot_spot(side: int, share: float = 0.1) -> Pattern:
    """A share of the packets goes to the core at (k/2, k/2), the others go to every core alike."""
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
    """Return what the link from router `column` to the next one of a row carries under uniform traffic of load 1."""
    return (column + 1) * (side - 1 - column) / side


def _mean_distance(side: int) -> float:
    """The mean |a − b| of two independent uniform coordinates 0 … side − 1."""
    return (side * side - 1) / (3 * side)


def _balanced(cores: int, packets: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Every core equally often, as far as the numbers allow: what is left to chance is only the order."""
    rounds = -(-packets // cores)
    return np.concatenate([random.permutation(cores) for _ in range(rounds)])[:packets]


PATTERNS = (uniform, transpose, hot_spot)
"""The patterns of the check, by side of the mesh."""
