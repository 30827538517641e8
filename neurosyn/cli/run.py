"""``neurosyn run``: a raw program, tick by tick."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Backend, CheckpointEvery, Jobs, Json, Overrides, Quiet, Timing
from neurosyn.scenario.changes import parse_assignments

__all__ = ["run"]

_MAX_TICKS = 2**31 - 1


def run(
    program: Annotated[
        Path,
        typer.Argument(
            metavar="PROGRAM", help="A program: .npz, JSON of IBM's tools (CPE), or of RANC.", show_default=False
        ),
    ],
    ticks: Annotated[int, typer.Option("--ticks", "-n", min=1, max=_MAX_TICKS, help="Number of ticks.")],
    spikes: Annotated[
        Path | None,
        typer.Option(
            "--spikes",
            metavar="IN",
            help="Input spikes: .csv or .parquet (columns tick, line), .sfti, RAWI3, RAWO6 or CONNPIN. RANC programs "
            "have their own.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Output spikes: a .csv, .parquet, .sfro or .sfcp file."),
    ] = None,
    timing: Timing = "none",
    backend: Backend = "auto",
    overrides: Overrides = None,
    jobs: Jobs = None,
    ranc_reset_type: Annotated[
        int | None,
        typer.Option(
            "--ranc-reset-type",
            min=0,
            max=1,
            help="neuron_reset_type of RANC's configuration, for its programs: 0, reset below the negative threshold; "
            "1, also at it.",
            show_default="0",
        ),
    ] = None,
    checkpoint_every: CheckpointEvery = 30.0,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="DIR", help="Record ticks, spikes, packets, links and cores.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a raw program for some ticks and write its output spikes.

    An input spike of tick t is integrated in tick t + 1, as on TrueNorth; RANC's packets of row t in tick t. Programs
    without positions are placed row by row. Values that --set can change are those of the tables chip, simulate and
    trace of a scenario: the board, the voltage, every assumed time, the tick period.

    With --out or --trace, an interrupted command goes on at the last checkpoint when it is repeated.
    """
    from neurosyn.analysis.run_summary import write_summary
    from neurosyn.chip.options import ChipOptions
    from neurosyn.engine.options import SimulateOptions
    from neurosyn.engine.probes.dispatch import ProbeDispatcher
    from neurosyn.engine.simulation import simulate_ticks
    from neurosyn.errors import ScenarioError
    from neurosyn.formats.open_program import open_program
    from neurosyn.formats.spikes.files import check_ending, read_spikes, write_outputs
    from neurosyn.formats.spikes.numbering import no_spikes
    from neurosyn.run.checkpoint import TickCheckpoint, checkpoint_folder, resumes_from
    from neurosyn.run.folder import RunFolder
    from neurosyn.run.summary import summarise_program
    from neurosyn.run.trace_folder import REPORT, SUMMARY, require_whole_trace, trace_folder
    from neurosyn.run.unused_options import unused_options
    from neurosyn.scenario.scenario import load_options
    from neurosyn.support.files import sha256_file
    from neurosyn.support.progress import StageProgress
    from neurosyn.trace.options import TraceOptions
    from neurosyn.trace.recorder import ParquetRecorder
    from neurosyn.trace.selection import chosen_cores

    # Mistakes are refused before the run, not after it.
    if out is not None:
        check_ending(out)
    tables = load_options(("chip", "simulate", "trace"), parse_assignments(overrides))
    chip, options, recording = tables["chip"], tables["simulate"], tables["trace"]
    assert isinstance(chip, ChipOptions)
    assert isinstance(options, SimulateOptions)
    assert isinstance(recording, TraceOptions)
    for name in sorted({"timing", "backend"} & options.model_fields_set):
        value = getattr(options, name)
        raise ScenarioError(
            f"--set simulate.{name}={value}: has an option of its own here; give --{name} {value} in its place"
        )
    for name in sorted({"frames", "timed_frames"} & options.model_fields_set):
        raise ScenarioError(f"--set simulate.{name}: has no effect on a program, which has ticks; give --ticks")
    if trace is None and recording.model_fields_set:
        raise ScenarioError(
            f"--set trace.{min(recording.model_fields_set)}: has no effect, nothing is recorded; give --trace DIR"
        )
    folder = checkpoint_folder(trace, out)
    recorder = None if trace is None else ParquetRecorder(trace, recording, (SUMMARY, REPORT), checkpoint=folder)
    probes = ProbeDispatcher([] if recorder is None else [recorder])
    checkpoint: TickCheckpoint | None = None
    with contextlib.ExitStack() as stack:
        stack.enter_context(resumes_from(folder))
        if trace is not None:
            stack.enter_context(trace_folder(trace, out))
        with StageProgress(3, quiet=quiet) as progress:
            with progress.stage("read") as notes:
                raw = open_program(program, progress.update, chip, ranc_reset_type=ranc_reset_type)
                given = no_spikes() if raw.spikes is None else raw.spikes
                chosen_cores(recording, raw.program)  # refuses unknown layers and cores
                if spikes is not None:
                    if len(given.tick):
                        progress.line(f"{program}: its {len(given.tick):,} packets are left out, --spikes has others")
                    given = read_spikes(spikes, raw.program)
                notes.append(f"{raw.program.cores:,} cores ({raw.format}), {len(given.tick):,} input spikes")
            unheard = int((given.tick >= ticks - 1).sum())
            if unheard:
                progress.line(f"{unheard:,} input spikes would be integrated after the last tick")
            with progress.stage("run") as notes:
                mesh = raw.placement.mesh
                chip = chip.model_copy(update={"chips": (mesh.rows, mesh.columns)})
                options = options.model_copy(update={"timing": timing, "backend": backend})
                if folder is not None:
                    files = [sha256_file(path) for path in (program, spikes) if path is not None]
                    values = [table.model_dump(mode="json") for table in (chip, options, recording)]
                    key = RunFolder.key("run", files, values, ticks, trace is None, raw.ranc_reset_type)
                    checkpoint = TickCheckpoint(folder, key, checkpoint_every)
                    checkpoint.wanted = lambda: recorder is None or probes.why_off(recorder) is None
                result = simulate_ticks(
                    raw.program,
                    raw.placement,
                    chip,
                    options,
                    given,
                    ticks,
                    probes=probes,
                    progress=progress.update,
                    jobs=jobs,
                    checkpoint=checkpoint,
                )
                if checkpoint is not None and checkpoint.resumed_at is not None:
                    notes.append(f"continued at tick {checkpoint.resumed_at:,}")
                notes.append(f"{len(result.output_spikes):,} output spikes")
            with progress.stage("write") as notes:
                if out is not None:
                    write_outputs(out, result.output_spikes, raw.program, ticks)
                notes.append(f"{out}" if out is not None else "nothing (no --out)")
        if recorder is not None:
            require_whole_trace(recorder, probes)
        summary = summarise_program(
            program, raw, chip, options, result, input_spikes=len(given.tick), out=out, trace=trace
        )
        if unused := unused_options(chip, options, None if trace is None else recording):
            summary["unused"] = unused
        if trace is not None:
            # Beside the trace, so that the folder can be analysed like one of `neurosyn simulate`.
            write_summary(trace / SUMMARY, {**summary, "run": str(trace)})
        if checkpoint is not None:
            checkpoint.remove()
    if json:
        print_json(summary)
    else:
        _print(summary)


def _print(summary: Mapping[str, Any]) -> None:
    from neurosyn.report.text import print_summary

    print_summary(summary)
    keys = ("format", "ticks", "input_spikes", "output_spikes", "out", "trace")
    rows = [(key.replace("_", " "), summary[key]) for key in keys if summary[key] is not None]
    print_table(("what", "value"), rows)
