"""What the clock asks of whoever plays ticks in time."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Walks

__all__ = ["Flight", "Timing"]


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

    @property
    def ahead(self) -> int:
        """How many ticks it is of use to expect."""
        return 0

    def expect(self, packets: Packets, walks: Walks) -> None:  # noqa: B027  (who finds out nothing needs none)
        """Take note of a tick that will be launched when everything is at rest; its times can be found out now."""

    def close(self) -> None:  # noqa: B027  (likewise)
        """Begin nothing more."""
