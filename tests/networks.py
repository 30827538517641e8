"""Networks for tests: topologies bound to images, a small network, models of it, and two encoders."""

from __future__ import annotations

import numpy as np

from neurosyn.data.encoder import Encoder
from neurosyn.model.model import LayerParameters, Model, Normalisation
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network, build_network
from neurosyn.network.topology import Topology

SHAPE = MapShape(6, 6, 2)
"""Shape of the images that the network takes."""


def bind_topology(topology: Topology, shape: MapShape, n_classes: int) -> Network:
    """Return the network that a topology makes of images of `shape`; its order of elements is drawn from seed 1."""
    return build_network(topology.layers(shape, n_classes), shape, n_classes, 1, topology.copies)


def make_small_network(n_classes: int = 3) -> Network:
    """Return a transduction layer and two convolutions, in groups, on images of `SHAPE`."""
    specs = [
        {"kind": "transduction", "features": 4},
        {"kind": "conv2d", "features": 12, "kernel": 3, "padding": 1, "groups": 2},
        {"kind": "conv2d", "features": 18, "kernel": 2, "stride": 2, "groups": 3},
        {"kind": "readout"},
    ]
    return build_network(specs, SHAPE, n_classes, 4)


def make_random_model(network: Network, seed: int = 0, *, hidden: bool = False) -> Model:
    """Return a model with drawn weights, normalisation and activity; `hidden` keeps the weights before rounding."""
    rng = np.random.default_rng(seed)
    parameters = []
    for layer in network.layers:
        wiring = layer.connectivity
        shape = (wiring.n_banks, wiring.fan_in, wiring.features)
        filters = (wiring.n_banks, wiring.features)
        real = rng.uniform(-1, 1, shape).astype(np.float32)
        normalisation = Normalisation(
            rng.normal(0, 1.5, filters), rng.uniform(0.5, 3, filters), rng.normal(0, 0.2, filters)
        )
        parameters.append(
            LayerParameters(
                real if layer.off_chip else np.rint(real).astype(np.int8),
                normalisation,
                hidden=real if hidden and not layer.off_chip else None,
                activity=rng.random(filters, np.float32),
            )
        )
    return Model(network, tuple(parameters), {"kind": "plain"}, {"by": "hand", "accuracy": 0.5})


class Plain(Encoder):
    """Grey levels from −1 to 1."""

    def encode(self, images):
        return (images.astype(np.float32) - 127.5) / 127.5


class Binary(Encoder):
    """The lowest bit."""

    binary = True

    def encode(self, images):
        return (images & 1).astype(np.float32)
