"""Spectral coordinates of a graph of cores, and recursive bisection."""

from itertools import pairwise

import numpy as np
import pytest
from neurosyn_plugins.placers.spectral import core_graph, fill_by_halving, smooth_coordinates

from neurosyn.placement.expected_traffic import measure_traffic
from tests.placement.programs import wire


@pytest.mark.parametrize("cores", [2, 50, 150])
def test_cores_in_a_row_keep_their_order(cores):
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


def test_grid_of_cores_is_found_again():
    """A grid of 30 × 20 with heavier columns: its coordinates are some function of the column, and of the row."""
    place = np.arange(600).reshape(20, 30)
    packets = {(int(a), int(b)): 1.0 for a, b in zip(place[:, :-1].flat, place[:, 1:].flat, strict=True)}
    packets |= {(int(a), int(b)): 1.0 for a, b in zip(place[:-1].flat, place[1:].flat, strict=True)}
    found = smooth_coordinates(core_graph(measure_traffic(wire(600, packets)), 600)).reshape(20, 30, 2)
    along, across = np.diff(found[:, :, 0], axis=1), np.diff(found[:, :, 1], axis=0)
    assert (along * np.sign(along[0, 0]) > 0).all()
    assert (across * np.sign(across[0, 0]) > 0).all()
