"""Training on a GPU: on CuPy's stand-in here, against NumPy; the tests marked gpu run on a real one."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.trainers.compute.kernels import cupy_kernels, numpy_kernels
from neurosyn_plugins.trainers.eedn import Eedn
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector

from neurosyn.data.dataset import Split
from neurosyn.errors import BackendError
from neurosyn.training.trainer import TrainingContext, TrainingData
from tests.backend.cuda_host.stand_in import StandIn, install

IMAGES = 6


@pytest.fixture
def stand_in(monkeypatch):
    module = StandIn()
    install(monkeypatch, module)
    return module


@pytest.fixture
def real_gpu():
    try:
        cupy_kernels()
    except BackendError as error:
        pytest.skip(str(error))


def learn(network, kernels, options):
    """One step; returns loss, accuracy, the gradient and all spikes."""
    parameters = ParameterVector(network)
    parameters.initialise(np.random.default_rng(1))
    softness = options.pop("softness", 0.0)
    batch = BatchNetwork(network, parameters, IMAGES, kernels, logit_scale=10.0, **options)
    # Brought to the device only when the step begins.
    parameters.effective[:] = parameters.effective[::-1].copy()
    rng = np.random.default_rng(2)
    encoded = rng.standard_normal((IMAGES, *network.inputs)).astype(np.float32)
    labels = rng.integers(0, network.n_classes, IMAGES).astype(np.int32)
    loss, accuracy = batch.learn(encoded, labels, np.random.default_rng(3), softness)
    return loss, accuracy, batch.gradient, [kernels.arrays.to_host(layer.spikes) for layer in batch.layers]


OPTIONS = {
    "binary": {},
    "soft": {"softness": 1.5},
    "sparse": {"sparsity": 0.5},
    "dropout": {"dropout": {"2 conv2d-12": 0.5}},
}


@pytest.mark.parametrize("column_bytes", [1, 1 << 28])
@pytest.mark.parametrize("case", OPTIONS)
def test_a_step_on_the_stand_in_is_numpys_to_the_bit(case, column_bytes, stand_in, small_network, monkeypatch):
    network = small_network()
    kernels = cupy_kernels()
    monkeypatch.setattr(type(kernels.arrays), "column_bytes", column_bytes)
    monkeypatch.setattr(type(numpy_kernels().arrays), "column_bytes", column_bytes)
    one, other = (learn(network, used, dict(OPTIONS[case])) for used in (kernels, numpy_kernels()))
    assert one[:2] == other[:2]
    assert other[2].any()
    np.testing.assert_array_equal(one[2], other[2])
    for there, here in zip(one[3], other[3], strict=True):
        np.testing.assert_array_equal(there, here)


def test_a_step_copies_no_more_than_it_has_to(stand_in, small_network):
    kernels = cupy_kernels()
    parameters = ParameterVector(small_network())
    parameters.initialise(np.random.default_rng(1))
    batch = BatchNetwork(small_network(), parameters, IMAGES, kernels, logit_scale=10.0)
    stand_in.copies.clear()
    batch.learn(np.zeros((IMAGES, *small_network().inputs), np.float32), np.zeros(IMAGES, np.int32))
    # Weights, images and the gradient of the scores go there; activities of the last layer and the gradient come back.
    assert stand_in.copies == {"to device": 3, "to host": 2}


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.booleans(), st.integers(0, 2**32 - 1))
def test_rows_move_as_numpy_moves_them(shape, once, seed):
    inputs, fan_in, sites, images = shape
    rng = np.random.default_rng(seed)
    if once:
        inputs = max(inputs, fan_in * sites)
        index = rng.permutation(inputs)[: fan_in * sites].reshape(fan_in, sites).astype(np.int32)
    else:
        index = rng.integers(0, inputs + 1, (fan_in, sites)).astype(np.int32)
    source = rng.standard_normal((inputs + 1, images)).astype(np.float32)
    found = []
    with pytest.MonkeyPatch.context() as patch:
        install(patch, StandIn())
        for kernels in (cupy_kernels(), numpy_kernels()):
            arrays = kernels.arrays
            there = arrays.index(index, inputs)
            columns = arrays.empty((fan_in, sites * images), np.float32)
            target = arrays.to_device(np.ones_like(source))
            kernels.gather(arrays.to_device(source), there, columns)
            (kernels.scatter if once else kernels.scatter_add)(columns, there, target)
            found.append((arrays.to_host(columns), arrays.to_host(target)[:-1]))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def trained(network, kernels, folder, encoder):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, *network.inputs), np.uint8)
    labels = (images.mean(axis=(1, 2, 3)) > 127).astype(np.int32)
    data = TrainingData(Split(images, labels), None, encoder, {"kind": "plain"})
    trainer = Eedn(epochs=2, batch=8, softness=1.0, shift=0, kernels=kernels)
    return trainer.train(network, data, TrainingContext(folder, 0, lambda _: None))


def test_a_training_on_the_stand_in_gives_numpys_model(stand_in, small_network, plain_encoder, tmp_path):
    network = small_network(2)
    one, other = (trained(network, kind, tmp_path / kind, plain_encoder) for kind in ("cupy", "numpy"))
    for there, here in zip(one.parameters, other.parameters, strict=True):
        np.testing.assert_array_equal(there.weights, here.weights)
        np.testing.assert_array_equal(there.normalisation.mean, here.normalisation.mean)


def test_without_cupy_the_error_says_what_to_install(monkeypatch, small_network, plain_encoder, tmp_path):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendError, match=r"pip install 'neurosyn\[cuda12\]'"):
        trained(small_network(2), "cupy", tmp_path, plain_encoder)


def test_a_gpu_that_fails_is_named(stand_in, small_network, plain_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(stand_in, "matmul", lambda *_args, **_options: 1 / 0)
    with pytest.raises(BackendError, match=r"the GPU failed \(ZeroDivisionError.*kernels = 'numba'"):
        trained(small_network(2), "cupy", tmp_path, plain_encoder)


@pytest.mark.gpu
@pytest.mark.parametrize("case", OPTIONS)
def test_a_step_on_a_gpu_agrees_with_numpys(case, real_gpu, small_network):
    one, other = (learn(small_network(), used, dict(OPTIONS[case])) for used in (cupy_kernels(), numpy_kernels()))
    assert one[0] == pytest.approx(other[0], rel=1e-4)
    np.testing.assert_allclose(one[2], other[2], rtol=1e-3, atol=1e-4 * np.abs(other[2]).max())
