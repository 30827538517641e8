"""Sensitivity to the assumed times, against simulating the same ticks again with other times."""

import pytest

from neurosyn.analysis import sensitivity
from neurosyn.errors import DataError
from neurosyn.trace.options import TraceOptions


def changed(analysis, option):
    row = analysis.table().set_index("option").loc[f"chip.{option}"]
    return row["tick_half_ps"], row["tick_double_ps"]


def test_a_core_that_finishes_last(play):
    # Twenty neurons of 1,000 ps and one synaptic event of 10 ps; packets have long arrived.
    analysis = sensitivity.analyse(play(neurons=20))
    assert analysis.headline["tick_period_ps"] == 20_010
    assert changed(analysis, "neuron_time_ps") == (10_010, 40_010)
    assert changed(analysis, "synaptic_event_time_ps") == (20_005, 20_020)
    assert changed(analysis, "edge_cycle_ps") == (20_010, 20_010)
    assert analysis.table()["option"].tolist()[:2] == ["chip.neuron_time_ps", "chip.synaptic_event_time_ps"]


@pytest.mark.parametrize("option", ["hop_latency_ps", "edge_cycle_ps", "edge_latency_ps", "neuron_time_ps"])
def test_ticks_of_packets_are_those_of_another_simulation(play, option):
    times = {"edge_cycle_ps": 500, "hop_latency_ps": 10, "edge_latency_ps": 60, "neuron_time_ps": 1_000}
    half, double = changed(sensitivity.analyse(play(cores=2, **times)), option)
    for tick, factor in ((half, 0.5), (double, 2)):
        again = play(cores=2, **times | {option: int(factor * times[option])})
        assert tick == pytest.approx(again.trace.longest_ps, rel=0.03)


def test_without_the_ticks_of_cores_their_longest_scans_stand_for_them(play):
    analysis = sensitivity.analyse(play(neurons=20, options=TraceOptions(level="tick")))
    assert changed(analysis, "neuron_time_ps") == (10_010, 40_010)
    assert "The cores' ticks were not recorded" in analysis.notes[-1]


def test_power_is_the_energy_of_a_tick_in_its_time(tiny_run):
    from neurosyn.analysis.finished_run import FinishedRun

    run = FinishedRun(tiny_run)
    analysis = sensitivity.analyse(run)
    power = run.summary["power_mw"]
    assert analysis.headline["power_mw"] == pytest.approx(power["total"])
    assert analysis.headline["per_second"] == pytest.approx(run.summary["frames_per_second"])
    row = analysis.table().iloc[0]
    switching = (power["total"] - power["leakage"]) * analysis.headline["tick_period_ps"]
    assert row["power_double_mw"] == pytest.approx(power["leakage"] + switching / row["tick_double_ps"])
    assert row["per_second_double"] < analysis.headline["per_second"] < row["per_second_half"]


def test_a_run_without_times_is_refused(board_run, record, play):
    run = play(options=TraceOptions(level="summary"))
    with pytest.raises(DataError, match="no timed ticks"):
        sensitivity.analyse(run)
