"""Activity, traffic, hotspots and faults against the tables of the trace."""

import numpy as np
import pytest

from neurosyn.analysis import activity, faults, hotspots, traffic
from neurosyn.errors import DataError
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


def test_traffic(board_run):
    links = board_run.trace.links()
    found = traffic.analyse(board_run)
    assert found.table("kinds")["packets"].sum() == links["packets"].sum()
    assert found.table("kinds")["energy_pj"].sum() == links["energy_pj"].sum()
    first = found.table().iloc[0]
    assert first["longest_wait_ps"] == links["longest_wait_ps"].max() == found.headline["longest_wait_ps"] > 0
    assert found.headline["busiest_link"] == links.loc[links["busy_share"].idxmax(), "name"]
    packets, hops = board_run.trace.packets(), found.table("hops").set_index("hops")
    assert hops["packets"].to_dict() == packets["hops"].value_counts().sort_index().to_dict()
    waits = packets.groupby("hops")["blocked_ps"].mean()
    assert hops["mean_wait_ps"].to_dict() == pytest.approx(waits.to_dict())


def test_no_traffic_without_time(record):
    with pytest.raises(DataError, match="nothing was timed"):
        traffic.analyse(record(random_run(timed=0)))


def test_hotspots(board_run):
    cores = board_run.trace.cores()
    found = hotspots.analyse(board_run)
    hottest = found.table().set_index(["measure", "rank"])
    for measure, column in (("spikes", "timed_spikes"), ("finish_ps", "finish_ps"), ("energy_pj", "timed_energy_pj")):
        first = hottest.loc[(measure, 1)]
        assert first["value"] == cores[column].max()
        assert first["core"] == cores["core"][cores[column].astype(float).idxmax()]
        layer = cores[column][cores["layer"] == first["layer"]].astype(float)
        assert first["times_mean"] == pytest.approx(layer.max() / layer.mean())
    assert hottest.loc["spikes"]["share"].sum() <= 1
    layers = found.table("layers").set_index("layer")
    assert layers.loc["layer1", "spikes_max"] == cores["timed_spikes"][cores["layer"] == "layer1"].max()


def test_late_packets_and_overruns(play):
    # A walk of 20,010 ps in a tick of 5,000 ps; the packets of tick 1 arrive in time for the host, or late.
    run = play(neurons=20, tick=0.005, hop_latency_ps=2_000)
    ticks = run.trace.ticks()
    assert ticks["core_overruns"].sum() > 0
    found = faults.analyse(run)
    assert found.headline["core_overruns"] == ticks["core_overruns"].sum()
    assert found.headline["late_packets"] == ticks["late_packets"].sum() > 0
    late = found.table("late")
    packets = run.trace.packets()
    assert late["late_packets"].sum() == packets["late"].sum()
    assert set(late["core"]) == set(packets["dest_core"][packets["late"]])
    starts = ticks.set_index("tick")["start_ps"]
    by = packets["arrival_ps"] - packets["delivery_tick"].map(starts)
    assert late["latest_by_ps"].max() == by[packets["late"]].max()


def test_nothing_wrong(board_run):
    found = faults.analyse(board_run)
    assert [found.headline[name] for name in ("late_packets", "core_overruns", "injected")] == [0, 0, 0]
    assert found.table("late").empty


def test_faults_on_purpose(play):
    run = play()
    run.summary |= {
        "events": {"late_packets": 2, "collisions": 1, "core_overruns": 0},
        "deviations": ["broken: 3 neurons are dead"],
        "probes": [{"name": "broken", "kind": "fault_injection", "results": {"dead": 3}, "error": None}],
    }
    found = faults.analyse(run)
    assert found.headline["injected"] == 1
    assert found.notes == ("Deviation: broken: 3 neurons are dead",)
    assert found.table("events").set_index("event")["count"].to_dict() == {
        "late_packets": 2,
        "collisions": 1,
        "core_overruns": 0,
    }
    assert found.table("probes")["results"].tolist() == ["dead 3"]


def test_tables_of_cores_have_each_core_once(board_run):
    for found in (activity.analyse(board_run).table("cores"), hotspots.analyse(board_run).table("board")):
        assert np.array_equal(found["core"], np.arange(board_run.trace.n_cores))
