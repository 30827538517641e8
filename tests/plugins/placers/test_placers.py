"""Properties that every placer keeps, and the order of their quality."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.compiler.compile import compile_network
from neurosyn.network.layer import MapShape
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from tests.networks import bind_topology
from tests.placement.programs import convolve, draw_program, place, wire

PLACERS = ("row_major", "spectral", "anneal")


@pytest.mark.parametrize("name", PLACERS)
@settings(max_examples=20, deadline=None)
@given(cores=st.integers(1, 32), seed=st.integers(0, 2**16), board=st.sampled_from([(1, 2), (2, 1), (2, 2), (1, 5)]))
def test_any_program_gets_distinct_positions_again_and_again(name, cores, seed, board):
    program, mesh = draw_program(cores, seed), Mesh(*board, side=4)
    options = {"moves_per_core": 10} if name == "anneal" else {}
    first, second = (place(program, mesh, name, seed, **options) for _ in range(2))  # Placement checks positions
    assert len(first.xy) == cores
    assert np.array_equal(first.xy, second.xy)


@pytest.mark.parametrize("mesh", [Mesh(), Mesh(2, 2, 8), Mesh(4, 1, 8)], ids=str)
def test_each_placer_shortens_the_routes_of_the_one_before(mesh):
    program = convolve(12, 12)
    row_major, spectral, anneal = (mean_hops(program, place(program, mesh, name)) for name in PLACERS)
    assert program.cores > 64
    assert anneal < 0.95 * spectral
    assert spectral < 0.7 * row_major


def test_one_chip_network_gets_short_routes():
    topology, image = registry.get("topologies", "eedn_one_chip")(), MapShape(32, 32, 3)
    program = compile_network(random_model(bind_topology(topology, image, 10)))
    mesh = Mesh()
    assert 20 < mean_hops(program, place(program, mesh, "row_major")) < 21
    assert mean_hops(program, place(program, mesh, "spectral")) < 8.5
    assert mean_hops(program, place(program, mesh, "anneal", moves_per_core=200)) < 6.5


@pytest.mark.parametrize("name", ["spectral", "anneal"])
def test_a_program_that_is_spread_takes_all_chips_near_the_middle(name):
    program, mesh = convolve(12, 12), Mesh(2, 2, 64)
    packed, spread = (place(program, mesh, name, spread=spread) for spread in (False, True))
    assert (packed.xy < 64).all()
    x, y = spread.xy.T
    assert np.bincount(2 * (y // 64) + x // 64).min() >= program.cores // 5
    assert ((spread.xy >= 59) & (spread.xy < 69)).all()
    assert mean_hops(program, spread) < 1.5 * mean_hops(program, packed)


@pytest.mark.parametrize("cores", [5, 200])
def test_silent_and_separate_cores_are_placed_too(cores):
    packets = {(0, 1): 1.0, (2, 3): 0.0}
    for program in (wire(cores, packets), wire(cores, {}), wire(cores, {(2, 3): 0.0})):
        for name in PLACERS:
            assert len(place(program, Mesh(1, 1, 16), name).xy) == cores
