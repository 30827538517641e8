from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.placers.region import choose_region
from neurosyn_plugins.placers.spectral import core_graph, fill_by_halving, smooth_coordinates
from neurosyn_plugins.placers.swaps import try_swaps

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.compiler.compile import compile_network
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.placement.expected_traffic import mean_hops, measure_traffic
from neurosyn.placement.place import place_program
from neurosyn.registry import registry
from neurosyn.testing.models import random_model

PLACERS = ("row_major", "space_filling", "anneal")


def place(name, program, mesh, seed=0, *, output_side="east", **options):
    return place_program(program, Board(mesh, output_side=output_side), registry.get("placers", name)(**options), seed)


# What every placer has to keep.


@pytest.mark.parametrize("name", PLACERS)
@settings(max_examples=20, deadline=None)
@given(cores=st.integers(1, 32), seed=st.integers(0, 2**16), board=st.sampled_from([(1, 2), (2, 1), (2, 2), (1, 5)]))
def test_any_program_gets_distinct_positions_again_and_again(any_program, name, cores, seed, board):
    program, mesh = any_program(cores, seed), Mesh(*board, side=4)
    options = {"moves_per_core": 10} if name == "anneal" else {}
    first, second = (place(name, program, mesh, seed, **options) for _ in range(2))  # Placement checks positions
    assert len(first.xy) == cores
    assert np.array_equal(first.xy, second.xy)


@pytest.mark.parametrize("mesh", [Mesh(), Mesh(2, 2, 8), Mesh(4, 1, 8)], ids=str)
def test_each_placer_shortens_the_routes_of_the_one_before(convolve, mesh):
    program = convolve(12, 12)
    row_major, space_filling, anneal = (mean_hops(program, place(name, program, mesh)) for name in PLACERS)
    assert program.cores > 64
    assert anneal < 0.95 * space_filling
    assert space_filling < 0.7 * row_major


def test_one_chip_network_gets_short_routes():
    topology, image = registry.get("topologies", "eedn_one_chip")(), MapShape(32, 32, 3)
    program = compile_network(random_model(build_network(topology.layers(image, 10), image, 10, seed=1)))
    mesh = Mesh()
    assert 20 < mean_hops(program, place("row_major", program, mesh)) < 21
    assert mean_hops(program, place("space_filling", program, mesh)) < 8.5
    assert mean_hops(program, place("anneal", program, mesh, moves_per_core=200)) < 6.5


# Row by row.


def test_row_major_fills_chip_after_chip(wire):
    placement = place("row_major", wire(10, {}), Mesh(2, 2, 2))
    expected = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (3, 1), (0, 2), (1, 2)]
    assert [tuple(position) for position in placement.xy.tolist()] == expected


# Space filling.


@pytest.mark.parametrize(
    ("cores", "mesh", "region"),
    [
        (1, Mesh(), (1, 1)),
        (4042, Mesh(), (64, 64)),
        (3236, Mesh(2, 2), (57, 57)),
        (5000, Mesh(2, 2), (79, 64)),
        (5000, Mesh(2, 1), (64, 79)),
        (9000, Mesh(2, 4), (141, 64)),
        (9000, Mesh(2, 2), (71, 128)),
        (16_000, Mesh(4, 4), (125, 128)),
        (31_492, Mesh(2, 4), (247, 128)),
    ],
)
def test_region_is_compact_and_on_few_chips(cores, mesh, region):
    found = choose_region(cores, mesh)
    assert (found.width, found.height) == region
    assert cores <= found.width * found.height
    assert found.columns.tolist() == list(range(mesh.width))[: found.width]
    assert found.rows.tolist() == list(range(mesh.height))[: found.height]


@pytest.mark.parametrize(
    ("cores", "mesh", "columns", "rows"),
    [
        (16, Mesh(2, 2, 8), [6, 7, 8, 9], [6, 7, 8, 9]),
        (10, Mesh(1, 3, 4), [2, 3, 5, 6, 8, 9], [1, 2]),
        (17, Mesh(2, 1, 8), [2, 3, 4], [5, 6, 7, 8, 9, 10]),
        (16, Mesh(1, 4, 2), [0, 1, 2, 3, 4, 5, 6, 7], [0, 1]),
    ],
)
def test_region_may_lie_on_all_chips_alike(cores, mesh, columns, rows):
    region = choose_region(cores, mesh, spread=True)
    assert region.columns.tolist() == columns
    assert region.rows.tolist() == rows


@pytest.mark.parametrize("name", ["space_filling", "anneal"])
def test_a_program_that_is_spread_takes_all_chips_near_the_middle(convolve, name):
    program, mesh = convolve(12, 12), Mesh(2, 2, 64)
    packed, spread = (place(name, program, mesh, spread=spread) for spread in (False, True))
    assert (packed.xy < 64).all()
    x, y = spread.xy.T
    assert np.bincount(2 * (y // 64) + x // 64).min() >= program.cores // 5
    assert ((spread.xy >= 59) & (spread.xy < 69)).all()
    assert mean_hops(program, spread) < 1.5 * mean_hops(program, packed)


@pytest.mark.parametrize("cores", [2, 50, 150])
def test_cores_in_a_row_keep_their_order(wire, cores):
    shuffled = np.random.default_rng(0).permutation(cores)
    program = wire(cores, {(int(a), int(b)): 1.0 for a, b in pairwise(shuffled)})
    along = smooth_coordinates(core_graph(measure_traffic(program), cores))[shuffled, 0]
    assert (np.diff(along) > 0).all() or (np.diff(along) < 0).all()


def test_halving_keeps_a_square_of_cores_as_it_is():
    y, x = np.mgrid[:6, :6]
    coordinates = np.stack([x.ravel() ** 3, np.exp(y.ravel())], axis=1)
    order = np.random.default_rng(0).permutation(36)
    xy = fill_by_halving(coordinates[order].astype(float), 6, 6)
    assert np.array_equal(xy, np.stack([x.ravel(), y.ravel()], axis=1)[order])


@pytest.mark.parametrize("cores", [5, 200])
def test_silent_and_separate_cores_are_placed_too(wire, cores):
    packets = {(0, 1): 1.0, (2, 3): 0.0}
    for program in (wire(cores, packets), wire(cores, {}), wire(cores, {(2, 3): 0.0})):
        for name in PLACERS:
            place(name, program, Mesh(1, 1, 16))


def test_grid_of_cores_is_found_again(wire):
    """A grid of 30 × 20 with heavier columns: its coordinates are some function of the column, and of the row."""
    place = np.arange(600).reshape(20, 30)
    packets = {(int(a), int(b)): 1.0 for a, b in zip(place[:, :-1].flat, place[:, 1:].flat, strict=True)}
    packets |= {(int(a), int(b)): 1.0 for a, b in zip(place[:-1].flat, place[1:].flat, strict=True)}
    found = smooth_coordinates(core_graph(measure_traffic(wire(600, packets)), 600)).reshape(20, 30, 2)
    along, across = np.diff(found[:, :, 0], axis=1), np.diff(found[:, :, 1], axis=0)
    assert (along * np.sign(along[0, 0]) > 0).all()
    assert (across * np.sign(across[0, 0]) > 0).all()


# Annealing.


def test_annealing_brings_talkers_together_and_the_host_near(wire):
    """A ring of six cores can lie so that all neighbours touch; the last core of a chain goes to the output side."""
    ring = {(core, (core + 1) % 6): 1.0 for core in range(6)}
    placement = place("anneal", wire(6, ring), Mesh(1, 1, 8))
    assert mean_hops(wire(6, ring), placement) == 1
    chain = wire(3, {(0, 1): 1.0, (1, 2): 1.0}, outputs=(2,))
    assert place("anneal", chain, Mesh(1, 1, 2)).xy[2, 0] == 1
    assert place("anneal", chain, Mesh(1, 1, 2), output_side="west").xy[2, 0] == 0
    assert place("anneal", chain, Mesh(1, 1, 2), output_side="north").xy[2, 1] == 1
    assert place("anneal", chain, Mesh(1, 1, 2), output_side="south").xy[2, 1] == 0


def test_crossings_are_avoided_for_their_price(convolve):
    program, mesh = convolve(12, 12), Mesh(1, 2, 8)

    def crossings(placement):
        core, neuron = np.nonzero(program.dest_core >= 0)
        chips = placement.xy // mesh.side
        steps = np.abs(chips[core] - chips[program.dest_core[core, neuron]]).sum(axis=1)
        return (steps * program.activity[core, neuron]).sum()

    free, dear = (place("anneal", program, mesh, crossing=price) for price in (1, 50))
    assert crossings(dear) < 0.9 * crossings(free)


def test_seed_decides(convolve):
    program = convolve(12, 12)
    first, second = (place("anneal", program, Mesh(), seed) for seed in (1, 2))
    assert not np.array_equal(first.xy, second.xy)


def test_progress_ends_at_its_total(convolve):
    said = []
    registry.get("placers", "anneal")().place(convolve(12, 12), Board(Mesh()), 0, lambda *state: said.append(state))
    assert said[-1][0] == said[-1][1]
    assert [state[0] for state in said] == sorted(state[0] for state in said)


def test_moves_downhill_never_lengthen_routes():
    """Cost recomputed from scratch after every few swaps, with holes on the board, a host and two chips."""
    rng = np.random.default_rng(5)
    cores, width, height = 40, 8, 7
    weights = np.triu(rng.integers(0, 50, (cores, cores)) * (rng.random((cores, cores)) < 0.2), 1)
    weights = weights + weights.T
    first = np.concatenate(([0], np.cumsum((weights > 0).sum(axis=1))))
    neighbour = np.nonzero(weights)[1].astype(np.int32)
    packets = weights[weights > 0].astype(np.int32)
    pull = rng.integers(-20, 20, (cores, 2))
    column_cost = np.arange(width) + 6 * (np.arange(width) // 4)
    row_cost = np.arange(height)
    cells = rng.permutation(width * height)[:cores]
    xy = np.stack([cells % width, cells // width], axis=1).astype(np.int32)
    core_at = np.full((height, width), -1, np.int32)
    core_at[xy[:, 1], xy[:, 0]] = np.arange(cores)

    def cost():
        x, y = column_cost[xy[:, 0]], row_cost[xy[:, 1]]
        routes = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        return (weights * routes).sum() // 2 + (pull[:, 0] * x + pull[:, 1] * y).sum()

    state, costs = np.array([7], np.uint64), [cost()]
    for _ in range(400):
        accepted = try_swaps(first, neighbour, packets, pull, column_cost, row_cost, xy, core_at, 10, 7, 0.0, state)
        costs.append(cost())
        assert costs[-1] <= costs[-2]
        assert accepted or costs[-1] == costs[-2]
        assert np.array_equal(core_at[xy[:, 1], xy[:, 0]], np.arange(cores))
        assert (core_at >= 0).sum() == cores
    assert costs[-1] < 0.7 * costs[0]
