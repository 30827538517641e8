"""Checks and speed of neurosyn on a GPU: ``python -m benchmarks.gpu`` writes gpu.json, in less than ten minutes.

Each step is stored as soon as it is done, so that an interrupted run goes on with the next one. Results on the GPU are
compared with Numba's, bit by bit, before a time is recorded. ``python -m benchmarks.gpu --page`` turns the file into
the table of docs/guides/gpu.md. With ``--backend numba`` the steps themselves can be tried on a machine without a GPU;
such a file is not put on the page.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import replace_between
from neurosyn.backend.base import get_backend
from neurosyn.bench.chip import common_workload, simulated
from neurosyn.bench.eedn import shipped_network
from neurosyn.bench.measure import Stamps, machine
from neurosyn.chip.crossbar import pack_bits
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames
from neurosyn.errors import BackendError, NeurosynError
from neurosyn.support.cupy import import_cupy
from neurosyn.support.files import write_json
from neurosyn.version import __version__

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "gpu.md"
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
TESTS_S = 240
"""Most seconds for the tests."""
COPIED_BYTES = 2**30
TRAINING_STEPS = 40

Result = dict[str, Any]


def device(backend: str, _cores: int) -> Result:
    """Return the device, and the rate at which it copies its memory, reads and writes counted."""
    about = get_backend(backend).about
    if backend != "cupy":
        return {"about": about}
    cupy = import_cupy("the benchmark of GPUs")
    source = cupy.zeros(COPIED_BYTES // 8, cupy.uint64)
    target, seconds = cupy.empty_like(source), []
    for _ in range(5):
        cupy.cuda.Device().synchronize()
        began = time.perf_counter()
        cupy.copyto(target, source)
        cupy.cuda.Device().synchronize()
        seconds.append(time.perf_counter() - began)
    return {"about": about, "copied_gb_per_s": round(2 * COPIED_BYTES / min(seconds) / 1e9, 1)}


def tests(_backend: str, _cores: int) -> Result:
    """Run the tests that need a GPU, and return the last line of their output."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "gpu", "tests/backend", "tests/plugins/trainers"]
    root = Path(__file__).parents[1]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=TESTS_S, check=False)
    lines = (run.stdout + run.stderr).split("\n")
    return {"exit_code": run.returncode, "outcome": next((line for line in reversed(lines) if line.strip()), "")}


def crossbars(backend: str, cores: int) -> Result:
    """Compare ticks of the crossbars with Numba's, and measure them."""
    program, _, _ = common_workload(cores)
    rng, milliseconds = np.random.default_rng(0), []
    loaded, numba = (get_backend(name).load(program) for name in (backend, "numba"))
    state, expected_state = loaded.initial_state(), numba.initial_state()
    for _ in range(20):
        active = pack_bits(rng.random((cores, program.axons)) < 0.02)
        began = time.perf_counter()
        result = loaded.step(active, *state)
        fired = np.asarray(result.fired)
        milliseconds.append(1e3 * (time.perf_counter() - began))
        expected = numba.step(active, *expected_state)
        _require_equal("spikes of a tick", fired, expected.fired)
        _require_equal("synaptic events of a tick", result.synaptic_events, expected.synaptic_events)
    _require_equal("potentials", loaded.read(state[0]), expected_state[0])
    median, size = statistics.median(milliseconds), program.crossbars.nbytes
    return {"cores": cores, "ms": round(median, 4), "gb_per_s": round(size / median / 1e6, 2)}


def ticks(backend: str, cores: int) -> Result:
    """Measure ticks of the common workload without time, and compare all counts with Numba's."""
    workload, number = common_workload(cores), 50
    times, counts = {}, {}
    for name in (backend, "numba"):
        simulated(workload, "none", name, 2, Stamps())  # compiles
        stamps = Stamps()
        counts[name] = simulated(workload, "none", name, number, stamps).counts
        times[name] = round(stamps.ms_per_tick()[0], 4)
    for count, values in vars(counts["numba"]).items():
        _require_equal(count, np.asarray(getattr(counts[backend], count)), np.asarray(values))
    return {"cores": cores, "ms": times[backend], "numba_ms": times["numba"]}


def frames(backend: str, _cores: int) -> Result:
    """Measure frames of the one-chip network without time, and compare all output spikes with the network's."""
    program, placement, chip, spikes, expected = shipped_network()
    rates = {}
    for name in (backend, "numba"):
        options = SimulateOptions.from_table({"timing": "none", "backend": name})
        simulate_frames(program, placement, chip, options, spikes[:64])  # compiles
        began = time.perf_counter()
        result = simulate_frames(program, placement, chip, options, spikes)
        rates[name] = round(len(spikes) / (time.perf_counter() - began), 1)
        _require_equal("output spikes", result.spikes, expected)
    return {"frames": len(spikes), "frames_per_s": rates[backend], "numba_frames_per_s": rates["numba"]}


def training(backend: str, _cores: int) -> Result:
    """Measure steps of the trainer, with the layers on the GPU and on the processor."""
    from benchmarks.trainer import BATCH, train_ours

    rows = {"images_per_s": "gpu" if backend == "cupy" else "float32", "processor_images_per_s": "float32"}
    rates = {name: train_ours(TRAINING_STEPS, 1, row)["images_per_second"] for name, row in rows.items()}
    return {"batch": BATCH, **rates}


STEPS: dict[str, Callable[[str, int], Result]] = {
    "device": device,
    "tests": tests,
    "crossbars": crossbars,
    "ticks": ticks,
    "frames": frames,
    "training": training,
}


def _require_equal(what: str, values: Any, expected: Any) -> None:
    if not np.array_equal(values, expected):
        raise NeurosynError(f"{what} differ from Numba's; run `pytest -m gpu` and report the device")


def measure(path: Path, backend: str, cores: int, names: list[str]) -> Result:
    """Do the steps that a file does not have yet, and return its contents.

    Parameters
    ----------
    path
        The file; one of another version or backend is replaced.
    backend
    cores
        Cores of ticks and crossbars, a square number.
    names
        Steps to do.
    """
    made_by = {"version": __version__, "backend": backend, "cores": cores}
    document: Result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if any(document.get(key) != value for key, value in made_by.items()):
        document = {**made_by, "machine": machine(), "steps": {}}
    for name in names:
        if "failed" not in document["steps"].get(name, {"failed": ""}):
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            result = STEPS[name](backend, cores)
        except (NeurosynError, subprocess.TimeoutExpired) as error:
            result = {"failed": str(error)}
            if name == "device" and isinstance(error, BackendError):
                raise
        document["steps"][name] = result | {"took_s": round(time.perf_counter() - began, 1)}
        write_json(path, document)
    return document


def table(document: Result) -> str:
    """Return the results as the text of the page."""
    steps = document["steps"]
    head = f"`python -m benchmarks.gpu`, neurosyn {document['version']}: {steps['device']['about']}"
    lines = ["", f"{head}.", "", "| measurement | GPU | processor (Numba) |", "|---|---:|---:|"]
    for title, name, gpu, processor in (
        ("memory copied, GB/s", "device", "copied_gb_per_s", ""),
        ("tests on the GPU", "tests", "outcome", ""),
        ("crossbars of a tick, ms", "crossbars", "ms", ""),
        ("crossbars of a tick, GB/s", "crossbars", "gb_per_s", ""),
        ("tick, function, ms", "ticks", "ms", "numba_ms"),
        ("one-chip network, function, frames/s", "frames", "frames_per_s", "numba_frames_per_s"),
        ("training of the one-chip network, images/s", "training", "images_per_s", "processor_images_per_s"),
    ):
        step = steps.get(name, {"failed": "not run"})
        value = step[gpu] if "failed" not in step else f"failed: {step['failed']}"
        lines.append(f"| {title} | {value} | {step.get(processor, '')} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("gpu.json"), help="the file of results")
    parser.add_argument("--backend", choices=("cupy", "numba", "numpy"), default="cupy", help="what is measured")
    parser.add_argument("--cores", type=int, default=4096, help="cores of ticks and crossbars, a square number")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="all by default")
    parser.add_argument("--page", action="store_true", help="put the results of --out on docs/guides/gpu.md")
    options = parser.parse_args()
    if options.page:
        document = json.loads(options.out.read_text(encoding="utf-8"))
        if document["backend"] != "cupy":
            parser.error(f"{options.out}: measured with the backend {document['backend']}, which is no GPU")
        replace_between(PAGE, BEGIN, END, table(document))
        return
    try:
        document = measure(options.out, options.backend, options.cores, options.steps)
    except BackendError as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps(document, indent=1))
    steps = document["steps"].values()
    parser.exit(int(any("failed" in step or step.get("exit_code") for step in steps)))


if __name__ == "__main__":
    main()
