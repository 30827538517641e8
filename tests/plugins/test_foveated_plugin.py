"""A user's layer plugin goes the whole way: named in a scenario, trained, compiled, placed, simulated."""

from pathlib import Path

import numpy as np

from neurosyn.analysis.run_summary import read_summary
from tests.runs import simulate_scenario

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


def test_layer_file_trains_and_simulates_without_a_difference(bars, tmp_path):
    path = tmp_path / "foveated.toml"
    path.write_text(SCENARIO.format(archive=bars, plugin=PLUGIN), encoding="utf-8")

    summary = simulate_scenario(path, tmp_path / "run")

    assert summary["mismatched_frames"] == 0
    assert summary["accuracy"] == summary["trained_accuracy"]
    assert summary["accuracy"] > 0.5, "three classes, one in three by chance"
    assert summary["dataset"]["name"] == "bars"
    assert {layer["name"] for layer in summary["layers"]} >= {"2 foveated-24"}
    assert summary["events"]["late_packets"] == 0
    assert read_summary(tmp_path / "run" / "summary.json") == summary
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
