"""Late packets, overruns and faults on purpose, against the tables of the trace."""

from neurosyn.analysis import faults


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
