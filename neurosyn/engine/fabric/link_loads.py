"""Packets through each server, from the number of spikes of each neuron.

All packets of a neuron have the same route, along a row and then along a column, so they need not be followed: a
module's load is a sum over stretches (`neurosyn.chip.mesh.Mesh.link_loads`), a chip edge's the sum over the lanes that
merge.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.engine.fabric.fabric import DIRECTIONS, Fabric

__all__ = ["server_loads"]

_CORES = 4096
"""Cores whose neurons are processed together, to bound memory."""

_Flows = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]
"""Positions of first routers and of destinations, and numbers of packets."""


def server_loads(
    fabric: Fabric,
    program: Program,
    placement: Placement,
    fired: NDArray[np.int64],
    host_packets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the packets that passed through each server.

    Parameters
    ----------
    fabric
    program, placement
    fired : int64 array (C, N)
        Spikes of each neuron.
    host_packets : int64 array (C,)
        Packets that the host sent to each core.

    Returns
    -------
    int64 array (servers,)
    """
    mesh, chip = fabric.mesh, fabric.chip
    forward = {direction: np.zeros((mesh.height, mesh.width), np.int64) for direction in DIRECTIONS}
    local = np.zeros((mesh.height, mesh.width), np.int64)
    with_input = np.flatnonzero(host_packets)
    target = placement.xy[with_input]
    entry = chip.board_of(mesh).entries(target)
    for source, end, packets in (
        *_neuron_flows(fabric, program, placement, fired),
        (entry, target, host_packets[with_input]),
    ):
        for direction, loads in mesh.link_loads(source, end, packets):
            forward[direction] += loads
        x, y = end.T
        inside = (x >= 0) & (x < mesh.width) & (y >= 0) & (y < mesh.height)
        np.add.at(local, (y[inside], x[inside]), packets[inside])
    host_inputs = np.zeros(mesh.chips, np.int64)
    x, y = entry.T // mesh.side
    np.add.at(host_inputs, y * mesh.columns + x, host_packets[with_input])
    modules = np.stack([*forward.values(), local], axis=-1)
    edges = np.stack([_merged(loads, direction, fabric) for direction, loads in forward.items()], axis=-1)
    return np.concatenate([modules.reshape(-1), edges.reshape(-1), host_inputs])


def _neuron_flows(fabric: Fabric, program: Program, placement: Placement, fired: NDArray[np.int64]) -> Iterator[_Flows]:
    xy = placement.xy
    for first in range(0, program.cores, _CORES):
        part = slice(first, first + _CORES)
        core, neuron = np.nonzero((fired[part] > 0) & (program.dest_core[part] != NO_DESTINATION))
        core += first
        dest, source = program.dest_core[core, neuron], xy[core]
        outside = fabric.mesh.beyond(source, fabric.chip.output_side)
        yield source, np.where((dest == OUTPUT)[:, None], outside, xy[np.maximum(dest, 0)]), fired[core, neuron]


def _merged(loads: NDArray[np.int64], direction: str, fabric: Fabric) -> NDArray[np.int64]:
    """Return the loads (rows, columns) of the links on that side of each chip: all lanes of the side merge there."""
    mesh = fabric.mesh
    last = mesh.side - 1 if direction in ("east", "north") else 0
    lanes = loads.reshape(mesh.rows, mesh.side, mesh.columns, mesh.side)
    if direction in ("east", "west"):
        merged: NDArray[np.int64] = lanes[:, :, :, last].sum(axis=1)
    else:
        merged = lanes[:, last].sum(axis=2)
    return merged
