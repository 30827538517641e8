"""Times over the releases: ``pytest -n 0 benchmarks/test_history.py --benchmark-autosave --benchmark-compare``.

Needs pytest-benchmark. Counts are asserted, times never.
"""

import numpy as np
import pytest

from neurosyn.backend.base import get_backend
from neurosyn.bench.chip import common_workload, simulated
from neurosyn.bench.eedn import shipped_network
from neurosyn.bench.kernel import without_state
from neurosyn.bench.measure import Stamps
from neurosyn.chip.crossbar import pack_bits
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames
from neurosyn.formats.program_file import load_program, save_program


@pytest.fixture(scope="module")
def eedn():
    return shipped_network()


@pytest.mark.parametrize(("timing", "cores", "ticks"), [("none", 1024, 50), ("compiled", 1024, 10), ("simpy", 64, 3)])
def test_ticks(benchmark, timing, cores, ticks):
    workload = common_workload(cores)
    result = benchmark(simulated, workload, timing, "auto", ticks, Stamps())
    expected = simulated(workload, "none", "numpy", ticks, Stamps())
    for name in ("spikes", "synaptic_events", "hops", "collisions"):
        assert (getattr(result.counts, name) == getattr(expected.counts, name)).all()


def test_one_tick_of_the_crossbars(benchmark):
    program, _, _ = common_workload(4096)
    loaded = get_backend().load(program)
    active = pack_bits(np.random.default_rng(0).random((4096, 256)) < 0.02)
    result = benchmark(loaded.step, active, *loaded.initial_state())
    on = (np.bitwise_count(active).sum(), result.synaptic_events.sum())
    assert on[1] == 128 * on[0]


def test_frames_of_the_crossbars(benchmark):
    program, _, _ = common_workload(4096)
    loaded = get_backend().load(without_state(program))
    active = pack_bits(np.random.default_rng(0).random((16, 4096, 256)) < 0.5)
    _, events = benchmark(loaded.evaluate_frames, np.arange(4096, dtype=np.int32), active)
    assert events.sum() == 128 * np.bitwise_count(active).sum(dtype=np.int64)


def test_frames_of_the_one_chip_network(benchmark, eedn):
    program, placement, chip, spikes, expected = eedn
    options = SimulateOptions(timing="none")
    result = benchmark(simulate_frames, program, placement, chip, options, spikes[:256])
    assert (result.spikes == expected[:256]).all()


def test_loading_a_program(benchmark, eedn, tmp_path):
    save_program(eedn[0], tmp_path / "program.npz")
    assert benchmark(load_program, tmp_path / "program.npz").cores == 4042
