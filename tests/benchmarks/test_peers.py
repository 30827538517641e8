"""The network file for other simulators, and the plain Numba loop against neurosyn."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurosyn.bench.chip import bench_chip, common_workload

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "benchmarks" / "peers"
if not PEERS.is_dir():
    pytest.skip("benchmarks are not part of an installation", allow_module_level=True)


@pytest.fixture
def network(monkeypatch):
    """The file of a network of 9 cores."""
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.network_file import network_file

    with network_file(9) as path:
        yield path


def test_the_file_holds_the_workload(network, monkeypatch):
    monkeypatch.syspath_prepend(str(PEERS))
    from common import PeerNetwork

    program, placement, _ = common_workload(9)
    read = PeerNetwork(network)
    assert (read.cores, read.neurons, read.leak, read.threshold) == (9, 9 * 256, 1, 50)
    assert np.array_equal(read.xy, placement.xy)
    assert np.array_equal(read.potential, program.initial_potential)
    seen = 0
    for some, targets, signs in read.chunks(cores=2):
        for neuron, there, sign in zip(range(some.start, some.stop), targets, signs, strict=True):
            core, axon = program.dest_core.flat[neuron], program.dest_axon.flat[neuron]
            on = (program.crossbars[core, axon // 64] >> np.uint64(axon % 64)) & np.uint64(1)
            assert np.array_equal(there, core * 256 + np.flatnonzero(on))
            assert sign == (1, -1)[axon % 2]
            seen += 1
    assert seen == 9 * 256


def test_the_plain_loop_counts_what_neurosyn_counts(network):
    words = [sys.executable, str(PEERS / "numba_loop.py"), str(network), "--ticks", "20", "--warm-up", "10"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    loop = json.loads(done.stdout)
    ours = bench_chip(cores=9, ticks=30, repeats=1)
    assert loop["from_tick_0"] == {name: ours[name] for name in ("spikes", "synaptic_events", "hops")}
    assert loop["spikes_per_tick"] == pytest.approx(9 * 5.12, rel=0.1)
