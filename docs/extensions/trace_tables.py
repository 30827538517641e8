"""The tables of a trace in Markdown, for the documentation."""

from __future__ import annotations

from pathlib import Path

from neurosyn.support.files import write_text
from neurosyn.trace.schema import FORMAT, TABLES, TraceTable

__all__ = ["BEGIN", "END", "columns_markdown", "renew_page"]

BEGIN, END = "<!-- columns: begin -->", "<!-- columns: end -->"
"""Marks around what is generated."""


def columns_markdown() -> str:
    """Return every table with its columns, types, units and meanings."""
    return f"Format {FORMAT}.\n\n" + "\n".join(_table(table) for table in TABLES.values())


def renew_page(path: Path) -> None:
    """Write the tables anew between the marks of a page."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_text(path, f"{before}{BEGIN}\n{columns_markdown()}\n{END}{after}")


def _table(table: TraceTable) -> str:
    lines = [f"### `{table.name}`", "", f"{table.about[0].upper()}{table.about[1:]}.", ""]
    lines += ["| column | type | unit | what |", "|---|---|---|---|"]
    for column in table.columns:
        type_ = str(column.type).replace("dictionary<values=string, indices=int16, ordered=0>", "string (dictionary)")
        what = column.about.replace("|", "\\|")
        lines.append(f"| `{column.name}` | {type_}{', or null' if column.nullable else ''} | {column.unit} | {what} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    import sys

    renew_page(Path(sys.argv[1]))
