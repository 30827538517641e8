"""Tests of runs whose network keeps state and comes from a NIR file: scenario, data, stages, sweep."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from neurosyn_plugins.datasets.own.spikes import Spikes

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError, NeurosynError, ScenarioError
from neurosyn.importing.options import ImportOptions
from neurosyn.run.network_import import import_network, play_samples
from neurosyn.run.stages import Stages
from neurosyn.scenario.changes import parse_assignments
from tests.nir_files import chain, dense_network, ends, if_node, linear, spiking_scenario, write_nir
from tests.runs import simulate_scenario

pytest.importorskip("h5py")

SAMPLES = 12


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return spiking_scenario(tmp_path, SAMPLES)


def test_a_run_is_the_import_of_the_same_network(scenario: Path) -> None:
    summary = simulate_scenario(scenario, scenario.parent / "run")
    folder = scenario.parent
    imported = play_samples(import_network(folder / "net.nir", ImportOptions()), folder / "in.npz")
    assert summary["mismatched_frames"] == imported["mismatched_spikes"] == 0
    assert (summary["accuracy"], summary["trained_accuracy"]) == (imported["accuracy"], imported["expected_accuracy"])
    assert summary["ticks_per_frame"] == imported["ticks_per_sample"]
    assert summary["events"]["spikes"] == imported["events"]["spikes"]
    assert summary["model"]["nodes"] == imported["nodes"]
    assert any(a["name"] == "between samples" for a in summary["assumptions"])
    run = FinishedRun(folder / "run")
    assert run.trace.ticks_timed == 3 * summary["ticks_per_frame"]
    assert "Network of another framework" in (folder / "run" / "report.html").read_text()
    assert run.evaluation.accuracy == summary["accuracy"]


def test_tables_of_events_are_the_same_data(scenario: Path) -> None:
    runs = [
        simulate_scenario(
            scenario, scenario.parent / f"run-{name}", f"data.file={scenario.parent / name}", "simulate.timing=none"
        )
        for name in ("in.npz", "in.parquet")
    ]
    assert runs[0]["dataset"] | {"name": ""} == runs[1]["dataset"] | {"name": ""}
    assert runs[0]["layers"] == runs[1]["layers"]
    assert runs[0]["accuracy"] == runs[1]["accuracy"]


def test_late_packets_of_a_short_tick_are_played(scenario: Path) -> None:
    relaxed = simulate_scenario(scenario, scenario.parent / "a", "simulate.tick=1000")
    assert (relaxed["mismatched_frames"], relaxed["events"]["late_packets"]) == (0, 0)
    assert relaxed["tick_period_us"] == 1000
    short = simulate_scenario(scenario, scenario.parent / "b", "simulate.tick=0.5")
    assert short["events"]["late_packets"] > 0
    assert short["mismatched_frames"] > 0
    assert short["engine"]["ticks"] == SAMPLES * short["ticks_per_frame"]


def test_packets_of_a_sample_do_not_reach_the_next(scenario: Path, tmp_path: Path) -> None:
    # Each sample ends while its neurons fire in every tick, with spikes under way to other cores.
    nodes = {**ends(4, 2), "a": linear(np.ones((2, 4))), "n": if_node(2, threshold=0.5), "b": linear(np.eye(2)),
             "m": if_node(2, threshold=2.5)}  # fmt: skip
    write_nir(tmp_path / "net.nir", nodes, chain("input", "a", "n", "b", "m", "output"))
    np.savez(tmp_path / "in.npz", spikes=np.ones((5, 4, 4), np.uint8), labels=np.arange(4) % 2)
    for number, timing in enumerate(("compiled", "simpy")):
        changes = (f"simulate.timing={timing}", "simulate.tick=400", "simulate.timed_frames=4")
        summary = simulate_scenario(scenario, tmp_path / str(number), *changes)
        assert (summary["mismatched_frames"], summary["engine"]["timed_frames"]) == (0, 4)


def test_stages_are_skipped_until_a_file_changes(scenario: Path) -> None:
    folder = scenario.parent / "run"
    first = simulate_scenario(scenario, folder, "simulate.timing=none")
    stamp = (folder / "program.npz").stat().st_mtime_ns
    assert simulate_scenario(scenario, folder, "simulate.timing=none")["accuracy"] == first["accuracy"]
    assert (folder / "program.npz").stat().st_mtime_ns == stamp
    dense_network(scenario.parent / "net.nir", np.eye(3, 10), threshold=0.5)
    assert simulate_scenario(scenario, folder, "simulate.timing=none")["model"]["exact"] is True


def test_images_enter_by_a_rate_code(tmp_path: Path, scenario: Path, empty_data: Path) -> None:
    weight = np.random.default_rng(0).normal(size=(10, 3072)) / 20
    dense_network(tmp_path / "net.nir", weight)
    changes = {"data": {"kind": "synth_digits"}, "encoder": {"kind": "rate", "ticks": 4}}
    written = {**changes, "network": {"kind": "nir", "file": str(tmp_path / "net.nir")}}
    written |= {"place": {"kind": "row_major"}, "simulate": {"frames": 5, "timing": "none", "backend": "numpy"}}
    stages = Stages.open("simulate", written, out=tmp_path / "run")
    with stages.progress(quiet=True) as progress:
        summary = stages.simulate(progress)
    assert (summary["mismatched_frames"], summary["dataset"]["frames"]) == (0, 5)
    # Elements are in the order of channel, row, column.
    spikes = stages.inputs.samples()
    image = stages.inputs.frames.split.images[0].transpose(2, 0, 1)
    assert np.array_equal(spikes[:, 0].sum(axis=0).reshape(3, 32, 32), np.floor(image / 255 * 4 + 0.5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("data.channels=11", "samples have 10 elements"),
        ('data.classes=["a", "b", "c", "d"]', "has 3 outputs, the data 4 classes"),
        ("encoder.shape_of_step=[2, 2, 2]", "has 8 elements"),
        ("encoder.kind=unit", "gives real values|takes 10 elements"),
        ("chip.description=ranc", "has threshold_bits = 8, not 18; choose another chip.description"),
        ("network.bits=5bit", "bits"),
        ("network.file=absent.nir", "absent.nir"),
    ],
)
def test_refusals(scenario: Path, changes: str, message: str) -> None:
    with pytest.raises(NeurosynError, match=message):
        simulate_scenario(scenario, scenario.parent / "run", changes)


@pytest.mark.parametrize(("chip", "cores"), [("truenorth", 9), ("core45nm", 5), ("hypothetical5nm", 2)])
def test_cores_of_other_chips(scenario: Path, tmp_path: Path, chip: str, cores: int) -> None:
    rng = np.random.default_rng(2)
    dense_network(tmp_path / "net.nir", rng.normal(size=(6, 200)) / 6)
    spikes = (rng.random((5, 8, 200)) < 0.3).astype(np.uint8)
    np.savez(tmp_path / "in.npz", spikes=spikes, labels=np.arange(8) % 6)
    # 256 axons: 4 cores of relays for parts of 64 inputs, 4 of splitters for 800 axons, 1 of neurons. 1,024: no relays.
    # 512 axons and neurons: 3 axons an input, those of the least fewer, so that 1 core of splitters reaches all.
    changes = (f"chip.description={chip}", "simulate.timing=none", 'data.classes=["a", "b", "c", "d", "e", "f"]')
    summary = simulate_scenario(scenario, tmp_path / "run", *changes)
    assert (summary["mismatched_frames"], summary["chip"]["name"]) == (0, chip)
    assert summary["cores"] == cores
    relays = [layer["name"] for layer in summary["layers"] if layer["name"].endswith("parts")]
    assert len(relays) == (chip == "truenorth")


def test_commands_for_networks_of_layers(scenario: Path) -> None:
    stages = Stages.open("train", scenario, out=scenario.parent / "run", changes=parse_assignments(()))
    with pytest.raises(ScenarioError, match="is trained already"), stages.progress(quiet=True) as progress:
        stages.train(progress)
    with pytest.raises(ScenarioError, match="needs a network of layers"):
        _ = stages.inputs.network


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sample": [0], "tick": [0]}, "no column 'channel'"),
        ({"sample": [0], "tick": [0.5], "channel": [1]}, "give whole numbers"),
        ({"sample": [0, 2], "tick": [0, 0], "channel": [1, 1]}, "numbers samples up to 2 with 2 events"),
        ({"sample": [0, 0, 2], "tick": [0, 0, 1], "channel": [1, 1, 1]}, "sample 1 has no event"),
        ({"sample": [0, -1], "tick": [0, 0], "channel": [1, 1]}, "one is negative"),
        ({"sample": [0, 0], "tick": [0, 1], "channel": [1, 1], "label": [0, 1]}, "have different labels"),
        ({"sample": [0], "tick": [0], "channel": [9], "label": [0]}, "channel|element"),
        ({"sample": [0], "tick": [0], "channel": [0]}, "has no labels"),
        ({"sample": [0], "tick": [0], "channel": [0], "label": [-2]}, "classes begin at 0"),
    ],
)
def test_wrong_tables(context, columns, message) -> None:
    context.folder.mkdir()
    pd.DataFrame(columns).to_parquet(context.folder / "a.parquet")
    with pytest.raises(DataError, match=message):
        Spikes(file="a.parquet", channels=4).load("test", context)


def test_damaged_tables(context) -> None:
    context.folder.mkdir()
    pd.DataFrame({"sample": [0] * 99, "tick": range(99), "channel": range(99)}).to_parquet(context.folder / "a.parquet")
    content = (context.folder / "a.parquet").read_bytes()
    (context.folder / "b.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        Spikes(file="b.parquet").load("test", context)
