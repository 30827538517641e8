"""``neurosyn runs``: list, clean, job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json
from neurosyn.errors import DataError

app = typer.Typer(no_args_is_help=True, help="List run folders, remove what finished runs do not need, repeat a job.")

Folders = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FOLDER]...", help="Folders with runs; by default runs and sweeps.", show_default=False),
]


@app.command("list")
def list_(folders: Folders = None, json: Json = False) -> None:
    """List run folders and sweeps: state, finished stages, parts or runs that are there, size."""
    from neurosyn.run.run_list import find_runs

    rows = [run.to_dict() for run in find_runs(folders)]
    if json:
        print_json(rows)
        return
    cells = [(row["run"], row["state"], ", ".join(row["stages"]), row["parts"] or "", row["mb"]) for row in rows]
    print_table(("run", "state", "stages", "parts", "MB"), [tuple(map(str, row)) for row in cells])


@app.command()
def clean(
    folders: Folders = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Of runs that are not finished, too: their parts are simulated again.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove parts, job files and logs of runs and sweeps that are finished; results stay."""
    from neurosyn.run.run_list import find_runs

    rows = [
        {"run": str(run.path), "mb": run.clean()}
        for run in find_runs(folders)
        if (run.is_finished or unfinished) and run.leftovers
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['run']}: {row['mb']} MB removed")
    if not rows:
        typer.echo("nothing to remove")


@app.command()
def job(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A job file.", show_default=False)],
    json: Json = False,
) -> None:
    """Repeat one job alone, in this process; the command that it belongs to then finds its result."""
    from neurosyn.parallel.job import Outcome
    from neurosyn.parallel.running import error_of
    from neurosyn.parallel.worker import run_job

    if not file.is_file():
        raise DataError(f"{file}: there is no such job file; see `failures.json` beside it for those that failed")
    outcome = Outcome.model_validate(run_job(str(file.resolve())))
    if outcome.error is not None:
        raise error_of(outcome)
    if json:
        print_json(outcome.model_dump(mode="json"))
    else:
        typer.echo(f"{file}: done in {outcome.seconds:.1f} s")
