"""Compiled networks against the trained network evaluated in plain Python."""

import json

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.stateless import is_stateless
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.neurons import IDLE, RELAY
from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import ChipLimitError
from neurosyn.model.model import LayerParameters, Model
from neurosyn.network.layer import Connectivity, MapShape
from neurosyn.network.network import build_network
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from tests.compiler.stacks import stacks
from tests.networks import bind_topology

SMALL_CORE = CompileOptions(axons=32, neurons=32)


def one_chip(side, seed=0):
    topology = registry.get("topologies", "eedn_one_chip")()
    image = MapShape(side, side, 3)
    return random_model(bind_topology(topology, image, 10), seed)


@pytest.fixture(scope="module")
def one_chip_program():
    return compile_network(one_chip(32))


# The published network.


def test_one_chip_network_takes_4042_cores(one_chip_program):
    expected = [362, 512, 512, 512, 512, 256, 256, 256, 256, 256, 128, 128, 32, 32, 32]
    assert np.bincount(one_chip_program.core_layer).tolist() == expected
    assert one_chip_program.cores == 4042
    assert len(one_chip_program.layer_names) == one_chip_program.about["depth"] == 15


def test_one_chip_network_uses_the_published_neurons(one_chip_program):
    used = (one_chip_program.neuron_type != IDLE).sum(axis=1)
    assert used.sum() == 909_376
    busiest = [int(used[one_chip_program.core_layer == layer].max()) for layer in range(15)]
    assert busiest == [256, 252, 256, 256, 128, 256, 256, 256, 256, 128, 256, 64, 256, 256, 255]
    # 62² pairs of pixel and window in a channel, 12 channels, two relays each.
    assert used[one_chip_program.core_layer == 0].sum() == 62 * 62 * 12 * 2


def test_one_chip_network_is_cut_as_published(one_chip_program):
    plans = one_chip_program.about["layers"]
    assert [plan["tile"] for plan in plans[1:]] == [[2, 2] if number in (5, 10) else [1, 1] for number in range(2, 16)]
    assert [plan["copies"] for plan in plans] == [8, 2, 2, 8, 2, 2, 2, 2, 8, 2, 2, 2, 2, 2, 1]
    assert [plan["groups"] for plan in plans] == [2, 2, 2, 8, 32, 4, 4, 4, 16, 64, 8, 32, 8, 8, 8]


def test_30_by_30_network_takes_3236_cores():
    program = compile_network(one_chip(30))
    expected = [316, 450, 450, 392, 512, 196, 196, 196, 144, 256, 72, 32, 8, 8, 8]
    assert np.bincount(program.core_layer).tolist() == expected
    assert program.cores == 3236


def test_exact_copies_drop_only_neurons_without_target():
    model = one_chip(32)
    program = compile_network(model, CompileOptions(copies="exact"))
    used = program.neuron_type != IDLE
    assert np.array_equal(used, program.dest_core != NO_DESTINATION)
    # The border of the two maps before S layers reaches fewer tiles: 14² instead of 16², 6² instead of 8² a feature.
    assert used.sum() == 909_376 - 2 * 256 * (16**2 - 14**2) - 2 * 512 * (8**2 - 6**2)


def test_one_chip_program_is_sound(one_chip_program):
    program = one_chip_program
    assert is_stateless(program)
    assert len(program.crossbars) < program.cores / 4
    assert len(np.unique(program.crossbars.reshape(len(program.crossbars), -1), axis=0)) == len(program.crossbars)
    deployed = program.crossbar[program.core_layer > 0]
    pairs = program.crossbars[np.unique(deployed)]
    even = np.uint64(0x5555555555555555)
    assert not (pairs & even & (pairs >> np.uint64(1))).any()
    # Every axon has one driver at most, and every pin exactly one.
    inside = program.dest_core >= 0
    driven = program.dest_core[inside].astype(np.int64) * program.axons + program.dest_axon[inside]
    driven = np.concatenate([driven, program.input_core.astype(np.int64) * program.axons + program.input_axon])
    assert len(np.unique(driven)) == len(driven)
    assert sorted(program.dest_axon[program.dest_core == OUTPUT]) == list(range(2 * 2 * 2040))
    assert np.array_equal(np.sort(program.input_line), np.arange(32 * 32 * 12))


def test_about_is_plain_json_and_says_where_the_program_comes_from(one_chip_program):
    about = json.loads(json.dumps(one_chip_program.about))
    assert about == one_chip_program.about
    assert about["input_map"] == [32, 32, 12]
    assert about["network"]["layers"][1]["features"] == 252
    assert about["model"]["made_by"].startswith("random_model")
    assert about["options"]["copies"] == "uniform"


def test_activity_is_that_of_each_neurons_filter():
    specs = [{"kind": "transduction", "features": 3}, {"kind": "conv2d", "features": 4}, {"kind": "readout"}]
    model = random_model(build_network(specs, MapShape(3, 3, 1), 2, seed=0))
    program = compile_network(model, CompileOptions(complement=False))
    off_chip, on_chip = (parameters.activity for parameters in model.parameters)
    assert (program.activity[program.neuron_type == IDLE] == 0).all()
    for core, neuron in np.argwhere(program.dest_core == OUTPUT):
        assert program.activity[core, neuron] == on_chip[0, program.dest_axon[core, neuron] % 4]
    for line, core, axon in zip(program.input_line, program.input_core, program.input_axon, strict=True):
        relays = (program.crossbars[program.crossbar[core], axon // 64] >> np.uint64(axon % 64)) & np.uint64(1) == 1
        assert (program.neuron_type[core, relays] == RELAY).all()
        assert (program.activity[core, relays] == off_chip[0, line % 3]).all()


# By hand.


def test_two_neurons_by_hand(bind):
    """Inputs a and b; x = a − b fires from 1, y = b fires from 0: one core of two neurons, one splitter of four."""
    wiring = Connectivity(
        MapShape(1, 1, 2),
        np.array([[0, 1]], np.int32),
        np.array([[0, 1]], np.int32),
        np.zeros(1, np.int32),
        (1, 1, 1),
    )
    weights = np.array([[[1, 0], [-1, 1]]], np.int8)
    network = bind(wiring, inputs=(1, 1, 2))
    leak = np.array([[0, 1]], np.int32)
    program = compile_network(
        Model(network, (LayerParameters(weights, leak=leak),), {}), CompileOptions(axons=4, neurons=4)
    )
    assert program.cores == 2
    assert program.layer_names == ("input", "1 given")
    # Relays 0 and 1 repeat line a on axon 0, relays 2 and 3 line b on axon 1.
    assert program.crossbars[program.crossbar[0]].tolist() == [[0b01, 0b01, 0b10, 0b10]]
    assert program.dest_core[0].tolist() == [1, 1, 1, 1]
    assert program.dest_axon[0].tolist() == [0, 1, 2, 3]
    # x: +1 from a is axon 1, −1 from b is axon 2; y: +1 from b is axon 3.
    assert program.crossbars[program.crossbar[1]].tolist() == [[0b0110, 0b1000, 0, 0]]
    assert program.dest_core[1].tolist() == [OUTPUT, OUTPUT, NO_DESTINATION, NO_DESTINATION]
    assert program.dest_axon[1, :2].tolist() == [0, 1]
    types = program.neuron_types[program.neuron_type[1, :2]]
    assert types["leak"].tolist() == [0, 1]
    assert types["weights"].tolist() == [[-1, 1, 0, 0]] * 2
    assert types["threshold"].tolist() == [1, 1]
    assert program.axon_types.tolist() == [[0, 0, 0, 0], [0, 1, 0, 1]]


def test_inputs_that_no_neuron_sees_have_no_line(bind, evaluate_program, evaluate_network):
    wiring = Connectivity(
        MapShape(1, 2, 1),
        np.array([[1], [4]], np.int32),
        np.array([[0], [1]], np.int32),
        np.zeros(2, np.int32),
        (1, 1, 2),
    )
    model = random_model(bind(wiring, inputs=(1, 6, 1)))
    program = compile_network(model, SMALL_CORE)
    assert program.input_line.tolist() == [1, 4]
    frames = np.array([[0, 1, 0, 0, 0, 0], [1, 0, 1, 1, 1, 1]], bool)
    assert np.array_equal(evaluate_program(program, frames), evaluate_network(model, frames))


def test_features_that_exceed_a_core_are_divided(evaluate_program, evaluate_network):
    """24 features that each reach 3 × 3 windows need 18 copies: three features fill a core of 64 neurons."""
    specs = [
        {"kind": "conv2d", "features": 24, "kernel": 1},
        {"kind": "conv2d", "features": 24, "kernel": 3, "groups": 8},
        {"kind": "readout"},
    ]
    model = random_model(build_network(specs, MapShape(5, 5, 1), 2, seed=0))
    program = compile_network(model, CompileOptions(axons=64, neurons=64))
    first = program.about["layers"][1]
    assert (first["parts"], first["copies"], first["tile"]) == (8, 18, [1, 1])
    frames = np.random.default_rng(1).random((2, 25)) < 0.5
    assert np.array_equal(evaluate_program(program, frames), evaluate_network(model, frames))


# Any small network.


@settings(max_examples=150, deadline=None)
@given(stack=stacks(), how=st.sampled_from([{}, {"copies": "exact"}, {"pack": "tight"}]), seed=st.integers(0, 2**16))
def test_compiled_network_computes_the_same(stack, how, seed, bind, evaluate_network, evaluate_program):
    layers, inputs = stack
    model = random_model(bind(*layers, inputs=inputs), seed)
    try:
        program = compile_network(model, CompileOptions(axons=48, neurons=40, **how))
    except ChipLimitError:
        reject()
    frames = np.random.default_rng(seed).random((4, inputs.size)) < 0.5
    assert np.array_equal(evaluate_program(program, frames), evaluate_network(model, frames))
    assert (program.neuron_type != IDLE).sum(axis=1).max() <= 40


# What does not fit.


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (
            [{"kind": "conv2d", "features": 8, "kernel": 4}],
            r"layer 1 conv2d-8: a neuron sees 192 inputs, a core takes 128 .* use more groups",
        ),
        (
            [
                {"kind": "conv2d", "features": 12, "kernel": 1},
                {"kind": "conv2d", "features": 5000, "kernel": 3, "padding": 1},
            ],
            r"layer 2 conv2d-5000: an output of 1 conv2d-12 is needed by .* of its cores and takes .* neurons",
        ),
        (
            [{"kind": "conv2d", "features": 40_000, "kernel": 1}],
            r"layer 1 conv2d-40000: an output of the chip's input is needed by .* of its cores",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(specs, message):
    network = build_network([*specs, {"kind": "readout"}], MapShape(16, 16, 12), 2, seed=0)
    with pytest.raises(ChipLimitError, match=message):
        compile_network(random_model(network))


def test_progress_names_the_layers():
    said = []
    specs = [{"kind": "conv2d", "features": 4}, {"kind": "conv2d", "features": 2}, {"kind": "readout"}]
    model = random_model(build_network(specs, MapShape(6, 6, 1), 2, seed=0))
    compile_network(model, progress=lambda *state: said.append(state))
    assert said == [(1, 2, "1 conv2d-4"), (2, 2, "2 conv2d-2")]
