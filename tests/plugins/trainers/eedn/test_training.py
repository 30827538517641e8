"""The trainer as a user meets it: it learns, repeats itself, resumes and refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import sys

import numpy as np
import pytest
from neurosyn_plugins.trainers.eedn import Eedn
from neurosyn_plugins.trainers.eedn.interrupt import DeferredInterrupt
from safetensors import safe_open
from safetensors.numpy import load_file, save

from neurosyn.compiler.fold import fold
from neurosyn.data.dataset import Split
from neurosyn.errors import BackendError, DataError, ScenarioError
from neurosyn.model.inference import infer, predict, transduce
from neurosyn.model.model_file import save_model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.registry import registry
from neurosyn.training.trainer import TrainingContext, TrainingData

OPTIONS = {"epochs": 2, "batch": 16, "statistics_images": 64, "shift": 1}


@pytest.fixture
def data(plain_encoder):
    """Noisy bars in three directions: easy, but not for a network that does not learn."""
    rng = np.random.default_rng(0)

    def draw(count):
        labels = rng.integers(0, 3, count).astype(np.int32)
        images = rng.integers(60, 140, (count, 6, 6, 2))
        place = rng.integers(1, 5, count)
        for image, label, at in zip(images, labels, place, strict=True):
            if label == 0:
                image[at] += 100
            elif label == 1:
                image[:, at] += 100
            else:
                image[np.arange(6), np.arange(6)] += 100
        return Split(images.astype(np.uint8), labels)

    return TrainingData(draw(200), draw(60), plain_encoder, {"kind": "plain"})


@pytest.fixture
def train(data, small_network, tmp_path):
    def run(folder="checkpoints", seed=3, report=lambda _progress: None, given=data, network=None, **options):
        trainer = Eedn(**{**OPTIONS, **options})
        context = TrainingContext(tmp_path / folder, seed, report)
        return trainer.train(network or small_network(), given, context)

    return run


def file_of(model, path):
    save_model(model, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "adam"},
        {"optimiser": "sgd", "rate": 5.0},
        {"schedule": "cosine", "decay_at": [], "dropout": {"2 conv2d-12": 0.1}, "sparsity": 1e-3},
        {"schedule": "log", "decay_at": [], "softness": 2.0, "soft_until": 0.5},
        {"products": "int8", "kernels": "numpy", "softness": 2.0, "start_activity": 0.3},
    ],
    ids=["adam", "sgd", "cosine, dropout, sparsity", "log, soft", "int8, plain, sparse start"],
)
def test_it_learns(options, train, data):
    model = train(epochs=12, **options)
    outputs = infer(model, transduce(model, data.encoder.encode(data.validation.images)))
    assert (predict(model.network, outputs) == data.validation.labels).mean() > 0.7
    assert model.encoder == {"kind": "plain"}
    for layer, parameters in zip(model.network.layers, model.parameters, strict=True):
        assert ((parameters.activity >= 0) & (parameters.activity <= 1)).all()
        assert (parameters.hidden is None) == layer.off_chip


def test_progress_is_reported(train):
    reports = []
    model = train(report=reports.append)
    steps = [report for report in reports if "images_per_second" in report]
    assert [(r["epoch"], r["step"]) for r in steps] == [(1, 10), (1, 12), (2, 10), (2, 12)]
    assert all(r["epochs"] == 2 and r["steps"] == 12 and r["images_per_second"] > 0 for r in steps)
    epochs = [report for report in reports if "validation_accuracy" in report]
    assert [entry["validation_accuracy"] for entry in model.provenance["history"]] == [
        r["validation_accuracy"] for r in epochs
    ]
    assert model.provenance["trainer"]["epochs"] == 2
    assert model.provenance["training_images"] == 200


def test_the_sparsity_pressure_begins_after_its_share_of_the_training(train):
    free, late, always = (
        train(name, epochs=4, **options)
        for name, options in {
            "free": {},
            "late": {"sparsity": 3.0, "sparsity_from": 0.5},
            "always": {"sparsity": 3.0},
        }.items()
    )
    losses = [[entry["loss"] for entry in model.provenance["history"]] for model in (free, late, always)]
    assert losses[0][:2] == losses[1][:2] != losses[2][:2]
    assert losses[0][2:] != losses[1][2:]
    means = [np.mean([layer.activity.mean() for layer in model.parameters]) for model in (free, late)]
    assert means[1] < means[0]


def test_equal_seeds_give_equal_bytes_and_others_do_not(train, tmp_path):
    first = file_of(train("a"), tmp_path / "first")
    assert file_of(train("b"), tmp_path / "second") == first
    assert file_of(train("c", seed=4), tmp_path / "third") != first


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
@pytest.mark.parametrize("stop_at", [(1, 10), (1, 12), (2, 10)])
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_interrupted_training_ends_with_the_same_model(stop_at, optimiser, kernels, train, tmp_path):
    options = {"optimiser": optimiser, "dropout": {"2 conv2d-12": 0.2}, "kernels": kernels, "softness": 1.5}
    whole = file_of(train("whole", **options), tmp_path / "whole.safetensors")

    def stop(progress):
        if (progress["epoch"], progress["step"]) == stop_at and "images_per_second" in progress:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("halves", report=stop, **options)
    assert file_of(train("halves", **options), tmp_path / "halves.safetensors") == whole


@pytest.mark.parametrize("products", ["bfloat16", "int8"])
def test_other_numbers_learn_repeat_themselves_and_resume(products, train, data, tmp_path):
    if products == "bfloat16":
        pytest.importorskip("torch", reason="PyTorch is not installed (pip install 'neurosyn[bfloat16]')")
    options = {"products": products, "epochs": 12, "dropout": {"2 conv2d-12": 0.1}, "sparsity": 1e-3, "softness": 1.0}
    model = train("whole", **options)
    outputs = infer(model, transduce(model, data.encoder.encode(data.validation.images)))
    assert (predict(model.network, outputs) == data.validation.labels).mean() > 0.7

    def stop(progress):
        if (progress["epoch"], progress["step"]) == (2, 10) and "images_per_second" in progress:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("halves", report=stop, **options)
    again = file_of(train("halves", **options), tmp_path / "halves.safetensors")
    assert again == file_of(model, tmp_path / "whole.safetensors")


def test_bfloat16_without_pytorch_says_what_to_install(train, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendError, match=r"PyTorch, which is not installed; pip install 'neurosyn\[bfloat16\]'"):
        train(products="bfloat16")


def test_the_number_of_threads_changes_nothing(train, tmp_path, monkeypatch):
    from neurosyn_plugins.trainers.eedn.training import Training

    models = set()
    for threads in (1, 2, 4):
        monkeypatch.setattr(Training, "_threads", lambda _self, threads=threads: threads)
        models.add(file_of(train(str(threads), parts=4), tmp_path / f"{threads}.safetensors"))
    assert len(models) == 1


def test_patience_ends_training_and_keeps_the_best_epoch(train, tmp_path):
    """The rate is so high that accuracy leaps about."""
    wild = {"rate": 1.0, "schedule": "log", "decay_at": [], "decay": 1.0, "epochs": 40}
    whole = train("whole", **wild, patience=3)
    accuracies = [entry["validation_accuracy"] for entry in whole.provenance["history"]]
    best = int(np.argmax(accuracies)) + 1
    assert len(accuracies) == best + 3 < 40
    # Up to its best epoch it is the training without patience.
    reports = []

    def stop(progress):
        reports.append(progress)
        if progress["epoch"] == best and "history" in progress:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("plain", report=stop, **wild)
    assert [entry["validation_accuracy"] for entry in reports[-1]["history"]] == accuracies[:best]
    (path,) = (tmp_path / "plain").iterdir()
    hidden = np.concatenate([own.hidden.ravel() for own in whole.parameters if own.hidden is not None])
    assert np.isin(hidden, load_file(path)["hidden"]).all()


def test_patience_survives_an_interruption(train, tmp_path):
    options = {"rate": 1.0, "epochs": 8, "patience": 3, "softness": 1.0}
    whole = file_of(train("whole", **options), tmp_path / "whole.safetensors")

    def stop(progress):
        if progress["epoch"] == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("halves", report=stop, **options)
    assert file_of(train("halves", **options), tmp_path / "halves.safetensors") == whole


def test_training_starts_from_a_model(train, tmp_path):
    first = train("first", epochs=3)
    save_model(first, tmp_path / "first.safetensors")
    second = train("second", epochs=1, rate=1e-9, start=str(tmp_path / "first.safetensors"))
    for own, other in zip(first.parameters, second.parameters, strict=True):
        np.testing.assert_allclose(own.weights, other.weights, atol=1e-6)
        np.testing.assert_allclose(own.normalisation.bias, other.normalisation.bias, atol=1e-6)


def test_training_starts_from_a_model_that_was_folded_for_the_chip(train, tmp_path):
    folded = fold(train("first", epochs=3))
    save_model(folded, tmp_path / "folded.safetensors")
    second = fold(train("second", epochs=1, rate=1e-9, start=str(tmp_path / "folded.safetensors")))
    for own, other in zip(folded.parameters[1:], second.parameters[1:], strict=True):
        np.testing.assert_array_equal(own.weights, other.weights)
        np.testing.assert_array_equal(own.leak, other.leak)


def test_a_pressure_on_complements_drives_filters_to_either_side(train):
    options = {"epochs": 12, "rate": 0.1, "softness": 1.0, "sparsity": 3.0, "products": "int8", "parts": 1}
    rarer = {}
    for complements in (False, True):
        model = train(f"complements {complements}", **options, complements=complements)
        activity = np.concatenate([layer.activity.ravel() for layer in model.parameters])
        assert (activity > 0.7).any() == complements
        rarer[complements] = np.minimum(activity, 1 - activity).mean()
    assert rarer[True] < 0.25


def test_a_start_that_does_not_fit_is_refused(train, tmp_path):
    model = train(epochs=1)
    with pytest.raises(DataError, match="shipped:lost: does not exist"):
        train("again", start="shipped:lost")
    with pytest.raises(DataError, match=r"there is no .*lost"):
        train("again", start=str(tmp_path / "lost"))
    specs = [{"kind": "transduction", "features": 3}, {"kind": "conv2d", "features": 6}, {"kind": "readout"}]
    save_model(model, tmp_path / "model.safetensors")
    other_seed = build_network(model.network.specs, model.network.inputs, 3, 5)
    for network in (build_network(specs, model.network.inputs, 3, 0), other_seed):
        with pytest.raises(DataError, match="is of another network"):
            train("again", start=str(tmp_path / "model.safetensors"), network=network)


def test_patience_needs_images_to_go_by(train, data):
    with pytest.raises(ScenarioError, match=r"hold images out with train\.validation"):
        train(given=TrainingData(data.train, None, data.encoder, data.encoder_spec), patience=2)


def test_finished_training_is_not_repeated(train, tmp_path):
    first = file_of(train(), tmp_path / "first")
    reports = []
    assert file_of(train(report=reports.append), tmp_path / "second") == first
    assert not reports


@pytest.mark.usefixtures("default_signals")
def test_ctrl_c_waits_for_the_end_of_a_step(train, tmp_path, monkeypatch):
    from neurosyn_plugins.trainers.eedn import training as loop

    learn = loop.BatchNetwork.learn
    calls = []

    def press_ctrl_c(self, *args):
        calls.append(1)
        if len(calls) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, *args)

    whole = file_of(train("whole"), tmp_path / "whole.safetensors")
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(loop.BatchNetwork, "learn", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        train("halves")
    assert len(calls) == 6
    assert signal.getsignal(signal.SIGINT) is before
    assert file_of(train("halves"), tmp_path / "halves.safetensors") == whole
    assert len(calls) == 48


@pytest.mark.usefixtures("default_signals")
def test_ctrl_c_at_the_end_of_the_last_epoch_is_not_lost(train, tmp_path):
    whole = file_of(train("whole"), tmp_path / "whole.safetensors")

    def press_ctrl_c(progress):
        if progress["epoch"] == progress["epochs"] and "images_per_second" not in progress:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train("halves", report=press_ctrl_c)
    reports = []
    assert file_of(train("halves", report=reports.append), tmp_path / "halves.safetensors") == whole
    assert not reports


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with DeferredInterrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            interrupt.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("default_signals")
def test_second_ctrl_c_goes_through_at_once():
    with DeferredInterrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_state_torn_by_an_interrupt_is_not_saved(train, tmp_path, monkeypatch):
    from neurosyn_plugins.trainers.eedn import optimiser

    whole = file_of(train("whole"), tmp_path / "whole.safetensors")
    move = optimiser.Adam.move_compiled
    calls = []

    def interrupted(*args):
        calls.append(1)
        # Some segments of this step have moved, others have not.
        if len(calls) == 40:
            raise KeyboardInterrupt
        return move(*args)

    monkeypatch.setattr(optimiser.Adam, "move_compiled", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("torn")
    assert file_of(train("torn"), tmp_path / "torn.safetensors") == whole


def test_other_options_data_or_seed_start_afresh(train, data, tmp_path):
    train()
    fewer = TrainingData(data.train.take(slice(0, 190)), data.validation, data.encoder, data.encoder_spec)
    for changed in ({"rate": 0.05}, {"seed": 9}, {"given": fewer}):
        reports = []
        train(report=reports.append, **changed)
        assert reports
    assert len(list((tmp_path / "checkpoints").iterdir())) == 4


@pytest.mark.parametrize("damage", ["cut", "foreign", "other"])
def test_unusable_checkpoint_is_refused(damage, train, tmp_path):
    train("mine")
    (path,) = (tmp_path / "mine").iterdir()
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        path.write_bytes(b"not a checkpoint")
    else:
        train("other", rate=0.05)
        (other,) = (tmp_path / "other").iterdir()
        path.write_bytes(other.read_bytes())
    with pytest.raises(DataError, match="delete it to train from the start"):
        train("mine")


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": -1},
        {"epoch": 7},
        {"step": 1 << 40},
        {"loss": "much"},
        {"history": [{}, {}]},
        {"history": [1, 2]},
        {"history": None},
        {"more": 1},
        "NaN",
    ],
    ids=str,
)
def test_checkpoint_that_lies_is_refused_with_its_name(changes, train, tmp_path):
    train("mine")
    (path,) = (tmp_path / "mine").iterdir()
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["neurosyn"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if changes == "NaN":
        tensors["hidden"].flat[3] = np.nan
    else:
        header |= changes
    path.write_bytes(save(tensors, {"neurosyn": json.dumps(header)}))
    with pytest.raises(DataError, match=f"{re.escape(str(path))}: is not a usable checkpoint .* delete it"):
        train("mine")


@pytest.mark.parametrize("class_weight", ["balanced", {"0": 2.0, "2": 5.0}])
def test_class_weights_change_the_training_alike_each_time(class_weight, train, tmp_path):
    plain, weighted = train("plain"), train("weighted", class_weight=class_weight)
    assert file_of(plain, tmp_path / "plain.bin") != file_of(weighted, tmp_path / "weighted.bin")
    assert weighted.provenance["trainer"]["class_weight"] == class_weight
    again = train("again", class_weight=class_weight)
    assert file_of(again, tmp_path / "again.bin") == file_of(weighted, tmp_path / "weighted.bin")


def test_weight_of_a_class_that_does_not_exist_is_refused(train):
    with pytest.raises(ScenarioError, match="'rare' is no class"):
        train(class_weight={"rare": 2.0})
    with pytest.raises(ValueError, match="give weights above 0"):
        Eedn(class_weight={"0": 0.0})


def test_small_data_makes_one_small_batch(train, data):
    few = TrainingData(data.train.take(slice(0, 5)), None, data.encoder, data.encoder_spec)
    model = train(given=few)
    assert [set(entry) for entry in model.provenance["history"]] == [{"epoch", "loss", "accuracy"}] * 2


@pytest.mark.parametrize("products", ["float32", "int8"])
def test_network_without_transduction_learns_on_binary_images(products, train, binary_encoder):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 160).astype(np.int32)
    images = (rng.random((160, 4, 4, 1)) < 0.5).astype(np.uint8)
    images[:, 1:3, 1:3, 0] = labels[:, None, None]
    data = TrainingData(Split(images, labels), Split(images, labels), binary_encoder, {"kind": "binary"})
    specs = [{"kind": "conv2d", "features": 16, "kernel": 2, "stride": 2}, {"kind": "readout"}]
    model = train(
        given=data, network=build_network(specs, MapShape(4, 4, 1), 2, 0), epochs=12, shift=0, products=products
    )
    assert model.provenance["history"][-1]["validation_accuracy"] > 0.8


@pytest.mark.parametrize(("count", "label", "message"), [(1, 0, "1 training images"), (5, 3, "reach from 0 to 3")])
def test_data_that_cannot_be_learnt_is_refused(count, label, message, train, data):
    split = Split(data.train.images[:count], np.array([0] * (count - 1) + [label], np.int32))
    with pytest.raises(DataError, match=message):
        train(given=TrainingData(split, None, data.encoder, data.encoder_spec))


def test_unknown_layer_in_dropout_is_refused(train):
    with pytest.raises(ScenarioError, match="no layer '2 conv2d-21'; did you mean '2 conv2d-12'"):
        train(dropout={"2 conv2d-21": 0.5})


def test_trainer_comes_through_the_registry():
    assert registry.get("trainers", "eedn") is Eedn
