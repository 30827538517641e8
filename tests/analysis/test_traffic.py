"""Traffic by kind, link and distance, against the tables of the trace."""

import pytest

from neurosyn.analysis import traffic
from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run


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
