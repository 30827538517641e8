"""The campaign of faults: trials are right, and what is made wrong is noticed."""

from dataclasses import replace

import numpy as np
import pytest

from campaigns import faults


@pytest.mark.parametrize("number", [0, 1, 3])
def test_small_trials_are_right(number):
    outcome = faults.trial(5, number)
    assert outcome["problem"] == ""
    assert outcome["packets"] > 50


def test_trials_are_the_same_every_time():
    assert faults.trial(2, 1) == faults.trial(2, 1)


@pytest.mark.parametrize(
    ("link", "begin", "end", "expected"),
    [
        ((1, 0, True), (0, 0), (3, 2), True),
        ((1, 0, True), (3, 0), (1, 2), True),
        ((1, 0, True), (0, 0), (1, 2), False),
        ((1, 2, True), (0, 0), (3, 2), False),
        ((3, 1, False), (0, 0), (3, 2), True),
        ((0, 1, False), (0, 0), (3, 2), False),
    ],
)
def test_routes_go_along_x_first(link, begin, end, expected):
    assert faults.crosses(link, np.array([begin], np.int32), np.array([end], np.int32)).tolist() == [expected]


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("dest_axon", lambda axons: (axons + 1) % 16, "synaptic events"),
        ("arrival_ps", lambda times: times * 0, "arrivals before their departure"),
        ("hops", lambda hops: hops + 1, "hops"),
        ("source_core", lambda cores: cores * 0, "sent"),
    ],
)
def test_wrong_packets_are_noticed(monkeypatch, name, change, problem):
    true_check = faults.check

    def check(program, ticks, *rest):
        changed = [
            replace(tick, columns=replace(tick.columns, **{name: change(getattr(tick.columns, name))}))
            for tick in ticks
        ]
        assert true_check(program, ticks, *rest) == []
        return true_check(program, changed, *rest)

    monkeypatch.setattr(faults, "check", check)
    assert problem in faults.trial(5, 0)["problem"]
