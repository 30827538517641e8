"""The chip as data: programs, options, boards and placements."""

from __future__ import annotations

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program

__all__ = ["NEURON_TYPE", "NO_DESTINATION", "OUTPUT", "Board", "ChipOptions", "Mesh", "Placement", "Program"]
