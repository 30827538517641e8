"""Counts per link, against following each packet link by link."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.fabric.fabric import HOST, Fabric
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import make_program, neuron_type
from tests.packet_words import unpack
from tests.runs import record_run

NETWORK = ["network", "chip_to_chip", "io"]
BOARDS = [Mesh(1, 1, 6), Mesh(2, 2, 3), Mesh(1, 3, 2)]


def record_busy_program(folder, mesh, seed=0, ticks=12, options=None, **chip):
    """Random neurons, many of them firing at every tick, that send to each other and to the host; all of it timed."""
    rng = np.random.default_rng(seed)
    cores, neurons = 12, 9
    program = make_program(
        rng.random((cores, 8, neurons)) < 0.3,
        rng.integers(OUTPUT, cores, (cores, neurons)),
        rng.integers(0, 8, (cores, neurons)),
        delay=rng.integers(1, 4, (cores, neurons)),
        types=np.concatenate([neuron_type(leak=1), neuron_type(leak=1, threshold=3, reset_mode=1)]),
        neuron_type_of=rng.integers(0, 2, (cores, neurons)).astype(np.int32),
        inputs=[(core, 0) for core in range(cores)],
        pins=8,
    )
    where = rng.permutation(mesh.cores)[:cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    lines = rng.integers(0, cores, 30).astype(np.int32)
    result = simulate_ticks(
        program,
        Placement(mesh, xy),
        ChipOptions(chips=(mesh.rows, mesh.columns), fifo_depth=2, **chip),
        SimulateOptions(backend="numpy"),
        InputSpikes.on_lines(program, rng.integers(0, ticks, 30), lines),
        ticks,
        probes=[ParquetRecorder(folder, options)],
    )
    return result, Trace(folder), xy.tolist()


SIDES = st.sampled_from(["west", "east", "north", "south"])


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(BOARDS), SIDES, SIDES, st.sampled_from(["side", "border"]), st.integers(0, 2**16))
def test_links_carry_what_passes_through_them(tmp_path_factory, mesh, input_side, output_side, host_ports, seed):
    sides = {"input_side": input_side, "output_side": output_side, "host_ports": host_ports}
    _, trace, xy = record_busy_program(tmp_path_factory.mktemp("trace"), mesh, seed, **sides)
    fabric = Fabric(mesh, ChipOptions(chips=(mesh.rows, mesh.columns), **sides))
    expected = Counter()
    packets = trace.packets()
    for source, target in zip(packets["source_core"], packets["dest_core"], strict=True):
        ends = (xy[source] if source >= 0 else HOST), (xy[target] if target >= 0 else HOST)
        expected.update(fabric.server_of(buffer) for buffer in fabric.route(*ends))
    links = trace.links()
    assert dict(zip(links["link"], links["packets"], strict=True)) == expected
    assert links["link"].is_monotonic_increasing
    assert links["name"].tolist() == [fabric.name(link) for link in links["link"]]
    assert links["kind"].tolist() == [fabric.kind(link).value for link in links["link"]]
    assert links["busy_ps"].tolist() == [n * fabric.cycle_ps(link) for link, n in sorted(expected.items())]
    assert links["hops"].sum() == packets["hops"].sum()
    assert links["crossings"].sum() == packets["crossings"].sum()


def test_rows_say_where_a_link_is(tmp_path):
    _, trace, _ = record_busy_program(tmp_path, Mesh(2, 2, 3))
    links = trace.links().set_index("name")
    row = links.loc["link (2,3)→(3,3)"]
    assert (row["kind"], row["x"], row["y"], row["direction"], row["chip_x"], row["chip_y"]) == (
        "link",
        2,
        3,
        "east",
        0,
        1,
    )
    row = links.loc["chip edge (1,1)→(0,1)"]
    assert (row["kind"], row["direction"], row["chip_x"], row["chip_y"]) == ("chip edge", "west", 1, 1)
    assert (
        links["x"].isna().tolist() == links["kind"].isin(["chip edge", "host input port", "host output port"]).tolist()
    )
    row = links.loc["host input port west of chip (0,1)"]
    assert (row["direction"], row["chip_x"], row["chip_y"]) == ("east", 0, 1)
    assert set(links.loc[links["kind"] == "local port", "direction"]) == {"core"}


def test_a_link_is_busy_for_a_share_of_the_time(tmp_path):
    result, trace, _ = record_busy_program(tmp_path, Mesh(1, 3, 2), edge_cycle_ps=400_000)
    ticks, links = trace.ticks(), trace.links()
    time_ps = int(ticks["start_ps"].iloc[-1] + ticks["makespan_ps"].iloc[-1])
    assert time_ps >= result.timing.makespans_ps.sum()
    np.testing.assert_array_equal(links["busy_share"], links["busy_ps"] / time_ps)
    busiest = links.loc[links["busy_share"].idxmax()]
    assert busiest["kind"] != "link"
    assert 0.2 < busiest["busy_share"] <= 1


def test_waits_are_those_of_the_packets(tmp_path):
    result, trace, _ = record_busy_program(tmp_path, Mesh(2, 2, 3), edge_cycle_ps=400_000)
    packets = trace.packets()
    links = trace.links().set_index("link")
    assert set(packets["waited_at"]) <= set(links.index)
    waited = packets[packets["longest_wait_ps"] > 0].groupby("waited_at")["longest_wait_ps"]
    assert links["held_packets"][links["held_packets"] > 0].to_dict() == waited.size().to_dict()
    assert links["longest_wait_ps"][links["held_packets"] > 0].to_dict() == waited.max().to_dict()
    assert (links["longest_wait_ps"][links["held_packets"] == 0] == 0).all()
    assert (packets["longest_wait_ps"] <= packets["blocked_ps"]).all()
    limit = result.timing.limit
    assert [limit.kind, limit.name] == links.loc[limit.id, ["kind", "name"]].tolist()
    assert links.loc[limit.id, "longest_wait_ps"] > 0


def test_words_lead_to_the_target_from_where_a_packet_enters(tmp_path):
    _, trace, xy = record_busy_program(tmp_path, Mesh(2, 2, 3), input_side="north")
    packets = trace.packets()
    to_host = packets["dest_core"] == OUTPUT
    assert packets["word"].isna().tolist() == to_host.tolist()
    packets = packets[~to_host]
    fields = unpack(packets["word"].to_numpy(np.uint32))
    np.testing.assert_array_equal(fields.axon, packets["dest_axon"])
    np.testing.assert_array_equal(fields.tick, packets["delivery_tick"] % 16)
    for source, target, dx, dy in zip(packets["source_core"], packets["dest_core"], fields.dx, fields.dy, strict=True):
        start = xy[source] if source >= 0 else [xy[target][0], 5]
        assert [start[0] + dx, start[1] + dy] == xy[target]


# Energy: the same total, to the last digit, whichever way it is split and however often it is reported.


@pytest.mark.parametrize("voltage", [0.7, 0.775, 1.0])
@pytest.mark.parametrize("mesh", BOARDS, ids=str)
def test_all_ledgers_add_up_to_the_last_digit(tmp_path, mesh, voltage):
    result, trace, _ = record_busy_program(tmp_path, mesh, seed=3, voltage=voltage)
    model, events = EnergyModel(voltage), result.counts.events()
    energy = model.energy_pj(events, trace.n_cores, 1_000_000)
    network = energy.network + energy.chip_to_chip + energy.io
    assert energy.chip_to_chip > 0 or mesh.chips == 1
    by_part = trace.energy().groupby("part", observed=True)["energy_pj"].sum()
    assert by_part.to_dict() == {
        part: getattr(energy, part) for part in ("memory", "synaptic", "network", "chip_to_chip", "io")
    }
    links, packets, cores = trace.links(), trace.packets(), trace.cores()
    # (a core's packets and the host's) = each packet = each link
    host = trace.energy().query("layer == '(host)'")["energy_pj"].sum()
    assert cores[[f"{part}_pj" for part in NETWORK]].to_numpy().sum() + host == network
    assert packets["energy_pj"].sum() == network
    assert links["energy_pj"].sum() == network
    for order in (links["energy_pj"][::-1], links["energy_pj"].sample(frac=1, random_state=1)):
        assert sum(order.tolist()) == network
    by_kind = links.groupby("kind", observed=True)["energy_pj"].sum()
    assert by_kind["link"] == energy.network
    assert by_kind.get("chip edge", 0) == energy.chip_to_chip
    assert by_kind["host input port"] + by_kind["host output port"] == energy.io
    assert by_kind["local port"] == 0
    assert cores["timed_energy_pj"].sum() + host == energy.total - energy.leakage


def test_energy_does_not_depend_on_how_often_it_is_reported(tmp_path):
    info, ticks = random_run(layers=(6, 9, 5), neurons=40, mesh=Mesh(2, 2, 4), ticks=30, timed=30, seed=5)

    def record(name, some, options=None):
        return Trace(record_run((info, some), tmp_path / name, options))

    whole = record("whole", ticks)
    total = whole.links()["energy_pj"].sum()
    assert whole.packets()["energy_pj"].sum() == total
    # In many small pieces on disk, at the lowest level, or as several runs: one after each 1, 7, 15 ticks.
    assert record("pieces", ticks, TraceOptions(row_group=1024)).packets()["energy_pj"].sum() == total
    summary = record("summary", ticks, TraceOptions(level="summary")).links()
    assert summary.equals(whole.links())
    for step in (1, 7, 15):
        parts = [record(f"{step}-{i}", ticks[i : i + step]) for i in range(0, 30, step)]
        assert sum(part.links()["energy_pj"].sum() for part in parts) == total
        assert sum(part.packets()["energy_pj"].sum() for part in parts) == total
        active = [part.energy()["energy_pj"].sum() for part in parts]
        assert sum(active) == whole.energy()["energy_pj"].sum()
        assert sum(part.cores()["timed_energy_pj"].sum() for part in parts) == whole.cores()["timed_energy_pj"].sum()
    by_tick = whole.packets().groupby("tick")["energy_pj"].sum()
    assert sum(by_tick.tolist()) == total


def test_a_run_without_timing_has_no_links(record):
    assert "links" not in record(random_run(timed=0)).rows


def test_untimed_ticks_do_not_count(record, tmp_path):
    info, ticks = random_run(ticks=7, timed=3)
    assert record((info, ticks)).links().equals(record((info, ticks[:3]), folder=tmp_path / "timed").links())


def test_memory_does_not_grow_with_the_run(tmp_path):
    info, ticks = random_run(ticks=3, timed=3)
    recorder = ParquetRecorder(tmp_path, TraceOptions(level="summary"))
    recorder.started(info)

    def size():
        waits = recorder._counts._links._waits
        return sum(len(array) for array in vars(waits).values())

    sizes = []
    for columns in itertools.islice(itertools.cycle(ticks), 30):
        recorder.tick(columns)
        sizes.append(size())
    assert sizes[2] == sizes[-1] > 0
