"""Behaviours: a circuit, an input current, and the criterion that the recording must meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from verification.behaviours.circuit import Circuit, CircuitRecording, record

__all__ = ["Behaviour", "bursts", "intervals", "ramp", "spikes_in", "steps"]


@dataclass(frozen=True)
class Behaviour:
    """One of the classic behaviours.

    Attributes
    ----------
    name : str
    criterion : str
        Definition of the behaviour in words.
    circuit : Circuit
    current : int array (T,)
        Input current in each tick, in units.
    shown : callable
        Predicate: whether a recording meets the criterion.
    """

    name: str
    criterion: str
    circuit: Circuit
    current: NDArray[np.int64]
    shown: Callable[[CircuitRecording], bool]

    def play(self) -> CircuitRecording:
        """Simulate the circuit with this current."""
        return record(self.circuit, self.current)


def steps(ticks: int, *pieces: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return a current of `ticks` ticks with constant pieces (begin, end, units), without the end."""
    current = np.zeros(ticks, np.int64)
    for begin, end, units in pieces:
        current[begin:end] = units
    return current


def ramp(ticks: int, *pieces: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return a current of `ticks` ticks that rises from 0 to `units` in each piece (begin, end, units)."""
    current = np.zeros(ticks, np.int64)
    for begin, end, units in pieces:
        current[begin:end] = (np.arange(1, end - begin + 1) * units) // (end - begin)
    return current


def spikes_in(recording: CircuitRecording, begin: int, end: int) -> list[int]:
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
