"""Placer ``metis``, and the message without its library."""

import sys

import numpy as np
import pytest

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.compiler.compile import compile_network
from neurosyn.errors import PluginError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.placement.place import place_program
from neurosyn.registry import registry
from neurosyn.testing.made_up_runs import random_run
from neurosyn.testing.models import random_model
from tests.placement.programs import place

METIS = registry.get("placers", "metis")


@pytest.fixture(scope="module")
def picture():
    """A program of three convolutions over a picture: neighbouring positions talk to each other."""
    specs = [
        {"kind": "conv2d", "features": 64, "kernel": 3, "padding": 1, "groups": 2},
        {"kind": "conv2d", "features": 64, "kernel": 3, "padding": 1, "groups": 8},
        {"kind": "conv2d", "features": 64, "kernel": 2, "stride": 2, "groups": 4},
        {"kind": "readout"},
    ]
    return compile_network(random_model(build_network(specs, MapShape(12, 12, 8), 2, seed=1)))


@pytest.mark.parametrize("mesh", [Mesh(), Mesh(2, 2, 16)], ids=str)
def test_cutting_where_few_packets_cross_shortens_the_routes(picture, mesh):
    pytest.importorskip("pymetis", reason="the extra 'metis' is not installed")
    assert picture.cores > 64
    assert mean_hops(picture, place(picture, mesh, "metis")) < 0.6 * mean_hops(
        picture, place(picture, mesh, "row_major")
    )


@pytest.mark.parametrize("layers", [(1,), (2,), (1, 1, 1), (4, 3), (6, 6, 4), (5, 5, 5)])
def test_programs_of_any_size_find_places(layers):
    pytest.importorskip("pymetis", reason="the extra 'metis' is not installed")
    program = random_run(layers=layers, mesh=Mesh(1, 1, side=4), ticks=0, timed=0)[0].program
    one, other = (place(program, Mesh(1, 1, side=4), "metis") for _ in range(2))
    assert len(np.unique(one.xy, axis=0)) == program.cores
    assert np.array_equal(one.xy, other.xy)


def test_two_cores_that_talk_lie_side_by_side_and_the_host_decides_which_is_south():
    pytest.importorskip("pymetis", reason="the extra 'metis' is not installed")
    program = random_run(layers=(1, 1), mesh=Mesh(1, 1, side=4), ticks=0, timed=0)[0].program
    first, second = (
        place_program(program, Board(Mesh(1, 1, side=4), input_side=start, output_side=end), METIS(), seed=1).xy
        for start, end in (("south", "north"), ("north", "south"))
    )
    assert first.tolist() == [[0, 0], [0, 1]]
    assert second.tolist() == [[0, 1], [0, 0]]


def test_without_the_library_the_error_says_how_to_get_it(picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymetis", None)
    with pytest.raises(
        PluginError, match=r"placer metis: needs pymetis; install it with: pip install 'neurosyn\[metis\]'"
    ):
        place(picture, Mesh(), "metis")
