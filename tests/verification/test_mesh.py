"""Mesh under load: closed forms against counting on the routes."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.engine.fabric.fabric import Fabric
from verification import mesh
from verification.mesh.offered_load import DEEP, mean_wait, measure
from verification.mesh.patterns import PATTERNS, hot_spot, link_load, transpose, uniform
from verification.mesh.routes import count_wrong_routes, send_alone, server_loads


@pytest.mark.parametrize("side", [2, 3, 4, 7, 8])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_closed_forms_against_counting_on_the_routes(pattern, side):
    one = pattern(side)
    # So many packets that every target has its exact share.
    loads = server_loads(one, 10 * side * side)
    assert max(loads.values()) == pytest.approx(1 / one.saturation)
    # Each packet passes hops + 1 servers.
    assert sum(loads.values()) / one.cores == pytest.approx(one.mean_hops + 1)


def test_closed_forms_by_hand():
    assert (uniform(8).saturation, transpose(8).saturation) == (0.5, 1 / 7)
    assert hot_spot(8, share=1).saturation == pytest.approx(1 / 64)
    assert [link_load(4, column) for column in range(3)] == [0.75, 1, 0.75]
    # |a − b| of 0, 1 is 0, 1, 1, 0: 1/2 in each of x and y.
    assert uniform(2).mean_hops == transpose(2).mean_hops == 1


def test_destinations_are_balanced():
    counts = np.bincount(uniform(4).destinations(32, np.random.default_rng(0)).ravel(), minlength=16)
    assert (counts == 32).all()
    counts = np.bincount(hot_spot(4).destinations(160, np.random.default_rng(0)).ravel(), minlength=16)
    assert counts[10] == 16 * (16 + 9)
    assert (np.delete(counts, 10) == 16 * 9).all()
    assert transpose(3).destinations(1, np.random.default_rng(0)).ravel().tolist() == [0, 3, 6, 1, 4, 7, 2, 5, 8]


@pytest.mark.parametrize("board", [Mesh(side=5), Mesh(2, 2, side=2), Mesh(1, 3, side=2)])
def test_routes_and_zero_load_latency(board):
    assert count_wrong_routes(board) == (board.cores**2, 0)
    alone = send_alone(board)
    assert len(alone.hops) == board.cores**2
    assert np.array_equal(alone.latency_ps, alone.expected_ps)
    assert alone.crossings.max() == board.rows + board.columns - 2


def test_other_routes_are_noticed(monkeypatch):
    straight = Fabric.route

    def corner(self, source, target):
        """Along y, then along x."""
        middle = (source[0], target[1])
        return straight(self, source, middle)[:-1] + straight(self, middle, target)

    monkeypatch.setattr(Fabric, "route", corner)
    # 36 of the pairs of cores of 3 × 3 differ in x and y.
    assert count_wrong_routes(Mesh(side=3)) == (81, 36)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_measurements_of_a_small_mesh(pattern):
    one = pattern(4)
    idle = measure(one, 0.02 * one.saturation, packets=160, depth=DEEP)
    assert idle.latency == pytest.approx(one.mean_hops + 1, rel=0.03)
    for depth in (2, DEEP):
        overloaded = measure(one, 1.5 * one.saturation, packets=160, depth=depth)
        assert idle.lost == overloaded.lost == 0
        assert overloaded.drained <= one.saturation
        assert overloaded.latency > 2 * idle.latency
    assert overloaded.drained > 0.9 * one.saturation


def test_wait_at_one_server():
    assert mean_wait(0.5, packets=20_000) == pytest.approx(0.5, rel=0.08)


def test_rows_of_a_mesh_that_does_not_reach_its_closed_forms(monkeypatch):
    monkeypatch.setattr(mesh, "FRACTIONS", (0.02, 0.9, 1.5))
    monkeypatch.setattr(mesh, "UTILISATIONS", (0.5, 0.8))

    def shallow(pattern, load, *, packets, depth, seed=0):
        return measure(pattern, load, packets=packets, depth=1, seed=seed)

    monkeypatch.setattr(mesh, "measure", shallow)
    outcome = mesh.verify(side=4, packets=96, wider=6, wait_packets=20_000)
    failed = [row.what for row in outcome.failed]
    # With one place for each port packets stop each other everywhere.
    assert "uniform random, 4 × 4: saturation throughput, FIFOs that never fill" in failed
    assert "uniform random, 6 × 6: saturation throughput, FIFOs that never fill" in failed
    assert not [what for what in failed if "routes" in what or "zero-load" in what or "wait" in what]
    assert set(outcome.figures) == {"mesh_load", "mesh_latency"}
