"""Trainer ``given``: the model computes the plain product or convolution of the weights in the file."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.trainers.given import Given
from safetensors.numpy import save_file

from neurosyn.data.dataset import Split
from neurosyn.errors import DataError, ScenarioError
from neurosyn.model.inference import infer, transduce
from neurosyn.model.model_file import load_model, save_model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.testing import check_trainer
from neurosyn.training.trainer import TrainingContext, TrainingData

SHAPE = MapShape(8, 8, 3)
LAYERS = [
    {"kind": "conv2d", "name": "conv1", "features": 8, "kernel": 3, "padding": 1},
    {"kind": "conv2d", "name": "conv2", "features": 12, "kernel": 2, "stride": 2, "groups": 2, "shuffle": False},
    {"kind": "depthwise", "name": "conv3", "multiplier": 1, "kernel": 3, "stride": 2},
    {"kind": "dense", "name": "fc", "features": 20},
    {"kind": "readout"},
]
OPTIONS = {"conv1": (1, 1, 1), "conv2": (2, 0, 2), "conv3": (2, 0, 12)}
"""Stride, padding and groups of the convolutions."""


def convolve(maps, weight, threshold, stride, padding, groups):
    """Return the spikes (n, features, rows, columns) of a grouped convolution of maps (n, channels, rows, columns)."""
    maps = np.pad(maps.astype(int), ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    features, depth, kernel, _ = weight.shape
    size = (maps.shape[2] - kernel) // stride + 1
    out = np.zeros((len(maps), features, size, size), int)
    for f in range(features):
        group = f // (features // groups)
        part = maps[:, group * depth : (group + 1) * depth]
        for y in range(size):
            for x in range(size):
                window = part[:, :, y * stride : y * stride + kernel, x * stride : x * stride + kernel]
                out[:, f, y, x] = (window * weight[f]).sum(axis=(1, 2, 3)) >= threshold[f]
    return out


def draw(seed=0):
    """Return drawn trinary weights and thresholds of `LAYERS`; the dense layer sees a map of 1×1×12."""
    rng = np.random.default_rng(seed)
    shapes = {"conv1": (8, 3, 3, 3), "conv2": (12, 4, 2, 2), "conv3": (12, 1, 3, 3), "fc": (20, 12)}
    arrays = {}
    for name, shape in shapes.items():
        arrays[f"{name}.weight"] = rng.integers(-1, 2, shape).astype(np.float32)
        arrays[f"{name}.threshold"] = rng.integers(-1, 3, shape[0]).astype(np.float32)
    return arrays


def train(network, path, tmp_path):
    data = TrainingData(Split(np.zeros((2, 8, 8, 3), np.uint8), np.int32([0, 1])), None, None, {"kind": "threshold"})
    return Given(file=str(path)).train(network, data, TrainingContext(tmp_path, 1))


def write(path, arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        save_file(arrays, path)
    return path


@pytest.fixture(scope="module")
def network():
    return build_network(LAYERS, SHAPE, 10, seed=3)


@pytest.mark.parametrize("name", ["weights.npz", "weights.safetensors"])
def test_outputs_are_those_of_plain_convolutions(name, network, tmp_path, chip_outputs):
    arrays = draw()
    model = train(network, write(tmp_path / name, arrays), tmp_path)
    bits = np.random.default_rng(1).integers(0, 2, (40, SHAPE.size), dtype=np.uint8)
    maps = bits.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)
    for layer, options in OPTIONS.items():
        maps = convolve(maps, arrays[f"{layer}.weight"], arrays[f"{layer}.threshold"], *options)
    expected = maps.reshape(len(bits), -1) @ arrays["fc.weight"].T >= arrays["fc.threshold"]
    assert 0.1 < expected.mean() < 0.9
    np.testing.assert_array_equal(infer(model, bits), expected)
    np.testing.assert_array_equal(chip_outputs(model, bits), expected)
    save_model(model, tmp_path / "model.safetensors")
    np.testing.assert_array_equal(infer(load_model(tmp_path / "model.safetensors"), bits), expected)
    described = model.provenance["layers"][3]
    assert described["inputs_of_a_neuron"] == 12
    assert described["zeros"] == pytest.approx((arrays["fc.weight"] == 0).mean())
    assert described["thresholds"] == [arrays["fc.threshold"].min(), arrays["fc.threshold"].max()]


def test_a_dense_layer_takes_a_map_by_channel_row_and_column_and_layers_by_number(tmp_path):
    layers = [
        {"kind": "conv2d", "features": 6, "kernel": 4, "stride": 4},
        {"kind": "dense", "features": 30},
        {"kind": "readout"},
    ]
    network = build_network(layers, SHAPE, 10, seed=3)
    rng = np.random.default_rng(2)
    weights = [rng.integers(-1, 2, shape) for shape in ((6, 3, 4, 4), (30, 6 * 2 * 2))]
    arrays = {"1.weight": weights[0], "1.threshold": np.full(6, 0.5)}
    arrays |= {"2.weight": weights[1].reshape(30, 6, 2, 2), "2.threshold": np.full(30, -0.5)}
    model = train(network, write(tmp_path / "weights.npz", arrays), tmp_path)
    bits = rng.integers(0, 2, (40, SHAPE.size), dtype=np.uint8)
    maps = convolve(bits.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2), weights[0], np.full(6, 0.5), 4, 0, 1)
    # PyTorch's Flatten: channels, rows, columns.
    np.testing.assert_array_equal(infer(model, bits), maps.reshape(len(bits), -1) @ weights[1].T >= -0.5)


def test_real_weights_before_the_chip(tmp_path):
    layers = [{"kind": "transduction", "features": 5}, {"kind": "dense", "features": 10, "fan_in": 320}, LAYERS[-1]]
    network = build_network(layers, SHAPE, 10, seed=3)
    rng = np.random.default_rng(2)
    real, threshold = rng.normal(size=(5, 3, 3, 3)).astype(np.float32), rng.normal(size=5)
    arrays = {"1.weight": real, "1.threshold": threshold}
    arrays |= {"2.weight": np.zeros((10, 5, 8, 8)), "2.threshold": np.ones(10)}
    model = train(network, write(tmp_path / "weights.npz", arrays), tmp_path)
    images = rng.normal(size=(4, 8, 8, 3)).astype(np.float32)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    expected = np.einsum("nyxcij,fcij->nyxf", windows, real, dtype=np.float64) >= threshold
    np.testing.assert_array_equal(transduce(model, images), expected.reshape(4, -1))
    assert model.provenance["layers"][1]["never_spike"] == 10


def test_thresholds_out_of_reach_are_always_or_never(network, tmp_path):
    arrays = draw() | {"fc.threshold": np.repeat(np.float32([-1e6, 1e6]), 10)}
    model = train(network, write(tmp_path / "weights.npz", arrays), tmp_path)
    outputs = infer(model, np.zeros((1, SHAPE.size), np.uint8))
    assert outputs[0].tolist() == [1] * 10 + [0] * 10


def test_weights_from_all_channels_fit_a_shuffled_layer_only_where_it_is_connected(tmp_path):
    layers = [dict(spec) for spec in LAYERS]
    layers[1]["shuffle"] = True
    network = build_network(layers, SHAPE, 10, seed=3)
    arrays = draw()
    with pytest.raises(DataError, match=r"conv2.weight: \d+ weights are not 0 .* `shuffle = false`"):
        train(network, write(tmp_path / "weights.npz", arrays), tmp_path)
    # Each half of the features sees the four channels of its group, wherever the shuffle took them from.
    wiring, rng = network.layers[1].connectivity, np.random.default_rng(0)
    full = np.zeros((12, 8, 2, 2), np.float32)
    for site in np.flatnonzero(np.diff(wiring.banks, prepend=-1)):
        seen = np.unique(wiring.inputs[site] % 8)
        full[np.ix_(wiring.outputs[site] % 12, seen)] = rng.integers(-1, 2, (6, 4, 2, 2))
    arrays["conv2.weight"] = full
    model = train(network, write(tmp_path / "weights.npz", arrays), tmp_path)
    bits = rng.integers(0, 2, (20, SHAPE.size), dtype=np.uint8)
    maps = bits.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)
    for layer, options in (OPTIONS | {"conv2": (2, 0, 1)}).items():
        maps = convolve(maps, arrays[f"{layer}.weight"], arrays[f"{layer}.threshold"], *options)
    expected = maps.reshape(len(bits), -1) @ arrays["fc.weight"].T >= arrays["fc.threshold"]
    np.testing.assert_array_equal(infer(model, bits), expected)


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"fc.weight": None}, "has no array 'fc.weight'; save weight and threshold of every layer"),
        ({"fc2.weight": np.zeros(3)}, "has the array 'fc2.weight', which no layer takes.*did you mean 'fc.weight'"),
        ({"fc.weight": np.zeros((12, 20))}, r"fc.weight: has the shape \(12, 20\); layer fc .* takes .*\(20, 12\)"),
        ({"conv1.weight": np.zeros((8, 27))}, r"conv1.weight: has the shape \(8, 27\)"),
        ({"fc.threshold": np.zeros(12)}, r"fc.threshold: has the shape \(12,\); layer fc takes \(20,\)"),
        ({"fc.weight": np.full((20, 12), 0.5)}, "fc.weight: has 0.5 and the chip −1, 0, 1; .* divide"),
        ({"fc.threshold": np.full(20, np.nan)}, "fc.threshold: holds NaN or infinity"),
        ({"fc.weight": np.full((20, 12), "a")}, "fc.weight: is of type"),
    ],
)
def test_files_that_do_not_fit_are_refused(change, fragment, network, tmp_path):
    arrays = {name: array for name, array in (draw() | change).items() if array is not None}
    with pytest.raises(DataError, match=fragment):
        train(network, write(tmp_path / "weights.npz", arrays), tmp_path)


def test_damaged_files_and_copies_are_refused(network, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(DataError, match="is not a readable safetensors file"):
        train(network, tmp_path / "weights.safetensors", tmp_path)
    with pytest.raises(DataError, match=r"none.npz: cannot be read"):
        train(network, tmp_path / "none.npz", tmp_path)
    with pytest.raises(ScenarioError, match="2 copies"):
        train(network.copied(2), write(tmp_path / "weights.npz", draw()), tmp_path)


def test_keeps_the_contract(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"1.weight": rng.normal(size=(4, 3, 3, 3)), "1.threshold": np.zeros(4)}
    arrays |= {"2.weight": rng.integers(-1, 2, (16, 4, 4, 4)), "2.threshold": np.zeros(16)}
    check_trainer(Given(file=str(write(tmp_path / "weights.npz", arrays))))
