"""A summary with every key, a trace and an evaluation for reports."""

import numpy as np
import pytest

from neurosyn.analysis.evaluation import Evaluation
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.reader import Trace
from tests.runs import record_run


@pytest.fixture
def summary():
    """A summary with every key that a report knows."""
    return {
        "scenario": "svhn",
        "title": "House numbers on one chip",
        "seed": 7,
        "dataset": {"name": "SynthDigits (stand-in for SVHN)", "official": False, "frames": 1234},
        "accuracy": 0.9321,
        "trained_accuracy": 0.9329,
        "mismatched_frames": 1,
        "cores": 4042,
        "chips": 1,
        "neurons": 912_345,
        "utilisation": {
            "total": {
                "axons_mean": 201.5,
                "axons_max": 256,
                "neurons_mean": 225.7,
                "neurons_max": 255,
                "density": 0.123,
            }
        },
        "tick_period_us": 395.9123,
        "tick_limited_by": "core 2172 (layer 5 S-512)",
        "frames_per_second": 2525.81,
        "latency_us": 5938.7,
        "voltage": 1.0,
        "power_mw": {
            "total": 256.5,
            "leakage": 111.0,
            "memory": 83.4,
            "synaptic": 31.2,
            "network": 28.3,
            "chip_to_chip": 0.0,
            "io": 2.6,
        },
        "energy_per_frame_uj": 101.55,
        "frames_per_second_per_watt": 9847.2,
        "events": {
            "spikes": 203_456_789,
            "synaptic_events": 15_234_567_890,
            "packets": 199_000_000,
            "input_packets": 1_000_000,
            "hops": 1_834_000_000,
            "late_packets": 3,
        },
        "engine": {
            "timing": "simpy",
            "backend": "numba",
            "wall_s": 48.31,
            "ticks": 1015,
            "timed_frames": 2,
            "timed_ticks": 17,
            "mean_travel_ns": 312.4,
            "mean_blocked_ns": 57.3,
            "batched": True,
        },
        "layers": [
            {
                "name": f"{number} layer",
                "cores": 100 * number,
                "spikes": 7_000_001 * number,
                "synaptic_events": 90_000_001 * number,
                "packets": 6_000_001 * number,
                "hops": 40_000_001 * number,
                "energy_pj": 2.5e6 * number,
                "energy_parts_pj": {"leakage": 1e6 * number, "memory": 1.5e6 * number, "chip_to_chip": 0.0},
            }
            for number in (1, 2, 3)
        ],
        "assumptions": [
            {"name": "chip.hop_latency_ps", "value": 7160, "unit": "ps", "basis": "the faster handshake [A]"},
            {"name": "chip.input_side", "value": "west", "basis": "[A]"},
        ],
        "provenance": {"neurosyn": "0.1.0", "packages": {"numpy": "2.4.1"}, "command": "neurosyn simulate svhn.toml"},
        "run": "runs/svhn-1a2b3c4d",
    }


@pytest.fixture
def trace(tmp_path):
    return Trace(record_run(random_run(), tmp_path / "trace"))


@pytest.fixture
def evaluation():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200).astype(np.int32)
    predictions = np.where(rng.random(200) < 0.8, labels, rng.integers(0, 10, 200)).astype(np.int32)
    images = rng.integers(0, 256, (5, 8, 8, 3), np.uint8)
    return Evaluation(labels, predictions, tuple("0123456789"), rng.random((200, 10)), images)
