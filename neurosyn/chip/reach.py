"""Check that every packet of a placed program can encode the distance to its destination, the host included."""

from __future__ import annotations

import numpy as np

from neurosyn.chip.mesh import Board
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program

__all__ = ["check_placement_reach"]


def check_placement_reach(program: Program, placement: Placement, board: Board) -> None:
    """Raise `ChipLimitError` if a packet of the program would have to travel further than a packet can encode.

    The distance of a packet from the host counts from the router where it enters, that of a packet to the host up to
    the router where it leaves [A].
    """
    mesh, xy, reach = placement.mesh, placement.xy, board.reach
    core, neuron = np.nonzero(program.dest_core >= 0)
    mesh.check_reach(xy[core], xy[program.dest_core[core, neuron]], reach=reach)
    input_positions = xy[program.input_core]
    mesh.check_reach(
        board.entries(input_positions),
        input_positions,
        "placement: a packet of the host",
        f"place cores that the host sends to nearer to its side of the board (`chip.input_side` is {board.input_side})",
        reach,
    )
    output_positions = xy[(program.dest_core == OUTPUT).any(axis=1)]
    mesh.check_reach(
        output_positions,
        mesh.border(output_positions, board.output_side),
        "placement: a packet to the host",
        "place cores that send to the host nearer to its side of the board "
        f"(`chip.output_side` is {board.output_side})",
        reach,
    )
