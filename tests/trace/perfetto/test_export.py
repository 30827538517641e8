"""Perfetto's own messages read what was written; its trace processor does, too, where there is a browser to run it."""

from collections import defaultdict

import pytest

from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.perfetto.export import export_perfetto
from neurosyn.trace.reader import Trace
from tests.trace.perfetto.page import MISSING, PerfettoPage

protos = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")


@pytest.fixture(scope="module")
def trace(board_trace):
    return Trace(board_trace)


class Read:
    """A file as Perfetto reads it: names of tracks, pieces, instants, values."""

    def __init__(self, path):
        message = protos.Trace()
        message.ParseFromString(path.read_bytes())
        self.groups, self.tracks, parents = {}, {}, {}
        names, notes = {}, {}
        events = []
        for packet in message.packet:
            for entry in packet.interned_data.event_names:
                names[entry.iid] = entry.name
            for entry in packet.interned_data.debug_annotation_names:
                notes[entry.iid] = entry.name
            if packet.HasField("track_descriptor"):
                track = packet.track_descriptor
                if track.HasField("process"):
                    self.groups[track.uuid] = track.process.process_name
                else:
                    self.tracks[track.uuid], parents[track.uuid] = track.name, track.parent_uuid
            if packet.HasField("track_event"):
                events.append((packet.timestamp, packet.track_event))
        self.of_group = {uuid: self.groups[parent] for uuid, parent in parents.items()}
        self.pieces, self.instants, self.values = defaultdict(list), defaultdict(list), defaultdict(list)
        open_pieces = {}
        # Stable, as Perfetto sorts.
        for time, event in sorted(events, key=lambda pair: pair[0]):
            track = event.track_uuid
            details = {notes[note.name_iid]: note.int_value or note.double_value for note in event.debug_annotations}
            name = names.get(event.name_iid)
            if event.type == event.TYPE_SLICE_BEGIN:
                assert track not in open_pieces, "pieces of a track overlap"
                open_pieces[track] = (time, name, details, list(event.terminating_flow_ids))
            elif event.type == event.TYPE_SLICE_END:
                start, name, details, flows = open_pieces.pop(track)
                self.pieces[track].append((start, time, name, details, flows))
            elif event.type == event.TYPE_INSTANT:
                self.instants[track].append((time, name, list(event.flow_ids)))
            else:
                self.values[self.tracks[track]].append((time, event.double_counter_value))
        assert not open_pieces

    def named(self, name):
        return next(uuid for uuid, known in self.tracks.items() if known == name)

    def in_group(self, group):
        return [uuid for uuid, known in self.of_group.items() if known == group]


@pytest.fixture(scope="module")
def exported(trace, tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "window.pftrace"
    return path, export_perfetto(trace, path, ticks=(0, 7))


def test_groups_and_counters(trace, exported):
    read = Read(exported[0])
    assert list(read.groups.values()) == ["run", "cores", "routers", "links", "host", "counters"]
    assert set(read.values) == {"spikes", "synaptic events", "packets", "power", "packets under way"}
    ticks = trace.ticks()
    spikes = read.values["spikes"]
    assert [value for _, value in spikes[:-1]] == ticks["spikes"].tolist()
    assert [time for time, _ in spikes[:-1]] == (ticks["start_ps"] // 1000).tolist()
    assert max(value for _, value in read.values["packets under way"]) > 1
    assert read.values["packets under way"][-1][1] == 0


def test_ticks_and_walks_last_as_long_as_they_did(trace, exported):
    read = Read(exported[0])
    ticks = trace.ticks().set_index("tick")
    pieces = read.pieces[read.named("ticks")]
    assert [(start, name) for start, _, name, *_ in pieces] == [
        (row.start_ps // 1000, f"tick {tick}") for tick, row in ticks.iterrows()
    ]
    for row in trace.core_ticks().itertuples():
        track = read.named(f"core {row.core} ({row.layer})")
        start, end, _, details, _ = read.pieces[track][row.tick]
        began = ticks.loc[row.tick, "start_ps"]
        assert (start, end) == (began // 1000, (began + row.finish_ps) // 1000)
        assert details["finish_ps"] == row.finish_ps
        assert details["synaptic_events"] == row.synaptic_events


def test_every_packet_leaves_and_arrives_once(trace, exported):
    read = Read(exported[0])
    packets = trace.packets()
    assert exported[1].packets == len(packets) > 300
    sent = sorted(flow for instants in read.instants.values() for *_, flows in instants for flow in flows)
    arrived = sorted(flow for pieces in read.pieces.values() for *_, flows in pieces for flow in flows)
    assert sent == arrived == list(range(1, len(packets) + 1))
    ends = {details["arrival_ps"] for pieces in read.pieces.values() for *_, details, flows in pieces if flows}
    assert ends == set(packets["arrival_ps"])


def test_links_carry_what_passed_them(trace, exported):
    read = Read(exported[0])
    packets = trace.packets()
    exact = packets["blocked_ps"] == packets["longest_wait_ps"]
    assert exported[1].inexact_packets <= (~exact).sum()
    assert (packets["blocked_ps"] > 0).any()
    shown = sum(len(read.pieces[track]) for group in ("routers", "links", "host") for track in read.in_group(group))
    carried = trace.links()["packets"].sum()
    if exact.all():
        assert shown == carried
    else:
        assert len(packets) <= shown < carried
    for track in read.in_group("links"):
        name = read.tracks[track]
        assert len(read.pieces[track]) <= trace.links().set_index("name").loc[name, "packets"]


def test_the_longest_tick_is_the_window_by_default(trace, tmp_path):
    found = export_perfetto(trace, tmp_path / "one.pftrace", max_packets=10)
    assert found.ticks == (trace.longest_tick, trace.longest_tick)
    assert found.packets == 10
    assert found.packets_left_out == len(trace.packets(ticks=trace.longest_tick)) - 10


def test_chosen_cores(trace, tmp_path):
    export_perfetto(trace, tmp_path / "some.pftrace", ticks=(0, 7), cores=[2])
    read = Read(tmp_path / "some.pftrace")
    walks = {read.tracks[track] for track in read.in_group("cores") if read.pieces[track]}
    assert walks == {"core 2 (layer0)"}


def test_without_time_or_ticks(record, trace, tmp_path):
    with pytest.raises(DataError, match="no timed ticks"):
        export_perfetto(record(random_run(timed=0)), tmp_path / "x.pftrace")
    with pytest.raises(DataError, match="no tick from 90 to 99 was timed"):
        export_perfetto(trace, tmp_path / "x.pftrace", ticks=(90, 99))
    assert not (tmp_path / "x.pftrace").exists()


def test_without_packets_the_walks_are_shown(record, tmp_path):
    spikes = record(random_run(ticks=2, timed=2), TraceOptions(level="spike"))
    found = export_perfetto(spikes, tmp_path / "walks.pftrace", ticks=(0, 1))
    assert found.packets == 0
    assert len(Read(tmp_path / "walks.pftrace").in_group("cores")) == 9


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_perfettos_trace_processor_reads_it(trace, exported, tmp_path):
    page = PerfettoPage(exported[0], tmp_path / "profile")
    try:
        assert page.query("select name from stats where severity = 'error' and value > 0", name="str") == []
        groups = page.query("select name from process where name is not null order by name", name="str")
        assert {name for (name,) in groups} >= {"run", "cores", "routers", "links", "host", "counters"}
        # Each packet is an arrow from where it was sent to where it arrived.
        assert page.query("select count(*) as n from flow", n=0) == [(exported[1].packets,)]
        ticks = trace.ticks()
        named = page.query("select ts, name from slice where name glob 'tick *' order by ts", ts=0, name="str")
        first = named[0][0]
        starts = ticks["start_ps"] // 1000
        assert [name for _, name in named] == [f"tick {tick}" for tick in ticks["tick"]]
        assert [time - first for time, _ in named] == (starts - starts[0]).tolist()
        spikes = page.query(
            "select value from counter join counter_track on counter_track.id = counter.track_id "
            "where counter_track.name = 'spikes' order by ts",
            value=0,
        )
        assert [value for (value,) in spikes[:-1]] == ticks["spikes"].tolist()
    finally:
        page.close()
