"""Scenarios that ``neurosyn scenario new`` writes: they train long enough to learn, on a plain install."""

import tomllib

import pytest

from neurosyn.scaffold.scenario import write_scenario


def written(path, **arguments):
    return tomllib.loads(write_scenario(path, **arguments).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("files", "epochs"), [(1, 300), (144, 150), (6_400, 4), (3_200, 6)])
def test_few_pictures_are_passed_over_until_there_are_300_steps(files, epochs, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
    for number in range(files):
        (tmp_path / "pictures" / "cat" / f"{number}.png").touch()
    scenario = written(tmp_path / "mine.toml", pictures=tmp_path / "pictures")
    assert scenario["train"]["epochs"] == epochs
    assert scenario["data"] == {"kind": "folder", "folder": "./pictures"}
    # The smoke profile learns from the same pictures.
    assert scenario["profiles"]["smoke"] == {"simulate": {"frames": 50}}


def test_the_default_needs_no_extra(tmp_path):
    scenario = written(tmp_path / "mine.toml")
    assert scenario["data"]["stand_in"]["kind"] == "synth_objects"
    smoke = scenario["profiles"]["smoke"]
    assert smoke["data"]["stand_in"]["train_size"] == smoke["train"]["images"] == 4_800
