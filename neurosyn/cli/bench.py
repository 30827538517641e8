"""``neurosyn bench``: chip, eedn, kernel, load."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Backend, Jobs, Json, Overrides, Quiet, Timing
from neurosyn.scenario.changes import parse_assignments

app = typer.Typer(no_args_is_help=True, help="Measure how fast this machine simulates.")

_LONGEST = 1_000_000

Repeats = Annotated[int, typer.Option("--repeats", min=1, max=_LONGEST, help="Measure so often; the median is shown.")]
Cores = Annotated[int, typer.Option("--cores", min=1, help="Cores of the chip: a square number.")]


@app.command()
def chip(
    cores: Cores = 4096,
    rate_hz: Annotated[float, typer.Option("--rate-hz", help="Spikes per second of each neuron.")] = 20.0,
    synapses: Annotated[int, typer.Option("--synapses", help="Synapses that are on, of 256 at each axon.")] = 128,
    timing: Timing = "none",
    ticks: Annotated[int, typer.Option("--ticks", "-n", min=2, max=_LONGEST, help="Ticks of each repeat.")] = 100,
    repeats: Repeats = 3,
    backend: Backend = "auto",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random network.")] = 0,
    overrides: Overrides = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time the ticks of a random recurrent network that fills the cores.

    --set changes values of the table chip of a scenario. With chip.neuron_time_ps=0 and chip.synaptic_event_time_ps=0
    all cores send at once, and back-pressure acts.
    """
    from neurosyn.bench.chip import bench_chip
    from neurosyn.support.progress import StageProgress

    with StageProgress(1, quiet=quiet) as progress, progress.stage("chip") as notes:
        result = bench_chip(
            cores=cores,
            rate_hz=rate_hz,
            synapses=synapses,
            timing=timing,
            ticks=ticks,
            repeats=repeats,
            backend=backend,
            seed=seed,
            changes=parse_assignments(overrides),
            jobs=jobs,
            progress=progress.update,
        )
        notes.append(f"{result['ms_per_tick']:g} ms per tick")
    _print(result, json)


@app.command()
def eedn(
    frames: Annotated[int, typer.Option("--frames", min=1, max=_LONGEST, help="Frames for the function alone.")] = 1000,
    timing: Timing = "compiled",
    timed_frames: Annotated[
        int | None, typer.Option("--timed-frames", min=1, max=_LONGEST, help="How many are timed; 16, with simpy 1.")
    ] = None,
    repeats: Repeats = 3,
    backend: Backend = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time frames of the one-chip network with the shipped model, and compare all its output spikes."""
    from neurosyn.bench.eedn import bench_eedn
    from neurosyn.support.progress import StageProgress

    with StageProgress(1, quiet=quiet) as progress, progress.stage("eedn") as notes:
        result = bench_eedn(
            frames=frames,
            timing=timing,
            timed_frames=timed_frames,
            repeats=repeats,
            backend=backend,
            progress=progress.update,
        )
        notes.append(f"{result['frames_per_second']:,g} frames/s, {result['mismatched_frames']} differ")
    _print(result, json)


@app.command()
def kernel(
    cores: Cores = 4096,
    frames: Annotated[int, typer.Option("--frames", min=1, max=4096, help="Frames of a batch.")] = 64,
    repeats: Repeats = 30,
    backend: Backend = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time the crossbars alone, beside the memory bandwidth and the popcount rate of this machine."""
    from neurosyn.bench.kernel import bench_kernel
    from neurosyn.support.progress import StageProgress

    with StageProgress(1, quiet=quiet) as progress, progress.stage("kernel") as notes:
        result = bench_kernel(cores=cores, frames=frames, repeats=repeats, backend=backend, progress=progress.update)
        notes.append(f"{result['tick']['of_limit']:.0%} and {result['batch']['of_limit']:.0%} of the limits")
    _print(result, json)


@app.command()
def samples(
    samples: Annotated[
        int, typer.Option("--samples", min=1, max=_LONGEST, help="Samples of a network with state.")
    ] = 1000,
    steps: Annotated[int, typer.Option("--steps", min=1, max=1000, help="Steps of a sample.")] = 25,
    repeats: Repeats = 3,
    backend: Backend = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time samples of an imported network of 784, 128 and 10 neurons, whose potentials last from step to step."""
    from neurosyn.bench.samples import bench_samples
    from neurosyn.support.progress import StageProgress

    with StageProgress(1, quiet=quiet) as progress, progress.stage("samples") as notes:
        result = bench_samples(samples=samples, steps=steps, repeats=repeats, backend=backend, progress=progress.update)
        notes.append(f"{result['samples_per_second']:,.0f} samples/s")
    _print(result, json)


@app.command()
def load(repeats: Repeats = 5, json: Json = False, quiet: Quiet = False) -> None:
    """Time how long a full chip's program takes to load, and `neurosyn --help`."""
    from neurosyn.bench.load import bench_load
    from neurosyn.support.progress import StageProgress

    with StageProgress(1, quiet=quiet) as progress, progress.stage("load") as notes:
        result = bench_load(repeats=repeats, progress=progress.update)
        notes.append(f"{result['load_program_s']:g} s")
    _print(result, json)


def _print(result: dict[str, Any], json: bool) -> None:
    if json:
        print_json(result)
    else:
        print_table(("what", "value"), [(name.replace("_", " "), value) for name, value in _flat(result)])


def _flat(document: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name} ")
        elif value is not None:
            rows.append((f"{prefix}{name}", value))
    return rows
