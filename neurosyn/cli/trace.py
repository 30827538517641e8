"""``neurosyn trace``: head, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json

app = typer.Typer(no_args_is_help=True, help="Look at what a run recorded.")

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder, or its trace folder.", show_default=False)]
TableName = Annotated[
    str, typer.Argument(metavar="TABLE", help="spikes, packets, ticks, cores, links or energy.", show_default=False)
]


@app.command()
def head(
    run: RunPath,
    table: TableName,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="How many rows.")] = 10,
    json: Json = False,
) -> None:
    """Print the first rows of a table of the trace."""
    from neurosyn.trace.trace import Trace

    frame = Trace(run).head(table, rows)
    if json:
        import json as json_module

        print_json(json_module.loads(frame.to_json(orient="records")))
    else:
        print_table(list(frame.columns), frame.itertuples(index=False))


@app.command()
def export(
    run: RunPath,
    table: TableName,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .json or .parquet file.", show_default=False)],
) -> None:
    """Write a table of the trace to a file; the ending decides the format."""
    from neurosyn.trace.trace import Trace

    Trace(run).export(table, out)
    typer.echo(str(out))
