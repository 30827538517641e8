"""``[train.stand_in]``: what is different when the stand-in of the data is in use."""

import pytest

from neurosyn.errors import ScenarioError
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario
from neurosyn.training.trainer import Trainer

BASE = """
[data]
kind = "svhn"
[data.stand_in]
kind = "archive"
name = "bars"
file = "{bars}"
[network]
kind = "eedn_tiny"
[train]
epochs = 5
rate = 0.1
"""


@pytest.fixture
def write(tmp_path, bars):
    def write(text):
        path = tmp_path / "s.toml"
        path.write_text(BASE.format(bars=bars) + text, encoding="utf-8")
        return path

    return write


def test_changes_are_laid_over_the_table(write):
    scenario = load_scenario(write("[train.stand_in]\nepochs = 2\n"))
    assert scenario.options("train", Trainer).epochs == 5
    varied = scenario.options("train.stand_in", Trainer)
    assert (varied.epochs, varied.rate) == (2, 0.1)
    assert scenario.table("train")["epochs"] == 5
    assert "stand_in" not in scenario.table("train")
    assert scenario.table("train.stand_in")["epochs"] == 2
    assert scenario.resolved["train"]["stand_in"] == {"epochs": 2}


def test_another_trainer_keeps_only_what_every_trainer_has(write, monkeypatch):
    from neurosyn.registry import registry

    class Patient(Trainer):
        patience: int = 3

        def train(self, network, data, context):
            raise NotImplementedError

    registry.register("trainers", "patient", Patient, "this test")
    registry._add(registry._pending.pop())
    scenario = load_scenario(write('validation = 0.2\n[train.stand_in]\nkind = "patient"\n'))
    assert scenario.kind("train") == "eedn"
    assert scenario.table("train.stand_in")["validation"] == 0.2
    assert scenario.options("train.stand_in", Trainer).patience == 3


def test_the_resolved_scenario_is_the_same_scenario(write, tmp_path):
    scenario = load_scenario(write('[train.stand_in]\nepochs = 2\nmodel = "m.safetensors"\n'))
    again = tmp_path / "again.toml"
    again.write_text(scenario.to_toml(), encoding="utf-8")
    read = load_scenario(again)
    assert read.table("train.stand_in") == scenario.table("train.stand_in")
    assert read.resolved == scenario.resolved


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[train.stand_in]\nepoch = 2\n", ["s.toml:14: train.stand_in.epoch: unknown key; did you mean 'epochs'"]),
        ("[train.stand_in]\nepochs = 0\n", ["s.toml:14: train.stand_in.epochs:"]),
        ("stand_in = 3\n", ["s.toml:13: train.stand_in: must be a table"]),
        ("batch = 0\n[train.stand_in]\nepochs = 0\n", ["s.toml:13: train.batch:", "s.toml:15: train.stand_in.epochs:"]),
    ],
)
def test_mistakes_are_told_once_with_their_line(write, text, messages):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(text))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert message in line


def test_each_data_set_has_its_own_model(write, empty_data, tmp_path):
    for name in ("real", "drawn"):
        (tmp_path / name).touch()
    data = RunInputs(load_scenario(write('model = "real"\n[train.stand_in]\nmodel = "drawn"\n')))
    assert data.source.used_stand_in
    assert data.train_table == "train.stand_in"
    assert data.model_file == tmp_path / "drawn"
    (empty_data / "test_32x32.mat").touch()
    data = RunInputs(load_scenario(write('model = "real"\n[train.stand_in]\nmodel = "drawn"\n')))
    assert data.train_table == "train"
    assert data.model_file == tmp_path / "real"


def test_only_a_table_that_trains_needs_training_images(write, empty_data, tmp_path):
    (tmp_path / "drawn").touch()
    (empty_data / "test_32x32.mat").touch()
    data = RunInputs(load_scenario(write('[train.stand_in]\nmodel = "drawn"\n')))
    assert data.source.used_stand_in, "the data set itself would have to train and cannot"
    assert "train_32x32.mat not found" in data.source.reason
    assert data.model_file == tmp_path / "drawn"


def test_an_override_reaches_the_stand_in(write, empty_data):
    scenario = load_scenario(write('[train.stand_in]\nmodel = "drawn"\n'), changes={"train.model": ""})
    assert RunInputs(scenario).model_file is None
