"""Trainers ``ridge`` and ``logistic``: what scikit-learn finds, in trinary weights."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.trainers.readout import Logistic, Ridge, _neurons

from neurosyn.data.dataset import Split
from neurosyn.errors import DataError, ScenarioError
from neurosyn.model.inference import infer, predict, transduce
from neurosyn.model.model_file import load_model, save_model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing import check_trainer
from neurosyn.training.trainer import TrainingContext, TrainingData
from tests.plugins.trainers.thirds import draw_thirds

LAYERS = [
    {"kind": "transduction", "features": 64, "kernel": 6, "padding": 0},
    {"kind": "conv2d", "features": 120, "kernel": 1},
    {"kind": "conv2d", "features": 240, "kernel": 1},
    {"kind": "readout"},
]


def make_data(encoder, seed=0):
    return TrainingData(draw_thirds(400, seed, 60), None, encoder, {"kind": "plain"})


@pytest.fixture(scope="module")
def network():
    return build_network(LAYERS, MapShape(6, 6, 2), 3, 1)


def accuracy(model, data):
    outputs = infer(model, transduce(model, data.encoder.encode(data.train.images)))
    return (predict(model.network, outputs) == data.train.labels).mean()


@pytest.mark.parametrize("trainer", [Ridge(), Logistic()], ids=["ridge", "logistic"])
def test_learns_and_tells_what_it_loses(trainer, network, plain_encoder, tmp_path, chip_outputs):
    data = make_data(plain_encoder)
    model = trainer.train(network, data, TrainingContext(tmp_path, 5))
    assert model.provenance["accuracy_trinary"] == accuracy(model, data)
    assert model.provenance["accuracy_real"] >= model.provenance["accuracy_trinary"] - 0.05
    unseen = make_data(plain_encoder, seed=1)
    assert accuracy(model, unseen) > 0.8
    bits = transduce(model, plain_encoder.encode(unseen.train.images[:30]))
    np.testing.assert_array_equal(chip_outputs(model, bits), infer(model, bits))
    again = trainer.train(network, data, TrainingContext(tmp_path, 5))
    np.testing.assert_array_equal(again.parameters[-1].weights, model.parameters[-1].weights)
    np.testing.assert_array_equal(again.parameters[-1].leak, model.parameters[-1].leak)


@pytest.mark.parametrize("trainer", [Ridge, Logistic])
def test_keeps_the_contract_also_with_two_classes(trainer):
    check_trainer(trainer)


def test_neurons_count_the_decision():
    """Weights that are trinary already: the sum is the decision, and the more neurons spike the larger it is."""
    rng = np.random.default_rng(0)
    seen = rng.integers(0, 2, (2000, 40)).astype(np.float32)
    real = np.zeros((40, 2))
    real[:10], real[10:20] = (1, -1), (-1, 1)
    decisions = seen @ real
    weights, threshold = _neurons(seen, real, decisions, np.repeat(np.int32([0, 1]), 20), cut=1.0)
    expected = np.repeat(real.astype(np.int8), 20, axis=1)
    # Whatever its offset, no neuron misses an input.
    np.testing.assert_array_equal(weights[:20], expected[:20])
    spikes = (seen @ weights >= threshold)[:, :20].sum(axis=1)
    means = [spikes[decisions[:, 0] == value].mean() for value in range(-4, 5)]
    assert (np.diff(means) > 0).all(), "the larger the decision, the more neurons spike"


def test_a_class_that_never_came_is_never_chosen(plain_encoder, tmp_path):
    network = build_network(LAYERS, MapShape(6, 6, 2), 5, 1)
    model = Logistic().train(network, make_data(plain_encoder), TrainingContext(tmp_path, 5))
    outputs = infer(model, transduce(model, plain_encoder.encode(make_data(plain_encoder, 1).train.images)))
    assert set(predict(network, outputs)) == {0, 1, 2}


def test_given_features_stay_as_they_are(network, plain_encoder, tmp_path):
    data = make_data(plain_encoder)
    first = Ridge().train(network, data, TrainingContext(tmp_path, 5))
    path = tmp_path / "given.safetensors"
    save_model(first, path)
    second = Logistic(features=str(path)).train(network, data, TrainingContext(tmp_path, 99))
    for ours, theirs in zip(first.parameters[:-1], second.parameters[:-1], strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
    save_model(second, path)
    assert accuracy(load_model(path), data) == second.provenance["accuracy_trinary"]
    other = build_network(LAYERS, MapShape(6, 6, 2), 3, 2)
    with pytest.raises(DataError, match="wired by another seed"):
        Ridge(features=str(path)).train(other, data, TrainingContext(tmp_path, 5))
    narrow = build_network([*LAYERS[:-2], {**LAYERS[-2], "features": 60}, LAYERS[-1]], MapShape(6, 6, 2), 3, 1)
    with pytest.raises(DataError, match="holds another network"):
        Ridge(features=str(path)).train(narrow, data, TrainingContext(tmp_path, 5))


def test_positions_and_groups_of_a_convolution_vote(plain_encoder, tmp_path):
    layers = [
        {"kind": "transduction", "features": 16},
        {"kind": "conv2d", "features": 48, "kernel": 2, "stride": 2, "groups": 2},
        {"kind": "readout"},
    ]
    data = make_data(plain_encoder)
    network = build_network(layers, MapShape(6, 6, 2), 3, 1)
    model = Logistic().train(network, data, TrainingContext(tmp_path, 5))
    # A position sees a third of the image alone, and does not know which: better than chance is all it can be.
    assert model.provenance["accuracy_trinary"] > 0.4
    assert model.parameters[-1].weights.shape == (2, 32, 24)


def test_data_that_cannot_be_learnt_is_refused(network, plain_encoder, tmp_path):
    data = make_data(plain_encoder)
    one = TrainingData(data.train.take(np.flatnonzero(data.train.labels == 1)), None, plain_encoder, {})
    with pytest.raises(DataError, match="of at least two"):
        Ridge().train(network, one, TrainingContext(tmp_path, 0))
    many = Split(data.train.images, data.train.labels + np.int32(1))
    with pytest.raises(DataError, match="reach from 1 to 3"):
        Ridge().train(network, TrainingData(many, None, plain_encoder, {}), TrainingContext(tmp_path, 0))


def test_a_readout_that_differs_between_positions_is_refused(network, plain_encoder, tmp_path):
    from dataclasses import replace

    wide = build_network(
        [LAYERS[0] | {"kernel": 5}, LAYERS[1], {"kind": "conv2d", "features": 6, "kernel": 1}, LAYERS[-1]],
        MapShape(6, 6, 2),
        3,
        1,
    )
    shuffled = replace(wide, readout=np.roll(wide.readout.reshape(4, 6), 1, axis=0).ravel())
    shuffled.readout.reshape(4, 6)[0] = shuffled.readout.reshape(4, 6)[0][::-1].copy()
    with pytest.raises(ScenarioError, match="different classes at different positions"):
        Ridge().train(shuffled, make_data(plain_encoder), TrainingContext(tmp_path, 0))
