"""Results on stdout: one JSON document, or tables."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from neurosyn.cli.streams import is_unicode

__all__ = ["plain", "print_json", "print_table"]


def plain(docstring: str | None) -> str:
    """Return a docstring as text for a terminal: outer indentation and the marks of reStructuredText are removed."""
    text = re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(docstring or ""), flags=re.DOTALL)
    return re.sub(r"(?m)(^|\S)::$", lambda mark: mark[1] and f"{mark[1]}:", text)


def print_json(value: Any) -> None:
    """Print one JSON document; numbers are finite or null."""
    text = json.dumps(value, indent=2, ensure_ascii=not is_unicode(sys.stdout), allow_nan=False)
    sys.stdout.write(text + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table; columns whose cells are numbers are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    cells = [[_text(cell) for cell in row] for row in rows]
    numeric = [bool(cells) and all(_is_number(row[i]) for row in cells if row[i]) for i in range(len(columns))]
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column, right in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in cells:
        table.add_row(*row)
    # Only on a terminal are lines folded to fit.
    width = None if sys.stdout.isatty() else 400
    Console(width=width, highlight=False, markup=False).print(table)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.3g}" if abs(cell) < 100 else f"{cell:,.0f}"
    return "" if cell is None else str(cell)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return True
