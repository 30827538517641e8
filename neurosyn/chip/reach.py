"""Whether the packets of a placed program can encode their ways, those from and to the host included."""

from __future__ import annotations

import numpy as np

from neurosyn.chip.mesh import Side
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT, Program

__all__ = ["check_reach"]


def check_reach(program: Program, placement: Placement, input_side: Side, output_side: Side) -> None:
    """Raise `ChipLimitError` if a packet of the program would have to go further than packets can.

    A packet of the host counts from the router where it enters, one to the host up to the router where it leaves [A].
    """
    mesh, xy = placement.mesh, placement.xy
    core, neuron = np.nonzero(program.dest_core >= 0)
    mesh.check_reach(xy[core], xy[program.dest_core[core, neuron]])
    told = xy[program.input_core]
    mesh.check_reach(
        mesh.border(told, input_side),
        told,
        "placement: a packet of the host",
        f"place cores that the host sends to nearer to its side of the board (`chip.input_side` is {input_side})",
    )
    telling = xy[(program.dest_core == OUTPUT).any(axis=1)]
    mesh.check_reach(
        telling,
        mesh.border(telling, output_side),
        "placement: a packet to the host",
        f"place cores that send to the host nearer to its side of the board (`chip.output_side` is {output_side})",
    )
