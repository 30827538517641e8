"""The tables of a trace: columns, types, units and meanings."""

from __future__ import annotations

from docs.extensions.markdown import table
from neurosyn.trace.schema import FORMAT, TABLES, TraceTable

__all__ = ["trace_tables"]


def trace_tables() -> str:
    """Return every table with its columns, types, units and meanings."""
    return f"Format {FORMAT}.\n\n" + "\n".join(map(_columns, TABLES.values()))


def _columns(columns_of: TraceTable) -> str:
    rows = []
    for column in columns_of.columns:
        type_ = str(column.type).replace("dictionary<values=string, indices=int16, ordered=0>", "string (dictionary)")
        type_ += ", or null" if column.nullable else ""
        rows.append((f"`{column.name}`", type_, column.unit, column.about))
    about = f"{columns_of.about[0].upper()}{columns_of.about[1:]}."
    return f"### `{columns_of.name}`\n\n{about}\n\n{table(('column', 'type', 'unit', 'meaning'), rows)}"
