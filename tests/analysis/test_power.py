"""Energies: every table adds up to its total, to the last digit."""

import pytest

from neurosyn.analysis import power
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.chip.energy import EnergyModel
from neurosyn.testing.made_up_runs import random_run

PORT_PJ = 64.0
"""32 bits at 2 pJ/bit at the border."""


def test_by_hand(play):
    run = play(voltage=1.0)
    found = power.analyse(run)
    model = EnergyModel(1.0)
    host, layer = (found.table().set_index("layer").loc[name] for name in ("(host)", "layer0"))
    # One core in three ticks; one synaptic event; three hops eastwards; a packet in, a packet out.
    assert layer["memory_pj"] == 3 * model.core_tick_pj
    assert layer["synaptic_pj"] == model.synaptic_event_pj
    assert layer["network_pj"] == 3 * model.hop_pj
    assert (layer["io_pj"], host["io_pj"]) == (PORT_PJ, PORT_PJ)
    assert layer["leakage_pj"] == 3 * model.leakage_pj(run.tick_ps)
    assert host["energy_pj"] == PORT_PJ
    total = layer["energy_pj"] + host["energy_pj"]
    assert found.headline["energy_pj"] == total
    assert found.headline["power_mw"] == pytest.approx(total * 1e3 / (3 * run.tick_ps))


def _check_sums(run):
    found = power.analyse(run)
    layers, parts = found.table(), found.table("parts")
    total = found.headline["energy_pj"]
    assert layers["energy_pj"].sum() == parts["energy_pj"].sum() == sum(reversed(layers["energy_pj"].tolist())) == total
    for part in parts["part"]:
        assert layers[f"{part}_pj"].sum() == parts.set_index("part").loc[part, "energy_pj"]
    assert parts["share"].sum() == pytest.approx(1)
    assert (
        layers["power_mw"].sum() == pytest.approx(parts["power_mw"].sum()) == pytest.approx(found.headline["power_mw"])
    )
    trace = run.trace
    active = trace.energy()
    ticks, cores = found.table("ticks"), found.table("cores")
    host = active["energy_pj"][active["layer"] == "(host)"].sum()
    assert ticks["active_pj"].sum() == active["energy_pj"].sum()
    assert cores["energy_pj"].sum() - cores["leakage_pj"].sum() + host == active["energy_pj"].sum()
    assert cores["leakage_pj"].sum() == ticks["leakage_pj"].sum()
    if trace.has("packets") and trace.ticks_timed == trace.ticks_simulated:
        assert found.table("links")["energy_pj"].sum() == trace.packets()["energy_pj"].sum()
    return found


def test_whole_runs_add_up(packet_run, finished_run, board_run):
    for run in (packet_run, FinishedRun(finished_run), board_run):
        found = _check_sums(run)
        if run.summary:
            assert found.headline["energy_pj"] == run.summary["energy_pj"]["total"]
            assert found.headline["power_mw"] == pytest.approx(run.summary["power_mw"]["total"], rel=1e-9)
            assert found.headline["energy_per_frame_pj"] == pytest.approx(run.summary["energy_per_frame_uj"] * 1e6)


def test_made_up_runs_add_up(record):
    _check_sums(record(random_run(ticks=7, timed=7, seed=4)))


def test_the_energies_of_all_frames_are_that_of_the_run(packet_run):
    frames = power.analyse(packet_run).table("frames")
    whole = frames[frames["entered_tick"] < packet_run.summary["dataset"]["frames"]]
    assert whole["frame"].tolist() == list(range(20))
    assert whole["energy_pj"].sum() == packet_run.summary["energy_pj"]["total"]
    assert whole["active_pj"].nunique() > 1
