"""Open-loop injection: packets are created at given times, independent of congestion, and wait at their source."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric, Position
from neurosyn.engine.reference.packet import Packet
from neurosyn.engine.reference.packet_network import PacketNetwork

__all__ = ["Delivery", "inject"]


@dataclass(frozen=True)
class Delivery:
    """Times of creation and arrival of packets; arrays (cores, packets).

    Attributes
    ----------
    made_ps, arrived_ps : int64 arrays
        Times of creation and arrival.
    sent, delivered : int
        Counts of the fabric.
    """

    made_ps: NDArray[np.int64]
    arrived_ps: NDArray[np.int64]
    sent: int
    delivered: int

    @property
    def latency_ps(self) -> NDArray[np.int64]:
        """Time from a packet's creation to its arrival, with the wait at its source."""
        return self.arrived_ps - self.made_ps


def inject(
    fabric: Fabric, positions: Sequence[Position], target: NDArray[np.int64], made_ps: NDArray[np.int64]
) -> Delivery:
    """Send packets over the fabric in SimPy until all have arrived.

    Parameters
    ----------
    fabric
        Fabric of the board.
    positions
        Position of each core.
    target : int array (cores, packets)
        Destination core of each packet.
    made_ps : int64 array (cores, packets)
        Time of creation of each packet; ascending for each core.
    """
    env = ChipEnvironment()
    network = PacketNetwork(env, fabric)
    flat = target.shape[1]
    arrived = np.full(target.shape, -1, np.int64)

    def landed(packet: Packet) -> None:
        arrived.flat[packet.number] = env.now

    for core, (targets, times) in enumerate(zip(target.tolist(), made_ps.tolist(), strict=True)):
        packets = [
            Packet(core * flat + number, network.route(positions[core], positions[to]), landed)
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
        yield from network.send(packet)
