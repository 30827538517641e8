"""A compiled network and the trained network, each evaluated in plain Python from its own definition."""

import numpy as np
import pytest

from neurosyn.chip.program import OUTPUT
from neurosyn.network.layer import Layer, MapShape
from neurosyn.network.network import BoundLayer, Network
from neurosyn.training.model import NORMALISATION_EPSILON


class GivenWiring(Layer):
    """A layer whose connectivity a test wrote by hand or drew."""

    def connect(self, inputs):
        raise AssertionError("bound by hand")


def _bind(*wirings, inputs):
    layers, shape = [], MapShape(*inputs)
    for number, wiring in enumerate(wirings, start=1):
        wiring.check(shape, f"layer {number}")
        layers.append(BoundLayer(f"{number} given", "given", GivenWiring(), shape, wiring))
        shape = wiring.output
    return Network(MapShape(*inputs), 2, 0, (), tuple(layers), np.arange(shape.size, dtype=np.int32) % 2)


def _evaluate_network(model, frames):
    """Spikes of the last layer, from sums, μ, σ and b of the trained model."""
    results = []
    for frame in frames:
        spikes = [bool(bit) for bit in frame]
        for layer, parameters in zip(model.network.layers, model.parameters, strict=True):
            wiring, norm = layer.connectivity, parameters.normalisation
            after = [False] * wiring.output.size
            for site in range(wiring.sites):
                bank = wiring.banks[site]
                for feature, output in enumerate(wiring.outputs[site]):
                    total = sum(
                        int(parameters.weights[bank, k, feature])
                        for k, element in enumerate(wiring.inputs[site])
                        if element >= 0 and spikes[element]
                    )
                    at = (bank, feature)
                    r = (total - norm.mean[at]) / (norm.std[at] + NORMALISATION_EPSILON) + norm.bias[at]
                    after[output] = bool(r >= 0)
            spikes = after
        results.append(spikes)
    return np.array(results)


def _evaluate_program(program, frames):
    """Output pins of each frame; frames follow each other tick by tick, spikes are followed one by one."""
    depth = program.about["depth"]
    columns = {}
    for core in range(program.cores):
        for neuron in range(program.neurons):
            kind = program.neuron_types[program.neuron_type[core, neuron]]
            crossbar = program.crossbars[program.crossbar[core]]
            axons = [a for a in range(program.axons) if int(crossbar[a // 64, neuron]) >> (a % 64) & 1]
            columns[core, neuron] = kind, {a: int(kind["weights"][program.axon_types[core, a]]) for a in axons}
    potential = dict.fromkeys(columns, 0)
    waiting = {}
    pins = np.zeros((len(frames), program.pins), bool)
    for tick in range(len(frames) + depth - 1):
        active = waiting.pop(tick, set())
        if tick < len(frames):
            for core, axon, line in zip(program.input_core, program.input_axon, program.input_line, strict=True):
                if frames[tick][line]:
                    active.add((int(core), int(axon)))
        for (core, neuron), (kind, weights) in columns.items():
            v = potential[core, neuron] + sum(w for axon, w in weights.items() if (core, axon) in active)
            v += int(kind["leak"])
            fired = v >= kind["threshold"]
            if fired:
                v = int(kind["reset"])
            elif v < -kind["negative_threshold"]:
                assert kind["negative_saturation"]
                v = -int(kind["negative_threshold"])
            potential[core, neuron] = v
            assert v == 0, "a compiled neuron keeps no potential"
            target, axon = int(program.dest_core[core, neuron]), int(program.dest_axon[core, neuron])
            frame = tick - depth + 1  # neurons with a positive leak fire before the first frame is through
            if fired and target == OUTPUT and frame >= 0:
                pins[frame, axon] = True
            elif fired and target >= 0:
                arrived = waiting.setdefault(tick + int(program.delay[core, neuron]), set())
                assert (target, axon) not in arrived, "two neurons drive one axon"
                arrived.add((target, axon))
    return pins


@pytest.fixture(scope="session")
def bind():
    """Bind connectivities to a network: bind(wiring, …, inputs=(height, width, channels))."""
    return _bind


@pytest.fixture(scope="session")
def evaluate_network():
    return _evaluate_network


@pytest.fixture(scope="session")
def evaluate_program():
    return _evaluate_program
