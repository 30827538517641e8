"""Lower bounds on the cores of a layer, for any mapping.

The bounds hold for every program in which a core that computes a neuron receives all inputs of its site, an input takes
two axons in each core that it enters, and a neuron drives one axon. They are derived from the last layer to the first:

- an element of a map enters at least as many cores as are needed for the neurons of all sites that use it, and as are
  needed for the inputs of these sites, where a core holds one input less beside the element itself;
- for each of these cores the element takes two axons there and two neurons in the layer before; an output pin takes
  one neuron;
- at most one axon of a pair has a synapse with a neuron.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.compiler.options import CompileOptions
from neurosyn.network.layer import AXONS_PER_INPUT, Connectivity
from neurosyn.network.network import Network

__all__ = ["Demand", "find_demands"]


@dataclass(frozen=True)
class Demand:
    """Least number of axons, neurons and synapses of a layer, over all its cores."""

    axons: int
    neurons: int
    synapses: int


def find_demands(network: Network, weights: list[NDArray[np.int8]], options: CompileOptions) -> list[Demand]:
    """Return the demands of the splitters and of each on-chip layer.

    Parameters
    ----------
    network
    weights : list of int8 arrays (banks, fan_in, features)
        Of the on-chip layers.
    options
        Axons and neurons of a core.
    """
    layers = network.on_chip
    copies = np.ones(layers[-1].output.size, np.int64)
    demands: list[Demand] = []
    for layer, layer_weights in zip(reversed(layers), reversed(weights), strict=True):
        wiring = layer.connectivity
        needed = copies[wiring.outputs]
        synapses = np.count_nonzero(layer_weights, axis=1)[wiring.banks]
        entered = _cores_entered(wiring, layer.inputs.size, needed.sum(axis=1), options)
        copies = AXONS_PER_INPUT * entered
        demands.append(Demand(int(copies.sum()), int(needed.sum()), int((needed * synapses).sum())))
    relays = int(copies.sum())
    demands.append(Demand(int(np.count_nonzero(copies)), relays, relays))
    return demands[::-1]


def _cores_entered(
    wiring: Connectivity, inputs: int, neurons: NDArray[np.int64], options: CompileOptions
) -> NDArray[np.int64]:
    """Return the least number of cores that each input of a layer enters; `neurons` (sites,) counts those of a site."""
    site, column = np.nonzero((wiring.inputs >= 0) & (neurons > 0)[:, None])
    element = wiring.inputs[site, column]
    of_neurons = np.zeros(inputs, np.int64)
    np.add.at(of_neurons, element, neurons[site])
    order = np.argsort(element, kind="stable")
    first = np.searchsorted(element[order], np.arange(inputs + 1))
    site = site[order]
    entered = -(-of_neurons // options.neurons)
    # Elements that the same sites use, such as the channels of a position, are computed once.
    others = options.axons // AXONS_PER_INPUT - 1
    known: dict[bytes, int] = {}
    for number in range(inputs):
        seen_by = site[first[number] : first[number + 1]]
        if not len(seen_by):
            continue
        key = seen_by.tobytes()
        if key not in known:
            union = np.unique(wiring.inputs[seen_by])
            beside = len(union) - int(union[0] < 0) - 1
            known[key] = -(-beside // others) if others else 1
        entered[number] = max(entered[number], known[key], 1)
    return entered
