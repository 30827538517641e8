"""The first difference between two traces."""

import numpy as np
import pytest

from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.diff import compare_traces
from neurosyn.trace.options import TraceOptions


def _changed(run, tick, **columns):
    info, ticks = run
    return info, [TickColumns(**(vars(t) | columns)) if t.tick == tick else t for t in ticks]


def _with_packets(columns, **arrays):
    return PacketColumns(**(vars(columns.columns) | arrays))


@pytest.fixture
def compare(record, tmp_path):
    def compare(first, second, *options):
        traces = [
            record(run, some, tmp_path / name)
            for run, some, name in zip((first, second), options or (None, None), ("a", "b"), strict=True)
        ]
        return compare_traces(*traces)

    return compare


def test_the_same_run_does_not_differ(compare):
    found = compare(random_run(), random_run())
    assert found.same
    assert found.first is None
    assert found.compared_ticks == 6
    assert found.to_dict()["same"] is True


def test_the_first_spike_that_only_one_run_has(compare):
    _, ticks = run = random_run()
    one = ticks[2]
    keep = np.arange(len(one.spike_core)) != 5
    other = _changed(run, 2, spike_core=one.spike_core[keep], spike_neuron=one.spike_neuron[keep])
    # A later difference is not the first one.
    other = _changed(other, 3, spike_core=ticks[3].spike_core[1:], spike_neuron=ticks[3].spike_neuron[1:])
    found = compare(run, other)
    where = {"tick": 2, "core": int(one.spike_core[5]), "neuron": int(one.spike_neuron[5])}
    assert found.first == found.by_table["spikes"]
    assert (found.first.where, found.first.column, found.first.first, found.first.second) == (where, None, True, False)
    assert "only in the first run" in str(found.first)
    assert found.by_table["ticks"].where == {"tick": 2}
    assert (found.by_table["ticks"].column, found.by_table["ticks"].first) == ("spikes", len(one.spike_core))
    assert found.by_table["cores"].where == {"core": 0}  # in sum over the ticks
    assert not found.same


def test_packets_that_arrive_at_another_time(compare):
    _, ticks = run = random_run()
    arrival = ticks[1].columns.arrival_ps.copy()
    arrival[7] += 5
    other = _changed(run, 1, columns=_with_packets(ticks[1], arrival_ps=arrival))
    first = compare(run, other).first
    packets = ticks[1].columns
    assert first.table == "packets"
    assert first.where["tick"] == 1
    assert first.where["source_core"] == packets.source_core[7]
    assert (first.column, first.second - first.first) == ("arrival_ps", 5)


def test_a_tick_in_which_one_run_is_silent(compare):
    run = random_run()
    none = np.zeros(0, np.int32)
    silent = _changed(run, 0, spike_core=none, spike_neuron=none)
    first = compare(run, silent).first
    assert (first.table, first.where["tick"], first.first) == ("spikes", 0, True)
    first = compare(silent, run).first
    assert (first.table, first.where["tick"], first.first) == ("spikes", 0, False)


def test_ticks_that_one_did_not_record_are_passed_over(compare):
    run = random_run(ticks=6, timed=6)
    assert compare(run, run, TraceOptions(ticks=((2, 3),)), None).same
    assert compare(run, run, TraceOptions(level="summary"), TraceOptions(level="packet")).same


def test_settings(compare):
    info, ticks = random_run()
    other = RunInfo(info.program, info.placement, info.chip.model_copy(update={"fifo_depth": 9}), info.timing)
    found = compare((info, ticks), (other, ticks))
    assert found.settings == ("chip.fifo_depth: 4 and 9",)
    assert not found.same
    assert found.first is None
    shorter = compare((info, ticks), (info, ticks[:5]))
    assert "ticks: 6 and 5" in shorter.settings
