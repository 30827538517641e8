"""``neurosyn trace``, ``neurosyn analyse`` and ``neurosyn compare``."""

import json
import shutil

import pandas as pd
import pytest

from neurosyn.analysis.catalogue import ANALYSES


def test_stats(neurosyn, finished_run):
    tables = json.loads(neurosyn("trace", "stats", finished_run, "--json").out)
    assert {row["table"] for row in tables["rows"]} >= {"ticks", "packets", "core_ticks"}
    columns = json.loads(neurosyn("trace", "stats", finished_run, "ticks", "--json").out)["rows"]
    assert columns[0]["column"] == "tick"
    assert "makespan_ps" in neurosyn("trace", "stats", finished_run, "ticks").out


def test_head_of_some_rows(neurosyn, finished_run):
    first = json.loads(neurosyn("trace", "head", finished_run, "ticks", "-n", 3, "--json").out)
    tick = json.loads(neurosyn("trace", "head", finished_run, "packets", "-n", 1, "--json").out)[0]["tick"]
    some = json.loads(neurosyn("trace", "head", finished_run, "core_ticks", "-t", tick, "-c", 1, "--json").out)
    assert [row["tick"] for row in first] == [0, 1, 2]
    assert [(row["tick"], row["core"]) for row in some] == [(tick, 1)]


@pytest.mark.parametrize(("ticks", "said"), [("x", "no tick"), ("3:2", "no tick"), ("1:2:3", "no tick")])
def test_windows_that_are_none(neurosyn, finished_run, ticks, said):
    outcome = neurosyn("trace", "head", finished_run, "ticks", "--ticks", ticks)
    assert outcome.code == 2
    assert said in outcome.err


def test_export(neurosyn, finished_run, tmp_path):
    assert neurosyn("trace", "export", finished_run, "ticks", tmp_path / "ticks.csv", "-t", "1:2").code == 0
    assert pd.read_csv(tmp_path / "ticks.csv")["tick"].tolist() == [1, 2]
    said = json.loads(neurosyn("trace", "export", finished_run, "perfetto", tmp_path / "run.pftrace", "--json").out)
    assert said["packets"] > 0
    assert (tmp_path / "run.pftrace").stat().st_size > 1000


def test_diff(neurosyn, finished_run):
    assert json.loads(neurosyn("trace", "diff", finished_run, finished_run, "--json").out)["same"]
    assert "no difference" in neurosyn("trace", "diff", finished_run, finished_run).out


@pytest.mark.parametrize("name", ["power", "critical-path"])
def test_analyse(neurosyn, finished_run, tmp_path, name):
    assert json.loads(neurosyn("analyse", name, finished_run, "--json").out)["analysis"] == name
    assert neurosyn("analyse", name, finished_run, "--csv", "--plot", tmp_path / "plot.png").out.count("\n") > 1
    assert (tmp_path / "plot.png").is_file()


def test_help_names_every_analysis(neurosyn):
    shown = neurosyn("analyse", "--help").out
    assert all(name in shown for name in ANALYSES)


def test_what_is_not_there(neurosyn, finished_run, tmp_path):
    assert neurosyn("analyse", "power", tmp_path).code == 5
    outcome = neurosyn("analyse", "power", finished_run, "--table", "layer")
    assert outcome.code == 5
    assert "did you mean 'layers'" in outcome.err


def test_compare(neurosyn, finished_run, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(finished_run, other)
    document = json.loads(neurosyn("compare", finished_run, other, "--json").out)
    assert [row["run"] for row in document["tables"]["runs"]] == ["tiny", "other"]
    shown = neurosyn("compare", finished_run, other).out
    assert "energy per frame" in shown


def test_cores_that_are_not_there_are_refused_before_the_work(neurosyn, tiny, tmp_path):
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "-q", "--set", "trace.cores=[99999]")
    assert outcome.code == 2
    assert "trace.cores: there is no core 99999" in outcome.err
