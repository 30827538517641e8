"""Tables that a recorder writes, against the made-up run."""

import hashlib
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.probes.probe import RunInfo, TickColumns
from neurosyn.errors import DataError, ScenarioError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from neurosyn.trace.schema import HOST, MANIFEST
from neurosyn.trace.selection import chosen_cores

CROSSING_PJ, PORT_PJ = 832.0, 64.0
"""32 bits at 26 pJ/bit between chips, and at 2 pJ/bit at the border."""


def test_every_spike_comes_back(record):
    info, ticks = random_run(ticks=5, timed=5)
    spikes = record((info, ticks)).spikes()
    assert spikes["tick"].tolist() == [t.tick for t in ticks for _ in t.spike_core]
    assert spikes["core"].tolist() == np.concatenate([t.spike_core for t in ticks]).tolist()
    assert spikes["neuron"].tolist() == np.concatenate([t.spike_neuron for t in ticks]).tolist()
    names = np.array(info.program.layer_names)
    assert spikes["layer"].tolist() == names[info.program.core_layer[spikes["core"]]].tolist()


def test_every_packet_comes_back_with_its_energy(record):
    info, ticks = random_run()
    packets = record((info, ticks)).packets()
    timed = [t for t in ticks if t.columns is not None]
    assert 0 < len(timed) < len(ticks)
    for name in vars(timed[0].columns):
        expected = np.concatenate([getattr(t.columns, name) for t in timed])
        np.testing.assert_array_equal(packets[name], expected, err_msg=name)
    ports = (packets["source_core"] == -1).astype(int) + (packets["dest_core"] == OUTPUT)
    hop_pj = EnergyModel(info.chip.voltage).hop_pj
    by_hand = packets["hops"] * hop_pj + packets["crossings"] * CROSSING_PJ + ports * PORT_PJ
    np.testing.assert_array_equal(packets["energy_pj"], by_hand)
    assert set(ports) == {0, 1}
    assert packets["crossings"].any()


def test_ticks_have_their_counts_and_no_times_where_there_are_none(record):
    _, columns = run = random_run(ticks=4, timed=2)
    ticks = record(run).ticks()
    assert ticks["spikes"].tolist() == [len(t.spike_core) for t in columns]
    assert ticks["synaptic_events"].tolist() == [t.synaptic_events.sum() for t in columns]
    for name in ("tick", "packets", "input_packets", "output_packets", "hops", "crossings", "collisions"):
        assert ticks[name].tolist() == [getattr(t, name) for t in columns], name
    assert ticks["start_ps"].isna().tolist() == [False, False, True, True]
    assert ticks["makespan_ps"].tolist()[:2] == [t.makespan_ps for t in columns[:2]]
    assert ticks["makespan_ps"].dtype == "Int64"


def test_cores_sum_over_timed_and_untimed_ticks(record):
    info, ticks = random_run(ticks=7, timed=3)
    program = info.program
    routes = Routes.of(program, info.placement, info.chip)
    cores = record((info, ticks)).cores()
    spikes, packets, hops = (np.zeros(program.cores, int) for _ in range(3))
    for columns in ticks:
        for core, neuron in zip(columns.spike_core, columns.spike_neuron, strict=True):
            spikes[core] += 1
            packets[core] += program.dest_core[core, neuron] != NO_DESTINATION
            hops[core] += routes.hops[core, neuron]
    assert cores["spikes"].tolist() == spikes.tolist()
    assert cores["packets"].tolist() == packets.tolist()
    assert cores["hops"].tolist() == hops.tolist()
    assert cores[["x", "y"]].to_numpy().tolist() == info.placement.xy.tolist()
    assert cores["synaptic_events"].tolist() == sum(t.synaptic_events for t in ticks).tolist()
    assert cores["finish_ps"].tolist() == np.max([t.core_finish_ps for t in ticks[:3]], axis=0).tolist()
    assert (cores["memory_pj"] == 7 * EnergyModel(1.0).core_tick_pj).all()


def test_cores_tell_timed_ticks_apart(record, tmp_path):
    info, ticks = random_run(ticks=7, timed=3)
    cores = record((info, ticks)).cores()
    timed = record((info, ticks[:3]), folder=tmp_path / "timed").cores()
    for name in ("spikes", "synaptic_events", "packets", "hops"):
        assert cores[f"timed_{name}"].tolist() == timed[name].tolist()
        assert (cores[name] > timed[name]).any()
    parts = ["memory_pj", "synaptic_pj", "network_pj", "chip_to_chip_pj", "io_pj"]
    assert cores["timed_energy_pj"].tolist() == timed[parts].sum(axis=1).tolist() == timed["timed_energy_pj"].tolist()


@pytest.mark.parametrize("voltage", [0.775, 1.0])
def test_energy_adds_up_to_the_last_digit(record, voltage):
    info, ticks = random_run(seed=3)
    info = RunInfo(info.program, info.placement, ChipOptions(chips=(1, 2), voltage=voltage), info.timing)
    trace = record((info, ticks))
    model, energy, cores = EnergyModel(voltage), trace.energy(), trace.cores()
    total = energy.groupby("part", observed=True)["energy_pj"].sum()
    assert total["memory"] == model.core_tick_pj * info.program.cores * len(ticks)
    assert total["synaptic"] == model.synaptic_event_pj * sum(int(t.synaptic_events.sum()) for t in ticks)
    assert total["network"] == model.hop_pj * sum(t.hops for t in ticks)
    assert total["chip_to_chip"] == CROSSING_PJ * sum(t.crossings for t in ticks) > 0
    assert total["io"] == PORT_PJ * sum(t.input_packets + t.output_packets for t in ticks)
    by_layer = energy[energy["layer"] != HOST].groupby("part", observed=True)["energy_pj"].sum()
    for part, value in by_layer.items():
        assert cores[f"{part}_pj"].sum() == value
    of_host = energy[energy["layer"] == HOST].set_index("part")["energy_pj"]
    assert of_host["io"] == PORT_PJ * sum(t.input_packets for t in ticks)


def test_nothing_timed_leaves_no_finish_times(record):
    trace = record(random_run(ticks=2, timed=0))
    assert trace.cores()["finish_ps"].isna().all()
    assert trace.ticks_timed == 0


@pytest.mark.parametrize(
    ("level", "timed", "tables"),
    [
        ("summary", 2, "cores links energy"),
        ("tick", 2, "ticks cores links energy"),
        ("spike", 2, "spikes ticks core_ticks cores links energy"),
        ("packet", 2, "spikes packets ticks core_ticks cores links energy"),
        ("packet", 0, "spikes ticks core_ticks cores energy"),
        ("auto", 2, "spikes packets ticks core_ticks cores links energy"),
        ("auto", 0, "ticks cores energy"),
    ],
)
def test_levels_decide_which_tables_there_are(record, level, timed, tables):
    trace = record(random_run(ticks=3, timed=timed), TraceOptions(level=level))
    assert list(trace.rows) == tables.split()
    assert {path.name for path in trace.folder.iterdir()} == {f"{name}.parquet" for name in trace.rows} | {MANIFEST}


def test_auto_keeps_the_spikes_of_timed_ticks_alone_and_packet_those_of_all(record, tmp_path):
    run = random_run(ticks=5, timed=2)
    auto = record(run, TraceOptions(level="auto"))
    assert set(auto.spikes()["tick"]) == {0, 1}
    whole = record(run, TraceOptions(level="packet"), tmp_path / "packet")
    assert set(whole.spikes()["tick"]) == {0, 1, 2, 3, 4}
    assert set(whole.packets()["tick"]) == {0, 1}


def test_a_run_without_ticks_has_empty_tables(record):
    trace = record(random_run(ticks=0), TraceOptions(level="packet"))
    assert trace.rows == {"ticks": 0, "cores": 9, "energy": 20}
    assert trace.ticks().empty
    assert (trace.cores()["memory_pj"] == 0).all()


def test_a_tick_without_spikes_is_recorded(record):
    trace = record(random_run(ticks=2, timed=2, rate=0))
    assert trace.rows["spikes"] == trace.rows["packets"] == 0
    assert trace.spikes().columns.tolist() == ["tick", "core", "layer", "neuron"]
    assert trace.packets().empty


def test_same_run_same_bytes(record, tmp_path):
    digests = []
    for name in ("first", "second"):
        folder = record(random_run(seed=7, ticks=20), folder=tmp_path / name).folder
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()})
    assert digests[0] == digests[1]
    other = record(random_run(seed=8, ticks=20), folder=tmp_path / "third").folder
    assert hashlib.sha256((other / "spikes.parquet").read_bytes()).hexdigest() != digests[0]["spikes.parquet"]


def test_rows_are_written_as_they_gather(tmp_path):
    info, ticks = random_run(layers=(8, 8), neurons=64, mesh=Mesh(), ticks=12, timed=12, rate=0.5)
    recorder = ParquetRecorder(tmp_path, TraceOptions(row_group=1024))
    recorder.started(info)
    sizes = []
    for columns in ticks:
        recorder.tick(columns)
        sizes.append((tmp_path / ".packets.parquet.partial").stat().st_size)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 6  # not all at the end
    recorder.finished()
    metadata = pq.ParquetFile(tmp_path / "packets.parquet").metadata
    rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert max(rows) <= 1024
    assert sum(rows) == Trace(tmp_path).rows["packets"] > 6 * 1024


def test_arrays_may_be_used_again_by_the_engine(record, tmp_path):
    info, ticks = random_run(ticks=2, timed=2)
    expected = record((info, ticks)).packets()
    recorder = ParquetRecorder(tmp_path / "reused")
    recorder.started(info)
    for columns in ticks:
        recorder.tick(columns)
        for array in [columns.spike_core, columns.spike_neuron, columns.synaptic_events, columns.core_finish_ps]:
            array[:] = 0
        for array in vars(columns.columns).values():
            array[:] = 0
    recorder.finished()
    assert Trace(tmp_path / "reused").packets().equals(expected)


def _record_until(error, recorder, run):
    """Call a recorder as an engine does whose run ends in an error."""
    info, ticks = run
    recorder.started(info)
    try:
        recorder.tick(ticks[0])
        raise error
    finally:
        recorder.finished()


@pytest.mark.parametrize("error", [DataError("cut"), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_no_trace_nor_an_older_one(record, error):
    folder = record().folder
    with pytest.raises(type(error)):
        _record_until(error, ParquetRecorder(folder), random_run())
    assert list(folder.iterdir()) == []
    with pytest.raises(DataError, match="no whole trace"):
        Trace(folder)


def test_an_error_from_before_the_run_does_not_spoil_it(record):
    try:
        record(folder=None)
    except AttributeError:
        trace = record()
    assert trace.rows["ticks"] == 6


def test_a_killed_run_is_no_trace_and_is_cleared_by_the_next(record, tmp_path):
    info, ticks = random_run()
    recorder = ParquetRecorder(tmp_path / "trace", TraceOptions(row_group=1024))
    recorder.started(info)
    for columns in ticks:
        recorder.tick(columns)
    assert list((tmp_path / "trace").glob(".*.partial"))
    with pytest.raises(DataError, match="no whole trace"):
        Trace(tmp_path / "trace")
    del recorder
    trace = record(random_run(timed=0), folder=tmp_path / "trace")
    assert {path.name for path in trace.folder.iterdir()} == {
        "ticks.parquet",
        "cores.parquet",
        "energy.parquet",
        MANIFEST,
    }


def test_a_recorder_that_fails_clears_up_and_stays_quiet(tmp_path):
    info, ticks = random_run()
    recorder = ParquetRecorder(tmp_path)
    recorder.started(info)
    recorder.tick(ticks[0])
    wrong = TickColumns(**(vars(ticks[1]) | {"spike_core": ticks[1].spike_core[:-1]}))
    with pytest.raises(ValueError, match="could not be broadcast"):
        recorder.tick(wrong)
    recorder.tick(ticks[2])
    recorder.finished()
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_tables_names_what_was_run(record):
    info, ticks = random_run()
    trace = record((info, ticks))
    manifest = json.loads((trace.folder / MANIFEST).read_text())
    assert manifest["layers"] == ["1 layer", "2 layer", "3 layer"]
    assert manifest["mesh"] == {"rows": 1, "columns": 2, "side": 4}
    makespans = [t.makespan_ps for t in ticks[:4]]
    assert manifest["ticks"] == {
        "simulated": 6,
        "timed": 4,
        "longest": int(np.argmax(makespans)),
        "longest_ps": max(makespans),
    }
    assert (trace.longest_tick, trace.longest_ps) == (int(np.argmax(makespans)), max(makespans))
    assert (trace.chip, trace.timing, trace.axons, trace.neurons) == (info.chip, info.timing, 16, 8)
    assert manifest["tables"]["packets"]["bytes"] == (trace.folder / "packets.parquet").stat().st_size


def test_auto_stops_recording_spikes_and_packets_after_so_many_rows(record):
    info, ticks = random_run(ticks=6, timed=4)
    timed = [t for t in ticks if t.columns is not None]
    rows = [len(t.spike_core) + len(t.columns.hops) for t in timed]
    trace = record((info, ticks), TraceOptions(max_rows=sum(rows[:2])))
    kept = [t.tick for t in timed[:2]]
    assert trace.packets()["tick"].unique().tolist() == trace.spikes()["tick"].unique().tolist() == kept
    assert trace.ticks_timed == 4
    assert len(trace.ticks()) == 6
    assert trace.cores()["timed_packets"].sum() == sum(t.packets for t in timed)


# What is chosen.


def test_core_ticks_are_what_the_cores_of_a_tick_did(record):
    info, ticks = random_run(seed=4)
    program = info.program
    routes = Routes.of(program, info.placement, info.chip)
    model = EnergyModel(info.chip.voltage)
    trace = record((info, ticks), TraceOptions(level="packet"))
    rows = trace.core_ticks()
    assert rows[["tick", "core"]].to_numpy().tolist() == [[t.tick, c] for t in ticks for c in range(program.cores)]
    for columns in ticks:
        here = rows[rows["tick"] == columns.tick]
        spikes, packets, hops, crossings, ports = np.zeros((5, program.cores), int)
        for core, neuron in zip(columns.spike_core, columns.spike_neuron, strict=True):
            sends = program.dest_core[core, neuron] != NO_DESTINATION
            spikes[core] += 1
            packets[core] += sends
            hops[core] += sends * routes.hops[core, neuron]
            crossings[core] += sends * routes.crossings[core, neuron]
            ports[core] += program.dest_core[core, neuron] == OUTPUT
        assert here["spikes"].tolist() == spikes.tolist()
        assert here["packets"].tolist() == packets.tolist()
        assert here["hops"].tolist() == hops.tolist()
        assert here["synaptic_events"].tolist() == columns.synaptic_events.tolist()
        energy = model.core_tick_pj + model.synaptic_event_pj * columns.synaptic_events
        energy = energy + model.hop_pj * hops + CROSSING_PJ * crossings + PORT_PJ * ports
        assert here["energy_pj"].tolist() == energy.tolist()
        finish = [None] * program.cores if columns.core_finish_ps is None else columns.core_finish_ps.tolist()
        assert [None if value is pd.NA else value for value in here["finish_ps"]] == finish
    # The ledger of cores and ticks is that of the cores, and with the host's packets that of the ticks.
    cores = trace.cores()
    parts = ["memory_pj", "synaptic_pj", "network_pj", "chip_to_chip_pj", "io_pj"]
    assert rows.groupby("core")["energy_pj"].sum().tolist() == cores[parts].sum(axis=1).tolist()
    assert trace.ticks()["energy_pj"].sum() == trace.energy()["energy_pj"].sum()


def test_ticks_say_who_was_last(record):
    _, ticks = run = random_run(ticks=5, timed=4)
    rows = record(run).ticks()
    for columns, row in zip(ticks[:4], rows.itertuples(), strict=False):
        last = int(columns.core_finish_ps.argmax())
        assert (row.last_core, row.last_core_ps) == (last, columns.core_finish_ps[last])
        assert row.last_arrival_ps == columns.columns.arrival_ps.max() - columns.start_ps
        assert row.makespan_ps == max(row.last_core_ps, row.last_arrival_ps)
    assert rows[["last_core", "last_core_ps", "last_arrival_ps"]].isna().to_numpy().tolist()[4] == [True] * 3


def test_cores_say_when_they_finished_last_and_how_many_neurons_they_use(record):
    info, ticks = random_run(ticks=5, timed=4)
    cores = record((info, ticks)).cores()
    finish = np.array([t.core_finish_ps for t in ticks[:4]])
    assert cores["finish_tick"].tolist() == finish.argmax(axis=0).tolist()
    assert cores["neurons"].tolist() == (info.program.dest_core != NO_DESTINATION).sum(axis=1).tolist()


def test_windows_of_ticks(record, tmp_path):
    run = random_run(ticks=8, timed=8)
    whole = record(run)
    some = record(run, TraceOptions(ticks=((1, 2), (5, 5))), tmp_path / "some")
    for name in ("spikes", "packets", "core_ticks"):
        rows = whole.frame(name)
        expected = rows[rows["tick"].isin([1, 2, 5])].reset_index(drop=True)
        assert some.frame(name).equals(expected)
    for name in ("ticks", "cores", "links", "energy"):
        assert some.frame(name).equals(whole.frame(name)), name
    assert some.selected == {"ticks": [[1, 2], [5, 5]]}
    nothing = record(run, TraceOptions(ticks=((100, 200),)), tmp_path / "nothing")
    assert "packets" not in nothing.rows


def test_chosen_cores_and_layers(record, tmp_path):
    run = random_run(ticks=4, timed=4)
    whole = record(run)
    some = record(run, TraceOptions(cores=(0,), layers=("3 layer",)), tmp_path / "some")
    chosen = [0, 7, 8]
    assert set(whole.cores()["core"][whole.cores()["layer"] == "3 layer"]) == {7, 8}
    for name, ends in (
        ("spikes", ["core"]),
        ("core_ticks", ["core"]),
        ("packets", ["source_core", "dest_core"]),
    ):
        rows = whole.frame(name)
        kept = rows[ends].isin(chosen).any(axis=1)
        assert 0 < kept.sum() < len(rows)
        assert some.frame(name).equals(rows[kept].reset_index(drop=True))
    for name in ("ticks", "cores", "links", "energy"):
        assert some.frame(name).equals(whole.frame(name)), name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cores": (9,)}, "trace.cores: there is no core 9; the program has 9"),
        ({"layers": ("2 layr",)}, "did you mean '2 layer'"),
    ],
)
def test_cores_and_layers_that_are_not_there(options, message):
    with pytest.raises(ScenarioError, match=message):
        chosen_cores(TraceOptions(**options), random_run()[0].program)
