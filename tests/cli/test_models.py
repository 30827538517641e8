"""Commands ``neurosyn models``."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from neurosyn.compiler.compile import compile_network
from neurosyn.model.model import Model
from neurosyn.model.model_file import load_model, save_model
from neurosyn.model.shipped import shipped_models
from neurosyn.report.model_card import model_card

VAD = "vad_stand_in"


@pytest.fixture(scope="module")
def packed(tiny, tmp_path_factory):
    """A model trained and packed by the command, with a changed option."""
    from neurosyn.cli import main

    folder = tmp_path_factory.mktemp("packed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ("train", str(tiny), "--set", "train.epochs=1", "--packed", "tiny.safetensors", "--quiet")
        patch.setattr("sys.argv", ["neurosyn", *words])
        main()
    return folder / "tiny.safetensors"


def test_list_shows_every_shipped_model(neurosyn):
    rows = json.loads(neurosyn("models", "list", "--json").out)
    assert [row["name"] for row in rows] == list(shipped_models())
    for row in rows:
        assert row["task"]
        assert row["cores"] > 0
        assert 0 < row["accuracy"] < 1
        assert row["bytes"] < 1_000_000
        assert 0 < row["zero_weights"] < 1
        assert not row["official"] or "stand-in" not in row["dataset"]
    shown = neurosyn("models", "list").out
    assert all(name in shown for name in shipped_models())
    assert '[train] model = "shipped:NAME"' in shown


def test_a_broken_model_is_named_and_the_others_are_shown(neurosyn, monkeypatch, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a model")
    found = {"broken": broken, VAD: shipped_models()[VAD]}
    monkeypatch.setattr("neurosyn.model.shipped.shipped_models", lambda: found)
    outcome = neurosyn("models", "list")
    assert outcome.code == 0
    assert "BROKEN" in outcome.out
    assert VAD in outcome.out


def test_info_gives_the_command_seed_and_data(neurosyn, packed, tiny, bars):
    about = json.loads(neurosyn("models", "info", packed, "--json").out)
    assert about["command"] == f"neurosyn train {tiny} --set train.epochs=1 --packed tiny.safetensors"
    assert (about["seed"], about["task"], about["dataset"], about["official"]) == (3, "tiny", "bars", False)
    assert about["data"][0] == "bars"
    assert about["data"][1], "a checksum or size of the archive"
    assert about["trainer"]["epochs"] == 1
    assert about["test_frames"] == 20
    shown = neurosyn("models", "info", packed).out
    assert "NOT official data" in shown
    assert f"{about['accuracy']:.2%} of 20 test frames" in shown
    assert f'[train] model = "{packed}"' in shown


def test_info_of_a_model_that_says_nothing_about_itself(neurosyn, packed, tmp_path):
    model = load_model(packed)
    said = {"official": "yes", "test_accuracy": float(7), "seed": True, "command": 3, "trainer": []}
    save_model(Model(model.network, model.parameters, model.encoder, said), tmp_path / "silent.safetensors")
    card = model_card(tmp_path / "silent.safetensors")
    assert not card["official"]
    assert {card[key] for key in ("task", "dataset", "accuracy", "seed", "command", "trainer", "data")} == {None}
    outcome = neurosyn("models", "info", tmp_path / "silent.safetensors")
    assert outcome.code == 0
    assert outcome.out.count("not recorded") >= 6


def test_info_says_how_to_use_a_shipped_model_and_takes_its_name_with_the_prefix(neurosyn):
    shown = neurosyn("models", "info", VAD).out
    assert f"neurosyn simulate scenarios/vad.toml --set train.model=shipped:{VAD}" in shown
    assert neurosyn("models", "info", f"shipped:{VAD}").out == shown


@pytest.mark.parametrize("kind", ["missing", "empty", "cut", "flipped", "foreign", "folder"])
def test_files_that_are_no_models_are_refused(neurosyn, packed, tmp_path, kind):
    path, content = tmp_path / "model.safetensors", packed.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut":
        path.write_bytes(content[:-100])
    elif kind == "flipped":
        path.write_bytes(content.replace(b'"layers.1.trinary"', b'"layers.9.trinary"'))
    elif kind == "foreign":
        save_file({"weight": np.zeros((3, 3), np.float32)}, path)
    elif kind == "folder":
        path.mkdir()
    outcome = neurosyn("models", "info", path)
    assert outcome.code == 5
    assert str(path) in outcome.err
    assert "Traceback" not in outcome.err


def test_unknown_names_are_refused_with_the_nearest(neurosyn):
    outcome = neurosyn("models", "info", "vad_standin")
    assert outcome.code == 5
    assert f"did you mean '{VAD}'?" in outcome.err


def test_cores_are_those_of_the_compiled_program(packed):
    assert model_card(packed)["cores"] == compile_network(load_model(packed)).cores
