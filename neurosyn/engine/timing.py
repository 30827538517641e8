"""Interface of a timing engine."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import Packets, Scans

__all__ = ["Flight", "Timing"]


class Flight(ABC):
    """The packets and scans of one tick that was launched."""

    @abstractmethod
    def landed(self) -> NDArray[np.intp] | slice:
        """Return the numbers of the packets that have landed since the last call."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """True when all packets have landed and no scan can stall any more."""

    @abstractmethod
    def times(self) -> TickTimes:
        """Return the times of the tick, once it is over."""


class Timing(ABC):
    """Timing engine: gives each packet of a tick its times."""

    @abstractmethod
    def scans(self, packets: Packets, synaptic_events: NDArray[np.uint16]) -> Scans:
        """Return the scans of a tick from the synaptic events (C, N) of the neurons (`Scans.of`)."""

    @abstractmethod
    def launch(self, packets: Packets, scans: Scans) -> Flight:
        """Begin a tick now: the host sends its packets, and the token controllers begin their scans."""

    @abstractmethod
    def rest(self) -> Event:
        """Return the event that all flights are over and that all cores and links are at rest.

        Until it has happened, no tick may be launched.
        """

    @property
    @abstractmethod
    def is_at_rest(self) -> bool:
        """True if no packet is under way and all cores and links are idle now.

        A tick that is launched then has the same times as the first one of a new engine.
        """

    @property
    def ahead(self) -> int:
        """Number of ticks that are worth passing to `expect` in advance."""
        return 0

    def expect(self, packets: Packets, scans: Scans) -> None:  # noqa: B027  (optional)
        """Announce a tick that will be launched at rest, so that its times can be computed in advance."""

    def close(self) -> None:  # noqa: B027  (optional)
        """Stop computing expected ticks and free their threads."""
