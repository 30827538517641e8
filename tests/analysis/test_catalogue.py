"""Every analysis of every kind of run, as text, JSON, CSV and plot."""

import json
import runpy
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neurosyn.analysis.__main__ import main
from neurosyn.analysis.catalogue import ANALYSES, analyse_run
from neurosyn.analysis.comparison import compare
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.plotting import part_in_use
from neurosyn.analysis.printing import print_analysis
from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions

MADE_UP = {
    "silent": (random_run(rate=0), None),
    "untimed": (random_run(timed=0), TraceOptions(level="spike")),
    "no ticks": (random_run(ticks=0), None),
    "summary": (random_run(), TraceOptions(level="summary")),
    "window": (random_run(ticks=8, timed=8), TraceOptions(ticks=((2, 3),), cores=(0, 4))),
}


def _refuse(constant):
    raise AssertionError(constant)


def _check(analysis, capsys):
    print_analysis(analysis, as_json=True)
    document = json.loads(capsys.readouterr().out, parse_constant=_refuse)
    assert set(document) == {"analysis", "run", "title", "headline", "notes", "tables"}
    assert {name: len(rows) for name, rows in document["tables"].items()} == {
        name: len(table) for name, table in analysis.tables.items()
    }
    print_analysis(analysis)
    assert analysis.name in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("name", ANALYSES)
def test_of_a_whole_run(name, packet_run, capsys, tmp_path):
    analysis = analyse_run(name, packet_run.path)
    _check(analysis, capsys)
    print_analysis(analysis, as_csv=True)
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(analysis.table())
    analysis.save_plot(tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        assert image.width > 1000
        # Something was drawn: not one colour alone.
        assert len(np.unique(np.asarray(image.convert("L")))) > 8
    assert analysis.name in analysis._repr_html_()


@pytest.mark.parametrize("kind", MADE_UP)
def test_of_runs_that_lack_something(kind, record, capsys, tmp_path):
    run, options = MADE_UP[kind]
    path = record(run, options).path
    made = []
    for name in ANALYSES:
        try:
            analysis = analyse_run(name, path)
        except DataError:
            continue
        _check(analysis, capsys)
        made.append(analysis)
    assert {"activity", "power", "hotspots", "faults"} <= {analysis.name for analysis in made}
    if kind in ("silent", "no ticks"):
        for analysis in made:
            analysis.save_plot(tmp_path / f"{analysis.name}.svg")


def test_of_boards(board_run, capsys):
    for name in ANALYSES:
        if name != "accuracy":
            _check(analyse_run(name, board_run.path), capsys)


def test_comparison(packet_run, finished_run, capsys, tmp_path):
    analysis = compare([packet_run, FinishedRun(finished_run)])
    _check(analysis, capsys)
    analysis.save_plot(tmp_path / "compare.pdf")
    assert (tmp_path / "compare.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_plot_has_the_same_bytes(packet_run, tmp_path):
    analysis = analyse_run("accuracy", packet_run.path)
    for name in ("one.png", "two.png"):
        analysis.save_plot(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with pytest.raises(DataError, match=r"cannot draw to '.jpeg'"):
        analysis.save_plot(tmp_path / "plot.jpeg")


def test_one_table(packet_run, capsys):
    analysis = analyse_run("power", packet_run.path)
    print_analysis(analysis, as_json=True, table="parts")
    assert list(json.loads(capsys.readouterr().out)["tables"]) == ["parts"]
    print_analysis(analysis, as_csv=True, table="ticks")
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(analysis.table("ticks"))
    with pytest.raises(DataError, match="did you mean 'layers'"):
        print_analysis(analysis, table="layer")


def test_as_a_script(packet_run, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["analysis", "latency", str(packet_run.path), "--json"])
    with pytest.warns(RuntimeWarning, match="sys.modules"):
        runpy.run_module("neurosyn.analysis.__main__", run_name="__main__")
    assert json.loads(capsys.readouterr().out)["analysis"] == "latency"


def test_a_script_says_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit) as raised:
        main(["power", str(tmp_path)])
    assert raised.value.code == 5
    assert "holds no finished run" in capsys.readouterr().err


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_can_be_run_as_a_script(name, packet_run, capsys):
    main([name, str(packet_run.path), "--json"])
    assert json.loads(capsys.readouterr().out)["analysis"] == name


def test_damaged_summaries(tmp_path):
    for text, message in (("{", "is not valid JSON"), ("[]", "not the summary")):
        (tmp_path / "summary.json").write_text(text)
        with pytest.raises(DataError, match=message):
            FinishedRun(tmp_path)


def test_the_period_without_a_summary(record):
    timed, untimed = record(random_run(), name="timed"), record(random_run(timed=0), name="untimed")
    assert timed.tick_ps == timed.trace.longest_ps
    assert untimed.tick_ps == 1_000_000_000
    assert isinstance(timed.trace.cores(), pd.DataFrame)


@pytest.mark.parametrize(
    ("x", "y", "shown"),
    [
        ([0, 7], [0, 0], (0, 0, 8, 8)),  # as wide as the board
        ([], [], (0, 0, 8, 8)),
        ([3, 4], [5, 6], (2, 4, 4, 4)),  # a quarter of each side, and a margin of one
        ([0], [7], (0, 6, 2, 2)),  # no margin beyond the edge
        ([1, 3], [2, 2], (0, 0, 8, 8)),  # more than a third
    ],
)
def test_maps_show_the_part_in_use_where_it_is_small(x, y, shown):
    assert part_in_use(x, y, {"rows": 2, "columns": 2, "side": 4}) == shown
