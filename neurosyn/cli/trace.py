"""``neurosyn trace``: head, stats, export, diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosyn.cli.completion import complete_layer, complete_run, complete_table
from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json, RunPath

if TYPE_CHECKING:
    from neurosyn.trace.reader import Trace

app = typer.Typer(no_args_is_help=True, help="Show and export the trace of a run.")

_TABLES = "spikes, packets, ticks, core_ticks, cores, links or energy"
TableName = Annotated[
    str, typer.Argument(metavar="TABLE", help=f"{_TABLES}.", show_default=False, autocompletion=complete_table)
]
Ticks = Annotated[
    str | None, typer.Option("--ticks", "-t", metavar="FIRST[:LAST]", help="Only this tick, or this window of ticks.")
]
Cores = Annotated[
    list[int] | None,
    typer.Option("--core", "-c", min=0, metavar="CORE", help="Only this core; packets at either end. Repeatable."),
]
Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--layer",
        "-l",
        metavar="LAYER",
        help="Only the cores of this layer. Repeatable.",
        autocompletion=complete_layer,
    ),
]


@app.command()
def head(
    run: RunPath,
    table: TableName,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="Number of rows.")] = 10,
    ticks: Ticks = None,
    cores: Cores = None,
    layers: Layers = None,
    json: Json = False,
) -> None:
    """Print the first rows of a table of the trace."""
    from neurosyn.trace.reader import Trace

    trace = Trace(run)
    frame = trace.head(table, rows, ticks=_window(ticks), cores=_chosen(trace, cores, layers))
    if json:
        import json as json_module

        print_json(json_module.loads(frame.to_json(orient="records")))
    else:
        print_table(list(frame.columns), frame.itertuples(index=False))


@app.command()
def stats(
    run: RunPath,
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]",
            help=f"{_TABLES}; without it, all tables.",
            show_default=False,
            autocompletion=complete_table,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Print the tables with their sizes, or the columns of one with least, mean and largest value."""
    from neurosyn.trace.reader import Trace
    from neurosyn.trace.statistics import column_statistics, table_statistics

    trace = Trace(run)
    rows = table_statistics(trace) if table is None else column_statistics(trace, table)
    if json:
        print_json({"trace": str(trace.folder), "level": trace.level, "table": table, "rows": rows})
    else:
        print_table(list(rows[0]), [list(row.values()) for row in rows], title=None if table else repr(trace))


@app.command()
def export(
    run: RunPath,
    what: Annotated[str, typer.Argument(metavar="WHAT", help=f"perfetto, or a table: {_TABLES}.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .csv, .json or .parquet file; for Perfetto, a .pftrace.", show_default=False
        ),
    ],
    ticks: Ticks = None,
    cores: Cores = None,
    layers: Layers = None,
    packets: Annotated[
        int, typer.Option("--packets", min=0, help="perfetto: packets shown, those that were ready first.")
    ] = 100_000,
    json: Json = False,
) -> None:
    """Write a table of the trace to a file, or a window of the run for https://ui.perfetto.dev.

    A table's format is that of the file's ending. Perfetto is given the tick that took longest unless --ticks says
    otherwise.
    """
    from neurosyn.trace.reader import Trace

    trace = Trace(run)
    window, chosen = _window(ticks), _chosen(trace, cores, layers)
    if what != "perfetto":
        trace.export(what, out, ticks=window, cores=chosen)
        document: dict[str, Any] = {"file": str(out), "table": what}
    else:
        from neurosyn.trace.perfetto.export import export_perfetto

        exported = export_perfetto(trace, out, ticks=window, cores=chosen, max_packets=packets)
        document = {"file": str(out), "ticks": list(exported.ticks)}
        document |= {
            key: getattr(exported, key) for key in ("packets", "packets_left_out", "inexact_packets", "events")
        }
    if json:
        print_json(document)
        return
    typer.echo(str(out))
    if "ticks" in document:
        first, last = document["ticks"]
        left_out = f", {document['packets_left_out']:,} left out (--packets)" if document["packets_left_out"] else ""
        typer.echo(
            f"ticks {first} to {last}: {document['packets']:,} packets{left_out}; {document['events']:,} events",
            err=True,
        )


@app.command()
def diff(
    first: RunPath,
    second: Annotated[
        Path,
        typer.Argument(metavar="OTHER", help="The other run folder.", show_default=False, autocompletion=complete_run),
    ],
    json: Json = False,
) -> None:
    """Find the first difference of two runs: tick, core and neuron, packet or number."""
    from neurosyn.trace.diff import compare_traces
    from neurosyn.trace.reader import Trace

    comparison = compare_traces(Trace(first), Trace(second))
    if json:
        print_json(comparison.to_dict())
        return
    for setting in comparison.settings:
        typer.echo(f"differ in {setting}")
    if comparison.first is None:
        typer.echo(f"no difference in what both recorded ({comparison.compared_ticks:,} ticks)")
        return
    typer.echo(f"part at {comparison.first}")
    for difference in comparison.by_table.values():
        if difference is not comparison.first:
            typer.echo(f"     also {difference}")


def _window(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition(":")
    try:
        window = int(first), int(last or first)
    except ValueError:
        window = (0, -1)
    if window[1] < window[0]:
        raise typer.BadParameter(f"'{text}' is no tick and no window FIRST:LAST", param_hint="--ticks")
    return window


def _chosen(trace: Trace, cores: list[int] | None, layers: list[str] | None) -> list[int] | None:
    if not cores and not layers:
        return None
    return sorted({*(cores or ()), *(trace.cores_of(layers) if layers else ())})
