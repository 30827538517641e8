"""Latencies of packets by hand, with the times of `tests.analysis.conftest`, and against the tables of the trace."""

import numpy as np
import pandas as pd
import pytest

from neurosyn.analysis import latency
from neurosyn.analysis.latency import PacketLatencies, packet_latencies
from neurosyn.chip.program import OUTPUT
from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from tests.runs import record_run


def test_packets_are_told_apart_by_their_way(tmp_path):
    run = random_run()
    packets = [columns.columns for columns in run[1] if columns.columns is not None]
    source, dest, send, arrival, blocked = (
        np.concatenate([getattr(tick, name) for tick in packets])
        for name in ("source_core", "dest_core", "send_ps", "arrival_ps", "blocked_ps")
    )
    ways = {
        "between cores": (source >= 0) & (dest >= 0),
        "from the host": source == -1,
        "to the host": (source >= 0) & (dest == OUTPUT),
    }
    found = packet_latencies(Trace(record_run(run, tmp_path)))
    assert [part.route for part in found] == list(ways)
    for part in found:
        here = ways[part.route]
        assert part.latency_ps.tolist() == sorted((arrival - send)[here])
        assert part.blocked_share == blocked[here].sum() / (arrival - send)[here].sum()


def test_quantiles():
    part = PacketLatencies("between cores", np.array([10, 20, 30, 40]), 25)
    assert [part.quantile(share) for share in (0, 0.25, 0.26, 0.5, 0.99, 1)] == [10, 10, 20, 20, 40, 40]
    assert part.blocked_share == 0.25


def test_no_packets(tmp_path):
    assert packet_latencies(Trace(record_run(random_run(rate=0), tmp_path / "silent"))) == []
    untimed = Trace(record_run(random_run(timed=0), tmp_path / "untimed", TraceOptions(level="packet")))
    with pytest.raises(DataError, match="packets were not recorded"):
        packet_latencies(untimed)


def test_the_parts_of_a_packets_age(play):
    found = latency.analyse(play())
    routes = found.table().set_index("route")
    assert routes.index.tolist() == ["from the host", "to the host"]
    assert routes.loc["from the host", ["packets", "max_ps", "late"]].tolist() == [1, 50 + 7, 0]
    assert routes.loc["to the host", ["packets", "p50_ps", "mean_ps"]].tolist() == [1, 4 * 7 + 50, 4 * 7 + 50]
    parts = found.table("parts").set_index(["route", "part"])["mean_ps"]
    assert parts["to the host"].to_dict() == {"core": 1010, "queue": 0, "hops": 28, "edge": 50}
    assert parts["from the host"].to_dict() == {"core": 0, "queue": 0, "hops": 7, "edge": 50}
    assert found.headline["packets"] == 2
    assert (found.headline["mean_latency_from_host_ps"], found.headline["mean_latency_from_cores_ps"]) == (57, 78)


def test_parts_add_up_to_the_arrival(board_run):
    trace = board_run.trace
    found = latency.analyse(board_run)
    starts = trace.ticks().set_index("tick")["start_ps"]
    packets = trace.packets()
    ages = packets["arrival_ps"].to_numpy() - starts.loc[packets["tick"]].to_numpy(np.int64)
    routes = found.table().set_index("route")
    parts = found.table("parts").set_index(["route", "part"])["mean_ps"]
    total = sum(parts[route].sum() * row["packets"] for route, row in routes.iterrows())
    assert total == pytest.approx(ages.sum(), rel=1e-12)
    assert routes["packets"].sum() == len(packets)
    assert (
        routes.loc["between cores", "max_ps"]
        == (packets["arrival_ps"] - packets["send_ps"])[
            (packets["source_core"] >= 0) & (packets["dest_core"] >= 0)
        ].max()
    )
    histogram = found.table("histogram")
    for route, row in routes.iterrows():
        assert histogram[route].sum() == row["packets"]
    for sender, rows in (("host", packets["source_core"] < 0), ("cores", packets["source_core"] >= 0)):
        latencies = (packets["arrival_ps"] - packets["send_ps"])[rows]
        assert found.headline[f"mean_latency_from_{sender}_ps"] == pytest.approx(latencies.mean())
        assert found.headline[f"mean_wait_from_{sender}_ps"] == pytest.approx(packets["blocked_ps"][rows].mean())
    assert isinstance(found.table("histogram"), pd.DataFrame)
