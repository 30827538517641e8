"""The table of all rows, for people and for programs, and its place in the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path

from neurosyn.support.files import write_text
from neurosyn.version import __version__
from verification.outcome import Outcome, Row
from verification.style import save

__all__ = ["BEGIN", "END", "mark", "renew_document", "table", "write"]

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
"""Between them stands the table in a document."""
_HEAD = ("check", "what", "expected", "measured", "tolerance", "")


def mark(row: Row) -> str:
    """Return the word for how a row ended."""
    return {True: "pass", False: "FAIL", None: "skipped"}[row.passed]


def table(rows: Iterable[Row], when: date) -> str:
    """Return rows as a Markdown table under a line that says when and with what they were taken."""
    lines = [f"Taken on {when.isoformat()} with neurosyn {__version__}.", ""]
    lines += [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    for row in rows:
        cells = (row.name, row.what, row.expected, row.measured, row.tolerance, mark(row))
        escaped = (cell.replace("|", r"\|") for cell in cells)
        lines.append(f"| {' | '.join(escaped)} |")
    return "\n".join(lines) + "\n"


def write(outcome: Mapping[str, Outcome], folder: Path, when: date) -> None:
    """Write ``table.md``, ``table.json`` and all plots into a folder."""
    rows = [row for one in outcome.values() for row in one.rows]
    write_text(folder / "table.md", table(rows, when))
    document = {"date": when.isoformat(), "neurosyn": __version__, "rows": [asdict(row) for row in rows]}
    write_text(folder / "table.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    draw(outcome, folder)


def draw(outcome: Mapping[str, Outcome], folder: Path) -> None:
    """Write all plots into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in outcome.values():
        for name, figure in one.figures.items():
            save(figure, folder / f"{name}.png")


def renew_document(outcome: Mapping[str, Outcome], document: Path, when: date) -> None:
    """Put the table into a document and the plots into the folder of its name beside it.

    Raises
    ------
    ValueError
        If the document does not say where.
    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document}: has no lines {BEGIN} and {END}; put them where the table is to stand")
    rows = [row for one in outcome.values() for row in one.rows]
    write_text(document, f"{before}{BEGIN}\n{table(rows, when)}{END}{after}")
    draw(outcome, document.with_suffix(""))
