"""``neurosyn run``: a raw program, tick by tick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json, Quiet

if TYPE_CHECKING:
    from neurosyn.engine.results import TicksResult
    from neurosyn.interop.raw_program import RawProgram

__all__ = ["run"]

_MAX_TICKS = 2**31 - 1


def run(
    program: Annotated[
        Path,
        typer.Argument(
            metavar="PROGRAM", help="A program: .npz, JSON of IBM's tools (CPE), or of RANC.", show_default=False
        ),
    ],
    ticks: Annotated[int, typer.Option("--ticks", "-n", min=1, max=_MAX_TICKS, help="How many ticks to play.")],
    spikes: Annotated[
        Path | None,
        typer.Option(
            "--spikes", metavar="IN", help="Input spikes: .sfti, RAWI3, RAWO6 or CONNPIN. RANC programs have their own."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Output spikes: a .csv, .parquet, .sfro or .sfcp file."),
    ] = None,
    timing: Annotated[
        Literal["none", "simpy"],
        typer.Option("--timing", help="none: function and event counts; simpy: time every packet too."),
    ] = "none",
    backend: Annotated[
        Literal["auto", "numpy", "numba", "cupy"],
        typer.Option("--backend", help="What computes; the results are the same."),
    ] = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a raw program for some ticks and write its output spikes.

    An input spike of tick t is integrated in tick t + 1, as on TrueNorth; RANC's packets of row t in tick t. Programs
    without positions are placed row by row.
    """
    from neurosyn.chip.options import ChipOptions
    from neurosyn.engine.options import SimulateOptions
    from neurosyn.engine.simulation import simulate_ticks
    from neurosyn.interop.raw_program import open_program
    from neurosyn.interop.spike_files import OUTPUT_ENDINGS, check_ending, read_spikes, write_outputs
    from neurosyn.interop.spikes import no_spikes
    from neurosyn.progress import StageProgress

    if out is not None:
        # Before the work, not after it.
        check_ending(out, OUTPUT_ENDINGS)
    with StageProgress(3, quiet=quiet) as progress:
        with progress.stage("read") as said:
            raw = open_program(program, progress.update)
            given = no_spikes() if raw.spikes is None else raw.spikes
            if spikes is not None:
                given = read_spikes(spikes, raw.program)
            said.append(f"{raw.program.cores:,} cores ({raw.format}), {len(given.tick):,} input spikes")
        unheard = int((given.tick >= ticks - 1).sum())
        if unheard:
            progress.line(f"{unheard:,} input spikes would be integrated after the last tick")
        with progress.stage("run") as said:
            mesh = raw.placement.mesh
            chip = ChipOptions(chips=(mesh.rows, mesh.columns))
            options = SimulateOptions(timing=timing, backend=backend)
            result = simulate_ticks(raw.program, raw.placement, chip, options, given, ticks, progress=progress.update)
            said.append(f"{len(result.output_spikes):,} output spikes")
        with progress.stage("write") as said:
            if out is not None:
                write_outputs(out, result.output_spikes, raw.program, ticks)
            said.append(f"{out}" if out is not None else "nothing (no --out)")
    summary = _summary(program, raw, result, len(given.tick), out)
    if json:
        print_json(summary)
    else:
        _print(summary)


def _summary(path: Path, raw: RawProgram, result: TicksResult, spikes: int, out: Path | None) -> dict[str, Any]:
    counts, timing = result.counts, result.timing
    events = counts.events()
    return {
        "program": str(path),
        "format": raw.format,
        "cores": raw.program.cores,
        "chips": raw.placement.mesh.chips,
        "ticks": result.ticks,
        "input_spikes": spikes,
        "output_spikes": len(result.output_spikes),
        "tick_period_us": None if timing is None else timing.tick_period_ps / 1e6,
        "tick_limited_by": None if timing is None else f"{timing.limit.name}: {timing.limit.explanation}",
        "events": {
            "spikes": int(counts.spikes.sum()),
            "synaptic_events": events.synaptic_events,
            "packets": int(counts.packets.sum()),
            "input_packets": counts.input_packets,
            "output_packets": int(counts.output_packets.sum()),
            "hops": events.hops,
            "crossings": events.crossings,
            "collisions": int(counts.collisions.sum()),
            "late_packets": 0 if timing is None else timing.late_packets,
            "core_overruns": 0 if timing is None else timing.core_overruns,
        },
        "engine": {
            "timing": result.timing_name,
            "backend": result.backend,
            "wall_s": round(result.wall_s, 3),
            "ticks": result.ticks,
        },
        "out": None if out is None else str(out),
    }


def _print(summary: dict[str, Any]) -> None:
    rows = [(key, summary[key]) for key in ("cores", "chips", "ticks", "input_spikes", "output_spikes")]
    rows += summary["events"].items()
    rows += [("tick period, µs", summary["tick_period_us"]), ("limited by", summary["tick_limited_by"])]
    print_table(("what", "value"), [(name.replace("_", " "), value) for name, value in rows if value is not None])
