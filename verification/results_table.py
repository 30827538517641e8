"""Table of all rows as Markdown and JSON, and its insertion into the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path

from neurosyn.support.files import write_text
from neurosyn.version import __version__
from verification.outcome import CheckOutcome, Row
from verification.style import save

__all__ = ["BEGIN", "END", "mark", "renew_document", "table", "write"]

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
"""Marks around the table in a document."""
_HEAD = ("check", "what", "expected", "measured", "tolerance", "")


def mark(row: Row) -> str:
    """Return the result of a row: ``pass``, ``FAIL`` or ``skipped``."""
    return {True: "pass", False: "FAIL", None: "skipped"}[row.passed]


def table(rows: Iterable[Row], when: date) -> str:
    """Return rows as a Markdown table, under a line with date and version."""
    lines = [f"Taken on {when.isoformat()} with neurosyn {__version__}.", ""]
    lines += [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    for row in rows:
        cells = (row.name, row.what, row.expected, row.measured, row.tolerance, mark(row))
        escaped = (cell.replace("|", r"\|") for cell in cells)
        lines.append(f"| {' | '.join(escaped)} |")
    return "\n".join(lines) + "\n"


def write(outcomes: Mapping[str, CheckOutcome], folder: Path, when: date) -> None:
    """Write ``table.md``, ``table.json`` and all plots into a folder."""
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    write_text(folder / "table.md", table(rows, when))
    document = {"date": when.isoformat(), "neurosyn": __version__, "rows": [asdict(row) for row in rows]}
    write_text(folder / "table.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    draw(outcomes, folder)


def draw(outcomes: Mapping[str, CheckOutcome], folder: Path) -> None:
    """Write all plots into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes.values():
        for name, figure in outcome.figures.items():
            save(figure, folder / f"{name}.png")


def renew_document(outcomes: Mapping[str, CheckOutcome], document: Path, when: date) -> None:
    """Write the table into a document, and the plots into the folder of the same name beside it.

    Raises
    ------
    ValueError
        If the document lacks the marks.
    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document}: has no lines {BEGIN} and {END}; add them where the table belongs")
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    write_text(document, f"{before}{BEGIN}\n{table(rows, when)}{END}{after}")
    draw(outcomes, document.with_suffix(""))
