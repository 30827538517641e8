"""Published measurements of boards and of other networks, beside the one-chip rows of Esser et al. 2016."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOARDS",
    "CARS",
    "GESTURES",
    "LONGEST_EVENT_PS",
    "STEREO_TICK_PS",
    "BoardRow",
    "Cars",
    "Gestures",
]


@dataclass(frozen=True)
class BoardRow:
    """Network on several chips of the 16-chip board, at 1.0 V: chips, rate in frames/s, power in W."""

    title: str
    chips: int
    frames_per_second: int
    power_w: float


BOARDS = (
    BoardRow("CIFAR-10", 4, 1324, 0.936),
    BoardRow("CIFAR-10", 8, 1040, 1.497),
    BoardRow("CIFAR-100", 4, 1257, 0.891),
    BoardRow("CIFAR-100", 8, 432, 1.192),
)
"""Sawada et al. 2016, from a secondary text. [S]"""


@dataclass(frozen=True)
class Gestures:
    """Gesture recognition at 1.0 V: cores, tick, and power in mW of the cores in use, at rest and in all."""

    cores: int
    tick_ps: int
    static_mw: float
    total_mw: float


GESTURES = Gestures(3838, 1_000_000_000, 134.3, 178.8)
"""Amir et al. 2017: powers [S]; number of cores, voltage and tick from memory, to be treated as hints [M]."""


@dataclass(frozen=True)
class Cars:
    """Counting of cars: chips, tick, and power in W by voltage in V."""

    chips: int
    tick_ps: int
    power_w: dict[float, float]


CARS = Cars(16, 1_750_000_000, {0.775: 1.76, 1.0: 2.87})
"""Shukla et al. 2019; the tick is that long because of the routing between chips. [S]"""

STEREO_TICK_PS = 500_000_000
"""Up to 2,000 disparity maps/s of Andreopoulos et al. 2018 [S], one in a tick. [D]"""

LONGEST_EVENT_PS = 72_656
"""Longest time of a synaptic event with which 256 neurons of 256 active synapses at 200 Hz, a published operating point
of Merolla et al. 2014, fit a tick of 1 ms after the 47.616 µs of the neurons. [D]"""
