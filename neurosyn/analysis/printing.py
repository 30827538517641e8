"""Analyses as text, JSON or CSV on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from neurosyn.support.formatting import energy, number, percent, time

if TYPE_CHECKING:
    import pandas as pd

    from neurosyn.analysis.result import Analysis

__all__ = ["print_analysis"]

_SHORT = 30
"""Largest number of rows of a table that is shown beside the main one."""
_MOST_BESIDE = 4
"""Most runs that are compared as columns."""
_KINDS = {
    "_ps": "time",
    "_pj": "energy",
    "_nj_s": "energy-delay",
    "_mw": "power",
    "_hz": "frequency",
    "_share": "share",
}
"""Units at the end of names, and what they measure."""


def print_analysis(
    analysis: Analysis,
    *,
    as_json: bool = False,
    as_csv: bool = False,
    table: str | None = None,
    rows: int = 20,
) -> None:
    """Print an analysis on stdout: as text, as one JSON document, or one table as CSV."""
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
    if table is not None:
        analysis.table(table)  # refuses an unknown one before anything is printed
    from rich.console import Console

    # Lines are folded to fit on a terminal only.
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    console.print(f"{analysis.name}: {analysis.title}", style="bold")
    headline = {key: value for key, value in analysis.headline.items() if not isinstance(value, (dict, list))}
    for label, (key, value) in zip(_labels(headline), headline.items(), strict=True):
        console.print(f"  {label:<28} {_cell(key, value)}")
    if analysis.name == "compare":
        frame = analysis.table()
        if len(frame) <= _MOST_BESIDE:
            console.print(_beside(frame))
        else:
            _print_differences(console, frame, max(rows, len(frame)))
    else:
        _print_tables(console, analysis, table, rows)
    for note in analysis.notes:
        console.print(note, style="dim")


def _print_tables(console: Any, analysis: Analysis, only: str | None, rows: int) -> None:
    """Print one table, or the first one and the short ones with the names of the others."""
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


def _print_differences(console: Any, frame: pd.DataFrame, rows: int) -> None:
    """Print a row for each run with what differs, and what is equal in all of them as one line."""
    columns = list(frame.columns[1:])
    equal = [column for column in columns if frame[column].nunique(dropna=False) == 1]
    console.print(_table("runs", frame[[frame.columns[0], *(key for key in columns if key not in equal)]], rows))
    labels = dict(zip(columns, _labels(columns), strict=True))
    same = ", ".join(f"{labels[key]} {_cell(str(key), frame[key].iloc[0])}" for key in equal)
    if same:
        console.print(f"Equal in all: {same}")


def _beside(frame: pd.DataFrame) -> Any:
    """Return a row of a data frame as a column."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    records = frame.to_dict("records")
    for record in records:
        table.add_column(str(record["run"]), justify="right", overflow="fold")
    for label, column in zip(_labels(frame.columns[1:]), frame.columns[1:], strict=True):
        table.add_row(label, *(_cell(str(column), record[column]) for record in records))
    return table


def _table(name: str, frame: pd.DataFrame, rows: int) -> Any:
    from rich import box
    from rich.table import Table

    shown = frame.head(rows)
    title = f"{name}" + (f" ({len(shown):,} of {len(frame):,})" if len(shown) < len(frame) else "")
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for label, column in zip(_labels(frame.columns), frame.columns, strict=True):
        numeric = len(shown) > 0 and all(
            isinstance(value, (int, float)) or value is None for value in shown[column].tolist()
        )
        table.add_column(label, justify="right" if numeric else "left", overflow="fold")
    for row in shown.itertuples(index=False):
        table.add_row(*(_cell(str(column), value) for column, value in zip(frame.columns, row, strict=True)))
    return table


def _labels(keys: Iterable[Any]) -> list[str]:
    """Return names in words, without units; where two would be the same, with the kind of quantity."""
    split = [_split(str(key)) for key in keys]
    names = [name for name, _ in split]
    return [f"{name} ({kind})" if kind and names.count(name) > 1 else name for name, kind in split]


def _split(key: str) -> tuple[str, str]:
    for unit, kind in _KINDS.items():
        if key.endswith(unit):
            return key.removesuffix(unit).replace("_", " "), kind
    return key.replace("_", " "), ""


def _cell(key: str, value: Any) -> str:
    """Return a value as text with the unit that its name carries."""
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
