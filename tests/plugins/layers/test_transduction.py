"""Layer ``transduction``: off the chip, order of the input kept."""

from __future__ import annotations

from neurosyn_plugins.layers.transduction import Transduction

from neurosyn.network.layer import MapShape


def test_transduction_runs_off_the_chip_and_keeps_the_order_of_its_input():
    assert Transduction.off_chip
    assert not Transduction.permute
    wiring = Transduction().connect(MapShape(32, 32, 3))
    assert (wiring.output, wiring.fan_in, wiring.n_banks) == (MapShape(32, 32, 12), 27, 1)
