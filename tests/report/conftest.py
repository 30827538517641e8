"""A summary with every key, a trace and an evaluation for reports."""

import shutil

import numpy as np
import pytest

from neurosyn.analysis.evaluation import Evaluation
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.support.files import write_json, write_npz
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
        "dataset": {
            "name": "SynthDigits (stand-in for SVHN)",
            "official": False,
            "stand_in_because": None,
            "frames": 1234,
            "classes": list("0123456789"),
            "licence": "none",
            "source": "drawn",
        },
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
        "tick_limited_by": {"kind": "core", "id": 2172, "text": "core 2172 (layer 5 S-512)"},
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
            "output_packets": 2_000_000,
            "hops": 1_834_000_000,
            "crossings": 0,
            "collisions": 0,
            "late_packets": 3,
            "core_overruns": 0,
        },
        "engine": {
            "timing": "simpy",
            "backend": "numba",
            "wall_s": 48.31,
            "ticks": 1015,
            "timed_frames": 2,
            "timed_ticks": 17,
            "mean_travel_from_cores_ns": 312.4,
            "mean_wait_from_cores_ns": 57.3,
            "mean_travel_from_host_ns": 24_400.0,
            "mean_wait_from_host_ns": 24_200.0,
            "batched": True,
        },
        "layers": [
            {
                "name": f"{number} layer",
                "cores": 100 * number,
                "spikes": 7_000_001 * number,
                "synaptic_events": 90_000_001 * number,
                "packets": 6_000_001 * number,
                "output_packets": 0,
                "hops": 40_000_001 * number,
                "crossings": 0,
                "collisions": 0,
                "host_packets": 0,
                "energy_pj": 2.5e6 * number,
                "energy_parts_pj": {"leakage": 1e6 * number, "memory": 1.5e6 * number, "chip_to_chip": 0.0},
            }
            for number in (1, 2, 3)
        ],
        "assumptions": [
            {
                "name": "chip.hop_latency_ps",
                "value": 7160,
                "unit": "ps",
                "basis": "the faster handshake [A]",
                "option": True,
            },
            {"name": "chip.input_side", "value": "west", "unit": "", "basis": "[A]", "option": True},
        ],
        "provenance": {"neurosyn": "0.1.0", "packages": {"numpy": "2.4.1"}, "command": "neurosyn simulate svhn.toml"},
        "run": "runs/svhn-1a2b3c4d",
    }


@pytest.fixture
def finished(tmp_path):
    """Write the files of a finished run and open it: ``finished(summary, trace, evaluation)``."""

    def finished(summary, trace=None, evaluation=None):
        folder = tmp_path / "finished"
        shutil.rmtree(folder, ignore_errors=True)
        if evaluation is not None:
            classes = list(evaluation.classes)
            summary = summary | {"dataset": summary["dataset"] | {"classes": classes}}
            arrays = {name: getattr(evaluation, name) for name in ("labels", "predictions", "scores", "images")}
            write_npz(folder / "outputs.npz", {name: array for name, array in arrays.items() if array is not None})
        write_json(folder / "summary.json", summary)
        if trace is not None:
            shutil.copytree(trace.folder, folder / "trace")
        return FinishedRun(folder)

    return finished


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
