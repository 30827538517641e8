"""The region that a program of a given number of cores takes."""

import pytest
from neurosyn_plugins.placers.region import choose_region

from neurosyn.chip.mesh import Mesh


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
