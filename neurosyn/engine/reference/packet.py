"""A packet on its route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from simpy import Event

__all__ = ["Packet", "Stage"]


class Stage(Protocol):
    """Part of a route that receives packets: an input FIFO or, at the end of the route, the destination.

    Attributes
    ----------
    server : int
        Server that it belongs to (`neurosyn.engine.fabric.fabric`); −1 for the destination.
    """

    server: int

    def reserve(self) -> Iterable[Event]:
        """Take a slot for a packet that is about to depart to here; yield events to wait for until there is one."""

    def put(self, packet: Packet) -> None:
        """Receive a packet for which a slot was reserved."""


class Packet:
    """A packet on its route; all times in ps.

    Parameters
    ----------
    number
        Number of the packet at its sender.
    route
        Stages that it passes, the destination last.
    landed
        Called with the packet when it has reached the destination.

    Attributes
    ----------
    next_stage : Stage
        The stage ahead of the packet.
    send_ps, arrived_ps : int
        When it was ready to be sent; when it arrived where it is.
    longest_wait_ps, waited_at : int
        Its longest wait at one place so far and the server where that was; the first server of the route if it never
        waited. A wait in the core counts for the module of the router that had no slot.
    """

    __slots__ = ("_ahead", "arrived_ps", "landed", "longest_wait_ps", "next_stage", "number", "send_ps", "waited_at")

    def __init__(self, number: int, route: Iterable[Stage], landed: Callable[[Packet], None]) -> None:
        self.number = number
        self.landed = landed
        self.send_ps = self.arrived_ps = self.longest_wait_ps = 0
        self._ahead = iter(route)
        self.next_stage = next(self._ahead)
        self.waited_at = self.next_stage.server

    def advance(self, now_ps: int) -> None:
        """Note the arrival at the next stage; the one after it becomes the next."""
        self.arrived_ps = now_ps
        self.next_stage = next(self._ahead)

    def note_wait(self, wait_ps: int, server: int) -> None:
        """Note a wait and its server, if it is the longest so far; of equal waits, the first counts."""
        if wait_ps > self.longest_wait_ps:
            self.longest_wait_ps = wait_ps
            self.waited_at = server
