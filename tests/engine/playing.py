"""Plays traffic that tests make by hand: neurons with given times and targets instead of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import OUTPUT
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric
from neurosyn.engine.fabric.tick_times import TickTimes
from neurosyn.engine.fabric.traffic import HOST_CORE, Packets, Scans
from neurosyn.engine.reference.timing import SimpyTiming

QUICK = ChipOptions(
    neuron_time_ps=0,
    synaptic_event_time_ps=0,
    hop_latency_ps=10,
    link_cycle_ps=10,
    fifo_depth=4,
    edge_cycle_ps=100,
    edge_latency_ps=100,
)
"""Round numbers for hand-made cases."""


@dataclass
class Tick:
    """One tick's work.

    Attributes
    ----------
    scans
        For each core, the neurons: how long each takes, and its target core (`OUTPUT`: the host, None: none).
    host
        Target cores of the host's packets.
    start_ps
    """

    scans: dict[int, list[tuple[int, int | None]]] = field(default_factory=dict)
    host: list[int] = field(default_factory=list)
    start_ps: int = 0


def traffic(tick: Tick, cores: int) -> tuple[Packets, Scans]:
    source, target, ready = [], [], []
    work = np.zeros(cores, np.int64)
    for core in sorted(tick.scans):
        for time, to in tick.scans[core]:
            work[core] += time
            if to is not None:
                source.append(core)
                target.append(to)
                ready.append(work[core])
    n = len(tick.host) + len(source)
    packets = Packets(
        source_core=np.array([HOST_CORE] * len(tick.host) + source, np.int32),
        source_neuron=np.zeros(n, np.int32),
        dest_core=np.array(tick.host + target, np.int32),
        dest_axon=np.zeros(n, np.int32),
        delivery_tick=np.ones(n, np.int64),
        hops=np.zeros(n, np.int32),
        crossings=np.zeros(n, np.int32),
    )
    return packets, Scans(np.array(ready, np.int64), work)


def watch(mesh: Mesh, chip: ChipOptions, positions: list[tuple[int, int]], ticks: list[Tick], timing: Callable):
    """Play ticks that begin at their `start_ps`, whatever is still on its way then.

    Returns the times of each tick, and what could be seen of each at every later beginning and at the end: when that
    was, what had landed since, and whether it was over.
    """
    env = ChipEnvironment()
    played = timing(env, Fabric(mesh, chip), positions)
    flights, seen = [], []

    def look():
        for flight, (packets, _) in zip(flights, sent, strict=False):
            landed = np.zeros(len(packets), bool)
            landed[flight.landed()] = True
            seen.append((env.now, np.flatnonzero(landed).tolist(), flight.over))

    def clock():
        for tick, traffic_ in zip(ticks, sent, strict=True):
            yield env.tick_in(tick.start_ps - env.now)
            look()
            flights.append(played.launch(*traffic_))
        yield played.rest()
        look()

    sent = [traffic(tick, len(positions)) for tick in ticks]
    env.run(env.process(clock()))
    assert all(flight.over for flight in flights)
    if isinstance(played, SimpyTiming):
        assert not any(played.network.merges.values())
        assert played.network.sent == played.network.delivered
    return [flight.times() for flight in flights], seen


def play(
    mesh: Mesh, chip: ChipOptions, positions: list[tuple[int, int]], ticks: list[Tick], timing: Callable = SimpyTiming
) -> list[TickTimes]:
    return watch(mesh, chip, positions, ticks, timing)[0]


def play_one(
    mesh: Mesh, chip: ChipOptions, positions: list[tuple[int, int]], scans: dict | None = None, host: list | None = None
) -> TickTimes:
    (times,) = play(mesh, chip, positions, [Tick(scans or {}, host or [])])
    return times


def grid(mesh: Mesh) -> list[tuple[int, int]]:
    """A core at each router, row by row."""
    return [(x, y) for y in range(mesh.height) for x in range(mesh.width)]


__all__ = ["OUTPUT", "QUICK", "Tick", "grid", "play", "play_one", "traffic", "watch"]
