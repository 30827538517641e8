"""Complements of filters that spike often: the same outputs with fewer spikes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.complement import complement_filters
from neurosyn.compiler.fold import fold
from neurosyn.compiler.options import CompileOptions
from neurosyn.formats.program_file import load_program, save_program
from neurosyn.model.inference import infer, transduce
from neurosyn.model.model import LayerParameters, Model
from neurosyn.network.layer import Connectivity, MapShape
from neurosyn.network.network import build_network
from neurosyn.testing.models import random_model

LINE = MapShape(1, 3, 1)


def dense(features, inputs, rows):
    """A layer of one site for each row of `inputs`, all with the same weights."""
    sites = len(rows)
    outputs = np.arange(sites * features, dtype=np.int32).reshape(sites, features)
    return Connectivity(
        MapShape(1, sites, features), np.array(rows, np.int32), outputs, np.zeros(sites, np.int32), (1, 1, sites)
    )


@pytest.fixture
def two_layers(bind):
    """Three inputs; a filter at each; a filter that sees a neighbour on either side, of which one is the rim."""
    network = bind(dense(1, LINE, [[0], [1], [2]]), dense(1, LINE, [[-1, 0, 1], [0, 1, 2]]), inputs=LINE)

    def model(first_activity, second_activity=0.9):
        weights = (np.array([[[1]]], np.int8), np.array([[[1], [-1], [1]]], np.int8))
        parameters = [
            LayerParameters(weight, leak=np.array([[leak]], np.int32), activity=np.array([[activity]], np.float32))
            for weight, leak, activity in zip(weights, (0, 1), (first_activity, second_activity), strict=True)
        ]
        return Model(network, tuple(parameters), {"kind": "none"})

    return model


def test_a_complement_by_hand(two_layers):
    """The first filter spikes iff u ≥ 1; its complement iff −u + 1 ≥ 1. The sums above get −w and the leak 1 + Σ w."""
    first, second = complement_filters(two_layers(0.7)).layers
    assert first.weights.ravel().tolist() == [-1]
    assert first.leak.ravel().tolist() == [1, 1, 1]
    assert first.activity.item() == pytest.approx(0.3)
    assert second.weights.ravel().tolist() == [-1, 1, -1]
    # At the rim the input outside the map never spikes: −1 + 1 of the two others. Inside: 1 − 1 + 1.
    assert second.leak.ravel().tolist() == [1, 2]
    assert second.activity.item() == pytest.approx(0.9)


def test_filters_that_spike_rarely_or_are_the_answer_stay(two_layers):
    model = two_layers(0.5)
    on_chip = complement_filters(model)
    assert on_chip.filters == (0, 2)
    assert not on_chip.complemented.any()
    for layer, parameters in zip(on_chip.layers, model.parameters, strict=True):
        assert layer.weights is parameters.weights
        assert (layer.leak == parameters.leak.item()).all()


def test_filters_of_unknown_activity_stay(two_layers):
    model = two_layers(0.7)
    unknown = replace(model, parameters=tuple(replace(p, activity=None) for p in model.parameters))
    assert complement_filters(unknown).filters == (0, 2)


def test_sites_that_share_weights_get_their_inputs_alike(bind):
    """Of two filters one spikes often; a shared weight that sees one here and the other there cannot change sign."""
    inputs = MapShape(1, 2, 1)
    first = dense(2, inputs, [[0], [1]])
    second = dense(1, first.output, [[0, 1], [1, 2]])
    network = bind(first, second, inputs=inputs)
    rng = np.random.default_rng(0)
    parameters = [
        LayerParameters(
            rng.choice(np.array([-1, 1], np.int8), (1, layer.connectivity.fan_in, layer.connectivity.features)),
            leak=np.zeros((1, layer.connectivity.features), np.int32),
            activity=np.array([activity], np.float32),
        )
        for layer, activity in zip(network.layers, ([0.2, 0.9], [0.5]), strict=True)
    ]
    assert complement_filters(Model(network, tuple(parameters), {"kind": "none"})).filters == (0, 3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), padding=st.integers(0, 2), groups=st.sampled_from([1, 2]))
def test_complements_before_and_on_the_chip_keep_every_output(seed, padding, groups, evaluate_program):
    specs = [
        {"kind": "transduction", "features": 4},
        {"kind": "conv2d", "features": 6, "kernel": 3, "padding": padding, "groups": groups},
        {"kind": "conv2d", "features": 4, "kernel": 2},
        {"kind": "readout"},
    ]
    model = random_model(build_network(specs, MapShape(5, 4, 2), 2, seed=0), seed)
    images = np.random.default_rng(seed).normal(size=(4, 5, 4, 2)).astype(np.float32)
    bits = transduce(model, images)
    answers = infer(model, bits)
    plain = compile_network(model, CompileOptions(axons=96, neurons=96, complement=False))
    program = compile_network(model, CompileOptions(axons=96, neurons=96))
    assert not plain.input_inverted.any()
    assert np.array_equal(evaluate_program(plain, bits), answers)
    assert np.array_equal(evaluate_program(program, bits), answers)
    often = sum(int((p.activity > 0.5).sum()) for p in model.parameters[:-1])
    assert program.about["complemented_filters"] == often
    assert np.array_equal(program.lines_of(bits), (bits[:, program.input_line] != 0) ^ program.input_inverted)


def test_a_program_file_keeps_inverted_lines(tmp_path):
    specs = [{"kind": "transduction", "features": 4}, {"kind": "conv2d", "features": 4}, {"kind": "readout"}]
    model = random_model(build_network(specs, MapShape(4, 4, 1), 2, seed=0), 1)
    program = compile_network(fold(model), CompileOptions(axons=96, neurons=96))
    save_program(program, tmp_path / "p.npz")
    assert program.input_inverted.any()
    assert np.array_equal(load_program(tmp_path / "p.npz").input_inverted, program.input_inverted)
