"""The cores, as the senders of their neurons' packets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from simpy import Event

from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.reference.packet import Packet
from neurosyn.engine.reference.packet_network import PacketNetwork

__all__ = ["Scan", "TokenController"]


@dataclass(frozen=True)
class Scan:
    """One tick of a token controller: the neurons of a core, evaluated one after the other.

    Attributes
    ----------
    packets : sequence of Packet
        Packets of the neurons that fire.
    ready_ps : sequence of int
        Time from the beginning of the scan at which each of them can be sent, if none has to wait.
    work_ps : int
        Duration of the whole scan, if no packet has to wait.
    finished : callable
        Called with the time (ps) at which the scan ends, as soon as this is certain.
    """

    packets: Sequence[Packet]
    ready_ps: Sequence[int]
    work_ps: int
    finished: Callable[[int], None]


class TokenController:
    """Token controller of a core: scans the neurons, tick after tick, and sends the packets of those that fire.

    It stalls as long as the core's router has no slot for a packet.

    Parameters
    ----------
    env
    network

    Attributes
    ----------
    rest_ps : int
        End of the last scan that has ended or whose end is certain.
    """

    def __init__(self, env: ChipEnvironment, network: PacketNetwork) -> None:
        self.rest_ps = 0
        self._env = env
        self._network = network
        self._scans: deque[Scan] = deque()
        self._is_running = False

    def put(self, scan: Scan) -> None:
        """Begin a scan now, or when those before it have ended."""
        if not self._is_running and not scan.packets:
            # No packet can stall it, so its end is certain and needs no process.
            self._finish(scan, max(self._env.now, self.rest_ps) + scan.work_ps)
            return
        self._scans.append(scan)
        if not self._is_running:
            self._is_running = True
            self._env.process(self._run())

    def _run(self) -> Generator[Event, None, None]:
        env = self._env
        while self._scans:
            scan = self._scans.popleft()
            if self.rest_ps > env.now:
                yield env.timeout(self.rest_ps - env.now)
            done_ps = 0
            for packet, ready_ps in zip(scan.packets, scan.ready_ps, strict=True):
                if ready_ps > done_ps:
                    yield env.timeout(ready_ps - done_ps)
                    done_ps = ready_ps
                yield from self._network.send(packet)
            self._finish(scan, env.now + scan.work_ps - done_ps)
        self._is_running = False

    def _finish(self, scan: Scan, at_ps: int) -> None:
        self.rest_ps = at_ps
        scan.finished(at_ps)
