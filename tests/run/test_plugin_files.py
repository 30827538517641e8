"""Stages repeat when a file that a plugin reads has changed."""

import importlib
import json

import numpy as np
import pytest

from neurosyn.registry import registry
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.fingerprint import package_digest
from neurosyn.support.untrusted import read_npz
from tests.runs import simulate_scenario

PLUGINS = """
from pathlib import Path

import numpy as np
from neurosyn.plugins import DataContext, Dataset, DatasetInfo, Field, ProbePlugin, Split, plugin, registry


@plugin("datasets", "given")
class Given(Dataset):
    "Images of a file."

    file: str = Field(description="images and labels")

    def info(self, context: DataContext) -> DatasetInfo:
        return DatasetInfo("given", False, "public domain", "drawn", ("dark", "bright"), (8, 8, 3))

    def available(self, context, split):
        return None

    def load(self, split, context):
        arrays = np.load(context.folder / self.file)
        return Split(arrays["images"], arrays["labels"])


@plugin("trainers", "tuned")
class Tuned(registry.get("trainers", "eedn")):
    "A trainer with a file."

    file: str = Field(description="the file")


@plugin("placers", "listed")
class Listed(registry.get("placers", "row_major")):
    "Rows, of a file that no option names."

    def fingerprint(self):
        return {"size": Path("rows.txt").stat().st_size}


@plugin("layers", "masked")
class Masked(registry.get("layers", "conv2d")):
    "A convolution with a file."

    file: str = Field(description="the file")


@plugin("probes", "compared")
class Compared(ProbePlugin):
    "A probe with a folder."

    folders: tuple[str, ...] = Field(description="the folders")
"""

SCENARIO = """
plugins = ["plugins.py"]

[data]
kind = "given"
file = "images.npz"

[encoder]
kind = "threshold"

[network]
kind = "layers"
layers = [{ kind = "masked", file = "mask.txt", features = 4, kernel = 4, stride = 4 }, { kind = "readout" }]

[train]
kind = "tuned"
file = "tuning.txt"
epochs = 1
batch = 8
validation = 0.0

[place]
kind = "listed"

[[probes]]
kind = "compared"
folders = ["folder"]

[simulate]
timing = "none"
"""


def write_images(path, *, flipped=False):
    random = np.random.default_rng(1)
    labels = (np.arange(40) % 2).astype(np.int32)
    images = (
        random.integers(0, 100, (40, 8, 8, 3), dtype=np.uint8) + (labels * 150).astype(np.uint8)[:, None, None, None]
    )
    np.savez(path, images=images, labels=1 - labels if flipped else labels)


@pytest.fixture
def scenario(empty_data, tmp_path, monkeypatch):
    """A scenario whose plugins read files in the data folder and in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_images(empty_data / "images.npz")
    (empty_data / "folder" / "below").mkdir(parents=True)
    for file in ("tuning.txt", "rows.txt", "data/mask.txt", "data/folder/below/file.txt"):
        (tmp_path / file).write_text("1", encoding="utf-8")
    (tmp_path / "plugins.py").write_text(PLUGINS, encoding="utf-8")
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def repeated(scenario, folder):
    """Return the stages that were not up to date."""
    before = record(folder)
    simulate_scenario(scenario, folder)
    return [stage for stage, entry in record(folder).items() if before.get(stage) != entry]


def record(folder):
    file = folder / "stages.json"
    return {stage: entry["key"] for stage, entry in json.loads(file.read_text()).items()} if file.exists() else {}


STAGES = ["train", "compile", "place", "simulate", "report"]


@pytest.mark.parametrize(
    ("file", "first"),
    [
        ("tuning.txt", "train"),
        ("data/mask.txt", "train"),
        ("rows.txt", "place"),
        ("data/folder/below/file.txt", "simulate"),
        ("data/folder/new.txt", "simulate"),
    ],
)
def test_file_of_a_plugin_repeats_the_stage_and_those_after_it(file, first, scenario, tmp_path):
    assert repeated(scenario, tmp_path / "run") == STAGES
    assert repeated(scenario, tmp_path / "run") == []
    (tmp_path / file).write_text("12", encoding="utf-8")
    assert repeated(scenario, tmp_path / "run") == STAGES[STAGES.index(first) :]


def test_flipped_labels_repeat_all_and_change_the_result(scenario, tmp_path, empty_data):
    before = simulate_scenario(scenario, tmp_path / "run")
    write_images(empty_data / "images.npz", flipped=True)
    after = simulate_scenario(scenario, tmp_path / "run")
    assert after["model"]["data"] == before["model"]["data"]  # the plugin has no fingerprint of its own
    flipped = read_npz(tmp_path / "run" / "outputs.npz")["labels"]
    np.testing.assert_array_equal(flipped, 1 - np.arange(len(flipped)) % 2)


def test_installed_plugin_counts_with_its_code(scenario, tmp_path, monkeypatch):
    (tmp_path / "stranger.py").write_text(
        "from neurosyn.plugins import registry\n\n\n"
        + ("class Rows(registry.get('placers', 'row_major')):\n    'Rows.'\n"),
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    rows = importlib.import_module("stranger").Rows
    digests = []
    with registry.lend("placers", "rows", rows):
        loaded = load_scenario(scenario, changes={"place.kind": "rows"})
        for text in ("", "# changed"):
            with (tmp_path / "stranger.py").open("a") as file:
                file.write(text)
            package_digest.cache_clear()
            digests.append(RunInputs(loaded).plugin_facts("place"))
    assert digests[0] != digests[1]
