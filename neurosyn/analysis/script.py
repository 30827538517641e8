"""Analyses as scripts: ``python -m neurosyn.analysis.latency RUN``, the same as ``neurosyn analyse latency RUN``."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import DataError, NeurosynError, did_you_mean
from neurosyn.formatting import energy, number, percent, time

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neurosyn.analysis.recorded import RecordedRun
    from neurosyn.analysis.result import Analysis

__all__ = ["ANALYSES", "analyse_run", "draw_analysis", "main", "plot_analysis", "print_analysis"]

ANALYSES = {
    "activity": "How busy the neurons are: firing rates by layer, core and tick.",
    "traffic": "What the links carry: loads, and the queues at their merges.",
    "latency": "How long packets take, and of what: core, queue, hops, edge.",
    "power": "Where the energy goes: by layer, part, core, link, tick and frame.",
    "hotspots": "Where a few cores or links do most of the work.",
    "critical-path": "What a tick waits for, the slack of everything else, and what would help.",
    "accuracy": "Confusion matrix, accuracy by class, the margin of each frame.",
    "faults": "Late packets, collisions, overruns, and what was broken on purpose.",
}
"""Names of the analyses, with what each tells. ``critical-path`` is the module ``critical_path``."""

_SIZES = {"hotspots": (15.0, 5.2), "critical-path": (14.0, 8.0), "accuracy": (11.0, 5.4)}
_SHORT = 30
"""Rows of tables that are shown beside the main one."""


def analyse_run(name: str, run: Path | RecordedRun, **options: Any) -> Analysis:
    """Make one of `ANALYSES` of a run, or of the run in a folder.

    Raises
    ------
    DataError
        If there is no such analysis, or the run does not have what it needs.
    """
    from neurosyn.analysis.recorded import RecordedRun

    if name not in ANALYSES:
        there_are = ", ".join(ANALYSES)
        raise DataError(f"analyse: there is no '{name}'{did_you_mean(name, ANALYSES)} (there are: {there_are})")
    recorded = run if isinstance(run, RecordedRun) else RecordedRun(run)
    found: Analysis = _module(name).analyse(recorded, **options)
    said = "\n".join(found.notes)
    changed = [sentence for sentence in recorded.summary.get("deviations") or [] if sentence not in said]
    return replace(found, notes=(*found.notes, *(f"Changed on purpose: {sentence}." for sentence in changed)))


def plot_analysis(analysis: Analysis, path: Path) -> None:
    """Draw an analysis to a .png, .svg or .pdf file."""
    from neurosyn.analysis.plotting import save_figure

    draw, title, size = _plan(analysis)
    save_figure(path, draw, title=title, size=size)


def draw_analysis(analysis: Analysis) -> Figure:
    """Draw an analysis."""
    from neurosyn.analysis.plotting import new_figure

    draw, title, size = _plan(analysis)
    return new_figure(draw, title=title, size=size)


def _plan(analysis: Analysis) -> tuple[Callable[[Figure], None], str, tuple[float, float]]:
    """Return who draws an analysis, what stands above it, and how large it becomes."""
    draw = _module("comparison" if analysis.name == "compare" else analysis.name).draw
    size = _SIZES.get(analysis.name, (12.0, 5.0))
    return partial(draw, analysis), f"{analysis.name}: {analysis.title}", size


def print_analysis(
    analysis: Analysis,
    *,
    as_json: bool = False,
    as_csv: bool = False,
    table: str | None = None,
    rows: int = 20,
) -> None:
    """Print an analysis on stdout: for people, as one JSON document, or one table as CSV."""
    if as_csv:
        sys.stdout.write(analysis.table(table).to_csv(index=False))
        return
    if as_json:
        document = analysis.to_dict()
        if table is not None:
            analysis.table(table)
            document["tables"] = {table: document["tables"][table]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    from rich.console import Console

    # Elsewhere than on a terminal nothing is folded to fit.
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    console.print(f"{analysis.name}: {analysis.title}", style="bold")
    for key, value in analysis.headline.items():
        if not isinstance(value, (dict, list)):
            console.print(f"  {_label(key):<28} {_cell(key, value)}")
    if analysis.name == "compare":
        console.print(_beside(analysis.table()))
    else:
        _print_tables(console, analysis, table, rows)
    for note in analysis.notes:
        console.print(note, style="dim")


def main(name: str, arguments: Sequence[str] | None = None) -> None:
    """Be the script of an analysis; errors are a line on stderr and the exit code of their kind."""
    import argparse

    parser = argparse.ArgumentParser(
        f"python -m neurosyn.analysis.{name.replace('-', '_')}", description=ANALYSES[name]
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or a folder with a trace")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--csv", action="store_true", help="print the main table, or --table, as CSV")
    parser.add_argument("--table", help="only this table")
    parser.add_argument("-n", "--rows", type=int, default=20, help="rows of a table that are shown")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw to a .png, .svg or .pdf file")
    if name == "critical-path":
        parser.add_argument("-t", "--tick", type=int, help="by default the one that took longest")
    given = parser.parse_args(arguments)
    options = {"tick": given.tick} if name == "critical-path" else {}
    try:
        analysis = analyse_run(name, given.run, **options)
        if given.plot is not None:
            plot_analysis(analysis, given.plot)
        print_analysis(analysis, as_json=given.json, as_csv=given.csv, table=given.table, rows=given.rows)
    except NeurosynError as error:
        sys.stderr.write(f"neurosyn: {error}\n")
        sys.exit(error.exit_code)


def _module(name: str) -> Any:
    return importlib.import_module(f"neurosyn.analysis.{name.replace('-', '_')}")


def _print_tables(console: Any, analysis: Analysis, only: str | None, rows: int) -> None:
    """Print one table, or the first one and those that are short; name the others."""
    if only is not None:
        console.print(_table(only, analysis.table(only), rows))
        return
    others = []
    for index, (name, frame) in enumerate(analysis.tables.items()):
        if index == 0 or 0 < len(frame) <= _SHORT:
            console.print(_table(name, frame, rows))
        elif len(frame):
            others.append(f"{name} ({len(frame):,} rows)")
    if others:
        console.print(f"More with --table NAME: {', '.join(others)}")


def _beside(frame: pd.DataFrame) -> Any:
    """Lay out a row of a frame as a column of its own."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    records = frame.to_dict("records")
    for record in records:
        table.add_column(str(record["run"]), justify="right", overflow="fold")
    for column in frame.columns[1:]:
        table.add_row(_label(str(column)), *(_cell(str(column), record[column]) for record in records))
    return table


def _table(name: str, frame: pd.DataFrame, rows: int) -> Any:
    from rich import box
    from rich.table import Table

    shown = frame.head(rows)
    title = f"{name}" + (f" ({len(shown):,} of {len(frame):,})" if len(shown) < len(frame) else "")
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in frame.columns:
        numeric = len(shown) > 0 and all(
            isinstance(value, (int, float)) or value is None for value in shown[column].tolist()
        )
        table.add_column(_label(str(column)), justify="right" if numeric else "left", overflow="fold")
    for row in shown.itertuples(index=False):
        table.add_row(*(_cell(str(column), value) for column, value in zip(frame.columns, row, strict=True)))
    return table


def _label(key: str) -> str:
    for unit in ("_ps", "_pj", "_nj_s", "_mw", "_hz", "_share"):
        key = key.removesuffix(unit)
    return key.replace("_", " ")


def _cell(key: str, value: Any) -> str:
    """Write a value with the unit that its name carries."""
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if key.endswith("_ps"):
        return time(float(value), 4) if value else "0"
    if key.endswith("_pj"):
        return energy(float(value), 4) if value else "0"
    if key.endswith("_share") or key in ("share", "accuracy", "precision", "trained_accuracy", "rate"):
        return percent(float(value))
    unit = next(
        (name for suffix, name in (("_mw", " mW"), ("_hz", " Hz"), ("_nj_s", " nJ·s")) if key.endswith(suffix)), ""
    )
    return (f"{int(value):,}" if float(value) == int(value) else number(float(value))) + unit
