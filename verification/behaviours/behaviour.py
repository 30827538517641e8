"""A behaviour: a circuit, a current, and the criterion that says whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from verification.behaviours.circuit import Circuit, Recording, record

__all__ = ["Behaviour", "bursts", "intervals", "ramp", "spikes_in", "steps"]


@dataclass(frozen=True)
class Behaviour:
    """One of the classic behaviours.

    Attributes
    ----------
    name : str
    criterion : str
        What makes it this behaviour, in words.
    circuit : Circuit
    current : int array (T,)
        Units of current in each tick.
    shown : callable
        The criterion: whether a recording shows the behaviour.
    """

    name: str
    criterion: str
    circuit: Circuit
    current: NDArray[np.int64]
    shown: Callable[[Recording], bool]

    def play(self) -> Recording:
        """Play the circuit with this current."""
        return record(self.circuit, self.current)


def steps(ticks: int, *pieces: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return a current of so many ticks with constant pieces (begin, end, units), the end not among them."""
    current = np.zeros(ticks, np.int64)
    for begin, end, units in pieces:
        current[begin:end] = units
    return current


def ramp(ticks: int, *pieces: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return a current of so many ticks that rises from 0 to `units` in each piece (begin, end, units)."""
    current = np.zeros(ticks, np.int64)
    for begin, end, units in pieces:
        current[begin:end] = (np.arange(1, end - begin + 1) * units) // (end - begin)
    return current


def spikes_in(recording: Recording, begin: int, end: int) -> list[int]:
    """Return the ticks of the spikes from `begin` to before `end`."""
    return [tick for tick in recording.spikes.tolist() if begin <= tick < end]


def intervals(spikes: list[int]) -> list[int]:
    """Return the ticks between one spike and the next."""
    return [later - earlier for earlier, later in pairwise(spikes)]


def bursts(spikes: list[int], gap: int) -> list[list[int]]:
    """Split spikes where they are more than `gap` ticks apart."""
    groups: list[list[int]] = []
    for tick in spikes:
        if groups and tick - groups[-1][-1] <= gap:
            groups[-1].append(tick)
        else:
            groups.append([tick])
    return groups
