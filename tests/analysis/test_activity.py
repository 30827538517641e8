"""Activity by hand, and against the tables of the trace."""

import numpy as np
import pytest

from neurosyn.analysis import activity, hotspots
from neurosyn.testing.made_up_runs import random_run


def test_activity_by_hand(play):
    found = activity.analyse(play(cores=2, neurons=4))
    row = found.table().iloc[0]
    # One of four neurons of each core fires, in one of three ticks.
    assert row[["cores", "neurons", "spikes"]].tolist() == [2, 8, 2]
    assert row["rate"] == 2 / (8 * 3)
    assert found.headline["synaptic_events_per_spike"] == 1
    assert found.table("ticks")["spikes"].tolist() == [0, 2, 0]


@pytest.mark.parametrize("timed", [0, 3])
def test_activity_of_timed_ticks_or_all(record, timed):
    info, ticks = random_run(ticks=6, timed=timed)
    counted = ticks[:timed] or ticks
    run = record((info, ticks))
    found = activity.analyse(run)
    spikes = sum(len(tick.spike_core) for tick in counted)
    layers = found.table()
    assert layers["spikes"].sum() == found.headline["spikes"] == spikes
    neurons = found.table("cores")["neurons"].sum()
    assert found.headline["rate"] == pytest.approx(spikes / (neurons * len(counted)))
    assert found.headline["rate_hz"] == pytest.approx(found.headline["rate"] * 1e12 / run.tick_ps)
    assert layers["synaptic_events"].sum() == sum(int(tick.synaptic_events.sum()) for tick in counted)


def test_tables_of_cores_have_each_core_once(board_run):
    for found in (activity.analyse(board_run).table("cores"), hotspots.analyse(board_run).table("board")):
        assert np.array_equal(found["core"], np.arange(board_run.trace.n_cores))
