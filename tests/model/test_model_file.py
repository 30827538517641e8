"""Model files: packing of trinary weights, round trips and refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from neurosyn_plugins.topologies.eedn import EednOneChip
from safetensors.numpy import load, save

from neurosyn.errors import DataError, PluginError
from neurosyn.model.model import LayerParameters, Model, Normalisation
from neurosyn.model.model_file import load_model, pack_trinary, save_model, unpack_trinary
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network


def deployed(model: Model) -> Model:
    on_chip = [
        LayerParameters(own.weights, leak=np.full(own.normalisation.mean.shape, -7, np.int32), activity=own.activity)
        for own in model.parameters[1:]
    ]
    return replace(model, parameters=(model.parameters[0], *on_chip))


def assert_equal_models(one: Model, other: Model) -> None:
    assert one.network.describe() == other.network.describe()
    assert (one.encoder, one.provenance) == (other.encoder, other.provenance)
    for mine, yours in zip(one.parameters, other.parameters, strict=True):
        for name in ("weights", "leak", "hidden", "activity"):
            left, right = getattr(mine, name), getattr(yours, name)
            assert (left is None) == (right is None)
            if left is not None:
                assert left.dtype == right.dtype
                np.testing.assert_array_equal(left, right)
        assert (mine.normalisation is None) == (yours.normalisation is None)
        if mine.normalisation is not None:
            for name in ("mean", "std", "bias"):
                np.testing.assert_array_equal(getattr(mine.normalisation, name), getattr(yours.normalisation, name))


@given(arrays(np.int8, array_shapes(min_dims=3, max_dims=3), elements=st.integers(-1, 1)))
def test_packing_is_undone(weights):
    packed = pack_trinary(weights)
    assert packed.shape == (-(-weights.size // 4),)
    np.testing.assert_array_equal(unpack_trinary(packed, weights.shape), weights)


def test_packing_as_documented():
    assert pack_trinary(np.array([1, -1, 0, 1, -1], np.int8)).tolist() == [0b01_00_10_01, 0b10]


@pytest.mark.parametrize("kind", ["trained", "with hidden weights", "deployed"])
def test_model_comes_back_as_it_was(kind, tmp_path, small_network, random_model):
    model = random_model(small_network(), hidden=kind == "with hidden weights")
    if kind == "deployed":
        model = deployed(model)
    save_model(model, tmp_path / "model.safetensors")
    assert_equal_models(model, load_model(tmp_path / "model.safetensors"))


def test_equal_models_give_equal_bytes(tmp_path, small_network, random_model):
    for name in "ab":
        save_model(random_model(small_network()), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_deployed_one_chip_model_is_below_a_megabyte(tmp_path, random_model):
    shape = MapShape(32, 32, 3)
    network = build_network(EednOneChip().layers(shape, 10), shape, 10, 0)
    save_model(deployed(random_model(network)), tmp_path / "model")
    assert (tmp_path / "model").stat().st_size < 1_000_000


def test_leaks_beyond_16_bits_are_refused(tmp_path, small_network, random_model):
    model = deployed(random_model(small_network()))
    model.parameters[1].leak[0, 1] = -40_000
    with pytest.raises(DataError, match="leak -40000 does not fit"):
        save_model(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def file(tmp_path, small_network, random_model):
    path = tmp_path / "model.safetensors"
    save_model(deployed(random_model(small_network())), path)
    return path


def rewrite(path, *, header=None, drop=(), **tensors):
    """Change a model file by hand: parts of the header, tensors dropped or replaced (dots written as __)."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    old = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["neurosyn"])
    arrays = {name: array for name, array in load(content).items() if name not in drop}
    arrays |= {name.replace("__", "."): array for name, array in tensors.items()}
    new = header(old) if header else old
    path.write_bytes(save(arrays, {"neurosyn": new if isinstance(new, str) else json.dumps(new)}))


def change(**entries):
    return lambda old: {**old, **entries}


def change_network(**entries):
    return lambda old: {**old, "network": {**old["network"], **entries}}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"header": lambda _old: "[]"}, "format"),
        ({"header": lambda _old: "no JSON"}, "Expecting value"),
        ({"header": lambda _old: "[" * 100_000}, "not a usable model file"),
        ({"header": change(format="neurosyn-model-9")}, "format is 'neurosyn-model-9'"),
        ({"header": change(network=[])}, "no table"),
        ({"header": change(encoder=3)}, "no table"),
        ({"header": change_network(inputs=[6, 6])}, "no numbers"),
        ({"header": change_network(inputs=[6, 6, -2])}, "no numbers"),
        ({"header": change_network(inputs=[1 << 20, 1 << 20, 3])}, "out of range"),
        ({"header": change_network(n_classes=True)}, "no numbers"),
        ({"header": change_network(n_classes=1 << 30)}, "out of range"),
        ({"header": change_network(layers="x")}, "no list of tables"),
        ({"header": change_network(layers=[{"kind": "conv2d", "features": 1 << 40}, {"kind": "readout"}])}, "features"),
        ({"header": change_network(layers=[{"kind": "conv2d", "features": 8}, {"kind": "readout"}])}, "missing"),
        ({"drop": ["layers.1.trinary"]}, "layers.1.trinary is missing"),
        ({"drop": ["layers.1.leak"]}, "neither normalisation nor leaks"),
        ({"drop": ["layers.0.mean", "layers.0.std", "layers.0.bias"]}, "needs its normalisation"),
        ({"layers__0__std": np.full((1, 4), -1.0)}, "std is negative"),
        ({"layers__0__bias": np.full((1, 4), np.nan)}, "NaN"),
        ({"layers__0__mean": np.zeros((1, 4), np.float32)}, "float32"),
        ({"layers__1__leak": np.zeros((2, 5), np.int16)}, r"\(2, 5\)"),
        ({"layers__1__trinary": np.full(54, 255, np.uint8)}, "beyond −1, 0, 1"),
        ({"layers__1__trinary": np.zeros(1, np.uint8)}, "trinary is uint8"),
        ({"layers__1__activity": np.full((2, 6), 2, np.float32)}, "outside 0…1"),
        ({"layers__9__leak": np.zeros((2, 5), np.int16)}, "unknown tensors: layers.9.leak"),
    ],
)
def test_what_does_not_fit_is_refused(file, edit, message):
    rewrite(file, **edit)
    with pytest.raises(DataError, match=message) as caught:
        load_model(file)
    assert str(file) in str(caught.value)


def test_every_truncation_is_refused(file):
    content = file.read_bytes()
    for length in [*range(0, len(content), 97), len(content) - 1]:
        file.write_bytes(content[:length])
        with pytest.raises(DataError):
            load_model(file)


def test_length_of_the_header_is_not_believed(file):
    content = file.read_bytes()
    for length in (0, len(content), (1 << 64) - 1):
        file.write_bytes(length.to_bytes(8, "little") + content[8:])
        with pytest.raises(DataError, match="cut short"):
            load_model(file)


def test_foreign_safetensors_file_is_refused(tmp_path):
    (tmp_path / "model").write_bytes(save({"x": np.zeros(3)}))
    with pytest.raises(DataError, match="not from neurosyn"):
        load_model(tmp_path / "model")


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such model file"):
        load_model(tmp_path / "absent")
    with pytest.raises(DataError, match="not a file that can be read"):
        load_model(tmp_path)


def test_missing_layer_plugin_is_named(file):
    def other_kind(old):
        layers = [dict(layer) for layer in old["network"]["layers"]]
        layers[0]["kind"] = "foveated_elsewhere"
        return {**old, "network": {**old["network"], "layers": layers}}

    rewrite(file, header=other_kind)
    with pytest.raises(PluginError, match="foveated_elsewhere"):
        load_model(file)


def test_unfinished_normalisation_is_refused(tmp_path, small_network, random_model):
    model = random_model(small_network())
    own = model.parameters[1].normalisation
    parameters = list(model.parameters)
    parameters[1] = replace(parameters[1], normalisation=Normalisation(own.mean * np.inf, own.std, own.bias))
    save_model(replace(model, parameters=tuple(parameters)), tmp_path / "model")
    with pytest.raises(DataError, match="NaN or infinity"):
        load_model(tmp_path / "model")
