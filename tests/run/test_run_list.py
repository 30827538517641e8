"""Lists of runs: states, and what is removed."""

import json
import shutil

from neurosyn.run.run_list import find_runs
from neurosyn.support.files import locked_folder


def test_runs_and_sweeps_have_states_and_only_finished_ones_are_cleaned(finished_run, tmp_path):
    sweep, unfinished = tmp_path / "sweeps" / "s", tmp_path / "runs" / "b"
    for folder in (sweep / "x=1", unfinished):
        shutil.copytree(finished_run, folder)
        (folder / "jobs").mkdir()
        (folder / "jobs" / "worker_0.log").write_text("x" * 100_000)
    (unfinished / "summary.json").unlink()
    (sweep / "jobs").mkdir()
    document = {"points": [{"finished": True}, {"finished": False}]}
    (sweep / "sweep.json").write_text(json.dumps(document))
    folders = [tmp_path / "runs", tmp_path / "sweeps"]

    def states():
        return {run.path.name: (run.to_dict()["state"], run.to_dict()["parts"]) for run in find_runs(folders)}

    assert states() == {"b": ("unfinished", None), "s": ("unfinished", "1 of 2 runs"), "x=1": ("finished", None)}
    with locked_folder(sweep / "x=1"):
        assert (states()["x=1"][0], states()["s"][0]) == ("in use", "in use")
    removed = {run.path.name: run.clean() for run in find_runs(folders) if run.is_finished and run.leftovers}
    assert removed == {"x=1": 0.1}
    assert not (sweep / "x=1" / "jobs").exists()
    assert (unfinished / "jobs").exists()
    assert (sweep / "jobs").exists()
    document["points"][1]["finished"] = True
    (sweep / "sweep.json").write_text(json.dumps(document))
    assert [run.path.name for run in find_runs(folders) if run.is_finished and run.leftovers] == ["s"]


def test_a_damaged_list_of_a_sweep_hides_no_run(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "s" / "x=1")
    (tmp_path / "s" / "sweep.json").write_text('{"points": 3}')
    assert [run.path.name for run in find_runs([tmp_path])] == ["x=1"]
