"""The summary of real runs: whatever it says twice, it says alike."""

import json

import numpy as np
import pytest

from neurosyn.chip.assumptions import RULES, assumptions
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import TIMES, ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames
from neurosyn.run.host_sides import hint_at_sides
from neurosyn.run.summary import summarise_frames
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import layered_program, place, random_frames

PARTS = ["leakage", "memory", "synaptic", "network", "chip_to_chip", "io"]


def simulate(folder, mesh, simulation, **chip_options):
    rng = np.random.default_rng(11)
    program = layered_program(rng, widths=(4, 6, 3))
    placement, chip = place(program, rng, mesh, **chip_options)
    frames = random_frames(rng, program, 30)
    result = simulate_frames(program, placement, chip, simulation, frames, probes=[ParquetRecorder(folder)])
    zeros = np.zeros(len(frames), np.int32)
    summary = summarise_frames(
        program,
        placement,
        chip,
        simulation,
        result,
        labels=zeros,
        predictions=zeros.astype(np.intp),
        expected=result.spikes,
        expected_predictions=zeros.astype(np.intp),
    )
    return json.loads(json.dumps(summary)), Trace(folder)


@pytest.mark.parametrize("mesh", [Mesh(1, 1, 4), Mesh(2, 2, 2)], ids=str)
@pytest.mark.parametrize("tick", ["auto", 500.0])
@pytest.mark.parametrize("voltage", [0.7, 0.9])
def test_energies_add_up_to_the_last_digit(tmp_path, mesh, tick, voltage):
    summary, _ = simulate(tmp_path, mesh, SimulateOptions(tick=tick), voltage=voltage)
    total, host, layers = summary["energy_pj"], summary["host_energy_pj"], summary["layers"]
    assert list(total) == ["total", *PARTS]
    for part in PARTS:
        assert sum(layer["energy_parts_pj"][part] for layer in layers) + host[part] == total[part]
    assert sum(layer["energy_pj"] for layer in layers) + host["total"] == total["total"]
    assert sum(total[part] for part in reversed(PARTS)) == total["total"]
    assert (total["chip_to_chip"] > 0) == (mesh.chips > 1)
    power = summary["power_mw"]
    assert sum(power[part] for part in PARTS) == power["total"]
    run_ps = 30 * summary["tick_period_us"] * 1e6
    assert power["total"] == pytest.approx(total["total"] / run_ps * 1e3)
    assert summary["energy_per_frame_uj"] == pytest.approx(total["total"] * 1e-6 / 30)


@pytest.mark.parametrize("timing", ["compiled", "simpy"])
def test_travel_of_the_hosts_packets_and_of_cores_is_apart(tmp_path, timing):
    summary, trace = simulate(tmp_path, Mesh(1, 1, 4), SimulateOptions(timing=timing, timed_frames=4))
    packets, engine = trace.packets(), summary["engine"]
    assert engine["timed_packets"] == len(packets)
    for sender, chosen in (("host", packets["source_core"] < 0), ("cores", packets["source_core"] >= 0)):
        of_sender = packets[chosen]
        assert len(of_sender) > 0
        travel = (of_sender["arrival_ps"] - of_sender["send_ps"]).mean() / 1e3
        assert engine[f"mean_travel_from_{sender}_ns"] == pytest.approx(travel)
        assert engine[f"mean_wait_from_{sender}_ns"] == pytest.approx(of_sender["blocked_ps"].mean() / 1e3)


def test_untimed_runs_have_no_travel(tmp_path):
    engine = simulate(tmp_path, Mesh(1, 1, 4), SimulateOptions(timing="none"))[0]["engine"]
    assert (engine["timed_ticks"], engine["timed_packets"]) == (0, 0)
    assert not [name for name in engine if name.startswith("mean_")]


@pytest.mark.parametrize("side", ["east", "west"])
def test_a_far_side_of_the_outputs_is_pointed_out(tmp_path, side):
    # Thirteen cores fill the west of a large chip, so that the way to the east is long.
    rng = np.random.default_rng(11)
    program = layered_program(rng, widths=(4, 6, 3))
    xy = np.stack([np.arange(13) % 4, np.arange(13) // 4], axis=1).astype(np.int32)
    placement, frames = Placement(Mesh(1, 1, 64), xy), random_frames(rng, program, 30)

    def count(output_side):
        chip = ChipOptions(chips=(1, 1), output_side=output_side)
        counts = simulate_frames(program, placement, chip, SimulateOptions(timing="none"), frames).counts
        return counts, hint_at_sides(program, placement, chip, counts)

    counts, hints = count(side)
    assert [(hint["option"], hint["value"]) for hint in hints] == [("chip.output_side", "west")] * (side == "east")
    if hints:
        sent = counts.output_packets
        hops = {"east": int((sent * (63 - xy[:, 0])).sum()), "west": int((sent * xy[:, 0]).sum())}
        assert all(f"{number:,}" in hints[0]["reason"] for number in hops.values())
        assert counts.events().hops - count("west")[0].events().hops == hops["east"] - hops["west"]


def test_links_of_a_board_carry_all_crossings_and_ports(tmp_path):
    summary, trace = simulate(tmp_path, Mesh(2, 2, 2), SimulateOptions(timed_frames=4))
    board, events = summary["board"], summary["events"]
    assert board["chips_used"] == summary["chips"] == 4
    assert sum(edge["packets"] for edge in board["chip_edges"]) == events["crossings"] == board["crossings"] > 0
    assert board["crossings_per_packet"] == events["crossings"] / (events["packets"] + events["input_packets"])
    ports = events["input_packets"] + events["output_packets"]
    assert sum(port["packets"] for port in board["host_ports"]) == ports
    run_ps = 30 * summary["tick_period_us"] * 1e6
    for link in board["chip_edges"] + board["host_ports"]:
        assert link["busy_share"] == pytest.approx(link["packets"] * 50_000 / run_ps)
    # The same places show in the trace of the timed ticks.
    traced = trace.links().query("kind != 'link' and kind != 'local port'")["name"]
    assert set(traced) <= {link["name"] for link in board["chip_edges"] + board["host_ports"]}
    assert len(board["host_ports"]) == 4  # both chips in the west, and both in the east


def test_one_chip_has_no_edges(tmp_path):
    board = simulate(tmp_path, Mesh(1, 1, 8), SimulateOptions(timing="none"))[0]["board"]
    assert (board["chips_used"], board["crossings"], board["chip_edges"]) == (1, 0, [])


def test_events_of_time_are_counted_in_summary_and_trace(tmp_path):
    summary, trace = simulate(tmp_path, Mesh(1, 1, 4), SimulateOptions(tick=12.0))
    events, ticks = summary["events"], trace.ticks()
    assert events["late_packets"] == ticks["late_packets"].sum() == trace.packets()["late"].sum() > 0
    assert events["core_overruns"] == ticks["core_overruns"].sum() > 0


def test_every_assumption_is_listed_with_its_value_and_basis(tmp_path):
    chip = ChipOptions(hop_latency_ps=9_999, output_side="north")
    listed = assumptions(chip)
    summary, _ = simulate(tmp_path, Mesh(1, 1, 4), SimulateOptions(timing="none"), hop_latency_ps=9_999)
    # The cores of this program are smaller than those of TrueNorth.
    assert [item["name"] for item in summary["assumptions"]] == [
        *(item["name"] for item in listed),
        "cores of another size",
    ]
    assert all(set(item) == {"name", "value", "unit", "basis", "option"} and item["basis"] for item in listed)
    options = {item["name"]: item["value"] for item in listed if item["option"]}
    assumed = {*TIMES, "fifo_depth", "input_side", "output_side", "host_ports"}
    assert options == {f"chip.{name}": getattr(chip, name) for name in assumed}
    # Whatever a scenario can say of the chip is an assumption, but for what the user knows: chip, board and voltage.
    assert set(ChipOptions.model_fields) - assumed == {"description", "chips", "voltage"}
    rules = {rule.name for rule in (*RULES, *TRUENORTH.rules)}
    assert {item["name"] for item in listed if not item["option"]} == rules
    for item in listed:
        assert any(tag in item["basis"] for tag in ("[A]", "[D]")), item
    assert summary["not_counted"]["off-chip transduction"]
