"""``neurosyn import``: a network of another framework on the chip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Backend, Json, Overrides, Plot, Quiet, Timing
from neurosyn.scenario.changes import parse_assignments

__all__ = ["import_"]


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.nir", help="A NIR file (HDF5), or shipped:digits.", show_default=False)
    ],
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", "-i", metavar="NPZ", help="Input spikes of samples, to be played on the chip."),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option("--expected", metavar="NPZ", help="Output counts of the original; else a float reference runs."),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option("--calibrate", metavar="NPZ", help="Input spikes that thresholds and leaks are fitted to."),
    ] = None,
    bits: Annotated[
        Literal["auto", "trinary", "3bit", "4bit"],
        typer.Option(
            "--bits", help="Axons for each input: trinary 2, 3bit 3, 4bit 4; auto: as many as there is room for."
        ),
    ] = "auto",
    dt: Annotated[float | None, typer.Option("--dt", help="Time of a step in seconds.", show_default=False)] = None,
    reset: Annotated[
        Literal["subtract", "zero", "late"],
        typer.Option("--reset", help="After a spike: subtract the threshold, set v_reset, or subtract a step later."),
    ] = "zero",
    fire: Annotated[
        Literal["gt", "ge"], typer.Option("--fire", help="Fire at v > threshold (gt) or v >= threshold (ge).")
    ] = "gt",
    no_split: Annotated[
        bool, typer.Option("--no-split", help="Refuse a fan-in above a core's; do not split it among relays.")
    ] = False,
    timing: Timing = "none",
    timed_samples: Annotated[int, typer.Option("--timed-samples", min=1, help="Samples whose packets are timed.")] = 2,
    backend: Backend = "auto",
    plot: Plot = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Also write the program (.npz).")
    ] = None,
    overrides: Overrides = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a spiking network of another framework on the chip, rate every node, and compare it with the original.

    First the ratings are printed: exact, approximate with what is lost, or refused with limit and remedy. With --inputs
    all samples are then played. Values of the table chip can be changed with --set.
    """
    from pydantic import ValidationError

    from neurosyn.chip.options import ChipOptions
    from neurosyn.engine.options import SimulateOptions
    from neurosyn.errors import ScenarioError
    from neurosyn.importing.options import ImportOptions
    from neurosyn.run.network_import import import_network, play_samples
    from neurosyn.scenario.scenario import load_options
    from neurosyn.support.progress import StageProgress

    for option, value in (("--expected", expected), ("--plot", plot)):
        if value is not None and inputs is None:
            raise ScenarioError(f"{option}: has no effect without samples; give --inputs")
    try:
        options = ImportOptions(dt=dt, reset=reset, fire=fire, bits=bits, split=not no_split)
    except ValidationError as error:
        raise ScenarioError(f"--dt {dt}: must be a time in seconds above 0") from error
    chip = load_options(("chip",), parse_assignments(overrides))["chip"]
    assert isinstance(chip, ChipOptions)
    with StageProgress(2 if inputs else 1, quiet=quiet) as progress:
        with progress.stage("map") as notes:
            network = import_network(
                file, options, chip, calibrate=calibrate, refused=lambda nodes: None if json else _print_nodes(nodes)
            )
            notes.append(f"{network.program.cores:,} cores")
        result = network.describe()
        if not json:
            _print_nodes(result["nodes"])
            _print_layers(result)
        if out is not None:
            from neurosyn.formats.program_file import save_program

            save_program(network.program, out)
        if inputs is not None:
            with progress.stage("play") as notes:
                simulate = SimulateOptions(timing=timing, backend=backend)
                result = play_samples(
                    network, inputs, expected, simulate, timed=timed_samples, progress=progress.update
                )
                notes.append(f"{result['samples']:,} samples")
    if plot is not None:
        from neurosyn.analysis.fidelity import save_fidelity

        save_fidelity(plot, result)
    if json:
        print_json(result)
    elif inputs is not None:
        _print_comparison(result)


def _print_nodes(nodes: list[Any]) -> None:
    print_table(
        ("node", "type", "rating", "cores", "reason"),
        [(node["name"], node["type"], node["rating"], node["cores"], node["reason"]) for node in nodes],
    )


def _print_layers(result: dict[str, Any]) -> None:
    typer.echo(
        f"{result['cores']:,} cores: " + ", ".join(f"{layer['name']} {layer['cores']}" for layer in result["layers"])
    )
    typer.echo(f"a step's output comes {result['depth_ticks']} ticks after its input")
    for assumption in result["assumptions"]:
        typer.echo(f"assumed: {assumption}")


def _print_comparison(result: dict[str, Any]) -> None:
    print_table(
        ("layer", "spikes", "original", "equal share", "of it alone", "first divergence (step)", "weights' S/N (dB)"),
        [
            (row["name"], row["spikes"], row["expected_spikes"], row["equal_share"], row["own_equal_share"],
             row["first_divergence"], row["signal_to_noise_db"])
            for row in result["fidelity"]
        ],
        title=f"First {result['compared_samples']} samples",
    )  # fmt: skip
    samples = result["samples"]
    rows: list[tuple[str, object]] = [
        ("samples with equal output counts", f"{result['equal_samples']:,} of {samples:,}"),
        ("samples with the same answer", f"{result['equal_answers']:,} of {samples:,}"),
        ("spikes that differ from the integer reference", result["mismatched_spikes"]),
    ]
    if result["accuracy"] is not None:
        rows.insert(0, ("accuracy on the chip", f"{result['accuracy']:.1%}"))
        rows.insert(1, (f"accuracy of the original ({result['expected']})", f"{result['expected_accuracy']:.1%}"))
    power = result["power_mw"]
    rows += [
        ("ticks per sample", result["ticks_per_sample"]),
        ("tick", f"{result['tick_period_us']:,.2f} µs ({result['tick_limited_by']['text']})"),
        ("samples/s on the chip", f"{result['samples_per_second']:,.1f}"),
        ("power", "not known" if power is None else f"{power['total']:,.2f} mW"),
        ("energy per sample", "not known" if power is None else f"{result['energy_per_sample_uj']:,.2f} µJ"),
    ]
    print_table(("what", "value"), rows)
