"""SimPy's environment with time in whole picoseconds and an order within each instant.

The events of one instant have an order, so that no time depends on which of them was scheduled first:

1. `ARRIVAL`: packets arrive in FIFOs, cycles end, slots come free, token controllers send;
2. `TICK`: a tick begins, so a packet that arrives at the same instant is not late for it;
3. `ARBITRATION`: each merge, having received all packets of the instant, chooses the one that departs.

`ARRIVAL` is the priority of SimPy's own timeouts, so processes need not mention it; `ChipEnvironment.tick_in` and
`ChipEnvironment.arbitration` make the events of the other two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy import Environment, Event
from simpy.events import NORMAL, PENDING, EventPriority

__all__ = ["ARBITRATION", "ARRIVAL", "TICK", "ChipEnvironment", "OrderedEvent"]

ARRIVAL = NORMAL
TICK = EventPriority(2)
ARBITRATION = EventPriority(3)


class OrderedEvent(Event):
    """Event with a place in the order of an instant.

    Parameters
    ----------
    env
    priority
        `TICK` or `ARBITRATION`.
    """

    def __init__(self, env: Environment, priority: EventPriority) -> None:
        super().__init__(env)
        self._priority = priority

    def succeed(self, value: Any = None, delay_ps: int = 0) -> OrderedEvent:
        """Have the event happen, in its place in the order, after a delay.

        Raises
        ------
        RuntimeError
            If it has been triggered before.
        """
        if self._value is not PENDING:
            raise RuntimeError(f"{self} has already been triggered")
        self._ok = True
        self._value = value
        self.env.schedule(self, self._priority, delay_ps)
        return self


class ChipEnvironment(Environment):
    """An environment whose time is a Python integer, in picoseconds.

    Delays must be Python integers, too: NumPy's overflow, and are slow.
    """

    if TYPE_CHECKING:

        @property
        def now(self) -> int:
            """The current time in picoseconds."""

    def tick_in(self, delay_ps: int) -> Event:
        """Return the event of the beginning of a tick, `delay_ps` from now."""
        return OrderedEvent(self, TICK).succeed(delay_ps=delay_ps)

    def arbitration(self) -> OrderedEvent:
        """Return an event that happens at the end of the instant at which its `succeed` is called."""
        return OrderedEvent(self, ARBITRATION)
