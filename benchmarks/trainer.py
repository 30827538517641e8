"""Comparison of training steps of the one-chip network with PyTorch on the processor: ``python -m benchmarks.trainer``.

Both train the same layers on random images in batches of one size: grouped convolutions over shuffled channels,
normalisation over the batch, binary neurons with the triangle as their derivative, trinary weights with hysteresis,
Adam. neurosyn also runs with its matrix products in 8-bit integers, in bfloat16, where PyTorch is installed beside it,
and on a GPU, where there is one. Each runs in a separate process, in turns, on the same processors. The table in
docs/benchmarks.md is written.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from neurosyn_plugins.encoders.contrast import Contrast
from neurosyn_plugins.topologies.eedn import EednOneChip
from neurosyn_plugins.trainers.compute.kernels import cupy_kernels
from neurosyn_plugins.trainers.eedn import Eedn

from benchmarks.run import DOCS, HERE, log
from benchmarks.tables import replace_between
from neurosyn.data.dataset import Split
from neurosyn.errors import BackendError
from neurosyn.model.model import NORMALISATION_EPSILON
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network, build_network
from neurosyn.support.processors import usable_processors
from neurosyn.training.trainer import TrainingContext, TrainingData

BEGIN, END = "<!-- trainer -->", "<!-- end of trainer -->"
OURS = {
    "float32": ("neurosyn", {}),
    "int8": ("neurosyn, products in 8-bit integers", {"products": "int8"}),
    "bfloat16": ("neurosyn, products in bfloat16", {"products": "bfloat16"}),
    "gpu": ("neurosyn, layers on a GPU", {"kernels": "cupy"}),
}
"""Title and options of the trainer of each row."""

PYTORCH = "PyTorch, eager"
SIDE, CLASSES, BATCH, WARM_UP = 32, 10, 64, 10
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def one_chip_network() -> tuple[Network, list[dict[str, Any]]]:
    """Return the network, and the arguments of its layers in PyTorch."""
    inputs = MapShape(SIDE, SIDE, 3)
    specs = EednOneChip().layers(inputs, CLASSES)
    layers, channels = [], inputs.channels
    for spec in specs[:-1]:
        trinary = spec["kind"] == "conv2d"
        shape = {"kernel": 3, "stride": 1, "padding": 1, "groups": 1} | {
            name: value for name, value in spec.items() if name != "kind"
        }
        layers.append({"inputs": channels, "trinary": trinary, **shape})
        channels = shape["features"]
    return build_network(specs, inputs, CLASSES, seed=0), layers


def train_ours(steps: int, threads: int, row: str) -> dict[str, Any]:
    """Train `steps` steps with the options of a row of `OURS`, and return the results."""
    network, _ = one_chip_network()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (BATCH * steps, SIDE, SIDE, 3), np.uint8)
    labels = random.integers(0, CLASSES, len(images), dtype=np.int32)
    stamps: dict[int, tuple[float, float]] = {}
    losses = []

    def report(state: dict[str, Any]) -> None:
        stamps.setdefault(state["step"], (time.perf_counter(), time.process_time()))
        losses.append(state["loss"])

    options: dict[str, Any] = {"epochs": 1, "batch": BATCH, "parts": threads, "shift": 0, "statistics_images": BATCH}
    trainer = Eedn(**options, **OURS[row][1])
    data = TrainingData(Split(images, labels), None, Contrast(), {"kind": "contrast"})
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(network, data, TrainingContext(Path(folder), 0, report))
    wall, cpu = (stamps[steps][k] - stamps[WARM_UP][k] for k in (0, 1))
    count = BATCH * (steps - WARM_UP)
    weights = sum(
        layer.connectivity.n_banks * layer.connectivity.fan_in * layer.connectivity.features for layer in network.layers
    )
    return {
        "version": f"PyTorch {version('torch')}" if row == "bfloat16" else "",
        "images_per_second": round(count / wall, 1),
        "cpu_ms_per_image": round(1e3 * cpu / count, 3),
        "weights": weights,
        "loss": losses[-1],
        "load_1min": round(os.getloadavg()[0], 2),
    }


def missing(row: str) -> str:
    """Return the reason why a row of `OURS` cannot be measured here, or an empty string."""
    if row == "bfloat16" and importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed beside neurosyn; pip install 'neurosyn[bfloat16]'"
    if row == "gpu":
        try:
            cupy_kernels()
        except BackendError as error:
            return str(error)
    return ""


def measure(words: list[str]) -> dict[str, Any]:
    """Run a trainer once and return its results."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    done = subprocess.run(words, capture_output=True, text=True, env=environment | _ENVIRONMENT)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"reason": lines[-1] if lines else f"exit code {done.returncode}"}
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return results


def table(runs: dict[str, list[dict[str, Any]]], threads: int, steps: int) -> str:
    """Return the results as a table."""
    loads = [run["load_1min"] for row in runs.values() for run in row if "load_1min" in run]
    lines = [
        "",
        f"Medians of {len(runs['neurosyn'])} processes of each, in turns, {steps - WARM_UP} steps of {BATCH} images "
        f"after {WARM_UP} more; threads of each: {threads}. Load of the machine meanwhile: "
        f"{min(loads)} … {max(loads)}.",
        "",
        "| trainer | images/s | times neurosyn's time | processor time per image, ms | times neurosyn's | version |",
        "|---|---:|---:|---:|---:|---|",
    ]
    ours: tuple[float, float] | None = None
    for title, row in runs.items():
        done = [run for run in row if "reason" not in run]
        if not done:
            lines.append(f"| {title} | – | – | – | – | not run: {row[0]['reason']} |")
            continue
        rate, cpu = (statistics.median(run[name] for run in done) for name in ("images_per_second", "cpu_ms_per_image"))
        wall_ratio, cpu_ratio = ("", "") if ours is None else (f"{ours[0] / rate:.1f}×", f"{cpu / ours[1]:.1f}×")
        ours = ours or (rate, cpu)
        lines.append(f"| {title} | {rate:.0f} | {wall_ratio} | {cpu:.2f} | {cpu_ratio} | {done[0]['version']} |")
    return "\n".join([*lines, ""])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--steps", type=int, default=60)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=min(2, usable_processors()))
    arguments.add_argument("--environments", type=Path, default=HERE / ".venv")
    arguments.add_argument("--ours", choices=OURS, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    steps = max(2, given.steps // 10) * 10
    if given.ours:
        print(json.dumps(train_ours(steps, given.threads, given.ours)))
        return

    path = given.environments / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    peer = status.get("pytorch", {"reason": "not set up; run benchmarks/setup_peers.py pytorch"})
    options = Eedn()
    spec = {
        "layers": one_chip_network()[1],
        "classes": CLASSES,
        "side": SIDE,
        "batch": BATCH,
        "steps": steps,
        "warm_up": WARM_UP,
        "threads": given.threads,
        "epsilon": NORMALISATION_EPSILON,
        **options.model_dump(include={"rate", "bias_rate", "off_chip_rate", "hysteresis", "logit_scale"}),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spec.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.trainer", "--steps", str(steps), "--threads", str(given.threads)]
        words = {title: [*command, "--ours", row] for row, (title, _) in OURS.items()}
        reasons = {title: missing(row) for row, (title, _) in OURS.items()}
        reasons[PYTORCH] = peer.get("reason", "")
        if not reasons[PYTORCH]:
            words[PYTORCH] = [peer["python"], str(HERE / "peers" / "train_pytorch.py"), str(file)]
        runs: dict[str, list[dict[str, Any]]] = {title: [] for title in reasons}
        for repeat in range(given.repeats):
            for title, reason in reasons.items():
                run = {"reason": reason} if reason else measure(words[title])
                runs[title].append(run)
                log(f"{repeat + 1} of {given.repeats}: {title}: {run}")
    weights = {run["weights"] for row in runs.values() for run in row if "weights" in run}
    assert len(weights) == 1, weights
    text = table(runs, given.threads, steps)
    replace_between(DOCS / "benchmarks.md", BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
