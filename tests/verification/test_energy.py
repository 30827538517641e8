"""Checks of power and energy: they pass, and fail on wrong counts."""

from dataclasses import replace

import pytest

from neurosyn.chip.energy import EnergyModel, Events
from verification import energy, power
from verification.power import PUBLISHED, Activity, simulate_activity

FULL = 4096 * 256


def nominal(rate_hz, synapses, wrong=None):
    """What a chip at a rate does in a second, with the mean route of 64 × 64 cores."""
    factor = {"rate": 1, "synapses": 1, "hops": 1} | (wrong or {})
    spikes = round(FULL * rate_hz * factor["rate"])
    synaptic_events = round(spikes * synapses * factor["synapses"])
    events = Events(1000, synaptic_events=synaptic_events, hops=round(spikes * 42.66 * factor["hops"]))
    return Activity(FULL, 4096, spikes, events)


def test_a_small_network_does_what_it_is_made_for():
    activity = simulate_activity(20, 128, side=8, ticks=50, settle=50)
    assert activity.events.ticks == 50
    assert activity.rate_hz == pytest.approx(20, rel=0.03)
    assert activity.synapses == pytest.approx(128, rel=0.03)
    # 2·(k² − 1)/(3k) hops for k = 8.
    assert activity.mean_route == pytest.approx(5.25, rel=0.03)


def test_a_silent_network_is_silent():
    activity = simulate_activity(0, 0, side=1, ticks=3, settle=1)
    assert activity == Activity(256, 1, 0, Events(3))
    assert activity.rate_hz == activity.synapses == activity.mean_route == 0


def test_published_power_passes_with_the_published_activity(monkeypatch):
    monkeypatch.setattr(power, "simulate_activity", nominal)
    outcome = power.verify()
    assert len(outcome.rows) == len(PUBLISHED) + 1
    assert not outcome.failed


@pytest.mark.parametrize("wrong", [{"rate": 1.02}, {"synapses": 0.98}, {"hops": 1.01}])
def test_another_activity_than_the_published_one_is_noticed(monkeypatch, wrong):
    monkeypatch.setattr(power, "simulate_activity", lambda rate, synapses: nominal(rate, synapses, wrong))
    # All but the point at rest.
    assert len(power.verify().failed) == len(PUBLISHED) - 1


def test_another_power_than_the_published_one_is_noticed(monkeypatch):
    monkeypatch.setattr(power, "simulate_activity", nominal)
    monkeypatch.setattr(EnergyModel, "leakage_pj", lambda self, tick_ps: 0.0)
    assert len(power.verify().failed) >= len(PUBLISHED) - 1


@pytest.fixture(scope="module")
def ledgers():
    return energy.keep_ledgers()


def test_ledgers_add_up(ledgers, monkeypatch):
    monkeypatch.setattr(energy, "keep_ledgers", lambda: ledgers)
    outcome = energy.verify()
    assert len(ledgers.sums) == 7
    assert not outcome.failed


def test_a_ledger_that_is_off_by_its_last_digit_is_noticed(ledgers, monkeypatch):
    sums = ledgers.sums | {"by layer and part": ledgers.whole.total + 2**-10}
    monkeypatch.setattr(energy, "keep_ledgers", lambda: replace(ledgers, sums=sums))
    assert [row.what for row in energy.verify().failed] == ["ledger by layer and part (20 entries)"]
