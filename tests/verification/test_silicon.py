"""Predictions of published silicon: loads by hand, the fit of a known time, and the command on the tiny network."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.options import ChipOptions
from neurosyn.errors import DataError
from verification.eedn_table.published import PUBLISHED, Published
from verification.silicon.__main__ import main
from verification.silicon.fit import TaskLoads, fit_event_time, mean_tick_us
from verification.silicon.loads import Limit, NetworkLoads
from verification.silicon.measured import BoardLoads, LoadsFile
from verification.silicon.page import page
from verification.silicon.plot import draw_fit, draw_ratios
from verification.silicon.published import GESTURES
from verification.silicon.rows import board_rows, other_rows, task_rows

PORT = "host input port west of chip (0,0)"
LOADS = NetworkLoads(
    cores=100,
    chips=1,
    neurons=20_000,
    core_neurons=256,
    busiest_cores=((1_000, 1_500), (900, 3_000)),
    busiest_links={PORT: 400.0},
    spikes=5_000.0,
    synaptic_events=80_000.0,
    hops=30_000.0,
    crossings=0.0,
    ports=500.0,
    ticks=10,
)
CHIP = ChipOptions(neuron_time_ps=100_000, synaptic_event_time_ps=50_000, edge_cycle_ps=60_000, edge_latency_ps=50_000)


def task(event_ns, events, scale=1.0):
    """Return a row whose published rate is that of a time of a synaptic event."""
    loads = replace(LOADS, busiest_cores=((events, 100_000),), busiest_links={})
    tick_us = (256 * 186 + events * event_ns * scale) / 1e3
    power = loads.power_mw(tick_us * 1e6, scale)
    return TaskLoads("made", "drawn", "stand-in", Published("made", 50.0, 100, 1e6 / tick_us, power, 1), loads)


def test_the_tick_is_that_of_the_busiest_core_or_link():
    assert LOADS.limit(CHIP).tick_ps == 256 * 100_000 + 1_000 * 50_000
    assert LOADS.limit(CHIP).name == "core"
    crowded = replace(LOADS, busiest_links={PORT: 2_000.0})
    assert crowded.limit(CHIP) == Limit(50_000 + 1_999 * 60_000, PORT)


def test_a_core_has_no_more_events_than_synapses():
    assert [LOADS.busiest_events(scale) for scale in (0.5, 1.0, 1.6, 9.0)] == [500, 1_000, 1_500, 3_000]


def test_power_is_that_of_the_energy_model_and_its_inverse_finds_the_scale():
    events = Events(1, synaptic_events=160_000, hops=60_000, ports=1_000)
    expected = EnergyModel(1.0).power_mw(events, 100, 500_000_000).total
    assert LOADS.power_mw(500_000_000, 2.0) == pytest.approx(expected)
    assert LOADS.scale_for(1.5 * expected, 500_000_000, 150) == pytest.approx(2.0)


def test_the_fit_finds_the_time_of_which_the_rates_are():
    measured = fit_event_time([task(40, events) for events in (4_000, 9_000, 15_000)], "measured")
    assert measured.event_ps == pytest.approx(40_000, rel=0.002)
    assert measured.rms < 0.002
    assert max(measured.left_out_ps) - min(measured.left_out_ps) <= 200
    scaled = [task(60, events, scale) for events, scale in ((4_000, 0.5), (9_000, 0.7), (15_000, 0.4))]
    matched = fit_event_time(scaled, "matched")
    assert [row.matched_scale for row in scaled] == pytest.approx([0.5, 0.7, 0.4])
    assert matched.event_ps == pytest.approx(60_000, rel=0.002)
    assert fit_event_time(scaled, "measured").event_ps < 45_000


def test_one_tick_for_all_rows_is_their_geometric_mean():
    tasks = [task(40, 4_000), task(40, 15_000)]
    ticks = [1e6 / row.paper.frames_per_second for row in tasks]
    mean, spread = mean_tick_us(tasks)
    assert mean == pytest.approx(np.sqrt(np.prod(ticks)))
    assert spread == pytest.approx(np.log(ticks[1] / ticks[0]) / 2)


def test_rows_say_what_sets_them_and_why_they_differ():
    tasks = [task(40, 9_000), task(90, 9_000)]
    rows = task_rows(tasks, 40_000)
    rates = [row for row in rows if row.quantity == "rate"]
    assert [row.ratio for row in rates[:2]] == pytest.approx([1, 1], abs=1e-3)
    assert rates[0].reason == "a core with 9,000 synaptic events"
    assert rates[3].ratio > 1.25
    assert "90 ns per event" in rates[3].reason
    boards = {"4x48": BoardLoads(4, 48, "2026-11-30", replace(LOADS, cores=16_168, busiest_links={PORT: 9e4}))}
    assert {row.system for row in board_rows(boards, 40_000)} == {
        "CIFAR-10, 4 chips, 48 filters",
        "CIFAR-100, 4 chips, 48 filters",
    }
    at_rest = other_rows()[0]
    # 36.5 mW · exp(4.5 · 0.25) for 4,096 cores, and 8.17 nJ for each core and tick of 1 ms.
    assert at_rest.predicted == pytest.approx(GESTURES.cores * (36.5 * np.exp(1.125) / 4096 + 8.17e-3), rel=1e-3)
    fits = [fit_event_time(tasks, "measured"), fit_event_time(tasks, "matched")]
    text = page(tasks, fits, rows, LoadsFile(boards=boards), 40_000)
    assert "| made | rate, frames/s | measured |" in text
    assert "What the data cannot decide" in text
    for figure in (draw_fit(tasks, fits, 40_000), draw_ratios(rows)):
        assert figure.axes


def test_the_command_measures_once_and_predicts_what_was_timed(finished_run, tiny, tmp_path, monkeypatch, capsys):
    shutil.copy(finished_run / "model.safetensors", tmp_path / "bars_tiny.safetensors")
    shutil.copy(tiny, tmp_path / "tiny.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("verification.silicon.__main__.shipped_models", dict)
    monkeypatch.setitem(PUBLISHED, "tiny", Published("Tiny", 50.0, 16, 5_000, 2.0, 2_500_000))
    words = ["--model", "bars_tiny.safetensors", "--scenarios", ".", "--frames", "4"]
    assert main(words) == 0
    loads = LoadsFile.read(tmp_path / "docs/silicon/loads.json").models["bars_tiny"].loads
    assert (loads.cores, loads.ticks) == (16, 4)
    assert 0 < loads.activity < 1
    tick = loads.limit(ChipOptions()).tick_ps
    assert tick == pytest.approx(loads.timed_tick_ps, rel=0.02)
    assert f"Tiny, rate, measured: {1e12 / tick:,.4g} frames/s" in capsys.readouterr().out
    assert "| Tiny | rate, frames/s | measured |" in (tmp_path / "docs/silicon.md").read_text(encoding="utf-8")
    monkeypatch.setattr("verification.silicon.__main__.measure_model", None)
    assert main([*words, "--event-time", "14320"]) == 0


def test_a_damaged_file_of_loads_is_named(tmp_path):
    (tmp_path / "loads.json").write_text('{"models": [{}], "boards": []}', encoding="utf-8")
    with pytest.raises(DataError, match=r"loads\.json: holds no loads"):
        LoadsFile.read(tmp_path / "loads.json")
    assert LoadsFile.read(tmp_path / "none.json") == LoadsFile()
