"""Links between routers and chips."""

from __future__ import annotations

from typing import Any

from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.reference.packet import Packet

__all__ = ["Link"]


class Link:
    """Link with a fixed latency. Several packets may be on it, one behind the other.

    Parameters
    ----------
    env
    latency_ps
    """

    def __init__(self, env: ChipEnvironment, latency_ps: int) -> None:
        self._env = env
        self._latency_ps = latency_ps

    def put(self, packet: Packet) -> None:
        """Send a packet to its next stage, where it arrives one latency later."""
        arrival = self._env.timeout(self._latency_ps, packet)
        arrival.callbacks.append(_arrive)


def _arrive(arrival: Event) -> None:
    packet: Any = arrival.value
    packet.next_stage.put(packet)
