"""Placer ``anneal``: short routes, the host and chip crossings at their price."""

import numpy as np

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.registry import registry
from tests.placement.programs import convolve, place, wire


def test_annealing_brings_talkers_together_and_the_host_near():
    """A ring of six cores can lie so that all neighbours touch; the last core of a chain goes to the output side."""
    ring = {(core, (core + 1) % 6): 1.0 for core in range(6)}
    placement = place(wire(6, ring), Mesh(1, 1, 8), "anneal")
    assert mean_hops(wire(6, ring), placement) == 1
    chain = wire(3, {(0, 1): 1.0, (1, 2): 1.0}, outputs=(2,))
    assert place(chain, Mesh(1, 1, 2), "anneal").xy[2, 0] == 1
    assert place(chain, Mesh(1, 1, 2), "anneal", output_side="west").xy[2, 0] == 0
    assert place(chain, Mesh(1, 1, 2), "anneal", output_side="north").xy[2, 1] == 1
    assert place(chain, Mesh(1, 1, 2), "anneal", output_side="south").xy[2, 1] == 0


def test_crossings_are_avoided_for_their_price():
    program, mesh = convolve(12, 12), Mesh(1, 2, 8)

    def crossings(placement):
        core, neuron = np.nonzero(program.dest_core >= 0)
        chips = placement.xy // mesh.side
        steps = np.abs(chips[core] - chips[program.dest_core[core, neuron]]).sum(axis=1)
        return (steps * program.activity[core, neuron]).sum()

    free, dear = (place(program, mesh, "anneal", crossing=price) for price in (1, 50))
    assert crossings(dear) < 0.9 * crossings(free)


def test_seed_decides():
    program = convolve(12, 12)
    first, second = (place(program, Mesh(), "anneal", seed) for seed in (1, 2))
    assert not np.array_equal(first.xy, second.xy)


def test_progress_ends_at_its_total():
    said = []
    registry.get("placers", "anneal")().place(convolve(12, 12), Board(Mesh()), 0, lambda *state: said.append(state))
    assert said[-1][0] == said[-1][1]
    assert [state[0] for state in said] == sorted(state[0] for state in said)
