"""Table of a network's layers, before training and compilation."""

from __future__ import annotations

from typing import Any, NamedTuple

from neurosyn.network.layer import AXONS_PER_INPUT, MapShape
from neurosyn.network.network import Network

__all__ = ["LayerSummary", "network_table", "summarise_network"]


class LayerSummary(NamedTuple):
    """One row of the table.

    Attributes
    ----------
    name, kind
        Name of the layer; name of its plugin.
    output
        Shape of its output map.
    banks, sites
        Number of weight banks (the groups of a convolution); number of sites.
    fan_in, axons
        Number of inputs of a neuron; number of axons that they take, 0 for a layer off the chip.
    features
        Number of neurons of a site.
    neurons, weights, multiplications
        Number of neurons, weights, and multiply-accumulate operations per frame of the whole layer.
    """

    name: str
    kind: str
    output: MapShape
    banks: int
    sites: int
    fan_in: int
    axons: int
    features: int
    neurons: int
    weights: int
    multiplications: int


def summarise_network(network: Network) -> list[LayerSummary]:
    """Return one row for each layer, from first to last."""
    rows = []
    for layer in network.layers:
        wiring = layer.connectivity
        rows.append(
            LayerSummary(
                name=layer.name,
                kind=layer.kind,
                output=layer.output,
                banks=wiring.n_banks,
                sites=wiring.sites,
                fan_in=wiring.fan_in,
                axons=0 if layer.off_chip else AXONS_PER_INPUT * wiring.fan_in,
                features=wiring.features,
                neurons=wiring.output.size,
                weights=wiring.n_banks * wiring.fan_in * wiring.features,
                multiplications=wiring.sites * wiring.fan_in * wiring.features,
            )
        )
    return rows


def network_table(network: Network) -> list[dict[str, Any]]:
    """Return the rows of `summarise_network` as plain JSON values."""
    return [{**row._asdict(), "output": str(row.output)} for row in summarise_network(network)]
