"""``neurosyn analyse …`` and ``neurosyn compare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from neurosyn.analysis.catalogue import ANALYSES
from neurosyn.cli.completion import complete_run
from neurosyn.cli.parameters import Json, Plot, RunPath

__all__ = ["app", "compare"]

app = typer.Typer(no_args_is_help=True, help="Analyse a finished run: where time, energy and errors come from.")

Csv = Annotated[bool, typer.Option("--csv", help="Print the main table, or --table, as CSV.")]
TableName = Annotated[str | None, typer.Option("--table", metavar="NAME", help="Only this table.")]
Rows = Annotated[int, typer.Option("--rows", "-n", min=1, help="Rows of a table that are shown.")]


def _command(name: str) -> Callable[..., None]:
    def command(
        run: RunPath, json: Json = False, csv: Csv = False, table: TableName = None, rows: Rows = 20, plot: Plot = None
    ) -> None:
        from neurosyn.analysis.catalogue import analyse_run
        from neurosyn.analysis.printing import print_analysis

        analysis = analyse_run(name, run)
        if plot is not None:
            analysis.save_plot(plot)
        print_analysis(analysis, as_json=json, as_csv=csv, table=table, rows=rows)

    command.__doc__ = ANALYSES[name]
    return command


for _name in ANALYSES:
    if _name != "critical-path":
        app.command(_name)(_command(_name))


@app.command("critical-path", help=ANALYSES["critical-path"])
def critical_path(
    run: RunPath,
    tick: Annotated[int | None, typer.Option("--tick", "-t", min=0, help="Default: the longest.")] = None,
    json: Json = False,
    csv: Csv = False,
    table: TableName = None,
    rows: Rows = 20,
    plot: Plot = None,
) -> None:
    """Find the critical path of a tick."""
    from neurosyn.analysis.catalogue import analyse_run
    from neurosyn.analysis.printing import print_analysis

    analysis = analyse_run("critical-path", run, tick=tick)
    if plot is not None:
        analysis.save_plot(plot)
    print_analysis(analysis, as_json=json, as_csv=csv, table=table, rows=rows)


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders.", show_default=False, autocompletion=complete_run),
    ],
    json: Json = False,
    csv: Csv = False,
    plot: Plot = None,
) -> None:
    """Compare runs: accuracy, speed, power, and energy against delay.

    Run folders without a summary are named as unfinished; the others are compared.
    """
    from neurosyn.analysis.comparison import compare as compare_runs
    from neurosyn.analysis.finished_run import FinishedRun
    from neurosyn.analysis.printing import print_analysis
    from neurosyn.errors import DataError

    # A folder of a run whose stages have not all been finished; others that hold no run are refused.
    unfinished = [run for run in runs if (run / "scenario.toml").is_file() and not (run / "summary.json").is_file()]
    if len(unfinished) == len(runs):
        raise DataError(f"compare: no run is finished ({', '.join(map(str, runs))}); run `neurosyn simulate` again")
    analysis = compare_runs([FinishedRun(run) for run in runs if run not in unfinished], unfinished)
    if plot is not None:
        analysis.save_plot(plot)
    print_analysis(analysis, as_json=json, as_csv=csv)
