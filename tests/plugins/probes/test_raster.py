"""Probes ``raster`` and ``counter`` on made-up runs."""

import numpy as np
import pytest

from neurosyn.errors import ScenarioError
from neurosyn.registry import registry
from neurosyn.testing.made_up_runs import random_run

RASTER, COUNTER = (registry.get("probes", name) for name in ("raster", "counter"))


def watch(probe, info, ticks):
    probe.started(info)
    for tick in ticks:
        probe.tick(tick)
    probe.finished()
    return probe.results(), probe.tables()["spikes"]


@pytest.mark.parametrize(
    ("options", "cores"),
    [({}, range(9)), ({"layers": ["2 layer"]}, range(3, 7)), ({"layers": ["3 layer"], "cores": [0]}, [0, 7, 8])],
)
def test_spikes_of_the_chosen_cores_are_kept_in_order(options, cores):
    info, ticks = random_run()
    results, spikes = watch(RASTER(**options), info, ticks)
    rows = [
        (tick.tick, core, neuron)
        for tick in ticks
        for core, neuron in zip(tick.spike_core.tolist(), tick.spike_neuron.tolist(), strict=True)
        if core in cores
    ]
    assert list(zip(*(spikes[name].tolist() for name in ("tick", "core", "neuron")), strict=True)) == rows
    assert results == {"cores": len(list(cores)), "spikes": len(rows)}


def test_limit_keeps_the_first_and_counts_the_rest():
    info, ticks = random_run()
    everything = watch(RASTER(), info, ticks)[1]
    results, spikes = watch(RASTER(limit=7), info, ticks)
    assert spikes["neuron"].tolist() == everything["neuron"][:7].tolist()
    assert results == {"cores": 9, "spikes": 7, "not_kept": len(everything["tick"]) - 7}


@pytest.mark.parametrize(
    ("options", "said"),
    [({"layers": ["2 layr"]}, "there is no layer '2 layr'; did you mean '2 layer'"), ({"cores": [9]}, "9 is not one")],
)
def test_what_is_not_there_is_said(options, said):
    with pytest.raises(ScenarioError, match=said):
        RASTER(**options).started(random_run()[0])


def test_counter_adds_up_by_layer_and_tick():
    info, ticks = random_run(layers=(3, 4, 2), ticks=5)
    results, table = watch(COUNTER(), info, ticks)
    first = [int((tick.spike_core < 3).sum()) for tick in ticks]
    assert table["tick"].tolist() == [0, 1, 2, 3, 4]
    assert table["1 layer"].tolist() == first
    assert results["spikes"] == sum(len(tick.spike_core) for tick in ticks)
    assert results["spikes_per_tick"]["1 layer"] == pytest.approx(np.mean(first))


def test_counter_of_no_ticks():
    info, _ = random_run(ticks=0, timed=0)
    results, table = watch(COUNTER(), info, [])
    assert results["spikes"] == 0
    assert table["tick"].tolist() == []
