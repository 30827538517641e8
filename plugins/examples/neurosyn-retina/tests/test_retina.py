"""The plugins keep their contracts, and are found by their names once the package is installed."""

import numpy as np
import pytest
from neurosyn.plugins import MapShape, registry
from neurosyn.testing import check_layer, check_probe, check_topology, random_run

from neurosyn_retina.layer import Fovea
from neurosyn_retina.probe import Silence
from neurosyn_retina.topology import Retina


@pytest.mark.parametrize(
    ("group", "name", "cls"),
    [("layers", "fovea", Fovea), ("topologies", "retina", Retina), ("probes", "silence", Silence)],
)
def test_neurosyn_finds_them_by_name(group, name, cls):
    plugin = registry.find(group, name)
    assert plugin.origin == "neurosyn-retina"
    assert plugin.load() is cls


def test_they_keep_their_contracts():
    check_layer(Fovea)
    check_topology(Retina)
    check_probe(Silence)


def test_the_fovea_is_sharper_than_the_periphery():
    wiring = Fovea(features=2, radius=3).connect(MapShape(12, 12, 1))
    assert wiring.n_banks == 2
    steps = {
        int(bank): set(np.diff(np.unique(row[row >= 0] % 12)))
        for row, bank in zip(wiring.inputs, wiring.banks, strict=True)
    }
    assert steps == {0: {1}, 1: {2}}


def test_neurons_that_never_fire_are_silent():
    info, ticks = random_run(ticks=3, rate=0.1)
    probe = Silence()
    probe.started(info)
    for tick in ticks:
        probe.tick(tick)
    fired = {
        (c, n) for tick in ticks for c, n in zip(tick.spike_core.tolist(), tick.spike_neuron.tolist(), strict=True)
    }
    table = probe.tables()["neurons"]
    silent = set(zip(table["core"].tolist(), table["neuron"].tolist(), strict=True))
    assert silent
    assert not silent & fired
    assert len(silent) == probe.results()["silent_neurons"]
