"""Trainer ``tea``: gradients, sampling, copies, resuming, and the chip."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.trainers.compute.kernels import numpy_kernels
from neurosyn_plugins.trainers.tea import Tea
from neurosyn_plugins.trainers.tea.layer import LEAK_VARIANCE, ChanceLayer
from neurosyn_plugins.trainers.tea.sampling import sample_leaks, sample_weights
from neurosyn_plugins.trainers.tea.training import Training
from scipy.special import ndtr

from neurosyn import SpikingClassifier
from neurosyn.data.dataset import Split
from neurosyn.errors import DataError
from neurosyn.model.inference import class_scores, infer, predict, transduce
from neurosyn.model.model_file import load_model, save_model
from neurosyn.model.wiring import wire_layers
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing import check_trainer
from neurosyn.training.trainer import TrainingContext, TrainingData
from tests.plugins.trainers.thirds import draw_thirds

LAYERS = [
    {"kind": "transduction", "features": 12},
    {"kind": "conv2d", "features": 48, "kernel": 2, "stride": 2, "groups": 2},
    {"kind": "conv2d", "features": 60, "kernel": 3, "groups": 4},
    {"kind": "readout"},
]


def make_data(encoder, seed=0):
    split = draw_thirds(300, seed, 50)
    return TrainingData(split.take(slice(0, -60)), split.take(slice(-60, None)), encoder, {"kind": "plain"})


@pytest.fixture(scope="module")
def network():
    return build_network(LAYERS, MapShape(6, 6, 2), 3, 1)


@pytest.fixture
def chance_layer():
    """Two groups of a convolution with zeros round it, and probabilities to feed it, in float64."""
    specs = [{"kind": "conv2d", "features": 6, "kernel": 3, "padding": 1, "groups": 2}, {"kind": "readout"}]
    wiring = wire_layers(build_network(specs, MapShape(3, 3, 4), 3, 0).layers)[0]
    rng = np.random.default_rng(1)
    layer = ChanceLayer(wiring, rng.uniform(-1, 1, (2, wiring.fan_in, 3)), rng.normal(0, 1, (2, 3)), numpy_kernels())
    source = np.vstack([rng.uniform(0, 1, (36, 5)), np.zeros((1, 5))])
    return layer, source, rng.normal(0, 1, (wiring.size, 5))


def test_forward_is_the_published_formula(chance_layer):
    layer, source, _ = chance_layer
    output = layer.forward(source)
    for bank in layer.wiring.banks:
        site, image, feature = 4, 2, 1
        h, x = layer.weights[bank.number][:, feature], source[bank.index[:, site], image]
        variance = sum(abs(a) * b * (1 - abs(a) * b) for a, b in zip(h, x, strict=True)) + LEAK_VARIANCE
        mean = h @ x + layer.bias[bank.number, feature]
        row = bank.first + feature * bank.sites + site
        assert output[row, image] == pytest.approx(ndtr(mean / np.sqrt(variance)), rel=1e-5)
    assert not output[-1].any()


def test_gradients_are_the_differences(chance_layer):
    layer, source, direction = chance_layer

    def objective():
        # float64 all the way: `forward` keeps its result in float32.
        total = 0.0
        for bank in layer.wiring.banks:
            _, mean, variance = layer._moments(bank, source)
            total += float((ndtr(mean / np.sqrt(variance)) * direction[bank.rows].reshape(bank.features, -1)).sum())
        return total

    layer.forward(source)
    gradient = np.vstack([direction, np.zeros((1, 5))])
    before = layer.backward(source, gradient, wanted=True)
    rng = np.random.default_rng(2)
    for array, found in (
        (layer.weights, layer.weight_gradient),
        (layer.bias, layer.bias_gradient),
        (source[:-1], before[:-1]),
    ):
        for _ in range(6):
            at = tuple(rng.integers(0, size) for size in array.shape)
            kept, step = array[at], 1e-5
            array[at] = kept + step
            above = objective()
            array[at] = kept - step
            below = objective()
            array[at] = kept
            assert found[at] == pytest.approx((above - below) / (2 * step), rel=1e-3, abs=1e-5)


def test_p_is_how_often_sampled_neurons_spike(chance_layer):
    """20,000 draws of synapses, leaks and inputs: the mean of the spikes is p but for the central limit theorem."""
    layer, source, _ = chance_layer
    bank = layer.wiring.banks[0]
    rng, draws = np.random.default_rng(3), 20_000
    h, beta = layer.weights[0][:, 0], layer.bias[0, 0]
    x = source[bank.index[:, 4], 0]
    weights = sample_weights(np.tile(h.astype(np.float32), (draws, 1)), rng)
    spikes = rng.random((draws, len(x))) < x
    leaks = sample_leaks(np.full(draws, beta, np.float32), rng)
    share = ((weights * spikes).sum(axis=1) + leaks >= 1).mean()
    assert layer.forward(source)[bank.first + 4, 0] == pytest.approx(share, abs=0.03)


def test_sampled_weights_match_their_probabilities():
    """4,000 draws of 200 synapses: each share within 5 standard deviations, χ² over all within its 1e-6 tails."""
    rng, draws = np.random.default_rng(4), 4000
    hidden = rng.uniform(-1, 1, 200).astype(np.float32)
    hidden[:3] = (0, 1, -1)
    weights = sample_weights(np.tile(hidden, (draws, 1)), rng)
    assert weights.dtype == np.int8
    assert not weights[:, 0].any()
    assert (weights[:, 1] == 1).all()
    assert (weights[:, 2] == -1).all()
    assert (weights * np.sign(hidden) >= 0).all(), "the sign is never another"
    p = np.abs(hidden[3:].astype(np.float64))
    deviation = (np.abs(weights[:, 3:]).mean(axis=0) - p) / np.sqrt(p * (1 - p) / draws)
    assert np.abs(deviation).max() < 5
    assert 110 < np.square(deviation).sum() < 307  # χ² of 197 degrees of freedom, 1e-6 on either side


def test_sampled_leaks_are_the_neighbours_and_right_in_the_mean():
    rng = np.random.default_rng(5)
    bias = np.float32([0, 0.5, -1.25, 2.2])
    leaks = sample_leaks(np.tile(bias, (40_000, 1)), rng)
    np.testing.assert_allclose(leaks.mean(axis=0), bias + 0.5, atol=0.015)
    assert set(leaks[:, 1]) == {1}, "a mean that is an integer leaves no choice"
    assert set(leaks[:, 2]) == {-1, 0}


def test_learns_and_copies_bring_it_nearer_to_its_probabilities(network, plain_encoder, tmp_path, chip_outputs):
    data, unseen = make_data(plain_encoder), make_data(plain_encoder, 1).train
    encoded = plain_encoder.encode(unseen.images)
    found, scores = {}, {}
    for copies in (1, 4, 16):
        # The folder is common: training is the same, only the sampling differs.
        model = Tea(epochs=6, batch=20, copies=copies).train(network, data, TrainingContext(tmp_path, 7))
        bits = transduce(model, encoded)
        outputs = infer(model, bits)
        assert model.network.copies == copies
        if copies == 4:
            np.testing.assert_array_equal(chip_outputs(model, bits[:10]), outputs[:10])
        found[copies] = (predict(model.network, outputs) == unseen.labels).mean()
        scores[copies] = class_scores(model.network, outputs)
    training = Training(Tea(epochs=6, batch=20), network, data, TrainingContext(tmp_path, 7))
    assert training._checkpoint().load(training._state, 6, training.steps).epoch == 6
    expected = training._scores(training._forward(encoded)[-1]).T
    error = {copies: np.square(own - expected).mean() for copies, own in scores.items()}
    assert error[16] < error[4] < error[1]
    assert found[16] > 0.8
    # Fewer than one frame in fifty lost: 240 frames, so that chance is about one frame in fifty.
    assert found[16] >= found[4] - 0.02 >= found[1] - 0.04


def test_every_copy_is_drawn_anew_from_the_same_probabilities(network, plain_encoder, tmp_path):
    data = make_data(plain_encoder)
    model = Tea(epochs=1, copies=3).train(network, data, TrainingContext(tmp_path, 7))
    for own in model.parameters[1:]:
        first, second, third = np.split(own.weights, 3)
        assert (first != second).any()
        assert (second != third).any()
        hidden = np.split(own.hidden, 3)
        np.testing.assert_array_equal(hidden[0], hidden[2])
        assert ((own.weights == 0) | (np.sign(own.hidden) == own.weights)).all()
    assert model.parameters[0].leak is None
    save_model(model, tmp_path / "m.safetensors")
    bits = transduce(model, plain_encoder.encode(data.validation.images))
    np.testing.assert_array_equal(infer(load_model(tmp_path / "m.safetensors"), bits), infer(model, bits))


def test_goes_on_after_an_interruption_to_the_same_model(network, plain_encoder, tmp_path, monkeypatch):
    data, trainer = make_data(plain_encoder), Tea(epochs=3, batch=50, copies=2)
    whole = trainer.train(network, data, TrainingContext(tmp_path / "whole", 7))
    step, steps = Training._step, []

    def stop(self, *arguments):
        steps.append(1)
        if len(steps) == 7:
            raise KeyboardInterrupt
        return step(self, *arguments)

    monkeypatch.setattr(Training, "_step", stop)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(network, data, TrainingContext(tmp_path / "cut", 7))
    resumed = trainer.train(network, data, TrainingContext(tmp_path / "cut", 7))
    assert len(steps) == 7 + 2 * 4, "the first epoch was kept"
    for ours, theirs in zip(whole.parameters, resumed.parameters, strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
    assert resumed.provenance == whole.provenance


def test_a_damaged_checkpoint_is_refused(network, plain_encoder, tmp_path):
    data, trainer = make_data(plain_encoder), Tea(epochs=1)
    trainer.train(network, data, TrainingContext(tmp_path, 7))
    (path,) = tmp_path.glob("checkpoint-*.safetensors")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"is not a usable checkpoint .* delete it"):
        trainer.train(network, data, TrainingContext(tmp_path, 7))


def test_begins_with_a_model(network, plain_encoder, tmp_path):
    data = make_data(plain_encoder)
    first = Tea(epochs=4, batch=20, copies=8).train(network, data, TrainingContext(tmp_path / "a", 7))
    start = TrainingContext(tmp_path / "b", 8, start=first)
    second = Tea(epochs=1, batch=20, rate=1e-9).train(network, data, start)
    np.testing.assert_allclose(second.parameters[1].hidden, first.parameters[1].hidden[:2], atol=1e-5)
    assert second.provenance["accuracy_expected"] == pytest.approx(first.provenance["accuracy_expected"], abs=0.1)
    other = build_network(LAYERS, MapShape(6, 6, 2), 3, 2)
    with pytest.raises(DataError, match="has another network"):
        Tea().train(other, data, TrainingContext(tmp_path, 8, start=first))


def test_keeps_the_contract():
    check_trainer(Tea, {"copies": 2})


def test_labels_that_cannot_be_learnt_are_refused(network, plain_encoder, tmp_path):
    data = make_data(plain_encoder)
    one = TrainingData(data.train.take(slice(0, 1)), None, plain_encoder, {})
    with pytest.raises(DataError, match="1 training images"):
        Tea().train(network, one, TrainingContext(tmp_path, 0))
    beyond = Split(data.train.images, data.train.labels + np.int32(1))
    with pytest.raises(DataError, match="from 1 to 3"):
        Tea().train(network, TrainingData(beyond, None, plain_encoder, {}), TrainingContext(tmp_path, 0))


def test_partial_fit_and_warm_start():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 240)
    X = rng.normal(0, 1, (240, 6))
    X[np.arange(240), y] += 3
    table = {"kind": "dense", "inputs": 24, "hidden": [], "outputs": 60}
    classifier = SpikingClassifier(table, trainer={"kind": "tea", "copies": 4, "batch": 20}, random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier.partial_fit(X, y)
    scores = []
    for _ in range(8):
        classifier.partial_fit(X[:120], y[:120], classes=[0, 1, 2])
        scores.append(classifier.score(X[120:], y[120:]))
    assert scores[-1] > 0.85
    assert scores[-1] > scores[0]
    assert classifier.n_trainings_ == 8
    assert len(classifier.history_) == 1
    with pytest.raises(ValueError, match="has the class 5"):
        classifier.partial_fit(X, y + 5)
    with pytest.raises(ValueError, match="are not those of the first call"):
        classifier.partial_fit(X, y, classes=[0, 1])
    again = SpikingClassifier(**classifier.get_params(deep=False))
    for _ in range(8):
        again.partial_fit(X[:120], y[:120], classes=[0, 1, 2])
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))

    low = classifier.input_low_.copy()
    classifier.set_params(warm_start=True, trainer__epochs=1, trainer__rate=1e-6)
    assert classifier.fit(2 * X, y).score(X, y) > 0.8
    np.testing.assert_array_equal(classifier.input_low_, low)
    with pytest.raises(ValueError, match="warm_start: y has the classes"):
        classifier.fit(X, y % 2)
    with pytest.raises(ValueError, match="topology or encoder have changed"):
        classifier.set_params(topology__inputs=12).fit(X, y)
