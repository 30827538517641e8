"""`SpikingClassifier` keeps scikit-learn's rules, and its predictions are those of the chip."""

from __future__ import annotations

import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from neurosyn import SpikingClassifier
from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import PluginError
from neurosyn.model.inference import infer, predict
from neurosyn.registry import registry

QUICK = {
    "topology": {"kind": "dense", "inputs": 24, "hidden": [], "outputs": 60},
    "trainer": {"kind": "eedn", "epochs": 20, "batch": 20, "parts": 1},
}
"""A small network and a short training."""

EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": "repeated samples make other batches than weighted ones",
}
"""Checks of scikit-learn that do not apply, with the reason."""


@pytest.fixture(scope="module")
def iris():
    return train_test_split(*load_iris(return_X_y=True), random_state=0)


@pytest.fixture(scope="module")
def digits():
    """Handwritten digits 0, 1 and 2 as images (n, 8, 8) with values 0 … 16."""
    data = load_digits(n_class=3)
    return train_test_split(data.images, data.target, random_state=0)


@pytest.fixture(scope="module")
def fitted(iris):
    return SpikingClassifier(**QUICK, random_state=0).fit(iris[0], iris[2])


@pytest.mark.filterwarnings("ignore:Can't check dok sparse matrix", "ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([SpikingClassifier(**QUICK)], expected_failed_checks=lambda _: EXCEPTIONS)
def test_conforms_to_scikit_learn(estimator, check):
    check(estimator)


def test_learns_feature_vectors_as_it_comes(iris):
    X, X_test, y, y_test = iris
    classifier = SpikingClassifier(random_state=0).fit(X, np.array(["a", "b", "c"])[y])
    assert classifier.score(X_test, np.array(["a", "b", "c"])[y_test]) > 0.9
    assert classifier.classes_.tolist() == ["a", "b", "c"]
    assert classifier.n_features_in_ == 4
    assert [entry["epoch"] for entry in classifier.history_] == list(range(1, len(classifier.history_) + 1))


def test_learns_images_in_either_layout(digits):
    X, X_test, y, y_test = digits
    common = {"encoder": "unit", "trainer": QUICK["trainer"], "random_state": 1}
    images = SpikingClassifier("eedn_tiny", **common).fit(X, y)
    assert images.score(X_test, y_test) > 0.9
    assert images.image_shape_ == (8, 8, 1)
    assert (images.input_low_, images.n_features_in_) == (0, 64)
    rows = SpikingClassifier("eedn_tiny", image_shape=(8, 8, 1), **common)
    rows.fit(X.reshape(-1, 64) / 16, y)
    assert rows.score(X_test.reshape(-1, 64) / 16, y_test) > 0.9


def test_images_of_bytes_stay_as_they_are(digits):
    X, _, y, _ = digits
    levels = (X * 10).astype(np.uint8)[..., None]
    classifier = SpikingClassifier(trainer=QUICK["trainer"], random_state=1).fit(levels, y)
    assert (classifier.input_low_, classifier.input_high_) == (0, 255)
    np.testing.assert_array_equal(classifier._levels(levels), levels)


def test_levels_of_features():
    """Worked by hand: 0 … 4 become 0 … 255 in steps of 63.75; a constant is level 0; what is beyond is cut off."""
    X = np.array([[0, 7], [1, 7], [2, 7], [3, 7], [4, 7]])
    classifier = SpikingClassifier(**QUICK, random_state=0).fit(X, [0, 0, 0, 1, 1])
    levels = classifier._levels(np.array([[0, 7], [1, 7], [2, 7], [4, 7], [9, 7], [-3, 7]]))
    assert levels[:, 0, 0].tolist() == [[0, 0], [64, 0], [128, 0], [255, 0], [255, 0], [0, 0]]


def test_an_outlier_does_not_take_the_levels_of_all_others(iris):
    X = np.vstack([iris[0], [[1e6] * 4]])
    classifier = SpikingClassifier(**QUICK, random_state=0).fit(X, [*iris[2], 0])
    assert (classifier.input_high_ < 1e6).all()


def test_the_chip_says_what_predict_says(fitted, iris, chip_outputs):
    bits = fitted.input_spikes(iris[1])
    outputs = chip_outputs(fitted.model_, bits)
    np.testing.assert_array_equal(outputs, infer(fitted.model_, bits))
    chosen = fitted.classes_[predict(fitted.model_.network, outputs)]
    np.testing.assert_array_equal(chosen, fitted.predict(iris[1]))
    assert fitted.to_program().cores == 2
    assert fitted.to_program(CompileOptions(neurons=32)).cores > 2


def test_several_ticks_a_frame(iris, chip_outputs):
    table = {"kind": "dense", "inputs": 0, "hidden": [60], "outputs": 60}
    encoder = {"kind": "rate", "ticks": 8}
    classifier = SpikingClassifier(table, encoder=encoder, trainer=QUICK["trainer"], random_state=0)
    classifier.fit(iris[0], iris[2])
    bits = classifier.input_spikes(iris[1])
    assert len(bits) == 8 * len(iris[1])
    chosen = predict(classifier.model_.network, chip_outputs(classifier.model_, bits))
    np.testing.assert_array_equal(chosen, classifier.predict(iris[1]))


def test_same_seed_same_model_another_seed_another(fitted, iris):
    again = clone(fitted).fit(iris[0], iris[2])
    other = clone(fitted).set_params(random_state=1).fit(iris[0], iris[2])
    for ours, equal, different in zip(
        fitted.model_.parameters, again.model_.parameters, other.model_.parameters, strict=True
    ):
        np.testing.assert_array_equal(ours.weights, equal.weights)
        assert (ours.weights != different.weights).any()


def test_search_pipeline_and_cross_validation(iris):
    X, _, y, _ = iris
    pipeline = make_pipeline(StandardScaler(), SpikingClassifier(**QUICK, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=2).min() > 0.8
    grid = {"spikingclassifier__trainer__rate": np.array([0.01, 0.3]), "spikingclassifier__topology__outputs": [30, 60]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_score_ > 0.8
    assert set(search.best_params_) == set(grid)
    assert search.best_estimator_[-1].trainer["kind"] == "eedn"


def test_single_options():
    classifier = SpikingClassifier(trainer="eedn")
    classifier.set_params(trainer__rate=0.1, topology={"kind": "dense"}, topology__inputs=7)
    assert classifier.trainer == {"kind": "eedn", "rate": 0.1}
    assert classifier.get_params()["topology__inputs"] == 7
    assert "topology__inputs" not in classifier.get_params(deep=False)
    assert QUICK["trainer"]["epochs"] == 20
    SpikingClassifier(**QUICK).set_params(trainer__epochs=3)
    assert QUICK["trainer"]["epochs"] == 20, "the caller's table stays as it is"
    with pytest.raises(ValueError, match="Invalid parameter 'random_state__x'"):
        classifier.set_params(random_state__x=1)
    with pytest.raises(ValueError, match="Invalid parameter"):
        classifier.set_params(rate=1)


def test_layers_written_out(iris):
    layers = [
        {"kind": "transduction", "features": 16, "kernel": 1, "padding": 0},
        {"kind": "conv2d", "features": 30, "kernel": 1},
        {"kind": "readout"},
    ]
    classifier = SpikingClassifier(layers, trainer=QUICK["trainer"], random_state=0).fit(iris[0], iris[2])
    assert [layer.output.channels for layer in classifier.model_.network.layers] == [16, 30]


def test_joblib_keeps_the_fitted_estimator(fitted, iris, tmp_path):
    joblib.dump(fitted, tmp_path / "c.joblib")
    found = joblib.load(tmp_path / "c.joblib")
    np.testing.assert_array_equal(found.predict_proba(iris[1]), fitted.predict_proba(iris[1]))


def test_probabilities(fitted, iris):
    shares = fitted.predict_proba(iris[1])
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.classes_[shares.argmax(axis=1)], fitted.predict(iris[1]))


def test_validation_is_watched(iris):
    classifier = SpikingClassifier(**QUICK, validation_fraction=0.2, random_state=0).fit(iris[0], iris[2])
    assert all(0 <= entry["validation_accuracy"] <= 1 for entry in classifier.history_)


def test_an_interrupted_fit_goes_on_to_the_same_model(iris, tmp_path, monkeypatch):
    from neurosyn_plugins.trainers.eedn.training import Training

    whole = SpikingClassifier(**QUICK, random_state=0).fit(iris[0], iris[2])
    step, steps = Training._step, []

    def stop_after(self, *arguments):
        steps.append(1)
        if len(steps) == 42:
            raise KeyboardInterrupt
        return step(self, *arguments)

    classifier = SpikingClassifier(**QUICK, checkpoints=tmp_path, random_state=0)
    monkeypatch.setattr(Training, "_step", stop_after)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(iris[0], iris[2])
    with pytest.raises(NotFittedError):
        classifier.predict(iris[1])
    classifier.fit(iris[0], iris[2])
    assert len(steps) < 42 + 5 * 20, "it did not begin again"
    for ours, theirs in zip(whole.model_.parameters, classifier.model_.parameters, strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
        np.testing.assert_array_equal(ours.normalisation.bias, theirs.normalisation.bias)


def test_mistakes_are_told(fitted, iris, digits):
    X, _, y, _ = iris

    def refused(message, error=ValueError, X=X, y=y, **parameters):
        with pytest.raises(error, match=message):
            SpikingClassifier(**(QUICK | parameters)).fit(X, y)

    refused("there is no plugin named 'eeden'; did you mean 'eedn'", PluginError, trainer="eeden")
    refused("rate: should be greater than 0, not -1; .*show trainers eedn", trainer={"kind": "eedn", "rate": -1})
    refused("epohs: unknown key; did you mean 'epochs'", trainer={"kind": "eedn", "epohs": 3})
    refused("trainer = 3: must be the name of a plugin", trainer=3)
    refused("encoder = {}: must be the name of a plugin", encoder={})
    refused("only one class: 1", y=np.ones(len(X), int))
    refused(r"image_shape = \(3, 3, 1\) has 9 values, X has 4 features", image_shape=(3, 3, 1))
    refused("give \\(samples, features\\) or", X=np.zeros((len(X), 2, 2, 2, 2)))
    with pytest.raises(ValueError, match="X has 3 features, but SpikingClassifier is expecting 4"):
        fitted.predict(X[:, :3])
    with pytest.raises(ValueError, match="samples of shape 8×8×1, SpikingClassifier was fitted on 1×1×4"):
        fitted.predict(digits[0])
    with pytest.raises(NotFittedError):
        SpikingClassifier().to_program()


def test_a_trainer_that_cannot_go_on_has_no_partial_fit(iris):
    classifier = SpikingClassifier(**(QUICK | {"trainer": "ridge"}), warm_start=True, random_state=0)
    assert not hasattr(classifier, "partial_fit")
    classifier.fit(iris[0], iris[2])
    with pytest.raises(ValueError, match="trainer 'ridge' cannot begin with given weights"):
        classifier.fit(iris[0], iris[2])


def test_scikit_learn_is_imported_for_the_classifier_alone():
    code = "import sys, neurosyn.training, neurosyn.model.model_file; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def pictures():
    """Dark pictures with a black border, in which one pixel of one picture has level 1."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 200, (60, 16, 16)).astype(np.uint8)
    X[:, :, 15] = 0
    X[0, 3, 15] = 1
    return X, np.arange(60) % 2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 1)])
def test_rows_with_an_image_shape_are_scaled_as_images(pictures, dtype, shape):
    X, y = pictures[0].astype(dtype), pictures[1]
    options = {"topology": "eedn_tiny", "trainer": {"kind": "eedn", "epochs": 1, "batch": 16}, "random_state": 0}
    images = SpikingClassifier(**options).fit(X, y)
    rows = SpikingClassifier(image_shape=shape, **options).fit(X.reshape(60, -1), y)
    assert np.array_equal(images.predict_proba(X), rows.predict_proba(X.reshape(60, -1)))


def test_image_shape_of_another_length_is_refused(pictures):
    X, y = pictures
    with pytest.raises(ValueError, match="give \\(height, width\\) or"):
        SpikingClassifier(image_shape=(256,)).fit(X.reshape(60, -1), y)


@pytest.fixture(scope="module")
def rare():
    """Two overlapping classes, of which one has a twentieth of the samples."""
    rng = np.random.default_rng(1)
    y = (np.arange(400) % 20 == 0).astype(int)
    X = rng.normal(0, 1, (400, 6)) + 1.2 * y[:, None]
    return X, y


@pytest.mark.parametrize("weighting", ["balanced", "table", "samples", "in parts"])
def test_weights_bring_a_rare_class_out(rare, weighting):
    X, y = rare
    plain = SpikingClassifier(**QUICK, random_state=0).fit(X, y)
    class_weight = {"balanced": "balanced", "table": {1: 19.0}}.get(weighting)
    sample_weight = np.where(y == 1, 19.0, 1.0) if weighting == "samples" else None
    if weighting == "in parts":
        options = {**QUICK, "trainer": {"kind": "tea", "epochs": 20}, "class_weight": {1: 19.0}, "random_state": 0}
        weighted = SpikingClassifier(**options).partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)
    else:
        weighted = SpikingClassifier(**QUICK, class_weight=class_weight, random_state=0).fit(X, y, sample_weight)
    recall = [float((model.predict(X)[y == 1] == 1).mean()) for model in (plain, weighted)]
    assert recall[1] > max(0.7, recall[0])


@pytest.mark.parametrize("kind", ["ridge", "logistic"])
def test_weights_bring_a_rare_class_out_of_a_readout_too(rare, kind):
    X, y = rare

    def recall(class_weight=None, sample_weight=None):
        options = {**QUICK, "trainer": kind, "class_weight": class_weight, "random_state": 0}
        model = SpikingClassifier(**options).fit(X, y, sample_weight)
        return float((model.predict(X)[y == 1] == 1).mean())

    plain = recall()
    assert recall(sample_weight=np.full(len(y), 0.3)) == plain
    for weighted in (recall("balanced"), recall({1: 19.0}), recall(sample_weight=np.where(y == 1, 19.0, 1.0))):
        assert weighted > max(0.7, plain)


def test_equal_weights_are_no_weights_and_samples_of_weight_zero_are_left_out(iris):
    X, _, y, _ = iris
    plain = SpikingClassifier(**QUICK, random_state=0).fit(X, y)
    equal = SpikingClassifier(**QUICK, random_state=0).fit(X, y, np.full(len(y), 0.3))
    assert np.array_equal(plain.predict_proba(X), equal.predict_proba(X))
    kept = np.arange(len(y)) % 3 > 0
    few = SpikingClassifier(**QUICK, random_state=0).fit(X[kept], y[kept])
    masked = SpikingClassifier(**QUICK, random_state=0).fit(X, y, kept.astype(float))
    assert np.array_equal(few.predict_proba(X), masked.predict_proba(X))


@pytest.mark.parametrize(
    ("options", "weights", "fragment"),
    [
        ({}, -1.0, "[Nn]egative"),
        ({}, 0.0, "weight|zero"),
        ({"trainer": "ridge"}, 1.0, "has no weights of samples"),
    ],
)
def test_weights_that_cannot_be_are_refused(iris, options, weights, fragment, monkeypatch):
    X, _, y, _ = iris
    monkeypatch.setattr(registry.get("trainers", "ridge"), "sample_weights", False)
    with pytest.raises(ValueError, match=fragment):
        SpikingClassifier(**{**QUICK, **options}).fit(X, y, np.full(len(y), weights))


def test_balanced_weights_need_all_samples(iris):
    X, _, y, _ = iris
    with pytest.raises(ValueError, match="needs all samples at once"):
        SpikingClassifier(trainer="tea", class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])


def test_simulates_its_network_on_the_chip(fitted, iris):
    _, X, _, y = iris
    result = fitted.simulate(X, y, placer="row_major")
    assert np.array_equal(result.predictions, fitted.predict(X))
    assert result.mismatched == 0
    assert result.accuracy == fitted.score(X, y) == result.summary["trained_accuracy"]
    assert result.pipeline_depth == fitted.pipeline_depth_
    # By definition: energy is power over rate, and a frame enters at each tick.
    assert result.energy_per_frame_uj == pytest.approx(result.power_mw * 1e3 / result.frames_per_second)
    assert result.frames_per_second == pytest.approx(1e6 / result.summary["tick_period_us"])
    low = fitted.simulate(X[:5], timing="none", chip={"voltage": 0.7}, placer="row_major")
    assert low.accuracy is None
    assert low.frames_per_second == 1000
    assert low.summary["voltage"] == 0.7
    assert "accuracy" not in repr(low)


def test_simulates_labels_of_any_kind_and_refuses_too_few(fitted, iris):
    _, X, _, y = iris
    wrong = np.full(len(X), 17)
    assert fitted.simulate(X, wrong, timing="none", placer="row_major").accuracy == 0
    with pytest.raises(ValueError, match="has 38 samples and y 37"):
        fitted.simulate(X, y[1:])
    with pytest.raises(NotFittedError):
        SpikingClassifier().simulate(X, y)
    with pytest.raises(NotFittedError):
        _ = SpikingClassifier().pipeline_depth_
