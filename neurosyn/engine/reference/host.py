"""The host, as the sender of input packets."""

from __future__ import annotations

from collections.abc import Iterable

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.reference.packet import Packet
from neurosyn.engine.reference.packet_network import PacketNetwork

__all__ = ["Host"]


class Host:
    """The host: its packets queue at its links into the chips, and those queues are unbounded.

    Parameters
    ----------
    env
    network
    """

    def __init__(self, env: ChipEnvironment, network: PacketNetwork) -> None:
        self._env = env
        self._network = network

    def put(self, packets: Iterable[Packet]) -> None:
        """Send packets now, in this order."""
        for packet in packets:
            packet.send_ps = self._env.now
            self._network.enter(packet)
