"""Tests of ``neurosyn import``."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.nir_files import chain, dense_network, ends, if_node, linear, spiking_scenario, write_nir

pytest.importorskip("h5py")


def test_ratings_come_before_the_samples(tmp_path: Path, neurosyn) -> None:
    file = dense_network(tmp_path / "net.nir", np.random.default_rng(0).normal(size=(3, 5)))
    np.savez(tmp_path / "in.npz", spikes=np.ones((4, 2, 5), np.uint8), labels=np.array([0, 1]))
    code, out, _ = neurosyn("import", str(file), "--inputs", str(tmp_path / "in.npz"), "-q")
    assert code == 0
    assert out.index("approximate") < out.index("accuracy on the chip")
    assert "assumed: fires at v > threshold" in out


def test_document(tmp_path: Path, neurosyn) -> None:
    file = dense_network(tmp_path / "net.nir", [[1, -1]])
    np.savez(tmp_path / "in.npz", spikes=np.ones((4, 2, 2), np.uint8))
    np.savez(tmp_path / "out.npz", counts=np.zeros((2, 1)))
    inputs, expected = str(tmp_path / "in.npz"), str(tmp_path / "out.npz")
    code, out, _ = neurosyn(
        "import", str(file), "--inputs", inputs, "--expected", expected, "--timing", "compiled", "--json", "-q"
    )
    document = json.loads(out)
    assert code == 0
    assert document["equal_samples"] == document["samples"] == 2
    assert document["nodes"][1] == {
        "name": "fc", "type": "Linear", "rating": "exact", "reason": "weights are on a lattice, 2 axons an input",
        "cores": None,
    }  # fmt: skip
    assert document["timing"] == {"name": "compiled", "timed_samples": 2, "differing_samples": 0}


def test_refusals_have_a_table_and_one_line(tmp_path: Path, neurosyn) -> None:
    file = write_nir(tmp_path / "net.nir", {**ends(1, 1), "n": {"type": "CubaLIF"}}, chain("input", "n", "output"))
    code, out, error = neurosyn("import", str(file), "-q")
    assert code == 4
    assert "refused" in out
    assert error.count("\n") == 1
    assert "node 'n' (CubaLIF)" in error


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--expected", "x.npz"], 2, "give --inputs"),
        (["--plot", "x.png"], 2, "give --inputs"),
        (["--dt", "-1"], 2, "--dt -1.0: must be a time"),
        (["--inputs", "missing.npz"], 5, "missing.npz: cannot be read"),
    ],
)
def test_mistakes(tmp_path: Path, neurosyn, arguments, code, message) -> None:
    file = dense_network(tmp_path / "net.nir", [[1]])
    ended, _, error = neurosyn("import", str(file), "-q", *arguments)
    assert (ended, message in error) == (code, True)


def test_commands_for_scenarios_with_such_networks(tmp_path: Path, neurosyn) -> None:
    scenario, out = str(spiking_scenario(tmp_path)), tmp_path / "sweep"
    assert neurosyn("scenario", "check", scenario)[0] == 0
    varied = ("--over", "network.bits=trinary,4bit", "--set", "simulate.timing=none")
    code, _, error = neurosyn("sweep", scenario, *varied, "--out", out, "-q")
    assert (code, error) == (0, "")
    assert len((out / "sweep.csv").read_text().splitlines()) == 3
    code, text, _ = neurosyn("compile", scenario, "--out", tmp_path / "c", "--json", "-q")
    assert (code, [row["type"] for row in json.loads(text)["network"]]) == (0, ["Input", "Linear", "IF", "Output"])
    assert "approximate" in neurosyn("compile", scenario, "--out", tmp_path / "c", "-q")[1]
    assert neurosyn("plugins", "check", "topologies/nir", "--set", f"file={tmp_path / 'net.nir'}")[0] == 0
    code, _, error = neurosyn("compile", scenario, "--untrained", "-q")
    assert (code, "needs a network of layers" in error) == (2, True)
    code, _, error = neurosyn("simulate", scenario, "--shard", "1/2", "--out", tmp_path / "s", "-q")
    assert (code, "samples of a network with state are simulated together" in error) == (2, True)


def test_trained_networks_go_out_and_come_back(tmp_path: Path, finished_run: Path, neurosyn) -> None:
    net, inputs, expected = (str(tmp_path / name) for name in ("net.nir", "in.npz", "out.npz"))
    written = ("--inputs", inputs, "--expected", expected, "--frames", "6")
    code, out, _ = neurosyn("export", finished_run, net, *written)
    assert (code, "groups = 1" in out) == (0, True)
    code, out, _ = neurosyn("import", net, "--inputs", inputs, "--expected", expected, "--json", "-q")
    document = json.loads(out)
    assert (code, document["samples"], document["equal_samples"]) == (0, 6, 6)
    assert document["exact"] is True
    code, out, _ = neurosyn("export", finished_run / "model.safetensors", net, "--neurons", "threshold", "--json")
    assert (code, json.loads(out)["nodes"][2]["type"]) == (0, "Threshold")
    code, _, error = neurosyn("export", finished_run / "model.safetensors", net, "--inputs", inputs)
    assert (code, "is no run folder" in error) == (2, True)


def test_loss_of_each_layer_alone(tmp_path: Path, neurosyn) -> None:
    # The first layer is rounded; the second one is exact, so that all that it loses comes from the first.
    rng = np.random.default_rng(1)
    nodes = {
        **ends(12, 3), "a": linear(rng.normal(size=(8, 12))), "n": if_node(8), "b": linear(np.eye(3, 8)),
        "m": if_node(3, threshold=1.5),
    }  # fmt: skip
    file = write_nir(tmp_path / "net.nir", nodes, chain("input", "a", "n", "b", "m", "output"))
    np.savez(tmp_path / "in.npz", spikes=(rng.random((10, 20, 12)) < 0.4).astype(np.uint8))
    given = (str(file), "--inputs", tmp_path / "in.npz", "--calibrate", tmp_path / "in.npz")
    code, out, _ = neurosyn("import", *given, "--bits", "trinary", "--plot", tmp_path / "a.svg", "--json", "-q")
    document = json.loads(out)
    first, second = document["fidelity"]
    assert code == 0
    assert first["equal_share"] == first["own_equal_share"] < 1
    assert second["equal_share"] < second["own_equal_share"] == 1
    assert len(second["equal_share_by_step"]) == 10
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert any("answers are the original's" in line for line in document["assumptions"])
