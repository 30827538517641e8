"""The benchmark of GPUs: what it does again, what it puts on the page, and its comparisons, on the processor."""

import json

import numpy as np
import pytest

from benchmarks import gpu
from neurosyn.errors import NeurosynError


def test_a_second_run_does_only_what_the_first_one_has_not_done(tmp_path, monkeypatch):
    calls, broken = [], [True]

    def step(name):
        def run(backend, cores):
            calls.append(name)
            if name == "ticks" and broken:
                raise NeurosynError("they differ")
            return {"ms": 1}

        return run

    monkeypatch.setattr(gpu, "STEPS", {name: step(name) for name in ("device", "ticks", "frames")})
    first = gpu.measure(tmp_path / "gpu.json", "numpy", 4, ["device", "ticks", "frames"])
    assert calls == ["device", "ticks", "frames"]
    assert first["steps"]["ticks"]["failed"] == "they differ"
    broken.clear()
    second = gpu.measure(tmp_path / "gpu.json", "numpy", 4, ["device", "ticks", "frames"])
    assert calls[3:] == ["ticks"]
    assert second["steps"]["ticks"]["ms"] == 1
    assert json.loads((tmp_path / "gpu.json").read_text()) == second
    gpu.measure(tmp_path / "gpu.json", "numpy", 9, ["device"])
    assert calls[4:] == ["device"]


def test_a_difference_is_an_error():
    gpu._require_equal("spikes", np.arange(3), np.arange(3))
    with pytest.raises(NeurosynError, match="spikes differ"):
        gpu._require_equal("spikes", np.arange(3), np.array([0, 1, 3]))


def test_ticks_and_crossbars_equal_those_of_numba():
    assert gpu.crossbars("numpy", 4)["ms"] > 0
    assert gpu.ticks("numpy", 4).keys() == {"cores", "ms", "numba_ms"}


def test_the_table_names_the_device_and_what_failed():
    steps = {
        "device": {"about": "a card", "copied_gb_per_s": 900.0},
        "ticks": {"ms": 0.2, "numba_ms": 2.0},
        "frames": {"failed": "output spikes differ"},
    }
    lines = gpu.table({"version": "1", "steps": steps}).splitlines()
    assert lines[1] == "`python -m benchmarks.gpu`, neurosyn 1: a card."
    assert "| tick, function, ms | 0.2 | 2.0 |" in lines
    assert "| one-chip network, function, frames/s | failed: output spikes differ |  |" in lines
    assert "| tests on the GPU | failed: not run |  |" in lines
