"""Keys of stages, the run folder and its lock."""

import json
import os

import pytest

from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    """A folder in which stages `compile` (one file) and `simulate` (a file and a folder) are done."""
    folder = RunFolder(tmp_path / "run")
    with folder.in_use():
        folder.program.write_text("program", encoding="utf-8")
        folder.done("compile", "key 1", [folder.program])
        folder.trace.mkdir()
        for name in ("spikes", "ticks"):
            (folder.trace / name).write_text(name, encoding="utf-8")
        folder.summary.write_text("{}", encoding="utf-8")
        folder.done("simulate", "key 2", [folder.trace, folder.summary])
    return folder


def test_key_depends_on_every_part_and_their_order():
    keys = [RunFolder.key("a", 1, 2), RunFolder.key("a", 2, 1), RunFolder.key("b", 1, 2), RunFolder.key("a", 1, 2, 3)]
    assert len(set(keys)) == 4
    assert RunFolder.key("a", {"x": 1, "y": 2}) == RunFolder.key("a", {"y": 2, "x": 1})


def test_key_of_training_outlives_a_change_of_the_code_and_others_do_not(monkeypatch):
    def keys():
        return RunFolder.key("train", 1, code=False), RunFolder.key("compile", 1)

    train, compiled = keys()
    monkeypatch.setattr("neurosyn.run.folder.code_digest", lambda: "another")
    assert keys()[0] == train
    assert keys()[1] != compiled


def test_done_stages_are_up_to_date_with_their_key_alone_also_when_read_again(folder):
    for found in (folder, RunFolder(folder.path)):
        assert found.up_to_date("compile", "key 1")
        assert found.up_to_date("simulate", "key 2")
        assert not found.up_to_date("compile", "key 2")
        assert not found.up_to_date("place", "key 1")


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("other")])
def test_missing_or_changed_files_are_not_up_to_date(folder, damage):
    damage(folder.trace / "ticks")
    assert not folder.up_to_date("simulate", "key 2")
    assert folder.up_to_date("compile", "key 1")
    folder.require_unchanged()
    damage(folder.summary)
    with pytest.raises(DataError, match=r"summary\.json: is missing or was changed"):
        folder.require_unchanged()


def test_file_of_which_nothing_is_recorded_is_taken_as_it_is(folder):
    folder.outputs.write_text("mine", encoding="utf-8")
    folder.require_unchanged()


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"compile": {"key": "key 1", "outputs"',
        "[]",
        "[" * 100_000,
        '{"compile": "key 1"}',
        '{"compile": {"key": "key 1"}}',
        '{"compile": {"key": "key 1", "outputs": {}}}',
        '{"compile": {"key": "key 1", "outputs": ["program.npz"]}}',
        '{"compile": {"key": "key 1", "outputs": {"program.npz": 3}}}',
        b"\xff\xfe".decode("latin-1"),
    ],
)
def test_damaged_record_counts_for_nothing(folder, text):
    (folder.path / "stages.json").write_text(text, encoding="latin-1")
    damaged = RunFolder(folder.path)
    assert not damaged.up_to_date("compile", "key 1")
    with damaged.in_use():
        damaged.done("compile", "key 1", [damaged.program])
    assert RunFolder(folder.path).up_to_date("compile", "key 1")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_place_of_the_record_is_not_waited_for(folder):
    (folder.path / "stages.json").unlink()
    os.mkfifo(folder.path / "stages.json")
    assert not RunFolder(folder.path).up_to_date("compile", "key")


def test_retracting_removes_the_summary_and_what_is_recorded_of_it(folder):
    folder.retract()
    assert not folder.summary.exists()
    assert set(json.loads((folder.path / "stages.json").read_text(encoding="utf-8"))) == {"compile"}
    folder.retract()


def test_forgetting_says_whether_there_was_something_to_forget(folder):
    assert folder.forget("compile")
    assert not folder.forget("compile")
    assert not RunFolder(folder.path).up_to_date("compile", "key 1")


def test_folder_is_for_one_run_at_a_time(folder):
    again = RunFolder(folder.path)
    with folder.in_use(), pytest.raises(DataError, match="another run is using this folder"), again.in_use():
        pytest.fail("two runs at once")
    with again.in_use():
        pass


def test_what_a_killed_run_left_half_written_goes_when_the_folder_is_used_again(folder):
    folder.checkpoints.mkdir()
    left = [folder.path / ".partial-abcd0123-model.safetensors", folder.checkpoints / ".partial-abcd0123-y"]
    for path in left:
        path.touch()
    with folder.in_use():
        assert not any(path.exists() for path in left)
        assert folder.up_to_date("simulate", "key 2")


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_file_in_the_place_of_the_folder_is_a_mistake_of_the_command(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(ScenarioError, match="a file is in its way; choose another with --out"):
        RunFolder(tmp_path / "file" / below).in_use().__enter__()
