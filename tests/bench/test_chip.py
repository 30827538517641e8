"""Benchmark of a chip: counts against plain matrices, and refusals."""

import numpy as np
import pytest

from neurosyn.bench.chip import bench_chip, common_workload
from neurosyn.chip.crossbar import unpack_bits
from neurosyn.errors import ScenarioError


def count_plainly(cores, ticks):
    """Play the common workload with dense matrices; return spikes, synaptic events and merged spikes."""
    program, _, _ = common_workload(cores)
    synapses = unpack_bits(program.crossbars.swapaxes(1, 2), 256).swapaxes(1, 2).astype(np.int64)
    signs = 1 - 2 * program.axon_types.astype(np.int64)
    potential = program.initial_potential.astype(np.int64)
    active = np.zeros((cores, 256), np.int64)
    spikes = events = merged = 0
    for _ in range(ticks):
        events += int(np.einsum("ca,can->", active, synapses))
        potential += np.einsum("ca,can->cn", active * signs, synapses) + 1
        fired = potential >= 50
        potential[fired] -= 50
        spikes += int(fired.sum())
        sent = np.zeros_like(active)
        np.add.at(sent, (program.dest_core[fired], program.dest_axon[fired]), 1)
        active = np.minimum(sent, 1)
        merged += int((sent - active).sum())
    return spikes, events, merged


@pytest.mark.parametrize("timing", ["none", "compiled", "simpy"])
def test_counts_are_those_of_plain_matrices(timing):
    result = bench_chip(cores=4, ticks=30, repeats=2, timing=timing, backend="numpy")
    spikes, events, merged = count_plainly(4, 30)
    # What the last tick sends has merged only when it is integrated.
    assert result["collisions"] == count_plainly(4, 29)[2] <= merged
    assert (result["spikes"], result["packets"], result["synaptic_events"]) == (spikes, spikes, events)
    assert spikes == pytest.approx(4 * 5.12 * 30, rel=0.1)
    assert 0 < result["hops"] < 2 * spikes
    assert ("tick_period_us" in result) == (timing != "none")


@pytest.mark.parametrize("timing", ["compiled", "simpy"])
def test_cores_that_send_at_once_are_held_up(timing):
    burst = {"chip.neuron_time_ps": 0, "chip.synaptic_event_time_ps": 0, "chip.fifo_depth": 1}
    results = [
        bench_chip(cores=16, rate_hz=100, ticks=5, repeats=1, timing=timing, backend="numpy", changes=changes)
        for changes in ({}, burst)
    ]
    calm, full = ([result[name] for name in ("packet_blocked_share", "core_stalled_us")] for result in results)
    assert calm[0] < 0.01 < 0.5 < full[0] < 1
    assert calm[1] == 0 < full[1]
    assert results[0]["spikes"] == results[1]["spikes"]


def test_the_document():
    result = bench_chip(cores=1, ticks=2, repeats=3, backend="numpy")
    assert set(result) == {
        *("cores", "rate_hz", "synapses", "seed", "set", "ticks", "timing", "backend", "repeats"),
        *(f"{clock}ms_per_tick{which}" for clock in ("", "cpu_") for which in ("", "_min", "_max")),
        *("spikes", "synaptic_events", "packets", "hops", "collisions", "peak_rss_gb", "machine"),
    }
    assert result["backend"] == "numpy"
    assert 0 < result["ms_per_tick_min"] <= result["ms_per_tick"] <= result["ms_per_tick_max"]
    assert 0.02 < result["peak_rss_gb"] < 100


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"cores": 5}, "5 fill no square"),
        ({"cores": 0}, "0 fill no square"),
        ({"cores": 10**6}, "1,000,000 fill no square; use a square number from 1 to 65,536"),
        ({"cores": 4, "synapses": 257}, "--synapses"),
        ({"cores": 4, "rate_hz": 0.5}, "0.5 Hz"),
        ({"cores": 4, "timing": "simpi"}, "did you mean 'simpy'"),
        ({"cores": 4, "changes": {"chip.chips": [2, 2]}}, "the board follows from --cores"),
        ({"cores": 4, "changes": {"chip.fifo_dept": 2}}, "fifo_depth"),
        ({"cores": 4, "changes": {"simulate.tick": 1}}, "has no meaning here"),
    ],
)
def test_what_makes_no_workload_is_refused(arguments, fragment):
    with pytest.raises(ScenarioError) as refused:
        bench_chip(ticks=2, repeats=1, backend="numpy", **arguments)
    assert fragment in str(refused.value)
