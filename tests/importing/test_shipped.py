"""The network that ships: its licence, its accuracy on the chip, and names that do not exist."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neurosyn.errors import DataError
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.topology import network_file
from neurosyn.run.network_import import import_network, play_samples
from tests.importing.make_digits import make_network

h5py = pytest.importorskip("h5py")
SHIPPED = Path("shipped:digits")


def test_the_shipped_network_keeps_its_accuracy_on_the_chip(tmp_path: Path) -> None:
    with h5py.File(network_file(str(SHIPPED))) as file:
        metadata = {key: value[()] for key, value in file["node/metadata"].items()}
    assert b"CC BY 4.0" in metadata["licence"]
    assert b"CC BY 4.0" in metadata["data"]
    images, labels = load_digits(return_X_y=True)
    test = metadata["test_images"][:200]
    edges = np.arange(26)[:, None, None]
    sent = (2 * edges * images[test].astype(int) + 16) // 32
    np.savez(tmp_path / "in.npz", spikes=(sent[1:] > sent[:-1]).astype(np.uint8), labels=labels[test])
    network = import_network(SHIPPED, ImportOptions(reset="subtract"))
    result = play_samples(network, tmp_path / "in.npz")
    assert result["mismatched_spikes"] == 0
    assert result["expected_accuracy"] >= 0.97
    assert result["expected_accuracy"] - result["accuracy"] <= 0.015


def test_names_of_shipped_networks() -> None:
    with pytest.raises(DataError, match="network shipped:digit: does not exist"):
        network_file("shipped:digit")
    assert network_file("a/b.nir") == Path("a/b.nir")


@pytest.mark.slow
def test_the_shipped_network_can_be_made_again(tmp_path: Path) -> None:
    assert make_network(tmp_path / "digits.nir") >= 0.97
