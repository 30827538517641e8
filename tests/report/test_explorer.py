"""Data of the page's explorer, against the tables of the trace."""

import base64
import zlib

import numpy as np
import pandas as pd
import pytest

from neurosyn.report import explorer as explorer_module
from neurosyn.report.explorer import TIME_BINS, explorer
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from tests.runs import record_run


def record(folder, options=None, **how):
    return Trace(record_run(random_run(**how), folder, options or TraceOptions(level="packet")))


def arrays(found):
    block = zlib.decompress(base64.b64decode(found.block))
    return {
        name: np.frombuffer(block, f"<{entry['type']}", entry["length"], entry["at"])
        for name, entry in found.document["arrays"].items()
    }


def test_each_tick_is_that_of_the_trace(tmp_path):
    trace = record(tmp_path / "trace")
    found = explorer(trace)
    block, ticks, rows = arrays(found), found.document["ticks"], trace.core_ticks()
    assert [tick["tick"] for tick in ticks] == sorted(rows["tick"].unique())
    columns = {"spikes": "spikes", "synaptic_events": "synaptic_events", "energy": "energy_pj", "load": "finish_ps"}
    for measure in found.document["measures"]:
        values = block[f"tick_{measure['key']}"].astype(np.float64)
        expected = rows[columns[measure["key"]]].to_numpy(np.float64, na_value=np.nan)
        shown = np.where(values == 0xFFFF, np.nan, values * measure["scale"])
        exact = measure["key"] in ("spikes", "synaptic_events")
        np.testing.assert_allclose(shown, expected, rtol=0, atol=0 if exact else np.nanmax(expected) / 8000)
    timed = trace.ticks().set_index("tick")
    for tick in ticks:
        makespan = timed["makespan_ps"][tick["tick"]]
        assert tick["makespan_ps"] == (None if pd.isna(makespan) else makespan)


def test_means_and_links_are_those_of_the_timed_ticks(tmp_path):
    trace = record(tmp_path / "trace")
    found = explorer(trace)
    block, cores, links = arrays(found), trace.cores(), trace.links()
    np.testing.assert_allclose(block["mean_spikes"], cores["timed_spikes"] / 4, rtol=1e-6)
    np.testing.assert_allclose(block["mean_energy"], cores["timed_energy_pj"] / 4, rtol=1e-6)
    np.testing.assert_array_equal(block["layer"], cores["layer"].cat.codes)
    routers = links[links["kind"].isin(["link", "local port"])]
    np.testing.assert_allclose(block["link_packets"], routers["packets"] / 4, rtol=1e-6)
    assert [found.document["directions"][direction] for direction in block["link_direction"]] == routers[
        "direction"
    ].tolist()


def test_packets_under_way_are_counted_from_ready_to_arrival(tmp_path):
    trace = record(tmp_path / "trace")
    found = explorer(trace)
    flights = arrays(found)["flights"].reshape(-1, 3, TIME_BINS)
    assert len(flights) == len(found.document["flights"]) == 4
    for place, own in zip(found.document["flights"], flights, strict=True):
        tick = found.document["ticks"][place]
        packets, row = trace.packets(ticks=tick["tick"]), trace.ticks(ticks=tick["tick"]).iloc[0]
        middle = row["start_ps"] + (np.arange(TIME_BINS) + 0.5) * row["makespan_ps"] / TIME_BINS
        host = packets[packets["source_core"] < 0]
        under_way = [((host["send_ps"] <= t) & (host["arrival_ps"] >= t)).sum() for t in middle]
        assert (own[1] >= under_way).all()  # a step counts all that are under way at some time in it
        assert own[1].max() <= len(host)
        assert own[:, -1].sum() <= own.sum(axis=0).max()


def test_there_is_room_for_some_ticks_the_longest_among_them(tmp_path, monkeypatch):
    monkeypatch.setattr(explorer_module, "_MOST_TICKS", 3)
    trace = record(tmp_path / "trace", ticks=12, timed=12)
    ticks = [tick["tick"] for tick in explorer(trace).document["ticks"]]
    assert len(ticks) == 3
    assert trace.longest_tick in ticks


@pytest.mark.parametrize(("level", "timed", "shown"), [("summary", 4, 0), ("tick", 4, 0), ("spike", 0, 6)])
def test_what_was_not_recorded_is_left_out(tmp_path, level, timed, shown):
    found = explorer(record(tmp_path / "trace", TraceOptions(level=level), timed=timed))
    assert len(found.document["ticks"]) == shown
    assert found.document["flights"] == []
    assert ("load" in [measure["key"] for measure in found.document["measures"]]) == bool(timed)


def test_cores_that_were_not_chosen_are_marked(tmp_path):
    found = explorer(record(tmp_path / "trace", TraceOptions(level="packet", cores=(0, 3))))
    spikes = arrays(found)["tick_spikes"].reshape(-1, 9)
    assert (spikes[:, [1, 2, 4, 5, 6, 7, 8]] == 0xFFFF).all()
    assert (spikes[:, [0, 3]] < 9).all()
