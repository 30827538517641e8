"""What the clock asks of whoever plays ticks in time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric import Fabric, Position
from neurosyn.engine.timing import TickTimes
from neurosyn.engine.traffic import Packets, Walks

__all__ = ["TIMINGS", "Flight", "Timing", "make_timing"]

TIMINGS = {"simpy": "SimpyTiming", "compiled": "CompiledTiming"}
"""Classes by name, each in a module of its own. They differ in speed alone."""


class Flight(ABC):
    """The packets and walks of one tick, until the last of them has ended."""

    @abstractmethod
    def landed(self) -> NDArray[np.intp] | slice:
        """Return the numbers of the packets that have landed since the last call."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether all packets have landed, and nothing can hold up a core any more."""

    @abstractmethod
    def times(self) -> TickTimes:
        """Return what came of it, once it is over."""


class Timing(ABC):
    """Plays ticks in time."""

    @abstractmethod
    def launch(self, packets: Packets, walks: Walks) -> Flight:
        """Begin a tick now: the host's packets queue at its ports, and the token controllers set out."""

    @abstractmethod
    def rest(self) -> Event:
        """Return the event that all flights are over, all cores have finished, and all servers are at rest.

        Nothing may be launched before.
        """


def make_timing(name: str, env: ChipEnvironment, fabric: Fabric, positions: Sequence[Position]) -> Timing:
    """Return the timing called `name`, for cores at the given positions."""
    module = import_module(f"neurosyn.engine.{name}_timing")
    timing: Timing = getattr(module, TIMINGS[name])(env, fabric, positions)
    return timing
