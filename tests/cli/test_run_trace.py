"""Folders of ``neurosyn run --trace``: one run at a time, no other file overwritten, no trace lost in silence."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from neurosyn.errors import ScenarioError
from neurosyn.run.trace_folder import trace_folder
from neurosyn.support.files import locked_folder
from neurosyn.trace.recorder import ParquetRecorder

DATA = Path(__file__).parents[1] / "formats" / "data"
RUN = ("run", DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", "20", "--quiet")


def test_a_folder_is_for_one_run_at_a_time(neurosyn, tmp_path):
    (tmp_path / "trace").mkdir()
    with locked_folder(tmp_path / "trace"):
        outcome = neurosyn(*RUN, "--trace", tmp_path / "trace")
    assert outcome.code == 5
    assert "another run is using this folder" in outcome.err
    assert not list((tmp_path / "trace").iterdir())


def test_an_older_trace_is_replaced(neurosyn, tmp_path):
    for ticks in (20, 30):
        assert neurosyn(*RUN, "--ticks", ticks, "--trace", tmp_path / "trace").code == 0
    assert json.loads((tmp_path / "trace" / "summary.json").read_text())["ticks"] == 30
    assert neurosyn("trace", "stats", tmp_path / "trace").code == 0


def test_a_run_that_does_not_begin_leaves_the_older_trace(neurosyn, tmp_path):
    assert neurosyn(*RUN, "--trace", tmp_path / "trace").code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "trace").iterdir()}
    assert neurosyn(*RUN, "--backend", "cupy", "--trace", tmp_path / "trace").code == 6
    assert {path.name: path.read_bytes() for path in (tmp_path / "trace").iterdir()} == before


def test_folders_of_other_things_are_refused(neurosyn, tmp_path, tiny_run):
    before = {path.name for path in tiny_run.iterdir()}
    outcome = neurosyn(*RUN, "--trace", tiny_run)
    assert outcome.code == 2
    assert "--trace" in outcome.err
    assert {path.name for path in tiny_run.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    outcome = neurosyn(*RUN, "--trace", tmp_path / "mine")
    assert outcome.code == 2
    assert "holds thesis.tex, which is no trace" in outcome.err
    (tmp_path / "file").touch()
    assert neurosyn(*RUN, "--trace", tmp_path / "file").code == 2


@pytest.mark.parametrize("name", ["ticks.parquet", "spikes.parquet", "summary.json", "trace.json", "report.html"])
def test_files_of_others_with_the_names_of_a_traces_are_refused(name, neurosyn, tmp_path):
    (tmp_path / name).write_text("mine")
    outcome = neurosyn(*RUN, "--trace", tmp_path)
    assert outcome.code == 2
    assert name in outcome.err
    assert (tmp_path / name).read_text() == "mine"


def test_tables_that_a_killed_run_left_without_their_list_are_replaced(neurosyn, tmp_path):
    assert neurosyn(*RUN, "--trace", tmp_path).code == 0
    for name in ("trace.json", "summary.json"):
        (tmp_path / name).unlink()
    (tmp_path / "cores.parquet").rename(tmp_path / "kept")
    (tmp_path / "kept").rename(tmp_path / ".cores.parquet.partial")
    assert neurosyn(*RUN, "--trace", tmp_path).code == 0
    assert neurosyn("trace", "stats", tmp_path).code == 0


def test_the_output_is_no_table_of_the_trace(tmp_path):
    folder = tmp_path / "trace"
    with pytest.raises(ScenarioError, match="is a file of the trace"), trace_folder(folder, folder / "spikes.parquet"):
        pass
    with trace_folder(folder, folder / "mine.parquet"):
        pass


@pytest.mark.parametrize("hook", ["tick", "finished"])
def test_a_lost_trace_is_an_error_and_the_output_is_kept(neurosyn, tmp_path, monkeypatch, hook):
    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ParquetRecorder, hook, fail)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        outcome = neurosyn(*RUN, "--trace", tmp_path / "trace", "--out", tmp_path / "out.csv", "--json")
    assert outcome.code == 5
    assert "the trace is lost (OSError" in outcome.err
    assert not outcome.out
    assert (tmp_path / "out.csv").exists()
    assert not (tmp_path / "trace" / "summary.json").exists()
