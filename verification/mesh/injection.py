"""Open-loop injection: packets are made at given times, whatever the network does, and wait at their source."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric, Position
from neurosyn.engine.reference.packet_network import Packet, PacketNetwork

__all__ = ["Delivery", "inject"]


@dataclass(frozen=True)
class Delivery:
    """When packets were made and when they arrived; arrays (cores, packets).

    Attributes
    ----------
    made_ps, arrived_ps : int64 arrays
    sent, delivered : int
        What the network counted.
    """

    made_ps: NDArray[np.int64]
    arrived_ps: NDArray[np.int64]
    sent: int
    delivered: int

    @property
    def latency_ps(self) -> NDArray[np.int64]:
        """From a packet's making to its arrival, the time at the source included."""
        return self.arrived_ps - self.made_ps


def inject(
    fabric: Fabric, positions: Sequence[Position], target: NDArray[np.int64], made_ps: NDArray[np.int64]
) -> Delivery:
    """Send packets over the network in SimPy until all have arrived.

    Parameters
    ----------
    fabric
        The board.
    positions
        Position of each core.
    target : int array (cores, packets)
        The core that each packet goes to.
    made_ps : int64 array (cores, packets)
        When each packet is made; ascending for each core.
    """
    env = ChipEnvironment()
    network = PacketNetwork(env, fabric)
    flat = target.shape[1]
    arrived = np.full(target.shape, -1, np.int64)

    def landed(packet: Packet) -> None:
        arrived.flat[packet.number] = env.now

    for core, (targets, times) in enumerate(zip(target.tolist(), made_ps.tolist(), strict=True)):
        packets = [
            Packet(env, network.way(fabric.path(positions[core], positions[to])), core * flat + number, landed)
            for number, to in enumerate(targets)
        ]
        env.process(_source(env, network, packets, times))
    env.run()
    return Delivery(made_ps, arrived, network.sent, network.delivered)


def _source(
    env: ChipEnvironment, network: PacketNetwork, packets: list[Packet], times: list[int]
) -> Generator[Event, None, None]:
    for packet, at in zip(packets, times, strict=True):
        if at > env.now:
            yield env.timeout(at - env.now)
        packet.send_ps = at
        while (room := network.room(packet.way[-1])) is not None:
            yield room
        network.enter(packet)
