"""Checks of periods and of the stochastic threshold: they pass, and fail for other neurons."""

import numpy as np
import pytest

from verification import periods
from verification import stochastic_threshold as chance
from verification.periods import TonicNeuron


def test_known_periods_hold():
    outcome = periods.verify()
    assert len(outcome.rows) == 4
    assert not outcome.failed


@pytest.mark.parametrize("wrong", [{"period": 9}, {"phase": 3}, {"first": 20}])
def test_wrong_periods_are_noticed(monkeypatch, wrong):
    right = {"period": 10, "phase": 0, "first": 10}
    monkeypatch.setattr(periods, "KNOWN", (TonicNeuron(threshold=10, leak=1, **(right | wrong)),))
    monkeypatch.setattr(periods, "fire", lambda: [[10, 20, 30, 40, 50, 60]])
    assert periods.verify().failed


def test_a_neuron_that_never_fires_is_noticed(monkeypatch):
    monkeypatch.setattr(periods, "fire", lambda: [[] for _ in periods.KNOWN])
    assert len(periods.verify().failed) == len(periods.KNOWN)


def test_the_stochastic_threshold_is_inside_the_band():
    outcome = chance.verify(cores=8, ticks=500)
    assert len(outcome.rows) == 3
    assert not outcome.failed


@pytest.mark.parametrize("shift", [0, 2])
def test_other_probabilities_are_noticed(monkeypatch, shift):
    # x/256 and (x + 2)/256 in place of (x + 1)/256.
    random, trials = np.random.default_rng(0), 128_000
    spikes = random.binomial(trials, np.minimum((np.arange(256) + shift) / 256, 1))
    monkeypatch.setattr(chance, "count_spikes", lambda cores, ticks: spikes)
    assert chance.verify(64, 2000).failed
