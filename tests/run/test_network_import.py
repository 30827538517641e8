"""Tests of an import from files to the comparison, and of the recorded outputs of other frameworks."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from neurosyn.errors import DataError
from neurosyn.importing.options import ImportOptions
from neurosyn.run.network_import import import_network, play_samples
from tests.nir_files import dense_network

pytest.importorskip("h5py")


@pytest.fixture
def vectors() -> Path:
    folder = Path(os.environ.get("NEUROSYN_VECTORS", "")) / "nir"
    if not os.environ.get("NEUROSYN_VECTORS") or not folder.is_dir():
        pytest.skip("NEUROSYN_VECTORS names no folder with recorded networks")
    return folder


def write_samples(path: Path, spikes: np.ndarray, **more: np.ndarray) -> Path:
    np.savez(path, spikes=spikes, **more)
    return path


def test_counts_of_a_file_are_compared(tmp_path: Path) -> None:
    file = dense_network(tmp_path / "net.nir", [[1, 0], [0, 1]], threshold=1.0)
    network = import_network(file, ImportOptions(fire="ge"))
    inputs = write_samples(
        tmp_path / "in.npz", np.array([[[1, 0], [0, 1]], [[1, 0], [0, 0]]], np.uint8), labels=np.array([0, 1])
    )
    np.savez(tmp_path / "out.npz", counts=np.array([[2, 0], [0, 2]]))
    result = play_samples(network, inputs, tmp_path / "out.npz")
    assert (result["samples"], result["equal_samples"], result["mismatched_spikes"]) == (2, 1, 0)
    assert (result["accuracy"], result["expected_accuracy"]) == (1.0, 1.0)
    assert [node["rating"] for node in result["nodes"]] == ["exact"] * 4
    assert result["ticks_per_sample"] == 4
    assert play_samples(network, inputs)["equal_samples"] == 2


def test_packed_samples_and_events_are_the_same(tmp_path: Path) -> None:
    from neurosyn.importing.samples import read_samples

    spikes = (np.random.default_rng(0).random((5, 3, 11)) < 0.5).astype(np.uint8)
    step, sample, element = np.nonzero(spikes)
    packed = write_samples(tmp_path / "a.npz", np.packbits(spikes, axis=2), shape=np.array(spikes.shape))
    np.savez(tmp_path / "b.npz", sample=sample, step=step, element=element, shape=np.array(spikes.shape))
    for path in (packed, tmp_path / "b.npz", write_samples(tmp_path / "c.npz", spikes)):
        assert np.array_equal(read_samples(path, 11).spikes, spikes)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"other": np.zeros(3, int)}, "has neither 'spikes'"),
        ({"spikes": np.zeros((2, 2, 2))}, "give whole numbers"),
        ({"spikes": np.zeros((2, 2), int)}, "not \\(steps, samples, elements\\)"),
        ({"spikes": np.zeros((2, 2, 3), int)}, "samples have 3 elements, the network's input 2"),
        ({"spikes": np.full((2, 2, 2), 2)}, "spikes go up to 2"),
        ({"spikes": np.full((2, 2, 2), -1)}, "outside 0 and 1"),
        ({"spikes": np.zeros((2, 2, 1), np.uint8), "shape": np.array([9, 9, 9])}, "do not fit 'shape'"),
        ({"spikes": np.zeros((2, 2, 2), int), "labels": np.zeros(5, int)}, "labels are"),
        ({"sample": [0], "step": [5], "element": [0], "shape": [2, 1, 2]}, "an event has step 5"),
        ({"sample": [0, 1], "step": [0], "element": [0], "shape": [2, 2, 2]}, "different lengths"),
        ({"sample": [0], "step": [0], "element": [0], "shape": [1 << 20, 1 << 20, 2]}, "are more than"),
    ],
)
def test_wrong_samples(tmp_path: Path, arrays, message) -> None:
    from neurosyn.importing.samples import read_samples

    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_samples(tmp_path / "a.npz", 2)


def test_wrong_counts(tmp_path: Path) -> None:
    from neurosyn.importing.samples import read_expected

    np.savez(tmp_path / "a.npz", counts=np.zeros((3, 2)))
    with pytest.raises(DataError, match="counts are float64 \\(3, 2\\), not numbers \\(3, 4\\)"):
        read_expected(tmp_path / "a.npz", 3, 4)
    np.savez(tmp_path / "a.npz", other=np.zeros((3, 2)))
    with pytest.raises(DataError, match="has no array 'counts'"):
        read_expected(tmp_path / "a.npz", 3, 4)


CASES = [
    ("a_snntorch_fc_if", "subtract", 1.5, 0),
    ("b_snntorch_fc_leaky_zero", "zero", 1.5, 0),
    ("d_norse_conv_if", "zero", 1.5, 0),
    ("f_spikingjelly_avgpool_bias", "zero", 1.5, 0),
    ("h_snntorch_fc784", "late", 2.0, 0),
    ("k3_spikingjelly_exact_trinary", "zero", 0.0, 500),
]


@pytest.mark.parametrize(("name", "reset", "points", "equal"), CASES, ids=[case[0] for case in CASES])
def test_networks_of_other_frameworks(vectors: Path, name, reset, points, equal) -> None:
    folder = vectors / name
    meta = json.loads((folder / "meta.json").read_text())
    fire = "ge" if meta["fire"] == ">=" else "gt"
    network = import_network(folder / f"{name}.nir", ImportOptions(dt=meta["dt"], reset=reset, fire=fire))
    result = play_samples(network, folder / "inputs.npz", folder / "expected.npz")
    assert result["mismatched_spikes"] == 0
    assert result["equal_samples"] >= equal
    assert 100 * (result["expected_accuracy"] - result["accuracy"]) <= points + 1e-9


def test_every_other_file_is_rated_or_refused(vectors: Path) -> None:
    from neurosyn.errors import ChipLimitError

    outcomes = {}
    for path in sorted([*vectors.glob("traps/*.nir"), *vectors.glob("public/**/*.nir"), *vectors.glob("e*/*.nir")]):
        if path.name == "cnn_sinabs.nir":
            continue
        try:
            outcomes[path.name] = {rating["rating"] for rating in import_network(path, ImportOptions()).ratings}
        except (ChipLimitError, DataError) as error:
            outcomes[path.name] = {"refused"} if path.name in str(error) else {str(error)}
    assert set().union(*outcomes.values()) <= {"exact", "approximate", "refused"}
    assert outcomes["norse_lif_cuba.nir"] == outcomes["e2_snntorch_cubalif.nir"] == {"refused"}
    assert outcomes["norse_lifbox_scalar_tau1e-5.nir"] == {"refused"}
    assert "approximate" in outcomes["norse_fc_scalar.nir"]
    assert "approximate" in outcomes["e1_snntorch_recurrent.nir"]
