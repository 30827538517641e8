"""Layer ``depthwise``: each channel has features of its own."""

import numpy as np
import pytest

from neurosyn.compiler.compile import count_cores
from neurosyn.errors import ChipLimitError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.registry import registry
from neurosyn.testing import check_layer

DEPTHWISE = registry.get("layers", "depthwise")


def test_each_channel_is_seen_by_its_own_features_alone():
    inputs = MapShape(3, 3, 4)
    wiring = DEPTHWISE(kernel=3, multiplier=2).connect(inputs)
    wiring.check(inputs, "depthwise")
    assert wiring.output == MapShape(1, 1, 8)
    assert wiring.n_banks == 4
    for site in range(4):
        assert sorted(wiring.inputs[site].tolist()) == list(range(site, 36, 4))
        assert wiring.outputs[site].tolist() == [2 * site, 2 * site + 1]


def test_channels_keep_their_places_behind_other_layers():
    specs = [{"kind": "conv2d", "features": 6, "kernel": 1}, {"kind": "depthwise"}, {"kind": "readout"}]
    network = build_network(specs, MapShape(3, 3, 4), 2, seed=1)
    second = network.layers[1].connectivity
    assert np.array_equal(second.inputs % 6, np.repeat(np.arange(6), 9).reshape(6, 9))


@pytest.mark.parametrize(("kernel", "fits"), [(11, True), (12, False)])
def test_windows_end_where_the_axons_do(kernel, fits):
    specs = [{"kind": "depthwise", "kernel": kernel}, {"kind": "readout"}]
    network = build_network(specs, MapShape(12, 12, 16), 2, seed=1)
    if fits:
        assert count_cores(network) > 0
    else:
        with pytest.raises(ChipLimitError):
            count_cores(network)


@pytest.mark.parametrize("options", [{}, {"multiplier": 3}, {"kernel": 5, "stride": 2, "padding": 2}])
def test_it_keeps_the_contract_on_the_chip(options):
    check_layer(DEPTHWISE(**options))
