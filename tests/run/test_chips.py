"""Runs on chips that are not TrueNorth: equal to the trained network, with energies scaled by the description."""

import pytest

from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.options import ChipOptions
from neurosyn.errors import ChipLimitError
from tests.runs import simulate_scenario


@pytest.mark.parametrize(
    ("axons", "timing"),
    [(128, "compiled"), (128, "simpy"), (512, "none"), (512, "compiled"), (1024, "compiled"), (1024, "simpy")],
)
def test_every_core_size_computes_the_trained_network(axons, timing, tiny, tiny_run):
    changes = [f"chip.description.core.axons={axons}", f"simulate.timing={timing}", "simulate.frames=6"]
    changes += ["simulate.timed_frames=1"] if timing != "none" else []
    # A neuron's inputs must fit the axons of a core.
    changes += ["network.layers.2.groups=6"] if axons == 128 else []
    summary = simulate_scenario(tiny, tiny_run, *changes)
    assert summary["mismatched_frames"] == 0
    assert summary["chip"]["name"] == f"truenorth with core.axons = {axons}"
    assert summary["utilisation"]["total"]["axons_max"] <= axons
    model = EnergyModel.of(ChipOptions(description={"extends": "truenorth", "core": {"axons": axons}}))
    assert summary["energy_pj"]["memory"] == model.core_tick_pj * summary["cores"] * summary["counted_ticks"]
    assert "extrapolation" in {item["name"] for item in summary["assumptions"]}


def test_a_chip_without_energies_and_times_reports_none(tiny, tiny_run):
    untimed = ("chip.description=ranc", "simulate.timing=none", "simulate.frames=4")
    summary = simulate_scenario(tiny, tiny_run, *untimed)
    assert summary["mismatched_frames"] == 0
    assert summary["power_mw"] is None
    assert summary["energy_per_frame_uj"] is None
    assert summary["not_counted"]["energy"] == "no energies of RANC (default parameters) are known; none is reported"
    with pytest.raises(ChipLimitError, match=r"has no times; set chip\.neuron_time_ps"):
        simulate_scenario(tiny, tiny_run, "chip.description=ranc", "simulate.timing=compiled")


def test_the_core_of_2011_reports_the_energy_of_its_spikes_alone(tiny, tiny_run):
    summary = simulate_scenario(
        tiny, tiny_run, "chip.description=core45nm", "simulate.timing=none", "simulate.frames=4", "place.kind=row_major"
    )
    assert summary["mismatched_frames"] == 0
    assert summary["energy_pj"]["total"] == 45.0 * summary["events"]["spikes"]
    assert "leakage" in summary["not_counted"]
