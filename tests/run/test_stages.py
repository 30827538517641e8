import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.engine.probes.dispatch import ProbeWarning
from neurosyn.errors import ChipLimitError, DataError, PluginError, ScenarioError
from neurosyn.run.inputs import RunInputs
from neurosyn.run.stages import Stages
from neurosyn.scenario.changes import parse_assignments
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.progress import StageProgress
from neurosyn.support.untrusted import read_npz

STAGES = ["data", "train", "compile", "place", "simulate", "report"]
OF_THE_MOMENT = {"run": None, "provenance": None}
"""Keys of a summary that tell one run from its like."""


class Outcome:
    """What a command returned and said."""

    def __init__(self, result, said):
        self.result = result
        self.lines = dict(re.findall(r"^\[\d/\d\] (\w+) +(.*)", said, re.MULTILINE))

    @property
    def repeated(self):
        """The stages after the data's that were not up to date."""
        return [stage for stage, line in self.lines.items() if stage != "data" and "up to date" not in line]


def call(command, scenario, folder, *overrides, force=False):
    stream = io.StringIO()
    with StageProgress(Stages.STAGES, stream=stream) as progress:
        run = Stages(load_scenario(scenario, changes=parse_assignments(overrides)), folder, force=force)
        result = getattr(run, command)(progress)
    return Outcome(result, stream.getvalue())


def simulate(*args, **kwargs):
    return call("simulate", *args, **kwargs)


def contents(folder):
    """Return the bytes of all files that do not say where and when the run was."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    with_time_and_place = ("summary.json", "timings.json", "provenance.json", "stages.json", "report.html")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in with_time_and_place}


def comparable(summary):
    return summary | OF_THE_MOMENT | {"engine": summary["engine"] | {"wall_s": None}}


def test_equal_seeds_give_equal_bytes_and_equal_summaries(tiny, finished_run, tmp_path):
    again = simulate(tiny, tmp_path / "again").result
    first, second = contents(finished_run), contents(tmp_path / "again")
    assert {"model.safetensors", "program.npz", "placement.npz", "outputs.npz", "trace/packets.parquet"} <= set(first)
    assert first == second
    assert comparable(again) == comparable(FinishedRun(finished_run).summary)


def test_another_seed_gives_another_model(tiny, finished_run, tmp_path):
    call("train", tiny, tmp_path / "other", "seed=4")
    model = "model.safetensors"
    assert (tmp_path / "other" / model).read_bytes() != (finished_run / model).read_bytes()


def test_second_run_repeats_nothing_and_says_the_same(tiny, tiny_run):
    before = contents(tiny_run) | {"summary": (tiny_run / "summary.json").read_bytes()}
    outcome = simulate(tiny, tiny_run)
    assert list(outcome.lines) == STAGES
    assert outcome.repeated == []
    assert comparable(outcome.result) == comparable(json.loads(before["summary"]))
    assert contents(tiny_run) | {"summary": (tiny_run / "summary.json").read_bytes()} == before


@pytest.mark.parametrize(
    ("override", "first"),
    [("compile.copies=exact", "compile"), ("place.kind=row_major", "place"), ("chip.voltage=0.8", "simulate")],
)
def test_changed_option_repeats_its_stage_and_those_after_it(override, first, tiny, tiny_run):
    assert simulate(tiny, tiny_run, override).repeated == STAGES[STAGES.index(first) :]


def test_options_taken_back_find_the_model_again(tiny, tiny_run):
    simulate(tiny, tiny_run, "place.kind=row_major")
    assert "train" not in simulate(tiny, tiny_run).repeated


def test_timing_changes_neither_function_nor_counts(tiny, finished_run, tiny_run):
    untimed = simulate(tiny, tiny_run, "simulate.timing=none").result
    timed = FinishedRun(finished_run).summary
    assert timed["engine"]["timing"] == "simpy"
    assert untimed["engine"]["timing"] == "none"
    assert timed["engine"]["timed_packets"] > 0 == untimed["engine"]["timed_packets"]
    assert untimed["events"] == timed["events"]
    assert untimed["mismatched_frames"] == timed["mismatched_frames"] == 0
    for name, array in read_npz(finished_run / "outputs.npz").items():
        np.testing.assert_array_equal(read_npz(tiny_run / "outputs.npz")[name], array)


def test_compiled_timing_gives_the_same_times(tiny, finished_run, tiny_run):
    compiled, simpy = simulate(tiny, tiny_run, "simulate.timing=compiled").result, FinishedRun(finished_run).summary
    for summary in (compiled, simpy):
        del summary["engine"]["timing"]
    assert comparable(compiled) == comparable(simpy)
    ours, theirs = contents(tiny_run), contents(finished_run)
    traces = [json.loads(files.pop("trace/trace.json")) for files in (ours, theirs)]
    assert [trace.pop("timing") for trace in traces] == ["compiled", "simpy"]
    assert traces[0] == traces[1]
    assert ours == theirs | {"scenario.toml": ours["scenario.toml"]}


def test_force_repeats_everything_from_the_start_with_the_same_outcome(tiny, finished_run, tiny_run, learnt):
    assert simulate(tiny, tiny_run, force=True).repeated == STAGES[1:]
    assert len(learnt) == 2 * 2 * 15  # epochs, parts of a batch, batches
    assert contents(tiny_run) == contents(finished_run)


def test_damaged_outputs_are_made_anew(tiny, finished_run, tiny_run):
    for path in (path for path in tiny_run.rglob("*") if path.is_file() and path.parent.name != "checkpoints"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    outcome = simulate(tiny, tiny_run)
    assert outcome.repeated == STAGES[1:]
    assert contents(tiny_run) == contents(finished_run)
    assert comparable(outcome.result) == comparable(FinishedRun(finished_run).summary)


def test_lost_report_is_written_again_and_nothing_else(tiny, tiny_run):
    page = (tiny_run / "report.html").read_bytes()
    (tiny_run / "report.html").unlink()
    assert simulate(tiny, tiny_run).repeated == ["report"]
    assert (tiny_run / "report.html").read_bytes() == page


def test_model_of_the_scenario_takes_the_place_of_training(tiny, finished_run, tmp_path):
    outcome = simulate(tiny, tmp_path / "run", f"train.model={finished_run / 'model.safetensors'}")
    assert outcome.lines["train"].startswith("trained model model.safetensors")
    # Options of the training are without effect beside a model, and named so.
    assert set(outcome.result.pop("unused")) >= {"train.epochs", "train.batch"}
    expected = {key: value for key, value in FinishedRun(finished_run).summary.items() if key != "unused"}
    assert comparable(outcome.result) == comparable(expected)
    scenario = load_scenario(tmp_path / "run" / "scenario.toml")
    assert scenario.resolved["train"]["model"] == str(finished_run / "model.safetensors")


def test_resolved_scenario_in_the_folder_repeats_the_run(finished_run, tiny_run):
    assert simulate(finished_run / "scenario.toml", tiny_run).repeated == []


@pytest.fixture
def learnt(monkeypatch):
    """Counts the parts of batches that are learnt."""
    calls = []
    learn = BatchNetwork.learn

    def counted(self, *args):
        calls.append(1)
        return learn(self, *args)

    monkeypatch.setattr(BatchNetwork, "learn", counted)
    return calls


# What does not come to its end.


def test_interrupted_simulation_leaves_no_summary_of_another_run(tiny, tiny_run, finished_run, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("neurosyn.engine.frame_parts.Clock.run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            simulate(tiny, tiny_run, "chip.voltage=0.8")
    assert not (tiny_run / "summary.json").exists()
    assert not (tiny_run / "report.html").exists()
    assert list((tiny_run / "trace").iterdir()) == []
    with pytest.raises(DataError, match="holds no finished run"):
        FinishedRun(tiny_run)
    assert simulate(tiny, tiny_run).repeated == ["simulate", "report"]
    assert contents(tiny_run) == contents(finished_run)


def test_run_whose_trace_cannot_be_written_is_an_error_and_is_recorded_the_next_time(tiny, tiny_run, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("neurosyn.trace.recorder.ParquetRecorder._finish", fail)
        lost = pytest.raises(DataError, match="trace could not be written, the other results are whole")
        with pytest.warns(ProbeWarning, match="No space left"), lost:
            simulate(tiny, tiny_run, "chip.voltage=0.8")
    assert FinishedRun(tiny_run).summary["voltage"] == 0.8
    assert (tiny_run / "report.html").exists()
    assert simulate(tiny, tiny_run, "chip.voltage=0.8").repeated == ["simulate", "report"]
    assert (tiny_run / "trace" / "trace.json").exists()


LARGE_KERNEL = 'network.layers=[{kind="transduction"},{kind="conv2d",features=9,kernel=12},{kind="readout"}]'
MANY_CORES = (
    'network.layers=[{kind="transduction",features=4},{kind="conv2d",features=24,kernel=4,stride=4},'
    '{kind="conv2d",features=120000,kernel=1,groups=8},{kind="readout"}]'
)


@pytest.mark.parametrize(
    ("overrides", "error", "said"),
    [
        ([LARGE_KERNEL], ChipLimitError, r"layer 2 conv2d-9: a neuron sees \d+ inputs, a core takes 128 .* use more"),
        (
            [MANY_CORES, "chip.chips=[1, 1]"],
            ChipLimitError,
            r"placement: the program has [\d,]+ cores, .* has 4,096; set `chip.chips`",
        ),
        (["data.classes=['a']"], DataError, "label 2 with 1 classes; correct `classes`"),
    ],
)
def test_what_would_be_refused_after_the_training_is_refused_before(overrides, error, said, tiny, tiny_run, learnt):
    with pytest.raises(error, match=said):
        call("train", tiny, tiny_run, *overrides)
    assert not learnt
    assert (tiny_run / "summary.json").exists()
    assert simulate(tiny, tiny_run).repeated == []


# Data and models.


def test_training_and_test_images_come_from_one_data_set(bars, tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSYN_DATA", str(tmp_path))
    (tmp_path / "test_32x32.mat").touch()
    path = tmp_path / "s.toml"
    path.write_text(
        f'[data]\nkind = "svhn"\n[data.stand_in]\nkind = "archive"\nname = "bars"\nfile = "{bars}"\n'
        '[network]\nkind = "eedn_tiny"\n',
        encoding="utf-8",
    )
    training = RunInputs(load_scenario(path))
    assert training.source.used_stand_in
    assert "train_32x32.mat not found" in training.source.reason
    (tmp_path / "model").touch()
    testing = RunInputs(load_scenario(path, changes={"train.model": tmp_path / "model"}))
    assert not testing.source.used_stand_in


def test_more_frames_than_there_are_is_said(tiny, tiny_run):
    outcome = simulate(tiny, tiny_run, "simulate.frames=5000")
    assert outcome.result["dataset"]["frames"] == 40
    assert "40 frames (all there are; 5,000 asked for)" in outcome.lines["simulate"]


def test_changed_images_and_plugin_files_train_again(tiny, bars, tmp_path):
    plugin = tmp_path / "mine.py"
    text = (
        "from neurosyn.data.encoder import Encoder\nfrom neurosyn.registry import plugin\n"
        '@plugin("encoders", "mine")\nclass Mine(Encoder):\n'
        '    """Mine."""\n    def encode(self, images):\n        return images.astype("float32") / SCALE\n'
    )
    archive = tmp_path / "bars.npz"
    archive.write_bytes(bars.read_bytes())
    overrides = ["encoder.kind=mine", f"plugins=['{plugin}']", f"data.file={archive}", "train.epochs=1"]

    def train():
        return call("train", tiny, tmp_path / "run", *overrides).repeated

    plugin.write_text(f"SCALE = 255\n{text}", encoding="utf-8")
    assert train() == ["train"]
    assert train() == []
    plugin.write_text(f"SCALE = 200\n{text}", encoding="utf-8")
    assert train() == ["train"]
    arrays = dict(np.load(archive))
    np.savez(archive, **arrays | {"train_labels": arrays["train_labels"][::-1]})
    assert train() == ["train"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("encoder.kind=unit", r"was trained with encoder .*contrast.*, the scenario says .*unit.*"),
        ("data.classes=['a', 'b', 'c', 'd']", "has 3 classes, the scenario's data 4"),
        ("data.size=16", r"has inputs of shape \[12, 12, 3\], the scenario \[16, 16, 3\]"),
        ("network.kind=eedn_tiny", "holds another network .*"),
    ],
)
def test_model_that_does_not_fit_the_scenario_is_refused(override, said, tiny, finished_run, tmp_path):
    model = finished_run / "model.safetensors"
    with pytest.raises(ScenarioError, match=rf"tiny\.toml: train\.model: model\.safetensors {said}; train one with"):
        simulate(tiny, tmp_path / "run", override, f"train.model={model}")


PLUGINS = {
    "topologies": "from neurosyn.network.topology import Topology as Base\n",
    "encoders": "from neurosyn.data.encoder import Encoder as Base\n",
    "trainers": "from neurosyn.training.trainer import Trainer as Base\n",
    "placers": "from neurosyn.placement.placer import Placer as Base\n",
    "datasets": "from neurosyn.data.dataset import *\nfrom neurosyn.data.dataset import Dataset as Base\n",
}


@pytest.mark.parametrize(
    ("group", "table", "methods", "said"),
    [
        (
            "topologies",
            "network",
            "def layers(self, inputs, n_classes): return inputs.depth",
            "AttributeError in layers",
        ),
        ("topologies", "network", "def layers(self, inputs, n_classes): return None", r"layers\(\) returned no list"),
        ("encoders", "encoder", "def encode(self, images): return images[0, :, 99]", r"IndexError in \w+\(\)"),
        (
            "encoders",
            "encoder",
            "def encode(self, images): return images",
            r"encode\(\) returned uint8 \(20, 12, 12, 3\)",
        ),
        ("trainers", "train", "def train(self, network, data, context): return data / 2", "TypeError in train"),
        ("trainers", "train", "def train(self, network, data, context): return None", "returned NoneType, not a Model"),
        ("placers", "place", "def place(self, program, chip, seed, progress): return {}[0]", "KeyError in place"),
        ("placers", "place", "def place(self, program, chip, seed, progress): return []", "returned list, not int32"),
        (
            "datasets",
            "data",
            "def info(self, context): return None\n    def available(self, context, split): return 1 / 0\n"
            "    def load(self, split, context): return None",
            "ZeroDivisionError in available",
        ),
    ],
)
def test_plugin_that_breaks_its_contract_is_named(group, table, methods, said, tiny, finished_run, tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        f"{PLUGINS[group]}from neurosyn.registry import plugin\n"
        f'@plugin("{group}", "mine")\nclass Mine(Base):\n    """Mine."""\n    {methods}\n',
        encoding="utf-8",
    )
    overrides = [f"plugins=['{plugin}']", f"{table}.kind=mine"]
    if group in ("encoders", "placers"):
        overrides.append(f"train.model={_model_for(overrides, finished_run, tmp_path)}")
    with pytest.raises(PluginError, match=rf"(?i)mine.*{said}"):
        simulate(tiny, tmp_path / "run", *overrides)


def _model_for(overrides: list[str], finished_run: Path, tmp_path: Path) -> Path:
    """Return the finished run's model, said to be trained with the encoder of the overrides."""
    from dataclasses import replace

    from neurosyn.model.model_file import load_model, save_model

    model = load_model(finished_run / "model.safetensors")
    if "encoder.kind=mine" in overrides:
        model = replace(model, encoder={"kind": "mine"})
    save_model(model, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_summary_of_a_run_in_two_parts_has_the_bytes_of_one_in_one(tiny, tmp_path, monkeypatch):
    contents = []
    for goals in (("simulate",), ("train", "simulate")):
        folder = tmp_path / "-".join(goals)
        folder.mkdir()
        monkeypatch.chdir(folder)
        for goal in goals:
            call(goal, tiny, Path("run"))
        contents.append((folder / "run" / "summary.json").read_bytes())
        assert set(json.loads((folder / "run" / "timings.json").read_text())) == {"wall_s"}
    assert contents[0] == contents[1]
    assert b"wall_s" not in contents[0]
    assert "wall_s" in FinishedRun(Path("run")).summary["engine"]


def test_runs_of_one_command_differ_in_their_times_alone(tiny, tmp_path, monkeypatch):
    contents = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        call("simulate", tiny, Path("run"))
        contents.append({path: path.read_bytes() for path in sorted(Path("run").rglob("*")) if path.is_file()})
    first, second = contents
    assert {Path("run/report.html"), Path("run/stages.json")} <= first.keys()
    for files in contents:
        assert files.pop(Path("run/timings.json"))
    assert first == second


def test_damaged_times_are_named(tiny, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    (tmp_path / "run" / "timings.json").write_text('{"wall_s": "long"}')
    with pytest.raises(DataError, match=r"timings\.json"):
        FinishedRun(tmp_path / "run")


def test_timed_ticks_of_the_trace_add_up_to_the_summary_where_all_frames_are_timed(tiny, tiny_run):
    options = ("simulate.timing=compiled", "simulate.timed_frames=all", "trace.level=packet")
    energy = simulate(tiny, tiny_run, *options).result["energy_pj"]
    tables = {name: pd.read_parquet(tiny_run / "trace" / f"{name}.parquet") for name in ("ticks", "energy")}
    ticks = tables["ticks"]
    assert ticks["energy_pj"].sum() == tables["energy"]["energy_pj"].sum() > energy["total"] - energy["leakage"]
    assert ticks["energy_pj"][ticks["start_ps"].notna()].sum() == energy["total"] - energy["leakage"]
