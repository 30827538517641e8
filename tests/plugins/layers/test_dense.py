"""Layer ``dense``: inputs of a core, blocks, and numbers that fit."""

from __future__ import annotations

import pytest
from neurosyn_plugins.layers.dense import Dense

from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape


def test_dense_sees_everything_that_a_core_takes():
    wiring = Dense(features=6).connect(MapShape(4, 4, 8))
    assert wiring.inputs.tolist() == [list(range(128))]
    assert wiring.outputs.tolist() == [list(range(6))]


def test_dense_deals_larger_maps_out_to_blocks():
    wiring = Dense(features=6, fan_in=4).connect(MapShape(1, 2, 5))
    wiring.check(MapShape(1, 2, 5), "dense")
    assert wiring.inputs.tolist() == [[0, 3, 6, 9], [1, 4, 7, -1], [2, 5, 8, -1]]
    assert wiring.outputs.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert wiring.banks.tolist() == [0, 1, 2]


def test_dense_names_the_numbers_that_would_do():
    with pytest.raises(ScenarioError, match=r"among 3 blocks .* choose a multiple of 3, such as 12"):
        Dense(features=10).connect(MapShape(1, 1, 300))
