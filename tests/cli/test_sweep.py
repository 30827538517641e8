"""`neurosyn sweep`: every combination in its folder, shared stages, failures, going on."""

import io
import json

import pandas as pd
import pytest
from pydantic import TypeAdapter

from neurosyn.cli.documents import DOCUMENTS


def test_runs_share_what_they_can_and_the_same_command_goes_on(neurosyn, tiny, tmp_path):
    words = ["sweep", tiny, "--out", tmp_path / "s", "--set", "simulate.timing=none", "--set", "simulate.frames=4"]
    words += ["--over", "chip.voltage=0.8,1.0", "--over", "place.kind=row_major,anneal", "--json"]
    outcome = neurosyn(*words)
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    TypeAdapter(DOCUMENTS["sweep"]).validate_json(outcome.out)
    assert [point["values"] for point in document["points"]] == [
        {"chip.voltage": v, "place.kind": kind} for v in ("0.8", "1.0") for kind in ("row_major", "anneal")
    ]
    runs = document["comparison"]["tables"]["runs"]
    assert [row["voltage"] for row in runs] == [0.8, 0.8, 1.0, 1.0]
    page = (tmp_path / "s" / "chip.voltage=0.8,place.kind=anneal" / "report.html").read_text(encoding="utf-8")
    assert '<a href="../report.html">Compare with the other runs</a>' in page
    # Only the first run is trained, its layers and cores are shown before; the rest begin with its model.
    assert [line.split() for line in outcome.err.splitlines() if line.startswith("      all ")] == [["all", "16"]]
    trained = [line for line in outcome.err.splitlines() if line.startswith("[2/6] train")]
    assert [line.split()[2] for line in trained] == ["trained", "up", "up", "up"]
    models = {path.read_bytes() for path in (tmp_path / "s").glob("*/model.safetensors")}
    assert len(models) == 1
    assert json.loads(neurosyn(*words).out) == document
    # The table as text has a row for each run, with a column for each key; CSV and Parquet have the same columns.
    shown = neurosyn(*words[:-1]).out
    rows = [line.split() for line in shown.splitlines() if line.lstrip().startswith(("0.8 ", "1.0 "))]
    assert [row[:2] for row in rows] == [[v, kind] for v in ("0.8", "1.0") for kind in ("row_major", "anneal")]
    assert "all 4 are equal" in shown
    printed = pd.read_csv(io.StringIO(neurosyn(*words[:-1], "--csv").out))
    written = pd.read_csv(tmp_path / "s" / "sweep.csv")
    pd.testing.assert_frame_equal(printed, written)
    assert list(pd.read_parquet(tmp_path / "s" / "sweep.parquet")) == list(written)
    assert (written["hops_per_packet"] > 0).all()


def test_a_run_that_fails_leaves_the_others(neurosyn, tiny, tmp_path):
    words = ["sweep", tiny, "--out", tmp_path / "s", "--set", "simulate.timing=none", "--set", "simulate.frames=4"]
    outcome = neurosyn(*words, "--over", f"train.model='','{tmp_path / 'none.safetensors'}'", "--json")
    assert outcome.code == 5
    assert "1 of 2 runs failed" in outcome.err
    points = json.loads(outcome.out)["points"]
    assert [point["finished"] for point in points] == [True, False]
    assert "none.safetensors" in points[1]["error"]


def test_every_combination_is_checked_before_the_first_run(neurosyn, tiny, tmp_path):
    outcome = neurosyn("sweep", tiny, "--out", tmp_path / "s", "--over", "chip.voltage=1.0,high")
    assert (outcome.code, outcome.out) == (2, "")
    assert "chip.voltage: should be a valid number, not 'high'" in outcome.err
    assert not (tmp_path / "s").exists()


def test_compare_names_unfinished_runs(neurosyn, finished_run, tmp_path):
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "scenario.toml").write_text("", encoding="utf-8")
    outcome = neurosyn("compare", finished_run, unfinished)
    assert outcome.code == 0, outcome.err
    assert "Unfinished, not compared" in outcome.out
    assert str(unfinished) in outcome.out.replace("\n", "")
    alone = neurosyn("compare", unfinished)
    assert alone.code == 5
    assert "no run is finished" in alone.err


def test_samples_become_a_table_in_which_failed_runs_have_their_reason(neurosyn, tiny, tmp_path):
    words = ["sweep", tiny, "--out", tmp_path / "s", "--set", "simulate.timing=none", "--set", "simulate.frames=4"]
    words += ["--over", "chip.voltage=0.7..1.0", "--over", "chip.description.core.axons=40,256", "--samples", "4"]
    outcome = neurosyn(*words, "--plot", tmp_path / "front.png", "--json", "--quiet")
    assert outcome.code == 4, outcome.err
    table = pd.read_csv(tmp_path / "s" / "sweep.csv")
    assert len(table) == 4
    assert table["chip.voltage"].between(0.7, 1.0).all()
    failed = table[table["chip.description.core.axons"] == 40]
    assert len(failed) == 2
    assert failed["reason"].str.contains("a core takes 20").all()
    finished = table[table["state"] == "finished"]
    assert (finished["mismatched_frames"] == 0).all()
    assert finished["pareto"].any()
    assert len(pd.read_parquet(tmp_path / "s" / "sweep.parquet")) == 4
    assert (tmp_path / "front.png").exists()


def test_a_search_goes_on_where_it_ended_and_repeats_every_point(neurosyn, tiny, tmp_path):
    pytest.importorskip("optuna")
    words = ["sweep", tiny, "--out", tmp_path / "s", "--set", "simulate.timing=none", "--set", "simulate.frames=4"]
    words += ["--over", "chip.voltage=0.7..1.0", "--method", "optuna", "--repeat", "2", "--json", "--quiet"]
    words += ["--set", "train.epochs=1", "--samples"]
    first = json.loads(neurosyn(*words, "1").out)["points"]
    outcome = neurosyn(*words, "2")
    assert outcome.code == 0, outcome.err
    points = json.loads(outcome.out)["points"]
    assert points[:2] == first
    assert [point["values"]["seed"] for point in points] == ["3", "4", "3", "4"]
    assert points[0]["values"]["chip.voltage"] != points[2]["values"]["chip.voltage"]
    page = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    assert page.count(">report</a>") == 4
    alone = neurosyn(*words, "2", "--shard", "1/2")
    assert (alone.code, alone.out) == (2, "")
    assert "leave out --shard" in alone.err


def test_faults_are_drawn_several_times_for_each_share(neurosyn, tiny, tmp_path):
    words = ["faults", tiny, "--out", tmp_path / "f", "--set", "simulate.timing=none", "--set", "simulate.frames=10"]
    words += ["--over", "dead_cores=0,0.6", "--over", "stuck_neurons=0.9", "--draws", "2", "--remap"]
    words += ["--set", "chip.description.network.side=8", "--plot", tmp_path / "faults.png"]
    outcome = neurosyn(*words, "--json", "--quiet")
    assert outcome.code == 0, outcome.err
    TypeAdapter(DOCUMENTS["faults"]).validate_json(outcome.out)
    rows = json.loads(outcome.out)["study"]["tables"]["runs"]
    differ = {(row["fault"], row["share"], row["remapped"], row["draw"]): row["mismatched_frames"] > 0 for row in rows}
    assert differ == {
        **{("dead_cores", 0, remapped, 0): False for remapped in (False, True)},
        **{("dead_cores", 0.6, remapped, draw): not remapped for remapped in (False, True) for draw in (0, 1)},
        **{("stuck_neurons", 0.9, False, draw): True for draw in (0, 1)},
    }
    assert len(list((tmp_path / "f").glob("*/summary.json"))) == 7, "the chip without faults is simulated once"
    assert "dead cores, placed around" in neurosyn(*words, "--quiet").out
    assert (tmp_path / "faults.png").exists()


def test_wrong_faults_are_refused(neurosyn, tiny):
    for words, problem in (
        (["dead_core=0.1"], "is no fault; did you mean 'dead_cores'?"),
        (["dead_cores=2"], "is no share; write numbers from 0 to 1"),
        (["stuck_neurons=0.1", "--remap"], "there are none; give --over dead_cores"),
    ):
        outcome = neurosyn("faults", tiny, "--over", *words)
        assert (outcome.code, outcome.out) == (2, "")
        assert problem in outcome.err.replace("\n", " ")
