"""The table of cores, axons and neurons in use."""

import json

import numpy as np

from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.utilisation import summarise
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing.models import random_model


def test_table_of_a_small_network():
    """4×4 pixels; 2×2 windows without overlap of 3 features; then one window over all 2×2×3 of 5 features."""
    specs = [
        {"kind": "conv2d", "features": 3, "kernel": 2, "stride": 2},
        {"kind": "conv2d", "features": 5, "kernel": 2},
        {"kind": "readout"},
    ]
    model = random_model(build_network(specs, MapShape(4, 4, 1), 2, seed=0))
    table = summarise(compile_network(model, CompileOptions(axons=24, neurons=20)))
    json.dumps(table)
    splitter, first, last = table["layers"]
    assert [row["cores"] for row in table["layers"]] == [2, 4, 1]
    # 16 lines of two relays each fill one core of 20 neurons and 12 of another.
    assert (splitter["axons_mean"], splitter["axons_max"], splitter["neurons"], splitter["neurons_max"]) == (
        8,
        10,
        32,
        20,
    )
    # A tile of 2×2 windows would need 32 axons and 24 neurons.
    assert (first["axons_mean"], first["neurons"], first["bound"]) == (8, 4 * 6, ["axons", "neurons"])
    assert (first["tile"], first["copies"], first["groups"], first["parts"]) == ([1, 1], 2, 1, 1)
    assert (last["axons_max"], last["neurons_mean"], last["copies"], last["bound"]) == (24, 5, 1, [])
    weights = model.parameters[1].weights
    assert last["synapses"] == np.count_nonzero(weights)
    assert last["density"] == np.count_nonzero(weights) / (24 * 20)
    total = table["total"]
    assert (total["cores"], total["input_lines"], total["pins"], total["depth"]) == (7, 16, 5, 3)
    assert total["neurons"] == 32 + 24 + 5
    assert total["synapses"] == sum(row["synapses"] for row in table["layers"])


def test_table_of_a_raw_program():
    program = Program(
        axons=2,
        neurons=2,
        crossbars=np.array([[[1, 3]]], np.uint64),
        crossbar=np.zeros(2, np.int32),
        axon_types=np.zeros((2, 2), np.uint8),
        neuron_types=np.zeros(1, NEURON_TYPE),
        neuron_type=np.zeros((2, 2), np.int32),
        initial_potential=np.zeros((2, 2), np.int32),
        dest_core=np.array([[1, NO_DESTINATION], [OUTPUT, 1]], np.int32),
        dest_axon=np.zeros((2, 2), np.int32),
        delay=np.ones((2, 2), np.uint8),
        seeds=np.ones(2, np.uint32),
        input_core=np.array([0], np.int32),
        input_axon=np.array([1], np.int32),
        pins=1,
        pin_class=np.array([-1], np.int32),
        layer_names=("cores",),
        core_layer=np.zeros(2, np.int32),
        activity=np.ones((2, 2), np.float32),
    )
    (row,) = summarise(program)["layers"]
    assert (row["axons_mean"], row["neurons"], row["synapses"], row["density"]) == (1, 4, 6, 6 / 8)
    assert row["tile"] is None
    assert summarise(program)["total"]["depth"] is None
