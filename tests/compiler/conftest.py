"""A compiled network and the trained network, each evaluated in plain Python."""

import numpy as np
import pytest

from neurosyn.model.model import NORMALISATION_EPSILON
from neurosyn.network.layer import Layer, MapShape
from neurosyn.network.network import BoundLayer, Network
from neurosyn.testing.reference import ReferenceChip


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
    """Output pins of each frame on the reference chip; frames follow each other tick by tick."""
    chip, depth = ReferenceChip(program), program.about["depth"]
    pins = np.zeros((len(frames), program.pins), bool)
    for tick in range(len(frames) + depth):
        frame = frames[tick] if tick < len(frames) else np.zeros(program.input_line.max(initial=0) + 1)
        fired = chip.tick(np.flatnonzero(program.lines_of(frame)))
        if tick >= depth:
            pins[tick - depth, chip.outputs(fired)] = True
        assert not any(any(potentials) for potentials in chip.potential), "a compiled neuron keeps no potential"
    assert chip.collisions == 0, "two neurons drive one axon"
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
