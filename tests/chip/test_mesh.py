"""Hops, crossings, borders and link loads of a mesh, and the smallest board."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.errors import ChipLimitError


def positions(*rows):
    return np.array(rows, np.int32)


def test_hops_and_crossings():
    mesh = Mesh(2, 2, 4)
    source, target = positions((0, 0), (3, 3), (7, 7), (1, 2)), positions((3, 3), (4, 4), (0, 0), (1, 2))
    assert mesh.hops(source, target).tolist() == [6, 2, 14, 0]
    assert mesh.crossings(source, target).tolist() == [0, 2, 2, 0]


@pytest.mark.parametrize(
    ("side", "expected"), [("west", (0, 5)), ("east", (7, 5)), ("south", (2, 0)), ("north", (2, 11))]
)
def test_borders(side, expected):
    assert Mesh(3, 2, 4).border(positions((2, 5)), side).tolist() == [list(expected)]


@pytest.mark.parametrize(("dx", "dy"), [(255, 0), (-255, 255)])
def test_within_reach(dx, dy):
    Mesh(8, 8).check_reach(positions((256, 0)), positions((256 + dx, dy)))


@pytest.mark.parametrize(("dx", "dy"), [(256, 0), (-256, 0), (0, 256)])
def test_out_of_reach(dx, dy):
    with pytest.raises(ChipLimitError, match=r"from position \(256, 0\) to .*, 256 cores along one axis"):
        Mesh(8, 8).check_reach(positions((0, 0), (256, 0)), positions((1, 1), (256 + dx, dy)))


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_loads_are_counted_link_by_link(rows, columns, side, seed):
    mesh, rng = Mesh(rows, columns, side), np.random.default_rng(seed)
    source, target = (
        np.stack([rng.integers(0, mesh.width, 20), rng.integers(0, mesh.height, 20)], axis=1).astype(np.int32)
        for _ in range(2)
    )
    target[0] = (mesh.width, source[0, 1])  # beyond the border
    target[1] = (source[1, 0], -1)
    packets = rng.integers(1, 100, 20)
    expected = {name: np.zeros((mesh.height, mesh.width), np.int64) for name in ("east", "west", "north", "south")}
    for (x, y), (x_end, y_end), n in zip(source.tolist(), target.tolist(), packets.tolist(), strict=True):
        while (x, y) != (x_end, y_end):
            if x != x_end:
                direction, step = ("east", (1, 0)) if x < x_end else ("west", (-1, 0))
            else:
                direction, step = ("north", (0, 1)) if y < y_end else ("south", (0, -1))
            expected[direction][y, x] += n
            x, y = x + step[0], y + step[1]
    found = dict(mesh.link_loads(source, target, packets))
    for direction, loads in expected.items():
        np.testing.assert_array_equal(found[direction], loads)


@pytest.mark.parametrize(
    ("cores", "rows", "columns"),
    [
        (1, 1, 1),
        (4096, 1, 1),
        (4097, 1, 2),
        (3 * 4096, 1, 3),
        (16_168, 2, 2),
        (5 * 4096, 2, 3),
        (7 * 4096, 2, 4),
        (32_336, 2, 4),
        (16 * 4096, 4, 4),
        (17 * 4096, 4, 5),
    ],
)
def test_smallest_board(cores, rows, columns):
    mesh = Mesh.holding(cores)
    assert (mesh.rows, mesh.columns) == (rows, columns)
    assert ChipOptions().fitted(cores).chips == (rows, columns)
    assert ChipOptions(chips=(1, 2)).fitted(cores).chips == (1, 2)
