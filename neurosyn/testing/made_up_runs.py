"""Synthetic runs, for tests of probes and of the analysis of their records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.engine.fabric.fabric import Fabric
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns

__all__ = ["random_run"]

_TICK_PS = 400_000_000


def random_run(
    *,
    layers: Sequence[int] = (3, 4, 2),
    axons: int = 16,
    neurons: int = 8,
    mesh: Mesh | None = None,
    ticks: int = 6,
    timed: int = 4,
    rate: float = 0.3,
    seed: int = 0,
) -> tuple[RunInfo, list[TickColumns]]:
    """Return the calls that a probe receives in a synthetic run.

    Neurons fire at random, so the spikes are not those of the program; counts, routes, times and orders are consistent
    with one another.

    Parameters
    ----------
    layers
        Number of cores of each layer. Neurons drive the next layer; one in eight has no destination. Spikes of the
        last layer leave the board.
    axons, neurons
        Numbers of axons and neurons of each core.
    mesh
        The board; by default two chips of 4 × 4 cores side by side.
    ticks, timed
        Number of ticks, and number of timed ticks, from the first on.
    rate
        Share of the neurons that fire in a tick.
    seed
        Equal seeds give equal runs.

    Returns
    -------
    info : RunInfo
        Argument of `started`.
    ticks : list of TickColumns
        Arguments of `tick`.
    """
    rng = np.random.default_rng(seed)
    board = Mesh(1, 2, side=4) if mesh is None else mesh
    program = _program(rng, layers, axons, neurons)
    cells = np.sort(rng.permutation(board.cores)[: program.cores])
    xy = np.stack([cells % board.width, cells // board.width], axis=1).astype(np.int32)
    info = RunInfo(program, Placement(board, xy), ChipOptions(chips=(board.rows, board.columns)), "simpy")
    routes = Routes.of(program, info.placement, info.chip)
    return info, [_tick(rng, info, routes, number, number < timed, rate) for number in range(ticks)]


def _program(rng: np.random.Generator, layers: Sequence[int], axons: int, neurons: int) -> Program:
    core_layer = np.repeat(np.arange(len(layers), dtype=np.int32), layers)
    cores = len(core_layer)
    first = np.cumsum([0, *layers])
    dest_core = np.empty((cores, neurons), np.int32)
    for layer in range(len(layers)):
        here = core_layer == layer
        shape = (layers[layer], neurons)
        if layer + 1 < len(layers):
            dest_core[here] = rng.integers(first[layer + 1], first[layer + 2], shape)
            dest_core[here] = np.where(rng.random(shape) < 1 / 8, NO_DESTINATION, dest_core[here])
        else:
            dest_core[here] = OUTPUT
    pins = layers[-1] * neurons
    dest_axon = rng.integers(0, axons, dest_core.shape, np.int32)
    dest_axon[dest_core == OUTPUT] = np.arange(pins)
    return Program(
        axons=axons,
        neurons=neurons,
        crossbars=np.zeros((1, -(-axons // 64), neurons), np.uint64),
        crossbar=np.zeros(cores, np.int32),
        axon_types=np.zeros((cores, axons), np.uint8),
        neuron_types=np.zeros(1, NEURON_TYPE),
        neuron_type=np.zeros((cores, neurons), np.int32),
        initial_potential=np.zeros((cores, neurons), np.int32),
        dest_core=dest_core,
        dest_axon=dest_axon,
        delay=np.ones((cores, neurons), np.uint8),
        seeds=np.arange(cores, dtype=np.uint32),
        input_core=np.repeat(np.arange(layers[0], dtype=np.int32), axons),
        input_axon=np.tile(np.arange(axons, dtype=np.int32), layers[0]),
        pins=pins,
        pin_class=np.arange(pins, dtype=np.int32) % 2,
        layer_names=tuple(f"{number} layer" for number in range(1, len(layers) + 1)),
        core_layer=core_layer,
        activity=np.ones((cores, neurons), np.float32),
    )


def _tick(rng: np.random.Generator, info: RunInfo, routes: Routes, tick: int, timed: bool, rate: float) -> TickColumns:
    program, chip = info.program, info.chip
    core, neuron = (a.astype(np.int32) for a in np.nonzero(rng.random((program.cores, program.neurons)) < rate))
    line = np.flatnonzero(rng.random(len(program.input_core)) < rate).astype(np.int32)
    synaptic_events = rng.integers(0, program.axons * program.neurons, program.cores)
    sends = program.dest_core[core, neuron] != NO_DESTINATION
    source, sender = core[sends], neuron[sends]
    dest_core = np.concatenate([program.input_core[line], program.dest_core[source, sender]])
    hops = np.concatenate([routes.line_hops[line], routes.hops[source, sender]])
    crossings = np.concatenate([routes.line_crossings[line], routes.crossings[source, sender]])
    blocked = rng.integers(0, 3, len(hops)) * chip.link_cycle_ps
    evaluated = (sender.astype(np.int64) + 1) * chip.neuron_time_ps
    send = tick * _TICK_PS + np.concatenate([np.zeros(len(line), np.int64), evaluated])
    arrival = send + (hops + 1) * chip.hop_latency_ps + crossings * chip.edge_latency_ps + blocked
    finish = program.neurons * chip.neuron_time_ps + synaptic_events * chip.synaptic_event_time_ps
    packets = PacketColumns(
        source_core=np.concatenate([np.full(len(line), -1, np.int32), source]),
        source_neuron=np.concatenate([line, sender]),
        dest_core=dest_core,
        dest_axon=np.concatenate([program.input_axon[line], program.dest_axon[source, sender]]),
        delivery_tick=np.full(len(hops), tick + 1, np.int64),
        send_ps=send,
        arrival_ps=arrival,
        hops=hops,
        crossings=crossings,
        blocked_ps=blocked,
        longest_wait_ps=blocked,
        waited_at=_first_servers(info, np.concatenate([np.full(len(line), -1), source]), dest_core),
        late=np.zeros(len(hops), np.bool_),
    )
    last = max(int(finish.max()), int((arrival - tick * _TICK_PS).max(initial=0)))
    return TickColumns(
        tick=tick,
        start_ps=tick * _TICK_PS if timed else None,
        spike_core=core,
        spike_neuron=neuron,
        synaptic_events=synaptic_events,
        packets=len(source),
        input_packets=len(line),
        output_packets=int((program.dest_core[source, sender] == OUTPUT).sum()),
        hops=int(hops.sum()),
        crossings=int(crossings.sum()),
        collisions=0,
        late_packets=0,
        core_overruns=0,
        makespan_ps=last if timed else None,
        core_finish_ps=finish if timed else None,
        columns=packets if timed else None,
    )


def _first_servers(info: RunInfo, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first server on the route of each packet; negative core numbers stand for the host."""
    fabric, position = Fabric(info.placement.mesh, info.chip), info.placement.xy.tolist()
    ends = (
        ((position[a] if a >= 0 else None), (position[b] if b >= 0 else None))
        for a, b in zip(source, target, strict=True)
    )
    return np.array([fabric.server_of(fabric.route(*pair)[0]) for pair in ends], np.int64)
