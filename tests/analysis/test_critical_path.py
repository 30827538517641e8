"""Critical path of a tick, computed by hand on a row of cores that send to the host.

A neuron that fires upon one synaptic event is evaluated after 1,000 + 10 ps. On a chip of 4 × 4 cores the packet of the
core in column x passes 4 − x routers (7 ps each) and the host's port (50 ps).
"""

from collections import Counter

import pytest

from neurosyn.analysis import critical_path, latency
from neurosyn.analysis.tick_view import TickView
from neurosyn.chip.mesh import Mesh
from neurosyn.engine.fabric.fabric import HOST, Fabric
from neurosyn.errors import DataError
from neurosyn.trace.options import TraceOptions


def test_waiting_at_the_hosts_port(play):
    # Core 1's packet is at the port after 1,010 + 3·7, core 0's after 1,010 + 4·7: it waits for the cycle of 500.
    run = play(cores=2, edge_cycle_ps=500)
    parts = latency.analyse(run).table("parts").set_index(["route", "part"])["mean_ps"]
    assert parts["to the host"].to_dict() == {"core": 1010, "queue": (500 - 7) / 2, "hops": (28 + 21) / 2, "edge": 50}
    found = critical_path.analyse(run, tick=1)
    end = 1010 + 21 + 500 + 50
    assert found.headline["makespan_ps"] == end
    assert found.headline["limited_by"] == "host output port east of chip (0,0)"
    assert found.headline["limited_by_kind"] == "packet"
    path = found.table("path")
    assert path["duration_ps"].tolist() == [1010, 28, 493, 50]
    assert path["to_ps"].tolist() == [*path["from_ps"].tolist()[1:], end]
    assert path["at"].tolist()[0] == "core 0 (layer0)"
    assert path["at"].tolist()[2] == "host output port east of chip (0,0)"
    slack = found.table("elements").set_index("name")["slack_ps"]
    assert slack["core 0 (layer0)"] == 0
    assert slack["core 1 (layer0)"] == end - (1010 + 21 + 50)
    assert slack["host output port east of chip (0,0)"] == slack["link (0,0)→(1,0)"] == 0
    busy = found.table("elements").set_index("name")["busy_ps"]
    assert busy["host output port east of chip (0,0)"] == 2 * 500


def test_a_core_that_finishes_last(play):
    # The other nineteen neurons are evaluated long after the first one's packet has arrived.
    found = critical_path.analyse(play(neurons=20), tick=1)
    assert found.headline["makespan_ps"] == 20_010
    assert found.headline["limited_by"] == "core 0 (layer0)"
    path = found.table("path")
    assert path["step"].tolist() == ["20 neurons", "1 synaptic events"]
    assert path["duration_ps"].tolist() == [20_000, 10]
    changes = found.table("what_if").set_index("change")["tick_at_best_ps"]
    assert changes["synaptic events in half the time"] == 20_005
    assert changes["neurons in half the time"] == 10_010


def test_relieving_the_latest_cores(play):
    run = play(cores=3, neurons=20)
    view = TickView(run.trace, 1)
    # All are equal, so that one alone is no relief.
    assert view.finish_ps.tolist() == [20_010] * 3
    changes = critical_path.analyse(run, tick=1).table("what_if").set_index("change")["saved_ps"]
    assert changes["relieve core 0 (layer0) (of work: split, or move neurons to others)"] == 0


def test_who_was_last_over_all_ticks(play):
    run = play(cores=2, edge_cycle_ps=500)
    limits = critical_path.analyse(run).table("limits")
    # In tick 0 the host's packets, in tick 1 the cores', in tick 2 the scans alone.
    assert limits.set_index("limited_by")["ticks"].to_dict() == {"core 0 (layer0)": 2, "packets": 1}
    assert limits["ticks"].sum() == run.trace.ticks_timed


def test_of_the_tick_that_takes_longest_unless_another_is_named(play):
    run = play(cores=2, edge_cycle_ps=500)
    assert critical_path.analyse(run).headline["tick"] == run.trace.longest_tick == 1
    with pytest.raises(DataError, match="tick 9 was not timed"):
        critical_path.analyse(run, tick=9)


def test_without_packets_and_cores(play):
    run = play(neurons=20, options=TraceOptions(level="tick"))
    found = critical_path.analyse(run, tick=1)
    assert found.table("path")["duration_ps"].tolist() == [20_000, 10]
    assert any("packets of this tick were not recorded" in note for note in found.notes)
    run = play(cores=2, edge_cycle_ps=500, options=TraceOptions(level="tick"))
    assert critical_path.analyse(run, tick=1).table("path")["step"].tolist() == ["packets (not recorded)"]
    with pytest.raises(DataError, match="no timed ticks"):
        critical_path.analyse(play(options=TraceOptions(level="summary")))


def test_slack_and_path_on_a_board(board_run):
    for tick in range(board_run.trace.ticks_timed):
        view = TickView(board_run.trace, tick)
        elements = view.elements()
        assert elements["slack_ps"].min() == 0
        assert elements["slack_ps"].is_monotonic_increasing
        path = view.path()
        assert path[0][2] == 0
        assert [step[3] for step in path[:-1]] == [step[2] for step in path[1:]]
        assert path[-1][3] == view.makespan_ps == sum(step[4] for step in path)
        links = elements[elements["kind"] != "core"]
        assert 0 < view.busiest_link_ps <= view.makespan_ps
        assert links["packets"].sum() == sum(
            len(view._route(*ends)) for ends in view.packets[["source_core", "dest_core"]].itertuples(index=False)
        )


def test_ports_at_the_border_are_named_with_the_time_that_they_would_need(board_run):
    trace = board_run.trace
    view = TickView(trace, trace.longest_tick)
    fabric = Fabric(Mesh(**trace.mesh), trace.chip.model_copy(update={"host_ports": "border"}))
    xy = trace.cores(["x", "y"]).to_numpy().tolist()
    of_host = view.packets["dest_core"][view.packets["source_core"] < 0]
    ports = Counter(fabric.route(HOST, tuple(xy[core]))[0] for core in of_host)
    assert ports
    cycle, latency = trace.chip.edge_cycle_ps, trace.chip.edge_latency_ps
    assert view.spread_ports_ps == (max(ports.values()) - 1) * cycle + latency
    changes = critical_path.analyse(board_run).table("what_if")["change"]
    assert changes.str.contains("host ports").any() != view.core_is_last
