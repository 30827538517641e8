"""Simulation of programs from files with the NumPy backend, without timing."""

from __future__ import annotations

import numpy as np

from neurosyn.chip.options import ChipOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.formats.open_program import place_in_rows
from neurosyn.formats.spikes.numbering import no_spikes


def play(program, spikes=None, ticks=12, placement=None):
    """The output spikes of a program."""
    placement = place_in_rows(program) if placement is None else placement
    mesh = placement.mesh
    return simulate_ticks(
        program,
        placement,
        ChipOptions(chips=(mesh.rows, mesh.columns)),
        SimulateOptions(timing="none", backend="numpy"),
        no_spikes() if spikes is None else spikes,
        ticks,
    ).output_spikes


def rows(spikes):
    """Output spikes as tuples (tick, core, neuron, pin)."""
    columns = (spikes.tick, spikes.core, spikes.neuron, spikes.dest_axon)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def same_function(one, other):
    """Whether two programs do the same; what nothing reads may differ."""
    sends = one.dest_core != -1
    return (
        (one.crossbars[one.crossbar] == other.crossbars[other.crossbar]).all()
        and (one.neuron_types[one.neuron_type] == other.neuron_types[other.neuron_type]).all()
        and (one.delay == other.delay)[sends].all()
        and (one.dest_axon == other.dest_axon)[sends].all()
        and all(
            np.array_equal(getattr(one, name), getattr(other, name))
            for name in ("axon_types", "initial_potential", "dest_core", "seeds")
        )
    )
