"""Outcomes of the stages before the simulation."""

from __future__ import annotations

from typing import NamedTuple

from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.importing.model import SpikingModel
from neurosyn.model.model import Model

__all__ = ["PlacedProgram"]


class PlacedProgram(NamedTuple):
    """A trained network, the program compiled from it, and the positions of its cores."""

    model: Model | SpikingModel
    program: Program
    placement: Placement
