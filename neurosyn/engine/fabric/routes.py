"""Lengths of routes: links between routers and chip edges, from the placement alone.

A packet to a core travels along x, then along y. A packet to the host keeps to its row (or column) until it leaves the
board on the output side; one from the host enters on the input side, in the row (or column) of its target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program

__all__ = ["Routes", "input_routes"]


@dataclass(frozen=True)
class Routes:
    """Lengths of the routes of a program's packets on its board.

    Attributes
    ----------
    hops, crossings : int32 arrays (C, N)
        Links between routers, and chip-to-chip links among them, that a spike of each neuron takes; 0 for neurons
        without destination. Links from and to the host are not among them.
    line_hops, line_crossings : int32 arrays (I,)
        The same for a packet of the host on each input line.
    """

    hops: NDArray[np.int32]
    crossings: NDArray[np.int32]
    line_hops: NDArray[np.int32]
    line_crossings: NDArray[np.int32]

    @classmethod
    def of(cls, program: Program, placement: Placement, chip: ChipOptions) -> Routes:
        """Measure the routes of all neurons and input lines."""
        mesh, xy = placement.mesh, placement.xy
        core, neuron = np.nonzero(program.dest_core != NO_DESTINATION)
        dest, source = program.dest_core[core, neuron], xy[core]
        target = np.where((dest == OUTPUT)[:, None], mesh.border(source, chip.output_side), xy[np.maximum(dest, 0)])
        hops = np.zeros(program.dest_core.shape, np.int32)
        crossings = np.zeros(program.dest_core.shape, np.int32)
        hops[core, neuron] = mesh.hops(source, target)
        crossings[core, neuron] = mesh.crossings(source, target)
        line_hops, line_crossings = input_routes(xy[program.input_core], mesh, chip)
        return cls(hops, crossings, line_hops, line_crossings)


def input_routes(
    target: NDArray[np.int32], mesh: Mesh, chip: ChipOptions
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return hops and crossings of packets from the host to the cores at positions (…, 2)."""
    entry = chip.board_of(mesh).entries(target)
    return mesh.hops(entry, target), mesh.crossings(entry, target)
