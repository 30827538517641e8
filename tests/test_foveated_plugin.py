"""A user's layer plugin goes the whole way: named in a scenario, trained, compiled, placed, simulated."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from neurosyn.run import Run
from neurosyn.progress import StageProgress
from neurosyn.scenario.scenario import load_scenario

PLUGIN = Path(__file__).parent / "foveated_layer.py"

SCENARIO = """
name = "foveated"
seed = 3
plugins = ["{plugin}"]

[data]
kind = "archive"
file = "{archive}"
name = "bars"

[network]
kind = "layers"
layers = [
  {{ kind = "transduction", features = 4 }},
  {{ kind = "foveated", features = 24, radius = 3 }},
  {{ kind = "conv2d", features = 60, kernel = 2, stride = 2, groups = 4 }},
  {{ kind = "readout" }},
]

[train]
kind = "eedn"
epochs = 3
batch = 16
validation = 0.0

[simulate]
timing = "simpy"
timed_frames = 2
"""


def bars(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Make noisy 12×12 images with one bright row band (0), column band (1) or neither (2)."""
    images = rng.integers(0, 90, (count, 12, 12, 1), dtype=np.uint8)
    labels = rng.integers(0, 3, count, dtype=np.int32)
    for image, label in zip(images, labels, strict=True):
        at = rng.integers(2, 9)
        if label == 0:
            image[at : at + 2] += 150
        elif label == 1:
            image[:, at : at + 2] += 150
    return images, labels


def write_archive(path: Path) -> None:
    """Write the images as the pickle-free archive that data set `archive` reads."""
    rng = np.random.default_rng(5)
    arrays: dict[str, np.ndarray] = {}
    for split, count in (("train", 240), ("test", 40)):
        images, labels = bars(count, rng)
        encoded = []
        for image in images:
            stream = io.BytesIO()
            Image.fromarray(np.repeat(image, 3, axis=2)).save(stream, "PNG")
            encoded.append(stream.getvalue())
        arrays[f"{split}_bytes"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        arrays[f"{split}_offsets"] = np.cumsum([0, *map(len, encoded)])
        arrays[f"{split}_labels"] = labels
    np.savez(path, **arrays)


def test_layer_file_trains_and_simulates_without_a_difference(tmp_path):
    write_archive(tmp_path / "bars.npz")
    path = tmp_path / "foveated.toml"
    path.write_text(SCENARIO.format(archive=tmp_path / "bars.npz", plugin=PLUGIN), encoding="utf-8")

    run = Run(load_scenario(path), tmp_path / "run")
    with StageProgress(run.STAGES, quiet=True) as progress:
        summary = run.simulate(progress)

    assert summary["mismatched_frames"] == 0
    assert summary["accuracy"] == summary["trained_accuracy"]
    assert summary["accuracy"] > 0.5, "three classes, one in three by chance"
    assert summary["dataset"]["name"] == "bars"
    assert {layer["name"] for layer in summary["layers"]} >= {"2 foveated-24"}
    assert summary["events"]["late_packets"] == 0
    assert json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8")) == summary
    assert "bars" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_fovea_is_sharper_than_the_periphery():
    from neurosyn.network.layer import MapShape
    from neurosyn.registry import registry

    registry.load_file(PLUGIN)
    layer = registry.get("layers", "foveated").from_table({"features": 2, "radius": 3})
    wiring = layer.connect(MapShape(12, 12, 1))
    wiring.check(MapShape(12, 12, 1), "foveated")
    spans = [np.ptp(row[row >= 0] % 12) for row in wiring.inputs]
    assert max(s for s, bank in zip(spans, wiring.banks, strict=True) if bank == 0) == 2
    assert max(s for s, bank in zip(spans, wiring.banks, strict=True) if bank == 1) == 4
