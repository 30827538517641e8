"""Stages as functions, and what a finished run offers."""

import tomllib

import numpy as np
import pytest

import neurosyn as ns
from neurosyn.analysis.catalogue import ANALYSES
from neurosyn.analysis.run_summary import read_summary
from neurosyn.api.functions import Compiled
from neurosyn.api.plots import CORE_MEASURES
from neurosyn.errors import DataError, ScenarioError


@pytest.fixture(scope="module")
def run(finished_run):
    return ns.open_run(finished_run)


# Stages.


def test_a_run_from_python_is_the_run_of_the_command_line(tiny, finished_run, tmp_path, capsys):
    run = ns.simulate(tiny, set={"simulate": {"frames": 4}, "chip.voltage": 0.8}, out=tmp_path / "run")
    assert capsys.readouterr() == ("", "")
    assert run.summary["voltage"] == 0.8
    assert run.summary["dataset"]["frames"] == len(run.evaluation) == 4
    assert run.summary == read_summary(tmp_path / "run" / "summary.json")
    again = ns.simulate(tiny, set=["simulate.frames=4", "chip.voltage=0.8"], out=tmp_path / "run", progress=True)
    assert "up to date" in capsys.readouterr().err
    assert again.summary == run.summary
    program, summary = ns.compile(tiny, out=tmp_path / "run")
    assert summary["program"] == str(tmp_path / "run" / "program.npz")
    assert program.cores == ns.load_program(summary["program"]).cores == run.program.cores
    table = ns.compare([run, finished_run]).table()
    assert table["voltage"].tolist() == [0.8, 1.0]


def test_training(tiny, tmp_path):
    model, summary = ns.train(
        tiny, set={"train.epochs": 1}, out=tmp_path / "run", packed=tmp_path / "model.safetensors"
    )
    assert summary["model"] == str(tmp_path / "run" / "model.safetensors")
    assert 0 <= summary["accuracy"] <= 1
    assert len(model.network.layers) == 3
    assert (tmp_path / "model.safetensors").is_file()


def test_a_scenario_may_be_a_mapping(tiny, finished_run, tmp_path):
    tables = tomllib.loads(tiny.read_text(encoding="utf-8"))
    run = ns.simulate(tables, out=tmp_path / "run")
    timeless = [
        {key: summary[key] for key in ("accuracy", "events", "energy_pj")}
        for summary in (run.summary, ns.open_run(finished_run).summary)
    ]
    assert timeless[0] == timeless[1]
    with pytest.raises(ScenarioError, match=r"^scenario: chip\.voltag: unknown key; did you mean 'voltage'\?"):
        ns.compile(tables | {"chip": {"voltag": 1.0}}, out=tmp_path / "run")


def test_a_slip_in_a_value_has_its_place(tiny, tmp_path):
    with pytest.raises(ScenarioError, match=r"chip\.voltag: unknown key; did you mean 'voltage'\?"):
        ns.simulate(tiny, set={"chip.voltag": 1.0}, out=tmp_path / "run")


# Finished runs.


def test_numbers_of_a_run(run, finished_run):
    assert run.accuracy == run.summary["accuracy"] == run.evaluation.accuracy
    assert len(run.trace.packets()) > 0
    assert run.program.cores == len(run.placement.xy) == run.summary["cores"]
    assert run.report == finished_run / "report.html"
    assert str(finished_run) in repr(run)
    page = run._repr_html_()
    assert f"{run.accuracy:.1%} of 20 frames of bars" in page
    assert run.summary["tick_limited_by"]["text"] in page


def test_no_run(tmp_path):
    with pytest.raises(DataError, match="holds no finished run"):
        ns.open_run(tmp_path)


def test_a_trace_alone_has_no_answers(finished_run, tmp_path):
    (tmp_path / "trace").symlink_to(finished_run / "trace")
    run = ns.open_run(tmp_path)
    assert len(run.trace.ticks()) > 0
    for name in ("accuracy", "program", "placement", "report"):
        with pytest.raises(DataError, match=r"has no .*; use a run of `neurosyn simulate`"):
            getattr(run, name)
    assert "tmp" in run._repr_html_() or tmp_path.name in run._repr_html_()


def test_questions(run):
    assert run.analyse("critical-path", tick=run.trace.longest_tick).headline["tick"] == run.trace.longest_tick
    with pytest.raises(DataError, match="there is no 'latncy'; did you mean 'latency'"):
        run.analyse("latncy")


# Pictures.


@pytest.mark.parametrize("name", ["layers", *(name.replace("-", "_") for name in ANALYSES)])
def test_pictures(run, name):
    import matplotlib as mpl

    style = dict(mpl.rcParams)
    figure = getattr(run.plot, name)()
    assert figure.axes
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert dict(mpl.rcParams) == style
    assert name in repr(run.plot)


@pytest.mark.parametrize("colour", CORE_MEASURES)
def test_maps_show_each_core_where_it_is(run, colour):
    figure = run.plot.chip_map(colour)
    (image,) = figure.axes[0].get_images()
    grid, cores = image.get_array(), run.trace.cores()
    assert grid.count() == run.program.cores
    if colour in cores:
        values = cores["layer"].cat.codes if colour == "layer" else cores[colour]
        np.testing.assert_array_equal(grid[cores["y"], cores["x"]], values)


def test_no_such_map(run):
    with pytest.raises(DataError, match="there is no measure 'spike'; did you mean 'spikes'"):
        run.plot.chip_map("spike")


def test_what_is_returned_has_a_short_text(run):
    model = ns.load_model(run.path / "model.safetensors")
    compiled = Compiled(run.program, {"program": "p.npz", "network": []})
    for value, parts in (
        (run, [str(run.path)]),
        (model, ["Model of a Network: ", " layers", f"trained on {run.summary['dataset']['name']}"]),
        (compiled, [f"Compiled(Program: {run.program.cores} cores", "summary: program, network)"]),
        (run.placement, [f"Placement: {run.program.cores} cores on a board of 64 × 64"]),
        (run.evaluation, [f" of {len(run.evaluation)} frames right"]),
        (run.analyse("power"), ["Analysis power of ", "energy_pj", "tables: layers ("]),
    ):
        text = repr(value)
        assert len(text) < 400
        assert [part for part in parts if part not in text] == []
