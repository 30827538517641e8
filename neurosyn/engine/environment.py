"""SimPy's environment with time in whole picoseconds and an order within each instant.

What happens at one instant has an order, so that no outcome depends on who was scheduled first:

1. `ARRIVAL`: packets arrive in buffers, places come free, cycles end, token controllers send;
2. `TICK`: a tick begins, so nothing that arrives at the same instant is late for it;
3. `ARBITRATION`: servers choose, and packets depart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simpy import Environment, Event
from simpy.events import NORMAL, EventPriority

__all__ = ["ARBITRATION", "ARRIVAL", "TICK", "ChipEnvironment"]

ARRIVAL = NORMAL
TICK = EventPriority(2)
ARBITRATION = EventPriority(3)


class ChipEnvironment(Environment):
    """An environment whose time is a Python integer, in picoseconds.

    NumPy integers must not get into it: they overflow, and are slow.
    """

    if TYPE_CHECKING:

        @property
        def now(self) -> int:
            """The current time in picoseconds."""

    def moment(self) -> Event:
        """Return an event that will succeed when somebody schedules it."""
        event = Event(self)
        event._ok = True
        event._value = None
        return event

    def moment_in(self, delay_ps: int, priority: EventPriority) -> Event:
        """Return the event of so much time having passed."""
        event = self.moment()
        self.schedule(event, priority, delay_ps)
        return event
